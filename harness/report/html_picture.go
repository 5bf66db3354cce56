package report

import (
	"fmt"
	"html"
	"html/template"
	"strings"
	"time"
)

// The measures of a drawn picture, in the units of its viewBox. It is narrow,
// so that its text can be read on a phone.
const (
	drawWidth  = 440.0
	drawLeft   = 70.0 // lane names
	drawRight  = 6.0
	drawTitle  = 32.0
	drawLane   = 24.0
	drawBar    = 8.0
	drawAxis   = 22.0
	shortestMS = 1.5 // a bar is never thinner
)

// drawing collects SVG elements. The colours are classes of the page's style
// sheet; every shape differs by more than its colour.
type drawing struct {
	strings.Builder
	perUnit float64 // picture units per nanosecond
}

// svg draws a picture; empty without panels. What it says stands in its label
// for those who cannot see it.
func (p picture) svg() template.HTML {
	if len(p.Panels) == 0 {
		return ""
	}
	marks := ticks(p.Span)
	d := &drawing{perUnit: (drawWidth - drawLeft - drawRight) / float64(marks[len(marks)-1])}
	panelHeight := drawTitle + drawLane*float64(len(lanes))
	height := panelHeight*float64(len(p.Panels)) + drawAxis
	fmt.Fprintf(d, `<svg class="picture" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`, drawWidth, height, html.EscapeString(p.label()))
	for _, mark := range marks {
		d.line("grid", d.x(mark), drawTitle, d.x(mark), height-drawAxis)
	}
	for i, panel := range p.Panels {
		d.panel(panel, panelHeight*float64(i))
	}
	for i, mark := range marks {
		anchor := "middle"
		if i == len(marks)-1 {
			anchor = "end"
		}
		d.text("tick", d.x(mark), height-7, anchor, tickText(mark))
	}
	d.WriteString("</svg>")
	return template.HTML(d.String()) //nolint:gosec // every text in it went through html.EscapeString
}

// label tells the picture in a sentence.
func (p picture) label() string {
	var all []string
	for _, panel := range p.Panels {
		all = append(all, panel.title())
	}
	return "Timeline to scale. " + strings.Join(all, ". ")
}

// title is "broken: GET, 504 Gateway Timeout after 201 ms".
func (p panel) title() string {
	return fmt.Sprintf("%s: %s, %s after %s", p.Phase, p.Method, p.Outcome, span(p.Total))
}

func tickText(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%g s", d.Seconds())
}

func (d *drawing) panel(p panel, top float64) {
	verdict := "bad"
	if p.OK {
		verdict = "good"
	}
	d.text("title "+verdict, 0, top+21, "start", p.title())
	y := func(lane int) float64 { return top + drawTitle + drawLane*(float64(lane)+0.5) }
	for lane, name := range lanes {
		d.text("lane", drawLeft-8, y(lane)+4, "end", name)
		d.line("rail", drawLeft, y(lane), drawWidth-drawRight, y(lane))
	}
	for _, s := range p.Faults {
		d.band(s, y(s.Lane))
	}
	d.bar(verdict, 0, p.Total, y(laneClient))
	answered := p.First
	if answered == 0 {
		answered = p.Total
	}
	d.bar("wait", 0, answered, y(laneNginx))
	d.arrow("way", d.x(0), y(laneClient), y(laneNginx))
	for _, h := range p.Hops {
		d.hop(p, h, answered, y)
	}
	if p.First > 0 {
		d.arrow("way "+verdict, d.x(answered), y(laneNginx), y(laneClient))
	} else {
		d.cross(d.x(answered), y(laneClient))
	}
}

// hop draws a way inwards, the work behind it, and the answer where one came.
func (d *drawing) hop(p panel, h hop, answered time.Duration, y func(int) float64) {
	x := d.x(h.At) + 3 // beside the client's arrow
	if h.Reach == laneNginx {
		end := y(laneNginx) + drawLane/2
		d.line("way", x, y(laneNginx), x, end)
		d.cross(x, end)
		return
	}
	if !h.Blocked {
		d.bar("work", h.At, answered, y(laneBackend))
	}
	d.arrow("way", x, y(laneNginx), y(h.Reach))
	if h.Blocked {
		d.cross(x, y(h.Reach))
		return
	}
	if p.OK {
		d.arrow("way good", d.x(answered)-3, y(laneBackend), y(laneNginx))
	}
}

func (d *drawing) x(t time.Duration) float64 { return drawLeft + float64(t)*d.perUnit }

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(d, `<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, class, x1, y1, x2, y2)
}

func (d *drawing) text(class string, x, y float64, anchor, text string) {
	fmt.Fprintf(d, `<text class="%s" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, class, x, y, anchor, html.EscapeString(text))
}

func (d *drawing) bar(class string, from, to time.Duration, y float64) {
	fmt.Fprintf(d, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.0f" rx="2"/>`,
		class, d.x(from), y-drawBar/2, max(d.x(to)-d.x(from), shortestMS), drawBar)
}

// band is a fault on its lane, named above its left end.
func (d *drawing) band(s stretch, y float64) {
	x := d.x(s.From)
	fmt.Fprintf(d, `<rect class="fault" x="%.1f" y="%.1f" width="%.1f" height="%.0f"><title>%s</title></rect>`,
		x, y-drawLane/2+2, max(d.x(s.To)-x, 4*shortestMS), drawLane-4, html.EscapeString(s.Text))
}

// arrow goes straight up or down.
func (d *drawing) arrow(class string, x, y1, y2 float64) {
	head := 4.0
	if y2 < y1 {
		head = -head
	}
	fmt.Fprintf(d, `<path class="%s" d="M%.1f %.1fV%.1fm-3 %.1fl3 %.1fl3 %.1f"/>`, class, x, y1, y2, -head, head, -head)
}

func (d *drawing) cross(x, y float64) {
	fmt.Fprintf(d, `<path class="cross" d="M%.1f %.1fl8 8m0 -8l-8 8"/>`, x-4, y-4)
}
