package checks

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"badgateway/harness/check/result"
)

// data and property escape the parts of a workflow command (GitHub Actions,
// "Workflow commands", actions/toolkit command.ts).
var (
	data     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// Quoted lets text for a person be written to what GitHub Actions reads: as it
// holds text of the configuration, which could begin a line with a command,
// commands are not obeyed until it is over ("Stopping and starting workflow
// commands").
func Quoted(w io.Writer, text func() error) error {
	resume := rand.Text()
	_, err := fmt.Fprintf(w, "::stop-commands::%s\n", resume)
	err = errors.Join(err, text())
	_, last := fmt.Fprintf(w, "::%s::\n", resume)
	return errors.Join(err, last)
}

// WriteGitHub prints findings and changes as annotations of GitHub Actions, on
// the directive's file and line.
func WriteGitHub(w io.Writer, r result.Report) error {
	var b strings.Builder
	command := map[result.Severity]string{result.Error: "error", result.Warning: "warning", result.Note: "notice"}
	annotate := func(kind string, p result.Place, title, text string) {
		fmt.Fprintf(&b, "::%s file=%s,line=%d,title=%s::%s\n", kind, property.Replace(path.Clean(clean(p.File))), max(1, p.Line), property.Replace(clean(title)), data.Replace(text))
	}
	if r.Diff == nil {
		for _, f := range r.Findings {
			if f.Accepted == "" {
				annotate(command[f.Severity], f.At, f.Rule, findingText(f))
			}
		}
	} else {
		for _, c := range r.Diff.Cells {
			annotate("error", changePlace(r, c), changed, changeText(c))
		}
		for _, id := range r.Diff.Removed {
			annotate("error", changePlace(r, result.Change{}), "route-removed", clean(id))
		}
	}
	if r.Aborted != "" {
		annotate("error", abortPlace(r), "not complete", strings.Join(lines(r.Aborted), "\n"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
