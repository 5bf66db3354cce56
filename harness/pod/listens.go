package pod

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"badgateway/harness/lazyregexp"
)

// listenDirective finds the first argument of every `listen`, in comments too.
var listenDirective = lazyregexp.New(`\blisten\s+([^\s;{}]+)`)

// listens are the ports that nginx may listen on, on any address: those that
// its configuration names, and those that a server without `listen` has
// (ngx_http_core_module.c, ngx_http_core_server).
func (s Spec) listens() []uint16 {
	ports := map[uint16]bool{80: true, 8000: true}
	texts := []string{s.Conf}
	for _, f := range s.Files {
		texts = append(texts, string(f.Data))
	}
	for _, text := range texts {
		for _, found := range listenDirective.FindAllStringSubmatch(text, -1) {
			from, to := portRange(found[1])
			for port := from; port <= to && port > 0; port++ {
				ports[uint16(port)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(ports))
}

// portRange reads the port, or the range of ports, of a `listen`; 0 without.
func portRange(listen string) (from, to int) {
	if strings.HasPrefix(listen, "unix:") {
		return 0, 0
	}
	port := listen[strings.LastIndexByte(listen, ':')+1:]
	first, last, ranges := strings.Cut(port, "-")
	if !ranges {
		last = first
	}
	from, errFrom := strconv.Atoi(first)
	to, errTo := strconv.Atoi(last)
	if errFrom != nil || errTo != nil || from < 1 || to > 65535 {
		return 0, 0
	}
	return from, to
}
