package gatewaytest

import "badgateway/harness"

// Run plays s by the driver called name and fails the test with every reason
// of the verdict, or skips it with the verdict's reason.
func Run(t harness.T, name string, s harness.Scenario) *harness.Record {
	t.Helper()
	record, verdict := harness.Run(t.Context(), s, Options(t, name))
	switch verdict.Outcome {
	case harness.Skip:
		t.Skipf("%s", verdict.Reason)
	case harness.Fail:
		Tell(t, record)
		for _, reason := range verdict.Reasons {
			t.Errorf("%s", reason)
		}
	}
	return record
}

// Tell logs what a record holds: per step the answers and the error log.
func Tell(t harness.T, r *harness.Record) {
	t.Helper()
	for _, step := range r.Steps {
		t.Logf("%s (%s to %s)", step.Phase, step.From, step.To)
		for _, a := range step.Responses {
			t.Logf("  %s %s: %s after %s %s", a.Method, a.URL, a.Outcome, a.Total, a.Error)
		}
		for _, line := range step.Log {
			t.Logf("  %s", line.Raw)
		}
	}
	for _, w := range r.Windows {
		t.Logf("fault %s on %q %s from %s to %s touched %d", w.Fault.Kind, w.Fault.Target, w.Addr, w.From, w.To, w.Touched)
	}
}
