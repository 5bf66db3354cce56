package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"badgateway/harness/builds"
	"badgateway/harness/check"
	"badgateway/harness/check/compare"
	"badgateway/harness/check/config"
	"badgateway/harness/check/finding"
	"badgateway/harness/check/result"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
	"badgateway/harness/pod/drivers"
	"badgateway/harness/report"
	"badgateway/harness/report/checks"
)

// checkFlags are the flags of check.
type checkFlags struct {
	driver, nginx, root     string
	env                     map[string]string
	against, againstNginx   string
	faults, routes, methods []string
	policy, expect, failOn  string
	list, realTime          bool
	emptyIncludes           bool
	parallel                int
	json, junit, sarif      string
	html, markdown          string
	github                  bool
}

func (a *app) checkCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [CONF]",
		Short: "Run the fault matrix on your own nginx.conf, and see what a change does to it",
		Long: `Run an nginx configuration, unmodified, in a private network, find the routes
that reach an upstream, and let each upstream fail in each way: what will users
see? With --against or --against-nginx: what does the change do to that?

CONF is nginx.conf with its includes, the output of nginx -T, a fragment of
conf.d (http, server or location level), a *.template with --env, or - for
standard input. What the configuration names and does not hold (hosts,
certificates, users, upstreams) is supplied and listed.

Exit codes: 1 findings of severity error (--fail-on moves the bar), with a
comparison any change that --expect does not name; 2 the configuration cannot be
run, with file and line.`,
		Example: `  badgateway check nginx.conf
  badgateway check nginx.conf --against <(git show main:nginx.conf) --root .
  badgateway check nginx.conf --against-nginx debian:bookworm --nginx debian:forky
  badgateway check conf.d/shop.conf --fault refused --fault 'tls-*' --method POST
  badgateway check default.conf.template --env BACKEND=app:8080 --list`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("check takes one configuration, here are %d: %s; the other side of a comparison is given with --against", len(args), strings.Join(args, ", "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.check(cmd.Context(), args, f) },
	}
	f.declare(cmd.Flags())
	return cmd
}

func (f *checkFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&f.driver, "driver", drivers.Auto, "make pods with `NAME`: "+strings.Join(driverNames(), ", "))
	flags.StringVar(&f.nginx, "nginx", "nginx", "run this `NGINX`: a path, nginx for the one in PATH, debian:SUITE, image:NAME (without CONF: with its own configuration)")
	flags.StringVar(&f.root, "root", "", "`DIR` stands for /etc/nginx (default: the directory of CONF)")
	flags.BoolVar(&f.emptyIncludes, "empty-includes", false, "take an include that is not there for an empty file")
	flags.StringToStringVar(&f.env, "env", nil, "value of a template's variable, as `NAME=VALUE`")
	flags.StringVar(&f.against, "against", "", "compare with the configuration `OLD`")
	flags.StringVar(&f.againstNginx, "against-nginx", "", "compare with the same configuration on another `NGINX`")
	flags.StringArrayVar(&f.faults, "fault", nil, "only faults that match `PATTERN` (none: the healthy baseline); may be repeated")
	flags.StringArrayVar(&f.routes, "route", nil, "only routes whose id matches `PATTERN`; may be repeated")
	flags.StringArrayVar(&f.methods, "method", nil, "only this `METHOD`; may be repeated")
	flags.StringVar(&f.policy, "policy", "", "limits, severities and accepted findings in `FILE` (default: "+finding.PolicyFile+" beside CONF or here)")
	flags.StringVar(&f.expect, "expect", "", "changes that may be, in `FILE`")
	flags.StringVar(&f.failOn, "fail-on", "", "exit with 1 on findings of `SEVERITY` or worse: error, warning, note")
	flags.BoolVar(&f.list, "list", false, "show routes and cells without running the faults")
	flags.BoolVar(&f.realTime, "real-time", false, "do not compress durations")
	flags.IntVar(&f.parallel, "parallel", 0, "run `N` pods at a time (0: twelve per core, as far as memory goes)")
	jsonFlag(flags, &f.json, result.Schema)
	flags.StringVar(&f.junit, "junit", "", "write JUnit XML to `FILE`")
	flags.StringVar(&f.sarif, "sarif", "", "write SARIF 2.1.0 to `FILE`")
	flags.StringVar(&f.html, "html", "", "write one web page to `FILE`")
	flags.StringVar(&f.markdown, "markdown", "", "write Markdown to `FILE`")
	flags.BoolVar(&f.github, "github", false, "annotate on GitHub Actions and add a step summary")
}

func (f checkFlags) wanted() []want[result.Report] {
	return []want[result.Report]{
		{f.json, checks.WriteJSON}, {f.junit, checks.WriteJUnit}, {f.sarif, checks.WriteSARIF},
		{f.html, checks.WriteHTML}, {f.markdown, checks.WriteMarkdown},
	}
}

// check reads all input first, then runs, then writes every report whatever
// happened in between.
func (a *app) check(ctx context.Context, args []string, f checkFlags) error {
	o, err := a.checkOptions(args, f)
	if err != nil {
		return err
	}
	outs, err := openOutputs(a.stdout, f.wanted())
	if err != nil {
		return err
	}
	for _, old := range o.Policy.Expired(time.Now()) {
		fmt.Fprintf(a.stderr, "badgateway: the policy's acceptance of %s has expired: %s\n", old.Rule, old.Reason)
	}
	r, ran := a.play(ctx, &o, f)
	return a.finishCheck(ctx, o, f, outs, r, ran)
}

// finishCheck prints and writes the report and chooses the exit code.
func (a *app) finishCheck(ctx context.Context, o check.Options, f checkFlags, outs outputs[result.Report], r result.Report, ran error) error {
	if _, unknown := errors.AsType[*check.UnknownPattern](ran); unknown {
		return errors.Join(badInput(ran), outs.close())
	}
	if s, stopped := stoppedBy(ctx); stopped {
		ran = s
	}
	if ran != nil {
		r.Aborted = ran.Error()
	}
	if refused, ok := errors.AsType[*config.InputError](ran); ok {
		r.AbortedAt = refused.Place
	}
	if r.Inputs == nil { // what was read names itself
		r.Inputs = []result.Input{{Path: cmp.Or(o.Path, f.nginx), Nginx: f.nginx, Version: o.Build.Version}}
	}
	wrote, err := outs.write(r)
	human := a.humans(outs.takeStdout())
	blank := len(r.Routes) == 0 && ran != nil // nothing to show but why
	if !blank {
		err = errors.Join(err, f.print(human, r, wrote))
	}
	if f.github {
		err = errors.Join(err, annotate(human, r))
	}
	if blank {
		return stopOr(ctx, checkError(errors.Join(ran, err)))
	}
	switch {
	case ran != nil:
		return stopOr(ctx, checkError(errors.Join(ran, err)))
	case err != nil:
		return badInput(err)
	case len(r.Routes) > 0 && !slices.ContainsFunc(r.Routes, func(route result.Route) bool { return route.Reached }):
		return badInput(errors.New("no route was reached, so nothing was tested; each has its reason above"))
	case fails(o, r):
		return &exitError{code: exitFinding}
	}
	return cannotRun(unrun(r))
}

// unrun says that cells could not be run: a report that leaves them out would
// pass for a whole one.
func unrun(r result.Report) error {
	var failed []result.Cell
	for _, l := range r.Cells {
		if l.Error != "" {
			failed = append(failed, l)
		}
	}
	switch {
	case len(failed) > 0:
		return fmt.Errorf("%d of %d cells could not be run, and nothing is known of them; the first, %s: %s", len(failed), len(r.Cells), failed[0].ID, failed[0].Error)
	case r.Diff != nil && len(r.Diff.Unfinished) > 0:
		return fmt.Errorf("%d cells could not be run with the old configuration; the first: %s", len(r.Diff.Unfinished), r.Diff.Unfinished[0])
	}
	return nil
}

// fails says whether a report is one to stop a rollout.
func fails(o check.Options, r result.Report) bool {
	if r.Diff != nil {
		return len(r.Diff.Cells)+len(r.Diff.Removed) > 0
	}
	return finding.Fails(r.Findings, o.Policy.FailOn)
}

// print prints a result, or a plan, for a person.
func (f checkFlags) print(w io.Writer, r result.Report, wrote []string) error {
	text := checks.Write
	if f.list {
		text = checks.WritePlan
	}
	show := func() error { return text(w, screenOf(w), r, wrote) }
	if !f.github {
		return unlessClosed("write result", show())
	}
	return unlessClosed("write result", checks.Quoted(w, show))
}

// annotate writes annotations, which GitHub Actions reads from either stream,
// and the step summary to the file that it names.
func annotate(w io.Writer, r result.Report) error {
	if err := checks.WriteGitHub(w, r); err != nil {
		return err
	}
	path := os.Getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	summary, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write step summary: %w", err)
	}
	return errors.Join(checks.WriteMarkdown(summary, r), summary.Close())
}

// checkOptions reads the flags, the policy and the expectations.
func (a *app) checkOptions(args []string, f checkFlags) (check.Options, error) {
	o := check.Options{Faults: f.faults, Routes: f.routes, Methods: f.methods, RealTime: f.realTime, Parallel: f.parallel, Fixes: a.fixes()}
	o.Root, o.Env, o.Stdin, o.EmptyIncludes = f.root, f.env, a.stdin, f.emptyIncludes
	if len(args) > 0 {
		o.Path = args[0]
	} else if !strings.HasPrefix(f.nginx, "image:") {
		return o, badInput(errors.New("name a configuration: badgateway check CONF, or an image with one: --nginx image:NAME"))
	}
	err := errors.Join(f.check(args), o.Known())
	if err != nil {
		return o, badInput(err)
	}
	if o.Policy, err = f.readPolicy(o.Path); err != nil {
		return o, badInput(err)
	}
	if f.expect != "" {
		if o.Expect, err = fromFile(f.expect, compare.ReadExpectation); err != nil {
			return o, badInput(err)
		}
	}
	return o, nil
}

// play makes the builds and drivers of both sides ready, and runs the check or
// its plan.
func (a *app) play(ctx context.Context, o *check.Options, f checkFlags) (r result.Report, err error) {
	if o.Build, o.Driver, err = a.runner(ctx, f.driver, f.nginx); err != nil {
		return r, err
	}
	if f.against != "" || f.againstNginx != "" {
		old := o.Side
		old.Path = cmp.Or(f.against, o.Path)
		if f.againstNginx != "" {
			if old.Build, old.Driver, err = a.runner(ctx, f.driver, f.againstNginx); err != nil {
				return r, err
			}
		}
		o.Against = &old
	}
	show := newProgress(a.stderr, func() report.Screen { return screenOf(a.stderr) })
	defer show.close()
	o.Progress = show.tell
	if f.list {
		return check.Plan(ctx, *o)
	}
	return check.Run(ctx, *o)
}

// check finds what is wrong with flags before anything is started.
func (f checkFlags) check(args []string) error {
	if err := knownDriver(f.driver); err != nil {
		return err
	}
	if _, nameless := f.env[""]; nameless {
		return errors.New("--env: a value without a name: give NAME=VALUE")
	}
	if f.failOn != "" && !slices.Contains([]string{"error", "warning", "note"}, f.failOn) {
		return fmt.Errorf("--fail-on %s: give error, warning or note", f.failOn)
	}
	if f.expect != "" && f.against == "" && f.againstNginx == "" {
		return errors.New("--expect names intended changes: give --against or --against-nginx with it")
	}
	if f.against == "-" && slices.Contains(args, "-") {
		return errors.New("standard input can be one side only: give the other as a file")
	}
	if f.parallel < 0 {
		return fmt.Errorf("--parallel %d: give the number of pods at a time, or 0", f.parallel)
	}
	return nil
}

// readPolicy reads the policy that was named, else one beside the
// configuration or in the working directory, else takes the default.
func (f checkFlags) readPolicy(path string) (finding.Policy, error) {
	p := finding.Default()
	candidates := []string{f.policy}
	if f.policy == "" {
		candidates = []string{filepath.Join(filepath.Dir(path), finding.PolicyFile), finding.PolicyFile}
	}
	for _, name := range candidates {
		_, err := os.Stat(name)
		if err != nil && f.policy == "" {
			continue
		}
		if p, err = fromFile(name, finding.ReadPolicy); err != nil {
			return p, err
		}
		break
	}
	if f.failOn != "" {
		p.FailOn = result.Severity(f.failOn)
	}
	return p, nil
}

// fromFile opens a file for its reader.
func fromFile[T any](name string, read func(string, io.Reader) (T, error)) (T, error) {
	file, err := os.Open(name)
	if err != nil {
		var none T
		return none, err
	}
	defer file.Close()
	return read(name, file)
}

// runner is a build of nginx with a driver made ready for it.
func (a *app) runner(ctx context.Context, name, spec string) (nginx.Build, pod.Driver, error) {
	build, err := a.parts.resolve(ctx, spec, a.stderr)
	if err != nil {
		return build, nil, err
	}
	driver, err := a.parts.pick(ctx, name, build)
	if err != nil {
		return build, nil, err
	}
	return build, driver, a.prepare(ctx, driver, build)
}

// fixes cites the catalogue.
func (a *app) fixes() finding.Titler {
	titles := map[string]string{}
	for _, s := range a.parts.catalogue() {
		titles[s.Name] = s.Fix.Title
	}
	return func(name string) (string, bool) { title, found := titles[name]; return title, found }
}

// checkError gives an error that kept a check from running its exit code.
func checkError(err error) error {
	if _, ok := errors.AsType[*config.InputError](err); ok {
		return badInput(err)
	}
	if _, ok := errors.AsType[*builds.SpecError](err); ok {
		return badInput(err)
	}
	return runError(err)
}
