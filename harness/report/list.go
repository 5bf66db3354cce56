package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"badgateway/harness"
	"badgateway/harness/pod"
)

// ListSchema names the format of [WriteListJSON].
const ListSchema = "badgateway.list/v1"

// WriteList prints the catalogue for a person: a table on a terminal, else one
// tab-separated line per scenario (name, expected client outcome and log
// signatures, title).
func WriteList(w io.Writer, s Screen, all []harness.Scenario) error {
	rows := make([][]string, 0, len(all))
	titles := make([]string, 0, len(all))
	families := map[string]bool{}
	for _, sc := range all {
		rows = append(rows, []string{sc.Name, expectedText(sc.Symptom)})
		titles = append(titles, Clean(sc.Title))
		families[sc.Family()] = true
	}
	head := []string{"SCENARIO", "SYMPTOM"}
	if s.Terminal() && s.Width < roomy {
		if err := writeNoted(w, s, head, rows, titles); err != nil {
			return err
		}
	} else {
		for i := range rows {
			rows[i] = append(rows[i], titles[i])
		}
		if err := WriteRows(w, s, append(head, "WHAT IS WRONG"), rows); err != nil || !s.Terminal() {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%s in %s\n", harness.Plural(len(all), "scenario"), strings.Join(slices.Sorted(maps.Keys(families)), ", "))
	return err
}

// listed is one scenario of badgateway.list/v1.
type listed struct {
	Schema  string          `json:"schema"`
	Name    string          `json:"name"`
	Family  string          `json:"family"`
	Title   string          `json:"title"`
	Step    string          `json:"step"`
	Claims  []harness.Claim `json:"claims"`
	Cause   string          `json:"cause"`
	Why     string          `json:"why"`
	Symptom listedSymptom   `json:"symptom"`
	Fix     listedFix       `json:"fix"`
	Methods []string        `json:"methods"`
	Faults  []pod.Fault     `json:"faults"`
	// Rollout is what is done under traffic while broken.
	Rollout []string `json:"rollout,omitempty"`
	Since   string   `json:"since"`
	Until   string   `json:"until"`
	// Needs are what driver and machine must offer; Modules what nginx must.
	Needs   []pod.Need `json:"needs"`
	Modules []string   `json:"modules"`
}

type listedSymptom struct {
	Client    pod.Outcome            `json:"client"`
	PerMethod map[string]pod.Outcome `json:"per_method,omitempty"`
	Log       []string               `json:"log"` // signature names
	Requests  int                    `json:"requests"`
}

type listedFix struct {
	Title string `json:"title"`
	// Conf says that nginx.conf changes, Lift that the fault ends outside nginx.
	Conf bool `json:"conf"`
	Lift bool `json:"lift"`
	// Rollout is what is done under traffic instead.
	Rollout []string `json:"rollout,omitempty"`
}

// WriteListJSON prints the catalogue as a JSON array; each object carries the
// schema, since an array cannot.
func WriteListJSON(w io.Writer, all []harness.Scenario) error {
	out := make([]listed, 0, len(all))
	for _, sc := range all {
		out = append(out, listed{
			Schema: ListSchema, Name: sc.Name, Family: sc.Family(), Title: sc.Title, Step: sc.Step,
			Claims: some(sc.Claims), Cause: sc.Cause, Why: sc.Why,
			Symptom: listedSymptom{
				Client: sc.Symptom.Client, PerMethod: sc.Symptom.PerMethod,
				Log: signatureNames(sc.Symptom.Log), Requests: max(sc.Symptom.Requests, 1),
			},
			Fix:     listedFix{Title: sc.Fix.Title, Conf: sc.Fix.Conf != "", Lift: sc.Fix.Lift, Rollout: changes(sc.Fix.Rollout)},
			Methods: methods(sc), Faults: some(sc.Break.Faults), Rollout: changes(sc.Break.Rollout),
			Since: sc.Since, Until: sc.Until, Needs: some(sc.AllNeeds()), Modules: some(sc.Modules),
		})
	}
	return WriteJSON(w, out)
}

func changes(rollout []harness.Change) []string {
	var all []string
	for _, c := range rollout {
		all = append(all, c.String())
	}
	return all
}

func methods(sc harness.Scenario) []string {
	if len(sc.Methods) > 0 {
		return sc.Methods
	}
	return []string{"GET"}
}

// some turns a nil slice into an empty one, which JSON writes as [].
func some[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// WriteJSON writes v as every JSON report is written: indented, and with <, >
// and & as they are.
func WriteJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
