package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"badgateway/harness"
	"badgateway/harness/check/result"
	"badgateway/harness/report"
)

// writeFindings prints those that count by rule: what happens where, the
// evidence of the first, the fix; the accepted ones in a line.
func writeFindings(b *strings.Builder, s report.Screen, r result.Report) {
	for _, broken := range breaches(r) {
		writeRule(b, s, broken)
	}
	writeAccepted(b, s, r)
}

// writeAccepted prints a line for each finding that does not count.
func writeAccepted(b *strings.Builder, s report.Screen, r result.Report) {
	for _, f := range r.Findings {
		if f.Accepted != "" {
			fmt.Fprintf(b, "\n%s %s at %s: %s\n", s.Paint("accepted", text.Faint), f.Rule, where(f.At), clean(f.Accepted))
		}
	}
}

// maxUnstable is how many unstable cells are named one by one.
const maxUnstable = 10

// writeDiff prints each change as a counter-example.
func writeDiff(b *strings.Builder, s report.Screen, d result.Diff) {
	for _, id := range d.Removed {
		fmt.Fprintf(b, "\n%s %s\n", s.Paint("route removed:", text.FgYellow), clean(id))
	}
	for _, id := range d.Added {
		fmt.Fprintf(b, "\n%s %s\n", s.Paint("route added:", text.FgYellow), clean(id))
	}
	for i, c := range d.Cells {
		writeChange(b, s, c, i > 0 && sameCause(d.Cells[i-1], c))
	}
	if len(d.Expected) > 0 {
		fmt.Fprintf(b, "\n%s as expected\n", harness.Plural(len(d.Expected), "change"))
	}
	if why := partial(d); why != "" {
		fmt.Fprintf(b, "\n%s %s\n", s.Paint("partial:", text.FgRed), why)
	}
	for i, u := range d.Unstable {
		if i == maxUnstable {
			fmt.Fprintf(b, "  and %d more\n", len(d.Unstable)-i)
			break
		}
		if i == 0 {
			b.WriteString("\nnot compared, as they differ from run to run:\n")
		}
		fmt.Fprintf(b, "  %s: %s\n", clean(u.Cell), clean(strings.Join(u.What, "; ")))
	}
}

// writeChange prints one change; again says that its cause stands above.
func writeChange(b *strings.Builder, s report.Screen, c result.Change, again bool) {
	fmt.Fprintf(b, "\n%s %s\n", s.Paint("changed", text.FgRed, text.Bold), s.Paint(clean(c.Cell), text.Bold))
	for _, what := range c.What {
		fmt.Fprintf(b, "  %s\n", clean(what))
	}
	if c.Request != "" {
		fmt.Fprintf(b, "  request: %s\n", clean(c.Request))
	}
	fmt.Fprintf(b, "  before: %s\n  now:    %s\n", cellWords(c.Before), cellWords(c.After))
	if again {
		b.WriteString("  cause: as above\n")
		return
	}
	if why := aboutCause(c); why != "" {
		fmt.Fprintf(b, "  %s\n", why)
	}
	for i, dir := range c.Directives {
		if i == maxDirectives {
			fmt.Fprintf(b, "  and %d more\n", len(c.Directives)-i)
			break
		}
		if dir.Before.Text != "" {
			fmt.Fprintf(b, "  %s\n", s.Paint(fmt.Sprintf("- %s  (%s)", clean(dir.Before.Text), where(dir.Before)), text.FgRed))
		}
		if dir.After.Text != "" {
			fmt.Fprintf(b, "  %s\n", s.Paint(fmt.Sprintf("+ %s  (%s)", clean(dir.After.Text), where(dir.After)), text.FgGreen))
		}
	}
	for _, why := range c.Nginx {
		fmt.Fprintf(b, "  %s\n", s.Paint("nginx: "+clean(why), text.FgCyan))
	}
}

// maxDirectives is how many directives that differ are shown of one change.
const maxDirectives = 12

// sameCause says whether two changes are told to have the same cause.
func sameCause(a, b result.Change) bool {
	return len(b.Directives)+len(b.Nginx) > 0 && slices.Equal(a.Directives, b.Directives) && slices.Equal(a.Nginx, b.Nginx)
}

// aboutCause says where the directives of a change stand, or that there are none.
func aboutCause(c result.Change) string {
	switch {
	case c.Elsewhere:
		return "no directive around this route differs; elsewhere in the text:"
	case len(c.Directives)+len(c.Nginx) == 0 && c.Before != nil && c.After != nil:
		return "no directive differs, and no default is known that does"
	}
	return ""
}

// partial says what a comparison leaves open that was broken off, or of which
// cells could not be run; nothing where it is whole.
func partial(d result.Diff) string {
	var parts []string
	if len(d.Unfinished) > 0 {
		parts = append(parts, fmt.Sprintf("not compared, as they did not come to the end on both sides: %s: %s",
			harness.Plural(len(d.Unfinished), "cell"), clean(few(d.Unfinished, 4))))
	}
	if d.Unconfirmed && len(d.Cells)+len(d.Expected) > 0 {
		parts = append(parts, "what differs was seen once and not confirmed by a second run: some of it may be chance")
	}
	return strings.Join(parts, "; ")
}

// cellWords is a cell in one line.
func cellWords(l *result.Cell) string {
	if l == nil {
		return "-"
	}
	words := []string{string(l.Client) + " after " + result.Brief(l.Total)}
	if len(l.Attempts) > 0 {
		var peers []string
		for _, a := range l.Attempts {
			peers = append(peers, clean(a.Peer))
		}
		words = append(words, "asked "+strings.Join(peers, ", "))
	}
	if len(l.Log) > 0 {
		words = append(words, "log "+strings.Join(l.Log, ", "))
	}
	if l.Recovery != nil {
		words = append(words, "recovered after "+result.Brief(*l.Recovery))
	}
	return strings.Join(words, "; ")
}

// writeSummary is the last line, for a log that is read from its end.
func writeSummary(b *strings.Builder, s report.Screen, r result.Report, wrote []string) {
	c := count(r)
	if len(r.Routes) == 0 && r.Aborted == "" {
		fmt.Fprint(b, "\nno location reaches an upstream, so nothing was tested")
	}
	fmt.Fprintf(b, "\n%s found, %d reached; %s", harness.Plural(len(r.Routes), "route"), c.Reached, harness.Plural(len(r.Cells), "cell"))
	if r.Factor > 1 {
		fmt.Fprintf(b, " (time compressed up to %.0f-fold)", r.Factor)
	}
	fmt.Fprintf(b, " in %s\n", result.Brief(r.Wall))
	if r.Diff != nil {
		so := ""
		if partial(*r.Diff) != "" {
			so = " (partial)"
		}
		fmt.Fprintf(b, "%s against %s%s\n", harness.Plural(len(r.Diff.Cells), "change"), clean(r.Diff.Against), so)
	} else {
		fmt.Fprintf(b, "%s, %s, %s", harness.Plural(c.Errors, "error"), harness.Plural(c.Warnings, "warning"), harness.Plural(c.Notes, "note"))
		if c.Accepted > 0 {
			fmt.Fprintf(b, ", %d accepted", c.Accepted)
		}
		b.WriteByte('\n')
	}
	if r.Aborted != "" {
		fmt.Fprintf(b, "%s %s\n", s.Paint("not complete:", text.FgRed), clean(r.Aborted))
	}
	if len(wrote) > 0 {
		fmt.Fprintf(b, "wrote %s\n", strings.Join(wrote, ", "))
	}
}

// counts are the numbers of a summary.
type counts struct{ Reached, Errors, Warnings, Notes, Accepted int }

func count(r result.Report) counts {
	var c counts
	for _, route := range r.Routes {
		if route.Reached {
			c.Reached++
		}
	}
	for _, f := range r.Findings {
		switch {
		case f.Accepted != "":
			c.Accepted++
		case f.Severity == result.Error:
			c.Errors++
		case f.Severity == result.Warning:
			c.Warnings++
		default:
			c.Notes++
		}
	}
	return c
}

// where is a place as compilers write it.
func where(p result.Place) string { return fmt.Sprintf("%s:%d", clean(p.File), p.Line) }

// paragraph are foreign lines as lines of one text.
func paragraph(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString("\n" + clean(line))
	}
	return b.String()
}

// lines are foreign text line by line, each made safe.
func lines(foreign string) []string {
	var all []string
	for line := range strings.SplitSeq(foreign, "\n") {
		all = append(all, clean(line))
	}
	return all
}

// few are the first n of a list and the number of the others.
func few(list []string, n int) string {
	if len(list) <= n {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:n], ", "), len(list)-n)
}

// clean makes foreign text safe on a terminal and in XML, as every report does.
var clean = report.Clean
