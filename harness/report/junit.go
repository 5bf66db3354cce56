package report

import (
	"fmt"
	"io"
	"strconv"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"badgateway/harness"
)

// WriteJUnit prints a run as JUnit XML: one test suite per family, or of a run
// on several builds one per build; one test case per scenario, the facts of a
// failure as its text. Scenarios that an aborted run did not reach are skipped
// cases, and the abort itself is an error of a case of its own, so that no CI
// takes a partial run for a whole one.
func WriteJUnit(w io.Writer, r Run) error {
	var names []string
	suites := map[string][]result{}
	for _, res := range r.results() {
		name := res.scenario.Family()
		if res.on != "" {
			name = res.part.nginxName()
		}
		if suites[name] == nil {
			names = append(names, name)
		}
		suites[name] = append(suites[name], res)
	}
	all := junit.Testsuites{Name: "badgateway", Time: xmlSeconds(r.Wall.Seconds())}
	for i, name := range names {
		all.AddSuite(suiteOf(i, name, suites[name]))
	}
	if r.Aborted != "" {
		all.AddSuite(abortSuite(r, len(names)))
	}
	all.Skipped = 0 // left out: the schema of Jenkins' xUnit plugin has it on suites alone
	if _, err := io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"); err != nil {
		return err
	}
	return all.WriteXML(w)
}

func suiteOf(id int, name string, results []result) junit.Testsuite {
	suite := newSuite(results[0].part, id, name)
	total := 0.0
	for _, res := range results {
		total += res.verdict.Seconds
		suite.AddTestcase(testcase(res))
	}
	suite.Time = xmlSeconds(total)
	return suite
}

func newSuite(r Run, id int, name string) junit.Testsuite {
	suite := junit.Testsuite{Name: name, ID: id, Time: xmlSeconds(0)}
	suite.SetTimestamp(r.Started)
	suite.AddProperty("nginx", r.nginxVersions())
	suite.AddProperty("nginx.spec", r.specs())
	suite.AddProperty("driver", r.drivers())
	suite.AddProperty("seed", strconv.FormatInt(r.Seed, 10))
	return suite
}

func abortSuite(r Run, id int) junit.Testsuite {
	suite := newSuite(r, id, "badgateway")
	suite.AddTestcase(junit.Testcase{
		Name: "run", Classname: "badgateway", Time: xmlSeconds(r.Wall.Seconds()),
		Error: &junit.Result{
			Message: "aborted: " + Clean(r.Aborted), Type: "aborted",
			Data: fmt.Sprintf("%d of %s did not finish", r.Count().NotRun, r.size()),
		},
	})
	return suite
}

// testcase is one scenario on one build. CI systems know a case by class and
// name alone, so that the class of several builds holds the build.
func testcase(res result) junit.Testcase {
	v := res.verdict
	tc := junit.Testcase{Name: v.Name, Classname: res.scenario.Family() + res.on, Time: xmlSeconds(v.Seconds)}
	switch v.Outcome {
	case harness.Pass:
		tc.SystemOut = &junit.Output{Data: Line(Screen{}, v)}
	case harness.Skip:
		tc.Skipped = &junit.Result{Message: Clean(v.Reason)}
	default:
		tc.Failure = &junit.Result{Message: Clean(v.Reason), Type: "failure", Data: failureText(res)}
	}
	return tc
}

func xmlSeconds(s float64) string { return strconv.FormatFloat(s, 'f', 3, 64) }
