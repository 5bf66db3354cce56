package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
	"badgateway/harness/pod/drivers"
	"badgateway/harness/report"
)

// runFlags are the flags of run.
type runFlags struct {
	driver      string
	nginx       []string // one build or several
	parallel    int
	seed        int64
	keep        string
	hold        bool
	require     bool
	json, junit string
	html        string
	markdown    string
	without     string
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [PATTERN...]",
		Short: "Run scenarios: break a real nginx, see the symptom, prove the fix",
		Long: `Run scenarios, or those that a PATTERN selects: each starts a real nginx in a
private network, breaks it, demands the documented symptom from client and error
log, applies the fix and verifies it.

Several builds of nginx share the pods at a time and end in a matrix, scenario by
version. A scenario that behaves differently on a version says so itself and is
skipped there.

` + patternHelp,
		Example: `  badgateway run
  badgateway run 'upstream/*' --nginx debian:trixie --junit junit.xml
  badgateway run --nginx debian:bullseye,debian:forky
  badgateway run upstream/refused --hold`,
		ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, patterns []string) error {
			if !cmd.Flags().Changed("seed") {
				f.seed = rand.Int64N(1_000_000)
			}
			return a.run(cmd.Context(), patterns, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.driver, "driver", drivers.Auto, "make pods with `NAME`: "+strings.Join(driverNames(), ", "))
	flags.StringSliceVar(&f.nginx, "nginx", []string{"nginx"}, "run this `NGINX`: a path, nginx for the one in PATH, debian:SUITE, image:NAME; several with commas")
	flags.IntVar(&f.parallel, "parallel", 0, "run `N` scenarios at a time (0: twelve per core, as far as memory goes)")
	flags.Int64Var(&f.seed, "seed", 0, "draw random choices from `N` (default: a new one, printed)")
	flags.StringVar(&f.keep, "keep", "", "keep configs, logs, records and captures in `DIR`")
	flags.BoolVar(&f.hold, "hold", false, "stop while the symptom is on and print how to look; one scenario after the other")
	flags.BoolVar(&f.require, "require", false, "exit with 1 when a scenario is skipped for another reason than the version of nginx (for CI)")
	jsonFlag(flags, &f.json, report.RunSchema)
	flags.StringVar(&f.junit, "junit", "", "write JUnit XML to `FILE`")
	flags.StringVar(&f.html, "html", "", "write the runbook as one web page to `FILE`")
	flags.StringVar(&f.markdown, "markdown", "", "write the runbook as Markdown to `FILE`")
	flags.StringVar(&f.without, "without", "", "leave out the `PART` that is broken (break) or mended (fix): every scenario must then fail")
	if err := flags.MarkHidden("without"); err != nil {
		panic(err) // the line above declares it
	}
	return cmd
}

func knownDriver(name string) error {
	names := driverNames()
	if slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf("unknown driver %q; nearest: %s (all: %s)", name, harness.Nearest(name, names), strings.Join(names, ", "))
}

func driverNames() []string { return append([]string{drivers.Auto}, drivers.Names()...) }

// run checks all input first, then runs, then writes every report whatever
// happened in between.
func (a *app) run(ctx context.Context, patterns []string, f runFlags) error {
	chosen, err := harness.Match(a.parts.catalogue(), patterns...)
	if err != nil {
		return badInput(err)
	}
	if err := f.check(); err != nil {
		return badInput(err)
	}
	outs, err := openOutputs(a.stdout, f.wanted())
	if err != nil {
		return err
	}
	run := report.Run{Seed: f.seed, Parallel: f.parallel, Keep: f.keep, Started: time.Now(), Scenarios: chosen}
	ran, lost := a.execute(ctx, &run, f, a.humans(outs.takeStdout()))
	if _, stopped := stoppedBy(ctx); stopped {
		ran = context.Cause(ctx)
	}
	if ran != nil {
		run.Aborted = ran.Error()
	}
	run.Wall = time.Since(run.Started)
	var lacking error
	if f.require {
		lacking = lackingError(run.Lacking())
	}
	return a.finish(ctx, run, outs, ran, lost, lacking)
}

// check finds what is wrong with flags before anything is started.
func (f runFlags) check() error {
	if err := knownDriver(f.driver); err != nil {
		return err
	}
	if f.parallel < 0 {
		return fmt.Errorf("--parallel %d: give the number of scenarios to run at a time, or 0", f.parallel)
	}
	if !slices.Contains([]string{"", harness.WithoutBreak, harness.WithoutFix}, f.without) {
		return fmt.Errorf("--without %s: give %s or %s", f.without, harness.WithoutBreak, harness.WithoutFix)
	}
	if f.keep == "" {
		return nil
	}
	if err := os.MkdirAll(f.keep, 0o755); err != nil {
		return fmt.Errorf("keep artefacts: %w", err)
	}
	probe, err := report.Open(filepath.Join(f.keep, "artefacts"), nil)
	if err != nil {
		return fmt.Errorf("keep artefacts in %s: %w", f.keep, errors.Unwrap(err))
	}
	return probe.Close()
}

// prepare lets a driver make its images before the first pod, and passes on
// what it says of them: which image and which engine are used.
func (a *app) prepare(ctx context.Context, driver pod.Driver, build nginx.Build) error {
	drivers.Notify(func(line string) { fmt.Fprintln(a.stderr, "badgateway:", line) })
	preparer, ok := driver.(pod.Preparer)
	if !ok {
		return nil
	}
	if err := preparer.Prepare(ctx, build); err != nil {
		return cannotRun(fmt.Errorf("prepare %s pods: %w", driver.Name(), err))
	}
	return nil
}

// execute finds the builds and their drivers and runs the scenarios; run has
// the verdicts that there are also when it did not come to its end. lost is
// output for a person that could not be written: no reason to end a run.
func (a *app) execute(ctx context.Context, run *report.Run, f runFlags, human io.Writer) (ran, lost error) {
	parts := f.parts()
	defer func() { setParts(run, parts) }()
	each, err := a.ready(ctx, parts, f)
	if err != nil {
		return err, nil
	}
	setParts(run, parts)
	screen := func() report.Screen { return screenOf(human) }
	display := report.NewDisplay(human, screen, len(run.Scenarios)*len(parts), f.hold)
	a.watch(each, display, f, human, run.Scenarios)
	display.Note(report.Header(screen(), *run))
	told := context.AfterFunc(ctx, func() {
		display.Note("stopping: partial reports follow; a second signal ends at once")
	})
	sums, err := a.parts.runBuilds(ctx, run.Scenarios, each)
	told()
	for i, sum := range sums {
		parts[i].Verdicts, parts[i].Records = sum.Verdicts, sum.Records
	}
	return runError(err), unlessClosed("write progress", display.Close())
}

// runError gives an error that kept scenarios from running its exit code: a
// refused nginx is the user's to mend, all else the machine's.
func runError(err error) error {
	if _, refused := errors.AsType[*pod.StartError](err); refused {
		return badInput(err)
	}
	return cannotRun(err)
}

// unlessClosed is a failed write, unless the reader went away of its own will
// (run | head -1).
func unlessClosed(doing string, err error) error {
	if err == nil || errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// finish prints the result, writes the reports and chooses the exit code: a
// signal's, else that of what kept the run from its end, else a failed
// scenario's or that of what --require forbids, else that of a report that could
// not be written.
func (a *app) finish(ctx context.Context, run report.Run, outs outputs[report.Run], ran, lost, lacking error) error {
	wrote, err := outs.write(run)
	if lost == nil {
		lost = unlessClosed("write result", a.show(run, outs, wrote))
	}
	err = errors.Join(lost, err)
	if s, stopped := stoppedBy(ctx); stopped {
		return &exitError{code: s.code(), err: err}
	}
	if ran != nil {
		return &exitError{code: codeOf(ran), err: errors.Join(ran, err)}
	}
	if lacking != nil || run.Count().Fail > 0 {
		return &exitError{code: exitFinding, err: errors.Join(lacking, err)}
	}
	return badInput(err)
}

// show prints table or matrix, failures and summary; a pipe has had its lines
// already, and of several builds gets the matrix.
func (a *app) show(run report.Run, outs outputs[report.Run], wrote []string) error {
	w := a.humans(outs.takeStdout())
	s := screenOf(w)
	if !began(run) && run.Aborted != "" {
		if len(wrote) == 0 {
			return nil // nothing ran: the error alone is the report
		}
		return report.WriteSummary(w, s, run, wrote)
	}
	var err error
	switch {
	case len(run.Builds) > 0 && s.Terminal():
		err = report.WriteMatrix(w, s, run)
	case len(run.Builds) > 0:
		fmt.Fprintln(w) // after the lines; what fails here fails below
		err = report.WriteMatrix(w, s, run)
	case s.Terminal():
		err = report.WriteTable(w, s, run)
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	if err := report.WriteFailures(w, s, run); err != nil {
		return err
	}
	return report.WriteSummary(w, s, run, wrote)
}
