package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
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

// The tests of this file hold the command's own duties (exit codes, reports,
// aborts) against results that are given: every outcome, at will. Real runs are
// in testdata/*.txtar.

type namedDriver struct{ pod.Driver }

func (namedDriver) Name() string { return "native" }

// left is what a run of the command leaves.
type left struct {
	code           int
	stdout, stderr string
}

// runWith runs args with a run of three scenarios that ends as play decides.
func runWith(t *testing.T, ctx context.Context, play func(context.Context, []harness.Scenario, harness.Options) (harness.Summary, error), args ...string) left {
	t.Helper()
	p := parts{
		catalogue: func() []harness.Scenario {
			return []harness.Scenario{
				{Name: "upstream/refused", Title: "nothing listens"}, {Name: "upstream/reset", Title: "reset"}, {Name: "dns/gone", Title: "gone"},
			}
		},
		resolve: func(_ context.Context, spec string, _ io.Writer) (nginx.Build, error) {
			return nginx.Build{Spec: spec, Version: "1.22.1"}, nil
		},
		pick: func(context.Context, string, nginx.Build) (pod.Driver, error) { return namedDriver{}, nil },
		runBuilds: func(ctx context.Context, list []harness.Scenario, each []harness.Options) ([]harness.Summary, error) {
			sums := make([]harness.Summary, len(each))
			var errs []error
			for i, o := range each {
				sum, err := play(ctx, list, o)
				sums[i], errs = sum, append(errs, err)
			}
			return sums, errors.Join(errs...)
		},
	}
	return runParts(ctx, p, args...)
}

func runParts(ctx context.Context, p parts, args ...string) left {
	var stdout, stderr bytes.Buffer
	a := app{parts: p, stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr}
	code := a.main(ctx, args)
	return left{code, stdout.String(), stderr.String()}
}

// ends reports every scenario with the outcome of the same index, pass behind
// the last.
func ends(outcomes ...string) func(context.Context, []harness.Scenario, harness.Options) (harness.Summary, error) {
	return func(_ context.Context, list []harness.Scenario, o harness.Options) (harness.Summary, error) {
		var sum harness.Summary
		for i, s := range list {
			v := harness.Verdict{Name: s.Name, Outcome: harness.Pass}
			if i < len(outcomes) {
				v.Outcome, v.Reason = outcomes[i], "because"
			}
			o.Events(harness.Event{Scenario: s.Name, Kind: harness.RunEnd, Verdict: &v})
			sum.Verdicts = append(sum.Verdicts, v)
		}
		return sum, nil
	}
}

func TestRunExitCodes(t *testing.T) {
	ctx := t.Context()
	r := runWith(t, ctx, ends(), "run")
	require.Equal(t, 0, r.code, r.stderr)
	require.Contains(t, r.stdout, "3 scenarios: 3 passed")

	r = runWith(t, ctx, ends(harness.Skip), "run")
	require.Equal(t, 0, r.code)

	r = runWith(t, ctx, ends(harness.Fail), "run", "--seed", "9")
	require.Equal(t, 1, r.code)
	require.Empty(t, r.stderr, "the report has said it")
	require.Contains(t, r.stdout, "FAIL upstream/refused: because")
	require.Contains(t, r.stdout, "badgateway run upstream/refused --nginx nginx --driver native --seed 9 --hold")
}

func TestRunPassesOptions(t *testing.T) {
	keep := filepath.Join(t.TempDir(), "a", "b")
	r := runWith(t, t.Context(), func(_ context.Context, list []harness.Scenario, o harness.Options) (harness.Summary, error) {
		require.Len(t, list, 2)
		require.EqualValues(t, 5, o.Seed)
		require.Equal(t, 3, o.Parallel)
		require.Equal(t, keep, o.Keep)
		require.Equal(t, "debian:trixie", o.Nginx.Spec)
		require.Equal(t, pod.DefaultTimeouts, o.Timeouts)
		require.Nil(t, o.Hold)
		return harness.Summary{}, nil
	}, "run", "upstream", "--seed=5", "--parallel=3", "--keep", keep, "--nginx", "debian:trixie")
	require.Equal(t, 0, r.code, r.stderr)
	require.DirExists(t, keep)
}

func TestRunWritesReports(t *testing.T) {
	dir := t.TempDir()
	jsonPath, junitPath := filepath.Join(dir, "out.json"), filepath.Join(dir, "junit.xml")
	r := runWith(t, t.Context(), ends(harness.Fail, harness.Skip), "run", "--json", jsonPath, "--junit", junitPath)
	require.Equal(t, 1, r.code)
	require.Contains(t, r.stdout, "wrote "+jsonPath+", "+junitPath)
	require.Equal(t, []string{"fail", "skip", "pass"}, outcomes(t, readFile(t, jsonPath)))
	var suites junit.Testsuites
	require.NoError(t, xml.Unmarshal(readFile(t, junitPath), &suites))
	require.Equal(t, 3, suites.Tests)

	r = runWith(t, t.Context(), ends(), "run", "--json")
	require.Equal(t, []string{"pass", "pass", "pass"}, outcomes(t, []byte(r.stdout)), "stdout is the report and nothing else")
	require.Contains(t, r.stderr, "3 passed")
}

// A report that cannot be written costs the others nothing, and the exit code
// tells.
func TestRunReportFails(t *testing.T) {
	junitPath := filepath.Join(t.TempDir(), "junit.xml")
	r := runWith(t, t.Context(), ends(), "run", "--json", "/dev/full", "--junit", junitPath)
	require.Equal(t, 2, r.code)
	require.Contains(t, r.stderr, "write report /dev/full: no space left on device")
	require.FileExists(t, junitPath)

	r = runWith(t, t.Context(), ends(harness.Fail), "run", "--json", "/dev/full")
	require.Equal(t, 1, r.code, "the failed scenario is what the code tells")
	require.Contains(t, r.stderr, "no space left on device")
}

// An interrupt before the first scenario (while an nginx is fetched, say) has
// the signal's code too.
func TestRunInterruptedEarly(t *testing.T) {
	ctx, stop := withSignals(t.Context(), func(int) {})
	defer stop()
	p := parts{
		catalogue: func() []harness.Scenario { return []harness.Scenario{{Name: "a/b"}} },
		resolve: func(ctx context.Context, _ string, _ io.Writer) (nginx.Build, error) {
			require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
			<-ctx.Done()
			return nginx.Build{}, ctx.Err()
		},
	}
	path := filepath.Join(t.TempDir(), "out.json")
	r := runParts(ctx, p, "run", "--json", path)
	require.Equal(t, 143, r.code)
	require.Contains(t, r.stdout, "received SIGTERM; this report is partial")
	require.Contains(t, string(readFile(t, path)), `"abort_reason": "received SIGTERM"`)
}

// A run that fails as a whole tells by its code whose it is to mend.
func TestRunErrors(t *testing.T) {
	fails := func(err error) func(context.Context, []harness.Scenario, harness.Options) (harness.Summary, error) {
		return func(context.Context, []harness.Scenario, harness.Options) (harness.Summary, error) {
			return harness.Summary{}, err
		}
	}
	r := runWith(t, t.Context(), fails(&pod.StartError{Output: "nginx: [emerg] bad in /etc/nginx/nginx.conf:3", Code: 1}), "run")
	require.Equal(t, 2, r.code)
	require.Contains(t, r.stderr, "[emerg] bad in /etc/nginx/nginx.conf:3")
	r = runWith(t, t.Context(), fails(errors.New("read free memory: no /proc")), "run")
	require.Equal(t, 3, r.code)
	require.Contains(t, r.stderr, "no /proc")
}

// Bad input is found before anything runs.
func TestRunBadInput(t *testing.T) {
	never := func(context.Context, []harness.Scenario, harness.Options) (harness.Summary, error) {
		t.Error("it ran")
		return harness.Summary{}, nil
	}
	dir := t.TempDir()
	for args, says := range map[string]string{
		"run upstream/refusd":                            "nearest: upstream/refused",
		"run --driver dokcer":                            `unknown driver "dokcer"; nearest: docker (all: auto, native, docker)`,
		"run --parallel -1":                              "--parallel -1",
		"run --parallel x":                               "see badgateway run --help",
		"run --sede 4":                                   "nearest: --seed",
		"run --json " + dir:                              "it is a directory",
		"run --json " + dir + "/no/x.json":               "mkdir -p " + dir + "/no",
		"run --json - --junit -":                         "write two reports",
		"run --json " + dir + "/x --junit " + dir + "/x": "write two reports",
		"run --keep /dev/null/x":                         "keep artefacts",
		"run --keep /proc":                               "keep artefacts in /proc",
		"rnu":                                            `unknown command "rnu"; nearest: run`,
		"list nothing/here":                              "matches no scenario",
		"list --json " + dir + "/no/x":                   "there is no directory",
		"version extra":                                  "unknown command \"extra\"",
	} {
		r := runWith(t, t.Context(), never, strings.Fields(args)...)
		require.Equal(t, 2, r.code, args)
		require.Contains(t, r.stderr, says, args)
		require.Equal(t, 1, strings.Count(r.stderr, "\n"), "one line: %s", r.stderr)
	}
}

func TestRunMachineCannot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.json")
	p := parts{
		catalogue: func() []harness.Scenario { return []harness.Scenario{{Name: "a/b"}} },
		resolve: func(_ context.Context, spec string, _ io.Writer) (nginx.Build, error) {
			return nginx.Build{}, &builds.Unavailable{Spec: spec, Reason: "not installed", Mend: "apt-get install nginx"}
		},
	}
	r := runParts(t.Context(), p, "run", "--json", path)
	require.Equal(t, 3, r.code)
	require.Contains(t, r.stderr, "to mend: apt-get install nginx")
	require.Equal(t, []string{"skip"}, outcomes(t, readFile(t, path)), "CI finds a report that says why")

	p.resolve = func(_ context.Context, spec string, _ io.Writer) (nginx.Build, error) {
		return nginx.Build{}, &builds.SpecError{Spec: spec, Reason: "names no nginx", Hint: "did you mean debian:trixie?"}
	}
	require.Equal(t, 2, runParts(t.Context(), p, "run", "--nginx", "trixi").code)

	p.resolve = func(context.Context, string, io.Writer) (nginx.Build, error) { return nginx.Build{}, nil }
	p.pick = func(context.Context, string, nginx.Build) (pod.Driver, error) {
		return nil, errors.Join(&pod.Unavailable{Driver: "native", Reason: "no user namespaces", Mend: "sysctl kernel.unprivileged_userns_clone=1"},
			&pod.Unavailable{Driver: "docker", Reason: "engine unreachable"})
	}
	r = runParts(t.Context(), p, "run")
	require.Equal(t, 3, r.code)
	require.Contains(t, r.stderr, "sysctl kernel.unprivileged_userns_clone=1")
	require.Contains(t, r.stderr, "engine unreachable")
}

// A signal ends the run: what is there is reported as partial, with the
// signal's code.
func TestRunInterrupted(t *testing.T) {
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		dir := t.TempDir()
		jsonPath, junitPath := filepath.Join(dir, "out.json"), filepath.Join(dir, "junit.xml")
		ctx, stop := withSignals(t.Context(), func(int) { t.Error("exit at the first signal") })
		r := runWith(t, ctx, func(ctx context.Context, list []harness.Scenario, o harness.Options) (harness.Summary, error) {
			require.NoError(t, syscall.Kill(os.Getpid(), sig))
			<-ctx.Done()
			return harness.Summary{Verdicts: []harness.Verdict{
				{Name: list[0].Name, Outcome: harness.Pass},
				{Name: list[1].Name, Outcome: harness.Skip, Reason: "interrupted: x"},
				{Name: list[2].Name, Outcome: harness.Skip, Reason: "not run: interrupted before its turn"},
			}}, context.Cause(ctx)
		}, "run", "--json", jsonPath, "--junit", junitPath)
		stop()
		require.Equal(t, code, r.code, r.stderr)
		require.Contains(t, r.stdout, "1 passed, 2 not run")
		require.Contains(t, r.stdout, "this report is partial")

		var out struct{ Aborted bool }
		require.NoError(t, json.Unmarshal(readFile(t, jsonPath), &out))
		require.True(t, out.Aborted)
		require.Contains(t, string(readFile(t, junitPath)), `errors="1"`)
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	exited := make(chan int, 1)
	ctx, stop := withSignals(t.Context(), func(code int) { exited <- code })
	defer stop()
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
	<-ctx.Done()
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGINT))
	require.Equal(t, 130, <-exited)
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

// outcomes are those of a badgateway.run/v1.
func outcomes(t *testing.T, data []byte) []string {
	t.Helper()
	var out struct {
		Schema  string
		Results []struct{ Outcome string }
	}
	require.NoError(t, json.Unmarshal(data, &out), "%s", data)
	require.Equal(t, "badgateway.run/v1", out.Schema)
	var all []string
	for _, r := range out.Results {
		all = append(all, r.Outcome)
	}
	return all
}
