package matrix

import (
	"math"
	"slices"
	"strings"
	"time"

	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
)

// The waits of a copy.
const (
	aim      = time.Second            // what the longest provoked wait takes
	shortest = 250 * time.Millisecond // no wait is made shorter
	longest  = 3 * time.Second        // what the longest provoked wait takes at most
)

// margin is what a busy machine may add to a cell's waits.
const margin = 5 * time.Second

// clock is the time of a cell: how durations of the text and of its copy
// belong together.
type clock struct {
	factor float64
	edits  map[string][]conf.Edit // by file
	// wait is the longest provoked wait, and all those that one attempt may
	// take, in the copy.
	wait, attempt time.Duration
	// spread is how long after the first of a group's servers the last one fails
	// if they do so by one wait after the other, in the configuration's own time.
	spread time.Duration
	// down, valid and page are how long servers are left out after a failure, an
	// address is kept, and an error page of nginx's own, in a cache.
	down, valid, page seconds
}

// whole is what a wait of whole seconds takes in a copy: nginx counts to the
// end of a second, and one alone may pass while the fault is being lifted.
const whole = 2 * time.Second

// seconds is a wait that nginx counts in whole seconds.
type seconds struct{ text, copied time.Duration }

// real turns a measured wait into the configuration's own time.
func (k clock) real(d time.Duration) time.Duration {
	if own := float64(d) * k.factor; own < math.MaxInt64 {
		return time.Duration(own)
	}
	return math.MaxInt64
}

// copied is a wait of the configuration in the copy.
func (k clock) copied(d time.Duration) time.Duration { return time.Duration(float64(d) / k.factor) }

// What a machine adds to a wait: at any time, and for each delay that the
// harness itself met, since client, nginx and proxy may each meet one.
const (
	lateness = 50 * time.Millisecond
	delays   = 3
)

// within is how much longer than the configuration's own a wait may be told on
// a machine that was as late.
func (k clock) within(late time.Duration) time.Duration { return k.real(lateness + delays*late) }

// within is by how much a recovery may be off that went through such a wait:
// nginx counts to the end of a second.
func (s seconds) within() time.Duration {
	if s.copied > 0 {
		return time.Second + lateness
	}
	return lateness
}

// recovery is that of requests which failed for so long in the copy: what it
// left out of a wait that they went through is added.
func (s seconds) recovery(failing time.Duration) *recovery {
	if s.copied > 0 && failing >= s.copied/2 {
		failing += s.text - s.copied
	}
	return &recovery{failing, s.within()}
}

// site is the place in a configuration whose waits count for a route.
type site struct {
	tree *conf.Tree
	pass *upstream.Pass // nil: not known
}

// waitsOf are the timeouts that a request to the upstream may meet.
var waitsOf = []Wait{Connect, Send, Read, Resolve}

// newClock makes the clock of a fault. In real time it leaves the text alone.
func newClock(at site, f Fault, realTime bool) clock {
	k := clock{factor: 1, edits: map[string][]conf.Edit{}}
	var provoked []time.Duration
	for _, w := range f.Waits {
		if d := at.value(w); d > 0 && !(w == ClientBody && slices.ContainsFunc(provoked, func(o time.Duration) bool { return o <= d })) {
			provoked = append(provoked, d) // a request in nginx's hands ends with the shorter
		}
	}
	if len(provoked) > 0 {
		k.spread = slices.Max(provoked) * time.Duration(max(at.servers()-1, 0))
	}
	if f.Pause > 0 {
		provoked = append(provoked, f.Pause)
	}
	if !realTime {
		k.factor = factor(provoked)
	}
	for _, d := range provoked {
		k.wait = max(k.wait, k.shorten(d, time.Millisecond))
	}
	out := at.failTimeout()
	k.down = inSeconds(out, whole, realTime)
	if k.spread <= out { // the first is left out when the last one fails
		k.down = inSeconds(out, whole+k.copied(k.spread), realTime)
	}
	k.valid, k.page = inSeconds(at.valid(), whole, realTime), inSeconds(at.cachedPage(), whole, realTime)
	if !realTime {
		k.compress(at)
	}
	for _, w := range waitsOf {
		k.attempt += k.shorten(at.value(w), time.Millisecond)
	}
	return k
}

// factor is by how much durations are divided.
func factor(provoked []time.Duration) float64 {
	if len(provoked) == 0 {
		return 1
	}
	most, least := slices.Max(provoked), slices.Min(provoked)
	f := min(float64(most)/float64(aim), float64(least)/float64(shortest))
	return max(f, float64(most)/float64(longest), 1)
}

// shorten is a duration in the copy, of a directive of the granularity.
func (k clock) shorten(d, granularity time.Duration) time.Duration {
	if k.factor == 1 || d == 0 {
		return d
	}
	return min(d, max(k.copied(d), shortest, granularity))
}

// inSeconds is a wait in whole seconds, of which a copy has enough.
func inSeconds(d, enough time.Duration, realTime bool) seconds {
	if realTime {
		return seconds{d, d}
	}
	return seconds{d, min(d, (enough + time.Second - 1).Truncate(time.Second))}
}

// compress writes the edits of a copy.
func (k clock) compress(at site) {
	for _, d := range conf.Durations(at.tree) {
		value := k.shorten(d.Value, d.Granularity)
		switch {
		case d.Key == "fail_timeout":
			value = min(d.Value, max(whole, k.down.copied))
		case d.Directive.Is("resolver") || d.Directive.Is(at.module()+"_cache_valid"):
			value = min(d.Value, whole)
		}
		if value != d.Value {
			k.edit(d.Arg.Pos.File, d.Edit(value))
		}
	}
	for d := range at.tree.All() {
		if d.Is("upstream") && d.HasBlock {
			k.addFailTimeouts(d)
		}
	}
	if k.factor > 1 {
		k.addDefaults(at)
	}
}

func (k clock) edit(file string, e conf.Edit) { k.edits[file] = append(k.edits[file], e) }

// addFailTimeouts writes out the fail_timeout of servers that have none.
func (k clock) addFailTimeouts(block *conf.Directive) {
	for d := range conf.Find(conf.Children(block), "server") {
		has := slices.ContainsFunc(d.Args, func(a conf.Arg) bool { return strings.HasPrefix(a.Text, "fail_timeout=") })
		if !has && len(d.Args) > 0 {
			end := d.Args[len(d.Args)-1].End
			k.edit(d.Pos().File, conf.Edit{Start: end, End: end, Text: " fail_timeout=" + conf.FormatTime(max(whole, k.down.copied), time.Second)})
		}
	}
}

// addDefaults writes out the timeouts that the text leaves at their default,
// in front of the last brace of the http block.
func (k clock) addDefaults(at site) {
	if at.pass == nil || len(at.pass.Chain) == 0 {
		return
	}
	outermost := at.pass.Chain[0]
	var text strings.Builder
	for _, w := range slices.Concat(waitsOf, []Wait{ClientBody}) {
		name, value := at.directive(w), defaults[w]
		if at.pass.Stream {
			value = streamDefaults[w]
		}
		if name == "" || conf.Inherited(at.pass.Chain[:1], name) != nil {
			continue
		}
		text.WriteString(" " + name + " " + conf.FormatTime(k.shorten(value, time.Millisecond), time.Millisecond) + ";")
	}
	end := outermost.End - 1
	k.edit(outermost.Pos().File, conf.Edit{Start: end, End: end, Text: text.String()})
}
