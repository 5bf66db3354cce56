package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"badgateway/harness"
	"badgateway/harness/report"
)

// app is one execution of the command.
type app struct {
	parts  parts
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// main runs args and returns the exit code. ctx ends a verb early; the cause that
// [withSignals] gives it decides the code then.
func (a *app) main(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(spellJSON(args, a.selects))
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitFine
	}
	if err.Error() != "" {
		fmt.Fprintln(a.stderr, "badgateway:", err) // nowhere to report that this failed
	}
	return codeOf(err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "badgateway",
		Short: "Reproduce every 502 and 504 on a real nginx, and prove the fix",
		Long: `badgateway reproduces the failures of nginx gateways on a real nginx, in a
private network of its own, and proves the fix of each.

Exit codes: 0 fine, 1 a failed scenario or a finding of a check, 2 bad usage or
bad input, 3 this machine cannot run it, 130 or 143 interrupted.`,
		SilenceErrors: true, SilenceUsage: true,
		Args:              cobra.ArbitraryArgs,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error { return badInput(empty(cmd, args)) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(explainFlag)
	root.AddCommand(a.listCommand(), a.runCommand(), a.checkCommand(), a.nginxCommand(), a.versionCommand())
	return root
}

// unknownVerb names the nearest verb.
func unknownVerb(cmd *cobra.Command, verb string) error {
	var verbs []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			verbs = append(verbs, c.Name())
		}
	}
	return fmt.Errorf("unknown command %q; nearest: %s (all: %s --help)", verb, harness.Nearest(verb, verbs), cmd.CommandPath())
}

// empty refuses a flag or an argument that was given and is empty, as a shell's
// variable may be that was thought to be set: without --against OLD, say, a
// check would compare nothing and pass.
func empty(cmd *cobra.Command, args []string) (err error) {
	if slices.Contains(args, "") {
		return fmt.Errorf("an argument is empty; give it a value or leave it out (see %s --help)", cmd.CommandPath())
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		if slices.Contains(values, "") {
			err = fmt.Errorf("--%s is empty; give it a value or leave it out (see %s --help)", f.Name, cmd.CommandPath())
		}
	})
	return err
}

// explainFlag adds the nearest flag to the error about one that does not exist,
// and says what a flag takes that was given something else.
func explainFlag(cmd *cobra.Command, err error) error {
	help := fmt.Sprintf("see %s --help", cmd.CommandPath())
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok && strings.HasPrefix(wrong.GetFlag().Value.Type(), "int") {
		return badInput(fmt.Errorf("--%s %s: give a whole number; %s", wrong.GetFlag().Name, wrong.GetValue(), help))
	}
	missing, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return badInput(fmt.Errorf("%w; %s", err, help))
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return badInput(fmt.Errorf("%w; nearest: --%s (%s)", err, harness.Nearest(missing.GetSpecifiedName(), names), help))
}

// selects reports whether word names scenarios of the catalogue.
func (a *app) selects(word string) bool {
	_, err := harness.Match(a.parts.catalogue(), word)
	return err == nil
}

// completeNames offers scenario names to a shell's completion.
func (a *app) completeNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, s := range a.parts.catalogue() {
		names = append(names, cobra.CompletionWithDesc(s.Name, s.Title))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// humans is where text for a person goes: stdout, or stderr when a report has
// taken stdout for itself.
func (a *app) humans(stdoutTaken bool) io.Writer {
	if stdoutTaken {
		return a.stderr
	}
	return a.stdout
}

func screenOf(w io.Writer) report.Screen { return report.ScreenOf(w, os.Getenv) }
