package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"slices"
	"testing"

	"github.com/jstemmer/go-junit-report/v2/junit"
	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/report"
)

// several is a run on three builds: a pass everywhere, a difference that the
// scenario declares, a failure on one, a skip for what the driver lacks.
func several() report.Run {
	r := sample()
	lacks := harness.Verdict{Name: "security/policy", Outcome: harness.Skip, Reason: "needs deny-connect, which driver docker does not have here"}
	slowPass := sample().Verdicts[0]
	slowPass.Name = "timeout/slow-answer"
	old := harness.Verdict{Name: "timeout/slow-answer", Outcome: harness.Skip, Reason: "nginx 1.18.0: it behaves so since 1.19.0"}
	part := func(suite, version string, verdicts ...harness.Verdict) report.Part {
		return report.Part{
			Nginx: nginx.Build{Spec: "debian:" + suite, Version: version}, Driver: "native", Keep: "/tmp/kept/debian-" + suite,
			Verdicts: append([]harness.Verdict{r.Verdicts[0], lacks}, verdicts...),
		}
	}
	r.Builds = []report.Part{part("bullseye", "1.18.0", old), part("trixie", "1.26.3", slowPass), part("forky", "1.30.6", failed)}
	r.Builds[2].Records = []*harness.Record{slow}
	r.Nginx, r.Driver, r.Verdicts, r.Records = nginx.Build{}, "", nil, nil
	return r
}

func TestMatrix(t *testing.T) {
	for name, s := range screens {
		got := render(t, func(w io.Writer) error { return report.WriteMatrix(w, s, several()) })
		golden(t, "matrix-"+name+".txt", got)
		requireFits(t, s, string(got))
	}
	r := several()
	r.Aborted = "received SIGINT"
	r.Builds[2].Verdicts = nil
	golden(t, "matrix-aborted.txt", render(t, func(w io.Writer) error { return report.WriteMatrix(w, narrow, r) }))
	golden(t, "matrix-summary-aborted.txt", render(t, func(w io.Writer) error { return report.WriteSummary(w, pipe, r, nil) }))
	r.Scenarios = append(slices.Clone(r.Scenarios), harness.Scenario{Name: "dns/not-reached"})
	require.NotContains(t, string(render(t, func(w io.Writer) error { return report.WriteMatrix(w, narrow, r) })), "not-reached")
	r.Scenarios = r.Scenarios[:1]
	require.NotContains(t, string(render(t, func(w io.Writer) error { return report.WriteMatrix(w, wide, r) })), "WHY", "nothing to explain")
	r.Scenarios = nil
	require.Empty(t, render(t, func(w io.Writer) error { return report.WriteMatrix(w, narrow, r) }))
}

// Builds of one version are told apart by their specs.
func TestMatrixOfOneVersion(t *testing.T) {
	r := several()
	r.Builds[1].Nginx = nginx.Build{Spec: "/opt/nginx", Version: "1.18.0"}
	got := render(t, func(w io.Writer) error { return report.WriteMatrix(w, wide, r) })
	require.Regexp(t, `^SCENARIO +1\.18\.0 +/opt/nginx +1\.30\.6 +WHY\n`, string(got))
}

func TestMatrixWords(t *testing.T) {
	r := several()
	require.Equal(t, "badgateway run: 3 scenarios on 3 builds, driver native, seed 7, 4 at a time, "+
		"nginx 1.18.0 (debian:bullseye), 1.26.3 (debian:trixie), 1.30.6 (debian:forky)", report.Header(pipe, r))
	require.Equal(t, "3 scenarios on nginx 1.18.0, 1.26.3, 1.30.6, driver native, seed 7, 4 at a time", report.Header(narrow, r))
	r.Seed, r.Parallel = 665990, 0
	require.Equal(t, "3 scenarios on nginx 1.18.0, 1.26.3, 1.30.6, native, seed 665990", report.Header(report.Screen{Width: 70, Height: 20}, r))
	r = several()
	require.Equal(t, report.Counts{Pass: 4, Fail: 1, Skip: 4}, r.Count())
	golden(t, "matrix-failures.txt", render(t, func(w io.Writer) error { return report.WriteFailures(w, narrow, r) }))
	golden(t, "matrix-summary.txt", render(t, func(w io.Writer) error { return report.WriteSummary(w, pipe, r, nil) }))
}

// While it runs, lines and live view name the build.
func TestDisplayOn(t *testing.T) {
	for _, build := range []string{"", "debian:forky"} {
		name := failed.Name
		if build != "" {
			name += " on " + build
		}
		var out bytes.Buffer
		d := report.NewDisplay(&out, func() report.Screen { return pipe }, 1, false)
		event := ended(failed)
		d.On(build)(event)
		require.NoError(t, d.Close())
		require.Contains(t, out.String(), "FAIL "+name+": symptom")
		require.Equal(t, failed.Name, event.Verdict.Name, "whoever else watches has his own name for it")
	}
}

// What Since and Until declare is no lack; everything else that was skipped is.
func TestLacking(t *testing.T) {
	lack := ": needs deny-connect, which driver docker does not have here"
	r := several()
	require.Equal(t, []string{
		"security/policy on debian:bullseye" + lack, "security/policy on debian:trixie" + lack, "security/policy on debian:forky" + lack,
	}, r.Lacking())
	require.Equal(t, []string{"security/policy" + lack}, sample().Lacking())
	r.Builds[0].Nginx.Version = ""
	require.Len(t, r.Lacking(), 4, "an unknown version excuses nothing")
	r.Builds, r.Aborted = r.Builds[:0], "received SIGINT"
	require.Empty(t, r.Lacking(), "what was not reached lacks nothing")
}

func TestMatrixJSON(t *testing.T) {
	got := render(t, func(w io.Writer) error { return report.WriteRunJSON(w, several()) })
	golden(t, "matrix.json", got)
	var out struct {
		Schema, Nginx string
		Builds        []struct{ Spec, Version, Driver string }
		Results       []struct{ Name, Nginx, Build string }
	}
	require.NoError(t, json.Unmarshal(got, &out))
	require.Equal(t, report.RunSchema, out.Schema)
	require.Equal(t, "1.18.0, 1.26.3, 1.30.6", out.Nginx)
	require.Len(t, out.Builds, 3)
	require.Len(t, out.Results, 9, "flat: every scenario on every build")
	for i, result := range out.Results {
		build := out.Builds[i/3]
		require.Equal(t, []string{build.Version, build.Spec}, []string{result.Nginx, result.Build})
	}
	require.NotContains(t, string(render(t, func(w io.Writer) error { return report.WriteRunJSON(w, sample()) })), `"builds"`)
}

func TestMatrixJUnit(t *testing.T) {
	got := render(t, func(w io.Writer) error { return report.WriteJUnit(w, several()) })
	golden(t, "matrix-junit.xml", got)
	var suites junit.Testsuites
	require.NoError(t, xml.Unmarshal(got, &suites))
	require.Equal(t, []int{9, 1, 0, 4}, []int{suites.Tests, suites.Failures, suites.Errors, skipped(suites)})
	var names []string
	cases := map[string]bool{}
	for _, suite := range suites.Suites {
		names = append(names, suite.Name)
		for _, c := range suite.Testcases {
			cases[c.Classname+"."+c.Name] = true
		}
	}
	require.Equal(t, []string{"nginx 1.18.0 (debian:bullseye)", "nginx 1.26.3 (debian:trixie)", "nginx 1.30.6 (debian:forky)"}, names)
	require.Len(t, cases, 9, "no two cases share class and name")
}
