package report

import "badgateway/harness"

// On is Event for the runs on one build of several, which is then shown with
// the scenario's name: "upstream/refused on debian:forky". Without a build it
// is Event.
func (d *Display) On(build string) func(harness.Event) {
	if build == "" {
		return d.Event
	}
	return func(e harness.Event) {
		e.Scenario += " on " + build
		if e.Verdict != nil {
			v := *e.Verdict
			v.Name += " on " + build
			e.Verdict = &v
		}
		d.Event(e)
	}
}
