package check

import (
	"context"
	"time"

	"badgateway/harness/check/finding"
	"badgateway/harness/check/result"
)

// Run checks a configuration, or compares two. The report holds what was found
// until an error; errors of the configuration are *config.InputError.
func Run(ctx context.Context, o Options) (report result.Report, err error) {
	report = result.Report{Schema: result.Schema, Started: time.Now(), Factor: 1}
	defer func() { report.Wall = time.Since(report.Started) }()
	name := ""
	if o.Against != nil {
		name = "new"
	}
	now, err := o.ready(ctx, o.Side, name)
	if err != nil {
		return report, err
	}
	report.Inputs = []result.Input{now.input()}
	report.Supplied, report.Routes = now.box.Supplied, now.routes
	report.Findings = finding.Find(report.Routes, report.Cells, now.text, o.fixes(), o.Policy, report.Started)
	return report, err
}

func (o Options) fixes() finding.Titler {
	if o.Fixes == nil {
		return func(string) (string, bool) { return "", false }
	}
	return o.Fixes
}
