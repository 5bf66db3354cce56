package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"badgateway/harness"
	"badgateway/harness/pod"
	"badgateway/harness/report"
)

// holder stops a run while the symptom is on, until Enter.
type holder struct {
	out       io.Writer
	scenarios []harness.Scenario
	enter     chan struct{} // one value per line of stdin

	mu      sync.Mutex
	current string // the scenario whose events came last; holding runs one at a time
	build   string // the nginx it runs on, of several
}

func newHolder(stdin io.Reader, out io.Writer, scenarios []harness.Scenario) *holder {
	h := &holder{out: out, scenarios: scenarios, enter: make(chan struct{})}
	go func() {
		lines := bufio.NewScanner(stdin)
		for lines.Scan() {
			h.enter <- struct{}{}
		}
		// End of input is not Enter: a run held without a terminal stays until
		// a signal ends it.
	}()
	return h
}

// event takes note of an event of a run on build, which is empty when there is
// only one.
func (h *holder) event(build string, e harness.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.current, h.build = e.Scenario, build
}

// hold prints how to look at p and waits for Enter or the end of ctx.
func (h *holder) hold(ctx context.Context, p *pod.Pod) {
	h.mu.Lock()
	i := slices.IndexFunc(h.scenarios, func(s harness.Scenario) bool { return s.Name == h.current })
	build := h.build
	h.mu.Unlock()
	if i < 0 {
		return // no scenario of this run
	}
	s := h.scenarios[i]
	inside := insideAddress(s.Probe.URL)
	address, stop, err := forward(ctx, p, inside)
	if err != nil {
		address = ""
		fmt.Fprintf(h.out, "forward a local port to %s: %v\n", inside, err)
	} else {
		defer stop()
	}
	if _, err := io.WriteString(h.out, holdText(s, build, p.Access(), address)); err != nil {
		return // nobody is there to look
	}
	select {
	case <-h.enter:
	case <-ctx.Done():
	}
}

// holdText tells a person how to look at a held scenario. address forwards to
// the pod; it is empty when it could not be had.
func holdText(s harness.Scenario, build string, access pod.Access, address string) string {
	var b strings.Builder
	on := ""
	if build != "" {
		on = " on " + build
	}
	fmt.Fprintf(&b, "\nholding %s%s: %s\n", s.Name, on, s.Title)
	line := func(label string, words ...string) {
		fmt.Fprintf(&b, "  %-10s %s\n", label, report.Quote(words...))
	}
	if address != "" {
		line("request", curl(s.Probe, address)...)
	}
	line("inside", append(slices.Clone(access.Shell), curl(s.Probe, "")...)...)
	if access.Root != "" {
		line("error log", "tail", "-f", filepath.Join(access.Root, harness.ErrorLog))
		line("config", filepath.Join(access.Root, pod.ConfPath))
	} else {
		line("error log", append(slices.Clone(access.Shell), "tail", "-f", harness.ErrorLog)...)
		line("config", append(slices.Clone(access.Shell), "cat", pod.ConfPath)...)
	}
	line("shell", access.Shell...)
	b.WriteString("press Enter to apply the fix and go on, Ctrl-C to stop\n")
	return b.String()
}

// curl is the probe as a curl command, through address when one is given.
func curl(r pod.Request, address string) []string {
	cmd := []string{"curl", "-i"}
	if r.Method != "" && r.Method != "GET" {
		cmd = append(cmd, "-X", r.Method)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			cmd = append(cmd, "-H", name+": "+value)
		}
	}
	if r.Body != "" {
		cmd = append(cmd, "--data-binary", r.Body)
	}
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" {
		host := address
		if host == "" {
			host = "127.0.0.1"
		}
		return append(cmd, "http://"+host+"/"+strings.TrimPrefix(r.URL, "/"))
	}
	if u.Scheme == "https" {
		cmd = append(cmd, "-k")
	}
	if address != "" {
		cmd = append(cmd, "--connect-to", "::"+address)
	}
	return append(cmd, r.URL)
}

// insideAddress is where the probe's URL goes inside the pod.
func insideAddress(probe string) string {
	u, err := url.Parse(probe)
	if err != nil || u.Host == "" {
		return "127.0.0.1:80"
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443"}[u.Scheme]
	}
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
