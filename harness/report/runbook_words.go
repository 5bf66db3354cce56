package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"badgateway/harness"
	"badgateway/harness/pod"
)

// breakText says in words what goes wrong.
func breakText(b harness.Break) []string {
	var all []string
	switch {
	case b.Conf != "" && b.Restart:
		all = append(all, "nginx is stopped and started with another nginx.conf")
	case b.Conf != "":
		all = append(all, "another nginx.conf is deployed")
	}
	for _, f := range b.Faults {
		all = append(all, faultText(f))
	}
	return append(all, rolloutText(b.Rollout)...)
}

// faultText is a fault in words: "app refuses connections".
func faultText(f pod.Fault) string {
	target := Clean(f.Target)
	switch f.Kind {
	case pod.KindDown:
		return target + " refuses connections"
	case pod.KindLatency:
		return target + ": data comes " + span(f.Duration) + " late"
	case pod.KindTimeout:
		return target + ": no data comes through"
	case pod.KindResetPeer:
		return target + " resets the connection after " + span(f.Duration)
	case pod.KindLimitData:
		return fmt.Sprintf("%s closes after %d bytes", target, f.Bytes)
	case pod.KindSlicer:
		return fmt.Sprintf("%s: data comes in slices of %d bytes", target, f.Bytes)
	case pod.KindBandwidth:
		return fmt.Sprintf("%s: at most %d bytes per second", target, f.Bytes)
	case pod.KindSlowClose:
		return target + " closes " + span(f.Duration) + " late"
	case pod.KindProhibit:
		return "the route to " + target + " is prohibited"
	case pod.KindUnreach:
		return "there is no route to " + target
	case pod.KindDropSYN:
		return "connection attempts to " + target + " vanish"
	case pod.KindMissing:
		return "the socket of " + target + " is gone"
	case pod.KindStale:
		return "the socket of " + target + " is left over, nobody listens"
	case pod.KindMode:
		return strings.TrimSpace(fmt.Sprintf("the socket of %s has mode %04o %s", target, f.Mode, f.Owner))
	case pod.KindClients:
		return "idle clients take all file descriptors of nginx but one"
	case pod.KindBehave:
		return target + " " + scriptText(f)
	case pod.KindPolicy:
		return "nginx runs under the policy " + string(f.Policy)
	}
	return strings.TrimSpace(string(f.Kind) + " " + target)
}

// scriptText is a backend's behaviour in words: "answers now after 1.50 s".
func scriptText(f pod.Fault) string {
	s := f.Script
	switch {
	case s.WebSocket != nil && s.WebSocket.Ping == 0:
		return "opens WebSockets now and sends no pings"
	case s.WebSocket != nil:
		return "opens WebSockets now and pings every " + span(s.WebSocket.Ping)
	}
	text := "does now: " + strings.ReplaceAll(string(s.Action), "-", " ")
	if s.Action == "" || s.Action == "respond" {
		text = "answers now"
	}
	if s.Status != 0 {
		text += " with " + strconv.Itoa(s.Status)
	}
	if s.HeaderBytes != 0 {
		text += fmt.Sprintf(" with %d bytes of header", s.HeaderBytes)
	}
	if s.BodyBytes != 0 {
		text += fmt.Sprintf(" with %d bytes of body", s.BodyBytes)
	}
	if s.Pause != 0 {
		text += fmt.Sprintf(", %d bytes at once and the rest after %s", s.SendBytes, span(s.Pause))
	}
	if s.Delay != 0 {
		text += " after " + span(s.Delay)
	}
	return text
}

// newTrap tells a half remedy: what was seen of it, or what is declared.
func newTrap(t harness.Trap, conf string, i int, r *harness.Record) trap {
	told := trap{strings.TrimSuffix(Clean(t.Title), ".") + ".", trapText(t), confDiff("broken", conf, "half remedy", t.Conf)}
	if r == nil || i >= len(r.Tried) {
		return told
	}
	tried := r.Tried[i]
	switch {
	case tried.Refused:
		told.Shows = "nginx -t refuses it and the old configuration goes on serving: " + Clean(tried.Said)
	case len(tried.Step.Responses) > 0:
		told.Shows = "accepted; " + stepText(tried.Step)
		if len(t.Twice) > 0 {
			told.Shows += "; executed twice: " + strings.Join(t.Twice, ", ")
		}
	}
	return told
}

// trapText is what a half remedy is declared to do.
func trapText(t harness.Trap) string {
	if len(t.Refused) > 0 {
		return "nginx -t refuses it (" + strings.Join(signatureNames(t.Refused), ", ") + ") and the old configuration goes on serving"
	}
	var all []string
	for _, method := range slices.Sorted(maps.Keys(t.Client)) {
		shows := method + ": " + outcomeText(t.Client[method])
		if slices.Contains(t.Twice, method) {
			shows += ", executed twice"
		}
		all = append(all, shows)
	}
	if t.Meanwhile != "" {
		all = append(all, "meanwhile: "+outcomeText(t.Meanwhile))
	}
	return strings.Join(all, ", ")
}

// lookLines is how much of a command's output is shown.
const lookLines = 12

// looked is what a look printed in a step; without it the expression that it
// must match.
func looked(step harness.Step, i int, must string) string {
	if i >= len(step.Looks) {
		if must == "" {
			return ""
		}
		return "(not run; must match " + must + ")"
	}
	done := step.Looks[i]
	if done.Missing != "" {
		return "(not run: " + Clean(done.Missing) + " is missing)"
	}
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(done.Output)) {
		if len(lines) == lookLines {
			lines = append(lines, "...")
			break
		}
		line = strings.TrimRight(line, "\r\n")
		lines = append(lines, Clean(line[strings.LastIndexByte(line, '\r')+1:])) // as a terminal shows a progress meter
	}
	if len(lines) == 0 {
		return fmt.Sprintf("(nothing, exit code %d)", done.Code)
	}
	return strings.Join(lines, "\n")
}

// bounds says which versions of nginx behave so; empty: every one.
func bounds(s harness.Scenario) string {
	switch {
	case s.Since != "" && s.Until != "":
		return "nginx " + s.Since + " to " + s.Until
	case s.Since != "":
		return "nginx " + s.Since + " and later"
	case s.Until != "":
		return "nginx up to " + s.Until
	}
	return ""
}

// versions are those of nginx that a scenario was played on, with the outcome.
func versions(results []result) []string {
	var all []string
	for _, res := range results {
		version := res.part.Nginx.Version
		if version == "" || res.notRun {
			continue
		}
		all = append(all, version+" "+res.verdict.Outcome)
	}
	return all
}

// span writes a duration with two or three digits: "1.2 ms", "201 ms", "1.50 s".
func span(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// sentence ends a text as a sentence and begins it as one, unless its first word
// is a name: nginx, a directive, a program.
func sentence(s string) string {
	s = Clean(s)
	first, _, _ := strings.Cut(s, " ")
	if first != "" && !slices.Contains(names, first) && strings.IndexFunc(first, func(r rune) bool { return !unicode.IsLower(r) }) < 0 {
		r, size := utf8.DecodeRuneInString(s)
		s = string(unicode.ToUpper(r)) + s[size:]
	}
	if s != "" && !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// names are words that begin with a small letter everywhere.
var names = []string{"nginx", "curl", "systemd", "resolver", "upstream", "keepalive", "server", "nc", "ss"}
