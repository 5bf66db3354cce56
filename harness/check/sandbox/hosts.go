package sandbox

import (
	"hash/fnv"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"badgateway/harness/pod"
)

// hosts gives names their addresses.
type hosts struct {
	names map[string]netip.Addr // by name in lower case
	taken map[netip.Addr]bool
	// more are addresses that the pod has besides.
	more map[netip.Addr]bool
}

func newHosts() *hosts {
	h := &hosts{names: map[string]netip.Addr{}, taken: map[netip.Addr]bool{}, more: map[netip.Addr]bool{}}
	h.names["localhost"] = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	return h
}

// valid says whether a hosts file and a DNS server can hold a name.
func validName(name string) bool {
	return name != "" && len(name) < 254 && !strings.ContainsAny(name, " \t\r\n#\x00/$:\"'{}()*") &&
		!strings.HasPrefix(name, ".") && !strings.Contains(name, "..")
}

// address is that of a host: an IP address's own, a name's from 10.199.0.0/16,
// made of the name. false: it can be none.
func (h *hosts) address(host string) (netip.Addr, bool) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip, true
	}
	name := strings.ToLower(host)
	if ip, known := h.names[name]; known {
		return ip, true
	}
	if !validName(name) {
		return netip.Addr{}, false
	}
	sum := fnv.New32a()
	sum.Write([]byte(name))
	for n := sum.Sum32(); ; n++ {
		ip := netip.AddrFrom4([4]byte{10, 199, byte(n >> 8), byte(n)})
		if !h.taken[ip] && byte(n) != 0 && byte(n) != 255 {
			h.names[name], h.taken[ip] = ip, true
			return ip, true
		}
	}
}

// hold makes an address one of the pod's own.
func (h *hosts) hold(ip netip.Addr) {
	if ip.IsValid() && !h.taken[ip] && !ip.IsUnspecified() && !ip.IsLoopback() && !ip.IsMulticast() {
		h.more[ip.WithZone("")] = true
	}
}

// list is all of it, in a fixed order.
func (h *hosts) list() []pod.Host {
	var all []pod.Host
	for _, name := range slices.Sorted(maps.Keys(h.names)) {
		all = append(all, pod.Host{Addr: h.names[name].String(), Names: []string{name}})
	}
	for _, ip := range slices.SortedFunc(maps.Keys(h.more), netip.Addr.Compare) {
		all = append(all, pod.Host{Addr: ip.String()})
	}
	return all
}
