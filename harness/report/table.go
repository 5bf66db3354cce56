package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"badgateway/harness"
)

// roomy is the width from which the fix has a column of its own.
const roomy = 120

// WriteTable prints one row per scenario: what was seen (status and log
// signature), the fix, what verified it, and the time. On a narrow terminal the
// fix stands below its row; without a terminal every row is a single line. What
// an aborted run did not reach is left to [WriteSummary]'s counts.
func WriteTable(w io.Writer, s Screen, r Run) error {
	var rows [][]string
	var notes []string
	for _, res := range r.results() {
		if res.notRun {
			continue
		}
		row, note := tableRow(s, res)
		rows, notes = append(rows, row), append(notes, note)
	}
	if len(rows) == 0 {
		return nil
	}
	head := []string{"SCENARIO", "SYMPTOM SEEN", "VERIFIED", "TIME"}
	if s.Terminal() && s.Width < roomy {
		return writeNoted(w, s, head, rows, notes)
	}
	for i := range rows {
		rows[i] = slices.Insert(rows[i], 2, notes[i])
	}
	return writeGrid(w, s, slices.Insert(head, 2, "FIX"), rows)
}

// tableRow is the row of one scenario and what is to be said about it: the fix,
// or why there was none to verify.
func tableRow(s Screen, res result) (row []string, note string) {
	v := res.verdict
	note = res.scenario.Fix.Title
	if v.Verify != nil && v.Verify.Fix != "" {
		note = v.Verify.Fix
	}
	switch {
	case v.Outcome == harness.Pass:
		row = []string{v.Name, seenText(v.Symptom), s.green(verifiedText(v.Verify)), seconds(v.Seconds)}
	case v.Outcome == harness.Skip:
		row, note = []string{v.Name, s.yellow("skipped"), "-", "-"}, v.Reason
	default:
		row, note = []string{v.Name, seenText(v.Symptom), s.red("FAIL"), seconds(v.Seconds)}, v.Reason
	}
	return row, Clean(note)
}

// WriteRows prints rows of words: under head and fitted to a terminal, else one
// tab-separated line per row.
func WriteRows(w io.Writer, s Screen, head []string, rows [][]string) error {
	if s.Terminal() {
		return writeGrid(w, s, head, rows)
	}
	for _, row := range rows {
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return nil
}

// gap is the space between two columns.
const gap = 2

// writeGrid prints rows under head in columns that together fit s. Columns that
// fit keep their natural width; the others share what is left.
func writeGrid(w io.Writer, s Screen, head []string, rows [][]string) error {
	lines, _ := grid(s, head, rows)
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}

// writeNoted is writeGrid with a note below every row.
func writeNoted(w io.Writer, s Screen, head []string, rows [][]string, notes []string) error {
	const indent = 2
	lines, heights := grid(s, head, rows)
	out, lines := lines[:1:1], lines[1:]
	for i, height := range heights {
		out, lines = append(out, lines[:height]...), lines[height:]
		if notes[i] == "" {
			continue
		}
		for _, line := range s.wrap(notes[i], indent) {
			out = append(out, strings.Repeat(" ", indent)+s.faint(line))
		}
	}
	_, err := io.WriteString(w, strings.Join(out, "\n")+"\n")
	return err
}

// grid lays out rows under a head of one line; heights are the lines that each
// row takes.
func grid(s Screen, head []string, rows [][]string) (lines []string, heights []int) {
	t := table.NewWriter()
	t.SetStyle(gridStyle())
	t.AppendHeader(tableCells(head, s.faint))
	var widths []int
	if s.Terminal() {
		widths = columnWidths(s.Width-gap*(len(head)-1), head, rows)
		t.SetColumnConfigs(columnConfigs(widths))
	}
	for _, row := range rows {
		t.AppendRow(tableCells(row, nil))
		height := 1
		for i, width := range widths {
			height = max(height, 1+strings.Count(wrapCell(row[i], width), "\n"))
		}
		heights = append(heights, height)
	}
	for line := range strings.SplitSeq(t.Render(), "\n") {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines, heights
}

func tableCells(words []string, paint func(string) string) table.Row {
	row := make(table.Row, len(words))
	for i, word := range words {
		if paint != nil {
			word = paint(word)
		}
		row[i] = word
	}
	return row
}

// gridStyle is a table without lines: columns are set apart by spaces.
func gridStyle() table.Style {
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", strings.Repeat(" ", gap)
	style.Format = table.FormatOptions{}
	return style
}

func columnConfigs(widths []int) []table.ColumnConfig {
	configs := make([]table.ColumnConfig, len(widths))
	for i, width := range widths {
		configs[i] = table.ColumnConfig{
			Number: i + 1, WidthMax: width, WidthMaxEnforcer: wrapCell,
			VAlign: text.VAlignTop,
		}
	}
	return configs
}

// wrapCell wraps between words, and a word longer than the cell within.
func wrapCell(cell string, width int) string {
	if text.StringWidthWithoutEscSequences(cell) <= width {
		return cell
	}
	return text.WrapSoft(cell, width)
}

// columnWidths shares room among columns. The first, the names, gets up to half
// of it before the others; a name is there to be copied. A column that needs no
// more than its equal share of what is left gets what it needs.
func columnWidths(room int, head []string, rows [][]string) []int {
	natural := make([]int, len(head))
	for i := range head {
		natural[i] = text.StringWidthWithoutEscSequences(head[i])
		for _, row := range rows {
			natural[i] = max(natural[i], text.StringWidthWithoutEscSequences(row[i]))
		}
	}
	widths := make([]int, len(head))
	settle := func(i, width int) { widths[i], room = width, room-width }
	settle(0, min(natural[0], room/2))
	for left := len(head) - 1; left > 0; {
		share, before := room/left, left
		for i, n := range natural {
			if widths[i] == 0 && n <= share {
				settle(i, n)
				left--
			}
		}
		if left < before {
			continue
		}
		for i := range widths {
			if widths[i] == 0 {
				widths[i] = max(share, 1)
			}
		}
		return widths
	}
	return widths
}
