package matrix

import (
	"context"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"badgateway/backends"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// stage is the pod of one cell and what was seen in it.
type stage struct {
	o     *Options
	plan  Planned
	at    site
	clock clock
	spec  pod.Spec
	pod   *pod.Pod
	// struck are the backends that the fault strikes.
	struck []backends.Spec
	// successors are backends at the addresses that names change to, by host.
	successors map[string]backends.Spec
	logs       []*logFile
	asked      int
	// byBackend says that only what a backend sends is success: an answer of the
	// application looks so, or nginx gives a failure a status of success
	// (error_page 502 =200).
	byBackend bool
	// waited is how long requests went on failing until the course's last one.
	waited *recovery
}

// newStage plans the pod of a cell.
func newStage(o *Options, p Planned) *stage {
	s := &stage{o: o, plan: p, spec: o.Box.Spec, successors: map[string]backends.Spec{}}
	at := site{tree: o.Config.Tree}
	if pass, known := o.Pass(p.Route.ID); known {
		at.pass = &pass
	}
	s.at = at
	s.clock = newClock(at, p.Fault, o.RealTime)
	s.spec.Name, s.spec.Nginx = "check "+p.Fault.Name, o.Build
	s.spec.Backends, s.spec.Hosts = slices.Clone(s.spec.Backends), slices.Clone(s.spec.Hosts)
	s.rewrite(at.tree)
	s.speakOne()
	for _, file := range o.Box.ErrorLogs {
		s.logs = append(s.logs, &logFile{path: file})
	}
	if p.Fault.alter != nil {
		p.Fault.alter(s)
	}
	peers := s.peers()
	if p.Fault.one && len(peers) > 0 {
		peers = peers[:1]
	}
	if p.Fault.strike != nil {
		s.struck = peers
	}
	return s
}

// rewrite puts the copy's files into the pod.
func (s *stage) rewrite(tree *conf.Tree) {
	s.spec.Files = slices.Clone(s.spec.Files)
	for name, edits := range s.clock.edits {
		data := conf.Rewrite(tree.Files[name].Data, edits)
		if path.Clean(name) == pod.ConfPath {
			s.spec.Conf = string(data)
		}
		for i, f := range s.spec.Files {
			if f.Path == path.Clean(name) {
				s.spec.Files[i].Data = data
			}
		}
	}
}

// peers are the backends that nginx may choose for the route.
func (s *stage) peers() []backends.Spec {
	var of []backends.Spec
	for _, name := range live(s.plan.Route) {
		i := slices.IndexFunc(s.spec.Backends, func(b backends.Spec) bool { return b.Name == name })
		if i >= 0 && (!s.plan.Fault.tcp || !isUnix(s.spec.Backends[i].Listen)) {
			of = append(of, s.spec.Backends[i])
		}
	}
	return of
}

// speakOne lets a peer that speaks two protocols on one port speak the route's
// alone: the faults of one are not those of the other.
func (s *stage) speakOne() {
	for i, b := range s.spec.Backends {
		if b.Protocol == backends.Dual && slices.Contains(live(s.plan.Route), b.Name) {
			s.spec.Backends[i].Protocol = backends.HTTP
			if strings.HasPrefix(s.plan.Route.Protocol, "grpc") {
				s.spec.Backends[i].Protocol = backends.H2
			}
		}
	}
}

// certify changes the certificates of the route's backends.
func certify(change func(*backends.TLS) *backends.TLS) func(*stage) {
	return func(s *stage) {
		for i, b := range s.spec.Backends {
			if b.TLS != nil && slices.Contains(live(s.plan.Route), b.Name) {
				own := *b.TLS
				s.spec.Backends[i].TLS = change(&own)
			}
		}
	}
}

// forgetNames takes the names that nginx needs at its start out of the pod.
func forgetNames(s *stage) {
	gone := startHosts(s.plan.Route)
	without := func(names []string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(gone, strings.ToLower(n)) })
	}
	for i, h := range s.spec.Hosts {
		s.spec.Hosts[i].Names = without(h.Names)
	}
	for i, b := range s.spec.Backends {
		s.spec.Backends[i].Hosts = without(b.Hosts)
	}
}

// addSuccessors puts a healthy backend at the address that each name changes to.
func addSuccessors(s *stage) {
	ip := netip.MustParseAddr("10.198.0.1")
	for _, b := range s.peers() {
		host := hostName(b.Name)
		at, err := netip.ParseAddrPort(b.Listen)
		if host == "" || err != nil {
			continue
		}
		next := b
		next.Name, next.Hosts = b.Name+"#new", nil
		next.Listen = netip.AddrPortFrom(ip, at.Port()).String()
		s.successors[host] = next
		s.spec.Backends = append(s.spec.Backends, next)
		ip = ip.Next()
	}
}

// make makes the pod; nginx is not started.
func (s *stage) make(ctx context.Context) error {
	limits := pod.DefaultTimeouts
	limits.Request = s.patience()
	p, err := pod.New(ctx, s.o.Driver, s.spec, limits)
	s.pod = p
	return err
}

// patience is how long the client waits: longer than all the configuration's
// own waits one after the other.
func (s *stage) patience() time.Duration {
	tries := time.Duration(len(live(s.plan.Route)) + 1)
	return s.clock.attempt*tries + 4*s.plan.Fault.Pause + margin
}

// inject turns the fault on.
func (s *stage) inject(ctx context.Context) error {
	for _, f := range s.faultsOf(s.struck) {
		if err := s.pod.Inject(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// faultsOf are the faults of the pod that make the cell's.
func (s *stage) faultsOf(struck []backends.Spec) []pod.Fault {
	var all []pod.Fault
	f := s.plan.Fault
	for _, b := range struck {
		all = append(all, f.strike(b)...)
	}
	if len(s.spec.Resolvers) == 0 {
		return all
	}
	for _, host := range s.plan.Route.Hosts {
		answer := f.names
		if next, has := s.successors[strings.ToLower(host)]; has {
			answer.Addrs = []string{netip.MustParseAddrPort(next.Listen).Addr().String()}
		}
		if answer.Code != "" || answer.Addrs != nil {
			all = append(all, pod.Fault{Kind: pod.KindName, Target: host, Answer: answer})
		}
	}
	return all
}
