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

// output is one report that a verb was asked for, of a result R.
type output[R any] struct {
	file   *report.File
	render func(io.Writer, R) error
}

// outputs are all of them.
type outputs[R any] []output[R]

// wanted are the reports that the flags of run can ask for.
func (f runFlags) wanted() []want[report.Run] {
	return []want[report.Run]{
		{f.json, report.WriteRunJSON}, {f.junit, report.WriteJUnit},
		{f.html, report.WriteHTML}, {f.markdown, report.WriteMarkdown},
	}
}

// want is a report with the path it goes to; empty: not asked for.
type want[R any] struct {
	path   string
	render func(io.Writer, R) error
}

// openOutputs checks the paths of the reports before anything is run.
func openOutputs[R any](stdout io.Writer, wanted []want[R]) (outs outputs[R], err error) {
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
				return append(outs, output[R]{file: f}), fmt.Errorf("write two reports to %s: give each report a file of its own", want.path)
			}
		}
		outs = append(outs, output[R]{f, want.render})
	}
	return outs, nil
}

// takeStdout reports whether one of the reports is the standard output.
func (outs outputs[R]) takeStdout() bool {
	for _, o := range outs {
		if o.file.Path() == report.Stdout {
			return true
		}
	}
	return false
}

// write writes every report, the others too when one cannot be written, and
// returns the names of the files written.
func (outs outputs[R]) write(r R) (wrote []string, err error) {
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

func (outs outputs[R]) close() error {
	var errs []error
	for _, o := range outs {
		errs = append(errs, o.file.Close())
	}
	return errors.Join(errs...)
}
