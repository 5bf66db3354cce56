package report

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"badgateway/harness"
)

// Header says in one line what is about to run, in fewer words on a narrow
// terminal: where the builds come from is left out first.
func Header(s Screen, r Run) string {
	how := fmt.Sprintf("driver %s, seed %d", r.drivers(), r.Seed)
	if r.Parallel > 0 {
		how += fmt.Sprintf(", %d at a time", r.Parallel)
	}
	what := []string{r.size(), r.nginxNames(), how}
	if len(r.Builds) > 0 {
		what = []string{r.size(), how, r.nginxNames()}
	}
	whole := strings.Join(what, ", ")
	versions := cmp.Or(r.nginxVersions(), r.specs())
	short := fmt.Sprintf("%s, seed %d", r.drivers(), r.Seed)
	for _, line := range []string{
		"badgateway run: " + whole,
		whole,
		fmt.Sprintf("%s on nginx %s, %s", harness.Plural(len(r.Scenarios), "scenario"), versions, how),
	} {
		if !s.Terminal() || text.StringWidthWithoutEscSequences(line) <= s.Width {
			return s.bold(line)
		}
	}
	return s.bold(fmt.Sprintf("%s on nginx %s, %s", harness.Plural(len(r.Scenarios), "scenario"), versions, short))
}

// Line is one finished scenario on one line:
//
//	pass upstream/refused: 502 Bad Gateway, connect-refused -> 3 x 200 OK (0.12s)
//	FAIL upstream/refused: symptom did not appear: client saw 200 OK (0.40s)
//	skip upstream/selinux: driver docker cannot make routes
func Line(s Screen, v harness.Verdict) string {
	switch v.Outcome {
	case harness.Pass:
		return fmt.Sprintf("%s %s: %s -> %s (%s)", s.green("pass"), v.Name,
			seenText(v.Symptom), verifiedText(v.Verify), seconds(v.Seconds))
	case harness.Skip:
		return fmt.Sprintf("%s %s: %s", s.yellow("skip"), v.Name, Clean(v.Reason))
	default:
		return fmt.Sprintf("%s %s: %s (%s)", s.red("FAIL"), v.Name, Clean(v.Reason), seconds(v.Seconds))
	}
}

// WriteSummary ends the report for a person: the counts, why the run was
// aborted if it was, and which reports were written.
func WriteSummary(w io.Writer, s Screen, r Run, wrote []string) error {
	c := r.Count()
	parts := []string{s.green(fmt.Sprintf("%d passed", c.Pass))}
	if c.Fail > 0 {
		parts = append(parts, s.red(fmt.Sprintf("%d failed", c.Fail)))
	}
	if c.Skip > 0 {
		parts = append(parts, s.yellow(fmt.Sprintf("%d skipped", c.Skip)))
	}
	if c.NotRun > 0 {
		parts = append(parts, s.yellow(fmt.Sprintf("%d not run", c.NotRun)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s in %s\n", r.size(),
		strings.Join(parts, ", "), seconds(r.Wall.Seconds()))
	if r.Aborted != "" {
		fmt.Fprintf(&b, "%s\n", s.red("aborted: "+r.Aborted+"; this report is partial"))
	}
	if r.Keep != "" {
		fmt.Fprintf(&b, "artefacts: %s\n", filepath.Clean(r.Keep))
	}
	if len(wrote) > 0 {
		fmt.Fprintf(&b, "wrote %s\n", strings.Join(wrote, ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
