package checks

import (
	"io"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"badgateway/harness/check/result"
)

// levels are SARIF's words for the severities (SARIF 2.1.0, 3.27.10).
var levels = map[result.Severity]string{result.Error: "error", result.Warning: "warning", result.Note: "note"}

// changed is the rule of a cell that behaves differently.
const changed = "behaviour-changed"

// WriteSARIF prints findings and changes as SARIF 2.1.0, each on the file and
// line of the directive that causes it.
func WriteSARIF(w io.Writer, r result.Report) error {
	run := sarif.NewRunWithInformationURI("badgateway", "")
	run.Tool.Driver.InformationURI = nil // it has no page of its own
	run.Results = []*sarif.Result{}
	for _, f := range r.Findings {
		rule := run.AddRule(f.Rule)
		if f.Fix.Scenario != "" {
			rule.WithDescription(f.Fix.Scenario + ": " + f.Fix.Title)
		}
		res := run.CreateResultForRule(f.Rule).WithLevel(levels[f.Severity]).
			WithMessage(sarif.NewTextMessage(findingText(f))).WithLocations([]*sarif.Location{location(f.At)})
		res.WithPartialFingerprints(map[string]string{"route": f.Route, "rule": f.Rule})
		if f.Accepted != "" {
			res.WithSuppressions([]*sarif.Suppression{sarif.NewSuppression().WithKind("external").WithJustification(f.Accepted)})
		}
	}
	if r.Diff != nil {
		addChanges(run, r)
	}
	done := sarif.NewInvocation().WithExecutionSuccessful(r.Aborted == "")
	if r.Aborted != "" {
		done.AddToolExecutionNotification(sarif.NewNotification().WithLevel("error").
			WithMessage(sarif.NewTextMessage("not complete: " + strings.Join(lines(r.Aborted), "\n"))).
			WithLocations([]*sarif.Location{location(abortPlace(r))}))
	}
	run.AddInvocation(done)
	out := report.NewV210Report()
	out.AddRun(run)
	return out.PrettyWrite(w)
}

// addChanges adds a result per change, at the first directive that differs.
func addChanges(run *sarif.Run, r result.Report) {
	run.AddRule(changed).WithDescription("a route behaves differently under a fault than before the change")
	for _, c := range r.Diff.Cells {
		run.CreateResultForRule(changed).WithLevel("error").
			WithMessage(sarif.NewTextMessage(changeText(c))).WithLocations([]*sarif.Location{location(changePlace(r, c))})
	}
}

// changePlace is the first directive that the new side has otherwise, else
// where the route passes requests on.
func changePlace(r result.Report, c result.Change) result.Place {
	for _, d := range c.Directives {
		if d.After.File != "" {
			return d.After
		}
	}
	for _, route := range r.Routes {
		if c.After != nil && route.ID == c.After.Route {
			return route.Pass
		}
	}
	if len(r.Inputs) > 0 {
		return result.Place{File: r.Inputs[0].Path, Line: 1}
	}
	return result.Place{}
}

// abortPlace is the directive that stopped the check, else the configuration.
func abortPlace(r result.Report) result.Place {
	if r.AbortedAt.File != "" {
		return r.AbortedAt
	}
	return changePlace(r, result.Change{})
}

func location(p result.Place) *sarif.Location {
	return sarif.NewLocationWithPhysicalLocation(sarif.NewPhysicalLocation().
		WithArtifactLocation(sarif.NewSimpleArtifactLocation(uri(p.File))).
		WithRegion(sarif.NewRegion().WithStartLine(max(1, p.Line))))
}

// uri is a path as SARIF names it (3.4.3, RFC 3986): a relative one stays
// relative, so that a code host finds the file in its repository.
func uri(file string) string {
	u := url.URL{Path: path.Clean(filepath.ToSlash(clean(file)))}
	if path.IsAbs(u.Path) {
		u.Scheme = "file"
	}
	return u.String()
}

// findingText is a finding in one paragraph.
func findingText(f result.Finding) string {
	text := clean(f.Message) + paragraph(f.Evidence)
	if f.Fix.Directive != "" {
		text += "\nfix: " + f.Fix.Directive
	}
	return text
}

// changeText is a change in one paragraph.
func changeText(c result.Change) string {
	return clean(c.Cell) + ": " + clean(strings.Join(c.What, "; ")) + "\nbefore: " + cellWords(c.Before) + "\nnow: " + cellWords(c.After)
}
