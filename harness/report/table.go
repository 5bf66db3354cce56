package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"badgateway/harness"
)

// WriteTable prints one row per scenario: what was seen (status and log
// signature), the fix, what verified it, and the time. On a terminal the cells
// wrap to its width; without one every row is a single line.
func WriteTable(w io.Writer, s Screen, r Run) error {
	rows := make([][]string, 0, len(r.Scenarios))
	for _, res := range r.results() {
		rows = append(rows, tableRow(s, res))
	}
	return writeGrid(w, s, []string{"SCENARIO", "SYMPTOM SEEN", "FIX", "VERIFIED", "TIME"}, rows)
}

func tableRow(s Screen, res result) []string {
	v := res.verdict
	fix := res.scenario.Fix.Title
	if v.Verify != nil && v.Verify.Fix != "" {
		fix = v.Verify.Fix
	}
	switch {
	case v.Outcome == harness.Pass:
		return []string{v.Name, seenText(v.Symptom), clean(fix), s.green(verifiedText(v.Verify)), seconds(v.Seconds)}
	case res.notRun:
		return []string{v.Name, s.yellow("not run"), "", "-", "-"}
	case v.Outcome == harness.Skip:
		return []string{v.Name, s.yellow("skipped: " + clean(v.Reason)), "", "-", "-"}
	default:
		return []string{v.Name, seenText(v.Symptom), clean(fix), s.red("FAIL"), seconds(v.Seconds)}
	}
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
	t := table.NewWriter()
	t.SetStyle(gridStyle())
	t.AppendHeader(tableCells(head, s.faint))
	for _, row := range rows {
		t.AppendRow(tableCells(row, nil))
	}
	if s.Terminal() {
		t.SetColumnConfigs(columnConfigs(columnWidths(s.Width-gap*(len(head)-1), head, rows)))
	}
	var b strings.Builder
	for line := range strings.SplitSeq(t.Render(), "\n") {
		b.WriteString(strings.TrimRight(line, " "))
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
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

// wrapCell wraps between words, and a path longer than the cell behind a "/".
func wrapCell(cell string, width int) string {
	if text.StringWidthWithoutEscSequences(cell) <= width {
		return cell
	}
	return text.WrapSoft(cell, width)
}

// columnWidths shares room among columns: a column gets its natural width when
// that is at most its equal share of what is left, narrow ones first.
func columnWidths(room int, head []string, rows [][]string) []int {
	natural := make([]int, len(head))
	for i := range head {
		natural[i] = text.StringWidthWithoutEscSequences(head[i])
		for _, row := range rows {
			natural[i] = max(natural[i], text.StringWidthWithoutEscSequences(row[i]))
		}
	}
	widths := make([]int, len(head))
	for left := len(head); left > 0; {
		share, settled := room/left, 0
		for i, n := range natural {
			if widths[i] == 0 && n <= share {
				widths[i], settled = n, settled+1
				room -= n
			}
		}
		if settled == 0 {
			for i := range widths {
				if widths[i] == 0 {
					widths[i] = max(room/left, 1)
				}
			}
			return widths
		}
		left -= settled
	}
	return widths
}
