package finding

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"badgateway/harness"
	"badgateway/harness/check/result"
)

// PolicyFile is the name under which a policy is looked for beside a
// configuration and in the working directory.
const PolicyFile = "badgateway.yaml"

// Policy is badgateway.yaml: what a team tolerates.
//
//	version: 1
//	fail-on: error              # error, warning or note
//	limits:
//	  wait: 30s                 # long-wait, retries-multiply-wait
//	  recovery: 15s             # slow-recovery; nginx's own default makes 10s
//	  websocket: 60s            # websocket-cut: an idle one must live longer
//	rules:
//	  truncated-answer: off     # error, warning, note or off
//	accept:
//	  - rule: stale-address
//	    route: "shop.example:*"   # path.Match pattern on the route's id; empty: every route
//	    fault: "*"                # on the cell's fault; empty: every fault
//	    reason: the database host never moves
//	    until: 2027-03-31         # the finding counts again from the day after
type Policy struct {
	Version int                        `yaml:"version"`
	FailOn  result.Severity            `yaml:"fail-on"`
	Limits  Limits                     `yaml:"limits"`
	Rules   map[string]result.Severity `yaml:"rules"`
	Accept  []Acceptance               `yaml:"accept"`
}

// Limits are the numbers that rules compare with.
type Limits struct {
	Wait      Duration `yaml:"wait"`
	Recovery  Duration `yaml:"recovery"`
	WebSocket Duration `yaml:"websocket"`
}

// Acceptance lets findings pass for a time.
type Acceptance struct {
	Rule   string `yaml:"rule"`
	Route  string `yaml:"route"`
	Fault  string `yaml:"fault"`
	Reason string `yaml:"reason"`
	Until  Date   `yaml:"until"`
}

// Duration is written as in Go: "30s", "1m30s".
type Duration time.Duration

// UnmarshalYAML reads a Duration.
func (d *Duration) UnmarshalYAML(text []byte) error {
	value, err := time.ParseDuration(strings.Trim(strings.TrimSpace(string(text)), `"'`))
	if err != nil || value <= 0 {
		return fmt.Errorf("%s is no duration above 0: write 30s or 1m30s", bytes.TrimSpace(text))
	}
	*d = Duration(value)
	return nil
}

// Date is a day, "2027-03-31"; the last on which something holds.
type Date time.Time

// UnmarshalYAML reads a Date.
func (d *Date) UnmarshalYAML(text []byte) error {
	day, err := time.Parse(time.DateOnly, strings.Trim(strings.TrimSpace(string(text)), `"'`))
	if err != nil {
		return fmt.Errorf("%s is no day: write YYYY-MM-DD", bytes.TrimSpace(text))
	}
	*d = Date(day)
	return nil
}

// Default is the policy without a file.
func Default() Policy {
	return Policy{Version: 1, FailOn: result.Error, Limits: Limits{
		Wait: Duration(30 * time.Second), Recovery: Duration(15 * time.Second), WebSocket: Duration(60 * time.Second)}}
}

// ReadPolicy reads a policy; name is for its errors, which carry the line.
func ReadPolicy(name string, r io.Reader) (Policy, error) {
	p := Default()
	data, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return p, fmt.Errorf("read policy %s: %w", name, err)
	}
	p.Version = 0
	err = yaml.NewDecoder(bytes.NewReader(data), yaml.Strict(), yaml.DisallowUnknownField()).Decode(&p)
	if err != nil && !errors.Is(err, io.EOF) {
		return p, fmt.Errorf("read policy %s: %w", name, explain(err))
	}
	if err := p.check(); err != nil {
		return p, fmt.Errorf("read policy %s: %w", name, err)
	}
	return p, nil
}

// keys are all that a policy file may hold.
var keys = []string{"version", "fail-on", "limits", "rules", "accept", "wait", "recovery", "websocket",
	"rule", "route", "fault", "reason", "until"}

// explain gives an unknown key its line and the nearest one that exists.
func explain(err error) error {
	unknown, ok := errors.AsType[*yaml.UnknownFieldError](err)
	if !ok {
		return errors.New(strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	at := unknown.GetToken()
	return fmt.Errorf("line %d: unknown key %q; nearest: %s", at.Position.Line, at.Value, harness.Nearest(at.Value, keys))
}

// check finds what a policy must not say.
func (p Policy) check() error {
	if p.Version != 1 {
		return fmt.Errorf("version is %d: write version: 1", p.Version)
	}
	if !slices.Contains([]result.Severity{result.Error, result.Warning, result.Note}, p.FailOn) {
		return fmt.Errorf("fail-on: %q: write error, warning or note", p.FailOn)
	}
	for name, severity := range p.Rules {
		if err := knownRule(name); err != nil {
			return err
		}
		if rank(severity) < 0 {
			return fmt.Errorf("rules: %s: %q: write error, warning, note or off", name, severity)
		}
	}
	for _, a := range p.Accept {
		if err := a.check(); err != nil {
			return err
		}
	}
	return nil
}

func (a Acceptance) check() error {
	if err := knownRule(a.Rule); err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	if strings.TrimSpace(a.Reason) == "" || time.Time(a.Until).IsZero() {
		return fmt.Errorf("accept: %s: give a reason and an expiry (until: YYYY-MM-DD)", a.Rule)
	}
	for _, pattern := range []string{a.Route, a.Fault} {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("accept: %s: %q: %w", a.Rule, pattern, err)
		}
	}
	return nil
}

func knownRule(name string) error {
	var names []string
	for _, r := range rules {
		names = append(names, r.Name)
	}
	if slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf("unknown rule %q; nearest: %s", name, harness.Nearest(name, names))
}

func (p Policy) severity(r Rule) result.Severity {
	if s, moved := p.Rules[r.Name]; moved {
		return s
	}
	return r.Severity
}

// accepts is the reason for which f does not count, empty when it does. An
// acceptance must name the faults of all its cells.
func (p Policy) accepts(f result.Finding, now time.Time) string {
	for _, a := range p.Accept {
		last := time.Time(a.Until).AddDate(0, 0, 1)
		if a.Rule == f.Rule && now.Before(last) && result.Matches(a.Route, f.Route) && a.names(append(slices.Clone(f.Also), f.Cell)) {
			return fmt.Sprintf("%s (until %s)", a.Reason, time.Time(a.Until).Format(time.DateOnly))
		}
	}
	return ""
}

func (a Acceptance) names(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return !result.Matches(a.Fault, faultOf(c)) })
}

// Expired are the acceptances that no longer hold, for a reminder.
func (p Policy) Expired(now time.Time) []Acceptance {
	var old []Acceptance
	for _, a := range p.Accept {
		if !now.Before(time.Time(a.Until).AddDate(0, 0, 1)) {
			old = append(old, a)
		}
	}
	return old
}

// faultOf is the fault in a cell's id ROUTE|FAULT|METHOD.
func faultOf(cell string) string {
	parts := strings.Split(cell, "|")
	if len(parts) < 3 {
		return ""
	}
	return parts[len(parts)-2]
}
