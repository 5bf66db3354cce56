package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jstemmer/go-junit-report/v2/junit"
	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/builds"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// onBuild plays only one build's scenarios by play, all others pass.
func onBuild(spec string, play func(context.Context, []harness.Scenario, harness.Options) (harness.Summary, error)) func(context.Context, []harness.Scenario, harness.Options) (harness.Summary, error) {
	return func(ctx context.Context, list []harness.Scenario, o harness.Options) (harness.Summary, error) {
		if o.Nginx.Spec == spec {
			return play(ctx, list, o)
		}
		return ends()(ctx, list, o)
	}
}

func TestSeveralBuilds(t *testing.T) {
	dir := t.TempDir()
	jsonPath, junitPath := filepath.Join(dir, "out.json"), filepath.Join(dir, "junit.xml")
	r := runWith(t, t.Context(), onBuild("new", ends(harness.Fail)), "run", "--nginx", "old,/opt/new", "--nginx", "new",
		"--seed", "9", "--json", jsonPath, "--junit", junitPath)
	require.Equal(t, 1, r.code)
	require.Empty(t, r.stderr)
	require.Contains(t, r.stdout, "3 scenarios on 3 builds, driver native, seed 9, nginx 1.22.1 (old), 1.22.1 (/opt/new), 1.22.1 (new)")
	require.Contains(t, r.stdout, "FAIL upstream/refused on new: because")
	require.Regexp(t, `(?m)^upstream/refused +pass +pass +FAIL +new: because$`, r.stdout)
	require.Contains(t, r.stdout, "badgateway run upstream/refused --nginx new --driver native --seed 9 --hold")
	require.Contains(t, r.stdout, "3 scenarios on 3 builds: 8 passed, 1 failed")

	require.Equal(t, strings.Split("pass pass pass pass pass pass fail pass pass", " "), outcomes(t, readFile(t, jsonPath)))
	var out struct{ Builds []struct{ Spec string } }
	require.NoError(t, json.Unmarshal(readFile(t, jsonPath), &out))
	require.Len(t, out.Builds, 3)
	var suites junit.Testsuites
	require.NoError(t, xml.Unmarshal(readFile(t, junitPath), &suites))
	require.Len(t, suites.Suites, 3)
}

// One build, however it is written, is the run as it always was.
func TestOneBuild(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.json")
	r := runWith(t, t.Context(), ends(), "run", "--nginx", "old", "--json", path)
	require.Equal(t, 0, r.code, r.stderr)
	require.Contains(t, r.stdout, "badgateway run: 3 scenarios, nginx 1.22.1 (old), driver native")
	require.NotContains(t, r.stdout, "SCENARIO")
	require.NotContains(t, string(readFile(t, path)), `"builds"`)
	require.Contains(t, string(readFile(t, path)), `"nginx": "1.22.1"`)
}

// Each build has its artefacts for itself.
func TestSeveralBuildsKeep(t *testing.T) {
	keep := t.TempDir()
	var kept []string
	r := runWith(t, t.Context(), func(_ context.Context, _ []harness.Scenario, o harness.Options) (harness.Summary, error) {
		kept = append(kept, o.Keep)
		return harness.Summary{}, nil
	}, "run", "--keep", keep, "--nginx", "debian:forky,/opt/x/nginx,/opt/x-nginx")
	require.Equal(t, 0, r.code, r.stderr)
	require.Equal(t, []string{filepath.Join(keep, "debian-forky"), filepath.Join(keep, "opt-x-nginx"), filepath.Join(keep, "opt-x-nginx-3")}, kept)
}

// An image tells its version only when asked; a build that cannot be had names
// itself, and nothing runs on the others.
func TestSeveralBuildsResolve(t *testing.T) {
	p := parts{
		catalogue: func() []harness.Scenario { return []harness.Scenario{{Name: "a/b"}} },
		resolve: func(_ context.Context, spec string, _ io.Writer) (nginx.Build, error) {
			switch spec {
			case "gone":
				return nginx.Build{}, &builds.Unavailable{Spec: spec, Reason: "mirror cannot be reached", Mend: "try later"}
			case "typo":
				return nginx.Build{}, &builds.SpecError{Spec: spec, Reason: "names no nginx"}
			case "alias":
				return nginx.Build{Spec: "old", Version: "1"}, nil
			}
			return nginx.Build{Spec: spec, Version: "1"}, nil
		},
		pick: func(context.Context, string, nginx.Build) (pod.Driver, error) { return namedDriver{}, nil },
		runBuilds: func(context.Context, []harness.Scenario, []harness.Options) ([]harness.Summary, error) {
			t.Error("it ran")
			return nil, nil
		},
	}
	for list, want := range map[string]struct {
		code int
		says string
	}{
		"old,gone":  {3, `nginx "gone": mirror cannot be reached; to mend: try later`},
		"old,typo":  {2, `nginx "typo": names no nginx`},
		"old,old":   {2, "nginx old and old are the same build"},
		"old,alias": {2, "nginx old and alias are the same build"},
	} {
		path := filepath.Join(t.TempDir(), "out.json")
		r := runParts(t.Context(), p, "run", "--nginx", list, "--json", path)
		require.Equal(t, want.code, r.code, list)
		require.Contains(t, r.stderr, want.says)
		require.Equal(t, []string{"skip", "skip"}, outcomes(t, readFile(t, path)))
	}
}

func TestSeveralBuildsInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.json")
	ctx, stop := withSignals(t.Context(), func(int) { t.Error("exit at the first signal") })
	defer stop()
	r := runWith(t, ctx, onBuild("new", func(ctx context.Context, list []harness.Scenario, _ harness.Options) (harness.Summary, error) {
		require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGINT))
		<-ctx.Done()
		return harness.Summary{Verdicts: []harness.Verdict{
			{Name: list[0].Name, Outcome: harness.Pass},
			{Name: list[1].Name, Outcome: harness.Skip, Reason: "interrupted: x"},
		}}, context.Cause(ctx)
	}), "run", "--nginx", "old,new", "--json", path)
	require.Equal(t, 130, r.code, r.stderr)
	require.Regexp(t, `(?m)^upstream/refused +pass +pass\nupstream/reset +pass +-\ndns/gone +pass +-$`, r.stdout)
	require.Contains(t, r.stdout, "3 scenarios on 2 builds: 4 passed, 2 not run")
	require.Contains(t, r.stdout, "this report is partial")
	require.Equal(t, strings.Split("pass pass pass pass skip skip", " "), outcomes(t, readFile(t, path)))
}

// --require makes a lack an error, and leaves declared differences alone.
func TestRequire(t *testing.T) {
	r := runWith(t, t.Context(), ends(harness.Skip), "run", "--require")
	require.Equal(t, 1, r.code)
	require.Contains(t, r.stderr, "--require: skipped for what is missing here:\n  upstream/refused: because\n")
	require.Contains(t, r.stdout, "2 passed, 1 skipped")
	require.Equal(t, 0, runWith(t, t.Context(), ends(), "run", "--require").code)
}
