package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"badgateway/harness/report"
)

// jsonFlag declares --json on a verb.
func jsonFlag(flags *pflag.FlagSet, to *string, schema string) {
	flags.StringVar(to, "json", "", "write "+schema+" to `FILE` (- or no file: stdout)")
}

// output is one report that a run was asked for.
type output struct {
	file   *report.File
	render func(io.Writer, report.Run) error
}

// outputs are all of them.
type outputs []output

// wanted are the reports that the flags of run can ask for.
func (f runFlags) wanted() []want {
	return []want{
		{f.json, report.WriteRunJSON}, {f.junit, report.WriteJUnit},
		{f.html, report.WriteHTML}, {f.markdown, report.WriteMarkdown},
	}
}

// want is a report with the path it goes to; empty: not asked for.
type want struct {
	path   string
	render func(io.Writer, report.Run) error
}

// openOutputs checks the paths of the reports before anything is run.
func openOutputs(stdout io.Writer, wanted []want) (outs outputs, err error) {
	defer func() {
		if err != nil {
			err = badInput(errors.Join(err, outs.close()))
		}
	}()
	for _, want := range wanted {
		if want.path == "" {
			continue
		}
		f, err := report.Open(want.path, stdout)
		if err != nil {
			return outs, err
		}
		for _, other := range outs {
			if other.file.Path() == f.Path() {
				return append(outs, output{file: f}), fmt.Errorf("write two reports to %s: give each report a file of its own", want.path)
			}
		}
		outs = append(outs, output{f, want.render})
	}
	return outs, nil
}

// takeStdout reports whether one of the reports is the standard output.
func (outs outputs) takeStdout() bool {
	for _, o := range outs {
		if o.file.Path() == report.Stdout {
			return true
		}
	}
	return false
}

// write writes every report, the others too when one cannot be written, and
// returns the names of the files written.
func (outs outputs) write(r report.Run) (wrote []string, err error) {
	var errs []error
	for _, o := range outs {
		if err := o.file.Write(func(w io.Writer) error { return o.render(w, r) }); err != nil {
			errs = append(errs, err)
			continue
		}
		if o.file.Path() != report.Stdout {
			wrote = append(wrote, o.file.Name())
		}
	}
	return wrote, errors.Join(errs...)
}

func (outs outputs) close() error {
	var errs []error
	for _, o := range outs {
		errs = append(errs, o.file.Close())
	}
	return errors.Join(errs...)
}
