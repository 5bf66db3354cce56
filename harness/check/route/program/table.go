package program

import (
	"net/netip"
	"strings"

	"badgateway/harness/check/route/pattern"
	"badgateway/harness/nginx/conf"
)

// Row is a line of a map.
type Row struct {
	Key, Value string
	IsDefault  bool
	Re         *pattern.Pattern
}

// readRows reads a map or geo block. Parameters of their own (hostnames, volatile,
// ranges, proxy) are no rows.
func readRows(d *conf.Directive) []Row {
	var all []Row
	for line := range conf.Children(d) {
		key := line.Name.Text
		switch {
		case len(line.Args) == 0 || d.Is("geo") && (key == "proxy" || key == "delete" || key == "include"):
			continue
		case key == "default" && line.Name.Quote == 0:
			all = append(all, Row{Value: line.Arg(0), IsDefault: true})
			continue
		}
		r := Row{Key: key, Value: line.Arg(0)}
		if expr, ok := strings.CutPrefix(key, "~"); ok && d.Is("map") {
			text, fold := strings.CutPrefix(expr, "*")
			r.Re = pattern.Compile(text, fold)
		} else if d.Is("map") {
			r.Key = strings.TrimPrefix(strings.ToLower(key), `\`)
		}
		all = append(all, r)
	}
	return all
}

// Source is the text that a table is looked up by.
func Source(d *conf.Directive) string {
	if len(d.Args) > 1 {
		return d.Arg(0)
	}
	return "$remote_addr" // geo without an address
}

// LookUp is the row of a map for a value: the exact one whatever its case, with
// hostnames the longest wildcard, the first regular expression, the default
// (ngx_http_variables.c:ngx_http_map_find).
func LookUp(all []Row, hostnames bool, value string) (Row, []string) {
	best, rank := Row{}, 0
	for _, r := range all {
		if r.IsDefault || r.Re != nil {
			continue
		}
		got := 0
		if r.Key == strings.ToLower(value) {
			got = 1 << 30
		} else if hostnames {
			got = ServerName{Text: r.Key}.Rank(strings.ToLower(strings.TrimSuffix(value, ".")))
		}
		if got > rank {
			best, rank = r, got
		}
	}
	if rank > 0 {
		return best, nil
	}
	for _, r := range all {
		if r.Re == nil {
			if r.IsDefault {
				best = r
			}
			continue
		}
		if groups := r.Re.Match(value); groups != nil {
			return r, groups
		}
	}
	return best, nil
}

// HasLine tells whether a block of data has a line of one word.
func HasLine(d *conf.Directive, word string) bool {
	for line := range conf.Children(d) {
		if line.Name.Text == word && len(line.Args) == 0 {
			return true
		}
	}
	return false
}

// Geo is the value of the narrowest network, or range, that holds the address.
func Geo(all []Row, address string) string {
	addr, err := netip.ParseAddr(address)
	value, bits := "", -1
	for _, r := range all {
		if r.IsDefault && bits < 0 {
			value = r.Value
		}
		if err != nil || r.IsDefault {
			continue
		}
		if first, last, isRange := strings.Cut(r.Key, "-"); isRange {
			from, err1 := netip.ParseAddr(first)
			to, err2 := netip.ParseAddr(last)
			if err1 == nil && err2 == nil && from.Compare(addr) <= 0 && addr.Compare(to) <= 0 {
				return r.Value
			}
			continue
		}
		if network, ok := ParseNetwork(r.Key); ok && network.Contains(addr) && network.Bits() > bits {
			value, bits = r.Value, network.Bits()
		}
	}
	return value
}
