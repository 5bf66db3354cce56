package route

import (
	"net/netip"
	"strings"

	"badgateway/harness/nginx/conf"
)

// row is a line of a map.
type row struct {
	key, value string
	isDefault  bool
	re         *pattern
}

// readRows reads a map or geo block. Parameters of their own (hostnames, volatile,
// ranges, proxy) are no rows.
func readRows(d *conf.Directive) []row {
	var all []row
	for line := range conf.Children(d) {
		key := line.Name.Text
		switch {
		case len(line.Args) == 0 || d.Is("geo") && (key == "proxy" || key == "delete" || key == "include"):
			continue
		case key == "default" && line.Name.Quote == 0:
			all = append(all, row{value: line.Arg(0), isDefault: true})
			continue
		}
		r := row{key: key, value: line.Arg(0)}
		if expr, ok := strings.CutPrefix(key, "~"); ok && d.Is("map") {
			text, fold := strings.CutPrefix(expr, "*")
			r.re = compilePattern(text, fold)
		} else if d.Is("map") {
			r.key = strings.TrimPrefix(strings.ToLower(key), `\`)
		}
		all = append(all, r)
	}
	return all
}

// source is the text that a table is looked up by.
func source(d *conf.Directive) string {
	if len(d.Args) > 1 {
		return d.Arg(0)
	}
	return "$remote_addr" // geo without an address
}

// table is the value of a map, geo or split_clients block for this request.
func (w *walker) table(d *conf.Directive, depth int) string {
	value := w.evalAt(source(d), depth)
	switch {
	case d.Is("geo"):
		return geo(w.program.rows(d), value)
	case d.Is("split_clients"):
		for line := range conf.Children(d) {
			return line.Arg(0) // which one, a hash decides
		}
		return ""
	}
	r, groups := find(w.program.rows(d), hasLine(d, "hostnames"), value)
	if groups != nil {
		w.groups = groups
		w.remember(r.re, groups)
	}
	return w.evalAt(r.value, depth)
}

// find is the row of a map for a value: the exact one whatever its case, with
// hostnames the longest wildcard, the first regular expression, the default
// (ngx_http_variables.c:ngx_http_map_find).
func find(all []row, hostnames bool, value string) (row, []string) {
	best, rank := row{}, 0
	for _, r := range all {
		if r.isDefault || r.re != nil {
			continue
		}
		got := 0
		if r.key == strings.ToLower(value) {
			got = 1 << 30
		} else if hostnames {
			got = serverName{text: r.key}.rank(strings.ToLower(strings.TrimSuffix(value, ".")))
		}
		if got > rank {
			best, rank = r, got
		}
	}
	if rank > 0 {
		return best, nil
	}
	for _, r := range all {
		if r.re == nil {
			if r.isDefault {
				best = r
			}
			continue
		}
		if groups := r.re.match(value); groups != nil {
			return r, groups
		}
	}
	return best, nil
}

// hasLine tells whether a block of data has a line of one word.
func hasLine(d *conf.Directive, word string) bool {
	for line := range conf.Children(d) {
		if line.Name.Text == word && len(line.Args) == 0 {
			return true
		}
	}
	return false
}

// geo is the value of the narrowest network, or range, that holds the address.
func geo(all []row, address string) string {
	addr, err := netip.ParseAddr(address)
	value, bits := "", -1
	for _, r := range all {
		if r.isDefault && bits < 0 {
			value = r.value
		}
		if err != nil || r.isDefault {
			continue
		}
		if first, last, isRange := strings.Cut(r.key, "-"); isRange {
			from, err1 := netip.ParseAddr(first)
			to, err2 := netip.ParseAddr(last)
			if err1 == nil && err2 == nil && from.Compare(addr) <= 0 && addr.Compare(to) <= 0 {
				return r.value
			}
			continue
		}
		if network, ok := parseNetwork(r.key); ok && network.Contains(addr) && network.Bits() > bits {
			value, bits = r.value, network.Bits()
		}
	}
	return value
}

// parseNetwork reads "10.0.0.0/8" or a single address (ngx_inet.c:ngx_ptocidr).
func parseNetwork(text string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	network, err := netip.ParsePrefix(text)
	return network.Masked(), err == nil
}
