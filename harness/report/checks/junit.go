package checks

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"badgateway/harness/check/result"
)

// WriteJUnit prints a report as JUnit XML: a suite per route, a case per fault
// and method. A case fails when a finding of severity error rests on it, or when
// its behaviour changed; one that tells nothing is skipped with its reason. A
// route that was not reached is a skipped case, and an abort an error.
func WriteJUnit(w io.Writer, r result.Report) error {
	all := junit.Testsuites{Name: "badgateway check", Time: xmlSeconds(r.Wall)}
	for i, route := range r.Routes {
		all.AddSuite(suiteOf(r, i, route))
	}
	if r.Diff != nil {
		all.AddSuite(removedSuite(r, len(r.Routes)))
	}
	if r.Aborted != "" {
		s := newSuite(r, len(r.Routes)+1, "badgateway")
		s.AddTestcase(junit.Testcase{Name: "check", Classname: "badgateway", Time: xmlSeconds(r.Wall),
			Error: &junit.Result{Message: "aborted: " + clean(r.Aborted), Type: "aborted", Data: strings.Join(lines(r.Aborted), "\n")}})
		all.AddSuite(s)
	}
	all.Skipped = 0 // left out: the schema of Jenkins' xUnit plugin has it on suites alone
	if _, err := io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"); err != nil {
		return err
	}
	return all.WriteXML(w)
}

func newSuite(r result.Report, id int, name string) junit.Testsuite {
	s := junit.Testsuite{Name: clean(name), ID: id, Time: xmlSeconds(0)}
	s.SetTimestamp(r.Started)
	for _, in := range r.Inputs {
		s.AddProperty("input", clean(in.Path)+" on nginx "+in.Version)
	}
	return s
}

func suiteOf(r result.Report, id int, route result.Route) junit.Testsuite {
	s := newSuite(r, id, route.ID)
	class := clean(route.ID)
	if !route.Reached {
		s.AddTestcase(junit.Testcase{Name: "reached", Classname: class, Time: xmlSeconds(0),
			Skipped: &junit.Result{Message: clean(route.Reason)}})
		return s
	}
	for _, l := range r.Cells {
		if l.Route != route.ID {
			continue
		}
		tc := junit.Testcase{Name: l.Fault + " " + l.Method, Classname: class, Time: xmlSeconds(l.Total)}
		switch {
		case l.Error != "":
			tc.Error = &junit.Result{Message: clean(l.Error), Type: "harness"}
		case l.Unmet != "":
			tc.Skipped = &junit.Result{Message: clean(l.Unmet)}
		case incomparable(r, l.ID) != "":
			tc.Skipped = &junit.Result{Message: incomparable(r, l.ID)}
		default:
			tc.Failure = failure(r, l)
			tc.SystemOut = &junit.Output{Data: cellWords(&l)}
		}
		s.AddTestcase(tc)
	}
	return s
}

// incomparable says why a comparison says nothing of a cell; "" where it does.
func incomparable(r result.Report, cell string) string {
	if r.Diff == nil {
		return ""
	}
	if slices.Contains(r.Diff.Unfinished, cell) {
		return "not compared: it did not come to the end on both sides"
	}
	for _, u := range r.Diff.Unstable {
		if u.Cell == cell {
			return clean("not compared: it differs from run to run: " + strings.Join(u.What, "; "))
		}
	}
	return ""
}

// failure is what a case fails with: a change, or without a comparison the
// findings of severity error that rest on it.
func failure(r result.Report, l result.Cell) *junit.Result {
	if r.Diff != nil {
		for _, c := range r.Diff.Cells {
			if c.Cell == l.ID {
				return &junit.Result{Message: clean(strings.Join(c.What, "; ")), Type: "changed",
					Data: "before: " + cellWords(c.Before) + "\nnow: " + cellWords(c.After)}
			}
		}
		return nil
	}
	var messages, texts []string
	for _, f := range r.Findings {
		if f.Accepted == "" && f.Severity == result.Error && (f.Cell == l.ID || slices.Contains(f.Also, l.ID)) {
			messages = append(messages, f.Rule+": "+clean(f.Message))
			texts = append(texts, where(f.At)+": "+clean(f.At.Text)+paragraph(f.Evidence))
		}
	}
	if messages == nil {
		return nil
	}
	return &junit.Result{Message: strings.Join(messages, "; "), Type: "finding", Data: strings.Join(texts, "\n")}
}

// removedSuite has the routes and cells that only the old side had.
func removedSuite(r result.Report, id int) junit.Testsuite {
	s := newSuite(r, id, "removed")
	for _, route := range r.Diff.Removed {
		s.AddTestcase(junit.Testcase{Name: clean(route), Classname: "removed", Time: xmlSeconds(0),
			Failure: &junit.Result{Message: "the route is no longer there", Type: "changed"}})
	}
	for _, c := range r.Diff.Cells {
		if c.After == nil {
			s.AddTestcase(junit.Testcase{Name: clean(c.Cell), Classname: "removed", Time: xmlSeconds(0),
				Failure: &junit.Result{Message: clean(strings.Join(c.What, "; ")), Type: "changed"}})
		}
	}
	return s
}

func xmlSeconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
