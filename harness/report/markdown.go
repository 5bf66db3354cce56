package report

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"badgateway/harness"
)

var (
	//go:embed assets/runbook.md.tmpl
	markdownText string
	//go:embed assets/catalogue.md.tmpl
	catalogueText string
)

var markdown = template.Must(template.New("runbook").Funcs(markdownWords).Parse(markdownText))

var markdownWords = template.FuncMap{
	"text": mdText, "code": mdCode, "fence": mdBlock, "cell": mdCell, "diff": mdDiff,
	"bars": picture.bars, "plural": harness.Plural, "join": strings.Join, "heading": mdAnchor,
}

// WriteMarkdown prints a run as a runbook in Markdown, to be read on a code
// host: what [WriteHTML] prints, its pictures in characters.
func WriteMarkdown(w io.Writer, r Run) error { return markdown.Execute(w, newRunbook(r)) }

// mdText keeps Markdown and HTML from reading s as markup (CommonMark 2.4). An
// underscore within a word is none (6.2), which leaves directives readable.
func mdText(s string) string {
	var b strings.Builder
	for i, c := range []byte(s) {
		inWord := c == '_' && i > 0 && i+1 < len(s) && isWord(s[i-1]) && isWord(s[i+1])
		if strings.IndexByte("\\`*_[]<>|~&", c) >= 0 && !inWord {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// mdCode is s as a code span; its fence is longer than any in s (CommonMark
// 6.1).
func mdCode(s string) string {
	fence := strings.Repeat("`", longestRun(s)+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// mdBlock is s as a fenced code block (CommonMark 4.5).
func mdBlock(language, s string) string {
	fence := strings.Repeat("`", max(3, longestRun(s)+1))
	return fence + language + "\n" + strings.TrimRight(s, "\n") + "\n" + fence
}

// mdCell is markup for a table's cell: a code host ends a cell at each bar that
// has no backslash, in code spans too.
func mdCell(markup string) string {
	return strings.ReplaceAll(strings.ReplaceAll(markup, `\|`, "|"), "|", `\|`)
}

func mdDiff(lines []diffLine) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(line.Text + "\n")
	}
	return mdBlock("diff", b.String())
}

// mdAnchor is the anchor that a code host gives the heading text: small letters,
// spaces as hyphens, no punctuation.
func mdAnchor(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, text)
}

// longestRun is the length of the longest row of backticks in s.
func longestRun(s string) int {
	longest := 0
	for run := range strings.FieldsFuncSeq(s, func(r rune) bool { return r != '`' }) {
		longest = max(longest, len(run))
	}
	return longest
}

// barCells is the width of the time scale in characters.
const barCells = 40

// bars is the picture in characters, to scale: per request the lanes that had
// something to wait for.
func (p picture) bars() string {
	if len(p.Panels) == 0 {
		return ""
	}
	marks := ticks(p.Span)
	scale := marks[len(marks)-1]
	cells := func(d time.Duration) int { return int(float64(d) / float64(scale) * barCells) }
	var b strings.Builder
	for _, panel := range p.Panels {
		fmt.Fprintln(&b, panel.title())
		bar := func(lane string, mark rune, from, to time.Duration, note string) {
			start := cells(from)
			row := strings.Repeat(" ", start) + strings.Repeat(string(mark), max(1, cells(to)-start))
			fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("  %-9s |%-*s| %s", lane, barCells, row, note), " "))
		}
		bar("client", '#', 0, panel.Total, "")
		for _, h := range panel.Hops {
			if h.Blocked {
				bar(lanes[h.Reach], 'x', h.At, h.At, "gets no further")
				continue
			}
			bar(lanes[laneBackend], '=', h.At, panel.Total, h.Backend)
		}
		for _, f := range panel.Faults {
			bar("fault", '~', f.From, f.To, f.Text)
		}
	}
	fmt.Fprintf(&b, "  %-9s  0%*s\n", "", barCells-1, tickText(scale))
	return mdBlock("text", b.String())
}
