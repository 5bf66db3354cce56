package finding

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"badgateway/harness/check/result"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// served says that the client got what it asked for.
func served(l result.Cell) bool {
	return l.Status >= 200 && l.Status < 400 && l.Body != result.BodyTruncated && l.Body != result.BodyRaw &&
		(l.Client == pod.StatusOutcome(l.Status))
}

func endlessWait(_ *context, _ result.Route, l result.Cell) (string, bool) {
	return fmt.Sprintf("the client still waited after %s, and no timeout of the configuration would have ended that", result.Brief(l.Total)),
		l.Client == pod.Hung && l.Floor
}

// atLeast is what a cell waited for, without what the machine may have added, of
// which a tenth is believed: a limit is broken by what surely goes beyond.
func atLeast(l result.Cell) time.Duration { return l.Total - min(l.Within, l.Total/10) }

func longWait(c *context, _ result.Route, l result.Cell) (string, bool) {
	limit := time.Duration(c.policy.Limits.Wait)
	return fmt.Sprintf("the client waits %s for %s; the limit is %s", result.Brief(l.Total), outcome(l), result.Brief(limit)),
		!l.Floor && l.Fault != idleWebSocket && atLeast(l) > limit && !served(l)
}

// retriesMultiply holds where the wait is that of several servers, each of which
// took at least a second. One server is asked again for an error page alone.
func retriesMultiply(c *context, r result.Route, l result.Cell) (string, bool) {
	tried := len(l.Attempts)
	if tried < 2 || len(r.Peers) < 2 || atLeast(l) <= time.Duration(c.policy.Limits.Wait) {
		return "", false
	}
	gap := l.Attempts[1].At - l.Attempts[0].At
	return fmt.Sprintf("%d attempts of %s each: the client waits %s", tried, result.Brief(gap), result.Brief(l.Total)),
		gap >= time.Second && float64(l.Total) > 1.5*float64(gap)
}

func duplicatePost(_ *context, _ result.Route, l result.Cell) (string, bool) {
	executed := 0
	for _, a := range l.Attempts {
		if a.Executed {
			executed++
		}
	}
	return fmt.Sprintf("one %s reached the application %d times: %s", l.Method, executed, peers(l)), l.Twice
}

func noFailover(_ *context, r result.Route, l result.Cell) (string, bool) {
	return fmt.Sprintf("one of %d servers is dead and the client gets %s", len(r.Peers), outcome(l)),
		l.Fault == "one-peer-dead" && len(r.Peers)-len(r.Down) > 1 && !served(l)
}

// allMarkedDown holds where the servers were alive that one request took out of
// use.
func allMarkedDown(_ *context, r result.Route, l result.Cell) (string, bool) {
	return fmt.Sprintf("one request marked all %d servers down: the next ones are refused without asking any", len(r.Peers)), l.AllDown
}

func slowRecovery(c *context, _ result.Route, l result.Cell) (string, bool) {
	if l.Recovery == nil {
		return "", false
	}
	limit := time.Duration(c.policy.Limits.Recovery)
	return fmt.Sprintf("requests go on failing for %s after the fault has ended; the limit is %s", result.Brief(*l.Recovery), result.Brief(limit)),
		*l.Recovery-l.RecoveryWithin > limit
}

func truncatedAnswer(_ *context, r result.Route, l result.Cell) (string, bool) {
	return "the client has status 200 and only a part of the body", l.Status == 200 && l.Body == result.BodyTruncated && !r.Stream
}

func rawBytes(_ *context, _ result.Route, l result.Cell) (string, bool) {
	return "what the upstream sent went to the client as it was, although it is no HTTP", l.Body == result.BodyRaw
}

// ordinary is how large an answer's header may be that an application sends:
// cookies and policies take no more.
const ordinary = 16 << 10

// headerLimit holds where a header of 8000 bytes is too large, and one of 32000
// where the buffer takes no ordinary one.
func headerLimit(c *context, r result.Route, l result.Cell) (string, bool) {
	size, large := strings.CutPrefix(l.Fault, "headers-")
	if !large || !slices.Contains(l.Log, "too-big-header") || served(l) {
		return "", false
	}
	if _, args, set := c.text.Directive(r, prefixOf(r.Protocol)+"buffer_size"); set && len(args) > 0 {
		if limit, err := conf.ParseSize(args[0]); err == nil && limit >= ordinary {
			return "", false
		}
	}
	return fmt.Sprintf("a response header of %s ends in %s", size, outcome(l)), true
}

func staleAddress(_ *context, _ result.Route, l result.Cell) (string, bool) {
	return fmt.Sprintf("the name has a new address, nginx asks at the old one: %s", outcome(l)),
		l.Fault == "address-changed" && !served(l)
}

func nameAtStart(_ *context, r result.Route, l result.Cell) (string, bool) {
	return fmt.Sprintf("without the name of %s nginx does not start, and no route is served", r.Upstream),
		l.Fault == "name-unresolvable" && slices.Contains(l.Log, "host-not-found")
}

func staleKeepalive(_ *context, _ result.Route, l result.Cell) (string, bool) {
	return fmt.Sprintf("a %s on an idle connection that the application closes ends in %s", l.Method, outcome(l)),
		l.Fault == "stale-keepalive" && !served(l)
}

func notVerified(_ *context, _ result.Route, l result.Cell) (string, bool) {
	return fmt.Sprintf("an upstream with a certificate that is %s is taken for the right one", strings.TrimPrefix(l.Fault, "tls-")),
		(l.Fault == "tls-expired" || l.Fault == "tls-self-signed") && served(l)
}

// idleWebSocket is the fault under which nothing passes through a WebSocket.
const idleWebSocket = "websocket-idle"

func websocketCut(c *context, _ result.Route, l result.Cell) (string, bool) {
	limit := time.Duration(c.policy.Limits.WebSocket)
	return fmt.Sprintf("a WebSocket without traffic is cut after %s; browsers and applications expect %s at least", result.Brief(l.Total), result.Brief(limit)),
		l.Fault == idleWebSocket && !l.Floor && atLeast(l) <= limit
}

// hiding are the levels that do not show [error] lines.
var hiding = []string{"crit", "alert", "emerg"}

func hiddenErrors(c *context, r result.Route) (string, bool) {
	_, args, found := c.text.Directive(r, "error_log")
	if !found || len(args) == 0 {
		return "", false
	}
	if args[0] == "/dev/null" || args[0] == "off" {
		return fmt.Sprintf("the error log goes to %s: nobody will see why a request failed", args[0]), true
	}
	return fmt.Sprintf("the error log is at level %s: upstream errors are logged at level error", args[len(args)-1]),
		slices.Contains(hiding, args[len(args)-1])
}

// forwarding are the protocols whose requests carry header fields of nginx's
// own choice; FastCGI and its like pass Host on by themselves.
var forwarding = []string{"http", "https"}

// hostNotForwarded holds where nginx sends the name of the upstream for want of
// a proxy_set_header Host. One that is written down is meant so, and so is the
// name of another server that is spoken to by TLS and named, which knows itself
// by that name only.
func hostNotForwarded(c *context, r result.Route) (string, bool) {
	for _, args := range c.text.All(r, prefixOf(r.Protocol)+"set_header") {
		if len(args) > 0 && strings.EqualFold(args[0], "Host") {
			return "", false
		}
	}
	asked := r.Request.Header.Get("Host")
	if u, err := url.Parse(r.Request.URL); err == nil && asked == "" {
		asked = u.Host
	}
	seen := r.Seen.Get("Host")
	if r.Protocol == "https" && strings.Contains(bare(seen), ".") && net.ParseIP(bare(seen)) == nil {
		return "", false
	}
	return fmt.Sprintf("the client asked for %s, the application was asked for %s", asked, seen),
		r.Seen != nil && slices.Contains(forwarding, r.Protocol) && asked != "" && bare(seen) != bare(asked)
}

// hostTwice holds where two proxy_set_header of one level set Host: nginx sends
// both, and a server has to answer 400 (RFC 9112, 3.2).
func hostTwice(_ *context, r result.Route) (string, bool) {
	hosts := r.Seen.Values("Host")
	return fmt.Sprintf("nginx sends Host %d times (%s), which a server has to answer with 400: keep one; Debian's proxy_params has one",
		len(hosts), strings.Join(hosts, ", ")), len(hosts) > 1
}

// bare is a Host without its port.
func bare(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(host)
}

func clientNotForwarded(_ *context, r result.Route) (string, bool) {
	if r.Seen == nil || !slices.Contains(forwarding, r.Protocol) {
		return "", false
	}
	var missing []string
	if r.Seen.Get("X-Forwarded-For") == "" && r.Seen.Get("X-Real-Ip") == "" && r.Seen.Get("Forwarded") == "" {
		missing = append(missing, "X-Forwarded-For")
	}
	if r.Seen.Get("X-Forwarded-Proto") == "" && r.Seen.Get("Forwarded") == "" {
		missing = append(missing, "X-Forwarded-Proto")
	}
	return "the application gets no " + strings.Join(missing, " and no "), len(missing) > 0
}
