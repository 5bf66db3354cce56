package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"badgateway/harness"
	"badgateway/harness/nginx"
)

// shownLines bounds the log lines that a failure prints per phase; the rest is
// counted.
const shownLines = 3

// WriteFailures prints every failed scenario: why, what the client and the
// error log should have shown, what they showed, and the command that shows it
// again.
func WriteFailures(w io.Writer, s Screen, r Run) error {
	var b strings.Builder
	for _, res := range r.results() {
		if res.verdict.Outcome == harness.Pass || res.verdict.Outcome == harness.Skip {
			continue
		}
		fmt.Fprintf(&b, "%s %s\n", s.red("FAIL"), s.bold(res.scenario.Name+res.on))
		writeFact(&b, s, fact{label: "what", text: Clean(res.scenario.Title)})
		for _, f := range failureFacts(res) {
			writeFact(&b, s, f)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fact is one labelled line of a failure. whole facts (commands, log lines) are
// meant to be copied and are never wrapped.
type fact struct {
	label, text string
	whole       bool
}

func failureFacts(res result) []fact {
	var facts []fact
	for _, reason := range reasons(res.verdict) {
		facts = append(facts, fact{label: "reason", text: Clean(reason)})
	}
	facts = append(facts, fact{label: "expected", text: expectedText(res.scenario.Symptom)})
	if rec := res.record; rec != nil {
		if rec.Error != "" && !strings.Contains(res.verdict.Reason, rec.Error) {
			facts = append(facts, errorFacts(rec.Error)...)
		}
		for _, step := range rec.Steps {
			facts = append(facts, stepFacts(step)...)
		}
	} else if res.verdict.Symptom != nil {
		facts = append(facts, fact{label: "seen", text: seenText(res.verdict.Symptom)})
		if line := res.verdict.Symptom.Line; line != "" {
			facts = append(facts, fact{label: "log", text: Clean(line), whole: true})
		}
	}
	if res.part.Keep != "" {
		facts = append(facts, fact{label: "kept", text: filepath.Join(res.part.Keep, res.scenario.Name), whole: true})
	}
	return append(facts, fact{label: "again", text: res.part.reproduce(res.scenario.Name), whole: true})
}

// errorFacts keeps the lines of a run's error apart: nginx's own [emerg] line
// stands among them.
func errorFacts(text string) []fact {
	var facts []fact
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		facts = append(facts, fact{label: "error", text: Clean(line), whole: true})
	}
	return facts
}

// stepFacts are what client and error log showed in a phase. Lines below
// [warn] tell of nginx's own life and are left to the artefacts.
func stepFacts(step harness.Step) []fact {
	facts := []fact{{label: string(step.Phase), text: stepText(step)}}
	shown, hidden := 0, 0
	for _, line := range step.Log {
		switch line.Level {
		case nginx.Notice, nginx.Info, nginx.Debug:
			continue
		}
		if shown == shownLines {
			hidden++
			continue
		}
		shown++
		facts = append(facts, fact{label: "log", text: Clean(line.Raw), whole: true})
	}
	if hidden > 0 {
		facts = append(facts, fact{label: "log", text: fmt.Sprintf("(%s more)", harness.Plural(hidden, "line"))})
	}
	return facts
}

func writeFact(b *strings.Builder, s Screen, f fact) {
	const indent = 13
	lines := []string{f.text}
	if !f.whole {
		lines = s.wrap(f.text, indent)
	}
	for i, line := range lines {
		label := ""
		if i == 0 {
			label = f.label
		}
		fmt.Fprintf(b, "  %s %s\n", s.faint(fmt.Sprintf("%-10s", label)), line)
	}
}

// failureText is a failure without colours and width, as JUnit carries it.
func failureText(res result) string {
	var b strings.Builder
	for _, f := range failureFacts(res) {
		writeFact(&b, Screen{}, f)
	}
	return b.String()
}
