package upstream

import (
	"fmt"
	"slices"
	"strings"

	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx/conf"
)

// Bounds of an evaluation: a variable may be built of others without end.
const (
	maxValues = 64
	maxLength = 4096 // of a value
	maxDepth  = 12
	maxSteps  = 2000 // variables looked at for one text
)

// Vars knows what gives the variables of a configuration their values.
type Vars struct {
	// sets are the set directives by the block that executes them; under nil
	// all of a variable.
	sets map[varKey]map[*conf.Directive][]assignment
	// tables are the map, geo and split_clients blocks by the variable they define.
	tables map[varKey]*conf.Directive
	// elsewhere names directives that define a variable by what happens at run
	// time: auth_request_set, js_set, perl_set, set_by_lua.
	elsewhere map[varKey]string

	// What was read of a block before.
	patterns map[*conf.Directive][]string
	requests map[*conf.Directive]request
}

type varKey struct {
	stream bool
	name   string // in lower case
}

// assignment is a set directive.
type assignment struct {
	directive *conf.Directive
	chain     []*conf.Directive
	// conditional says that an if decides whether the block executes it.
	conditional bool
}

// NewVars reads a tree.
func NewVars(t *conf.Tree) *Vars {
	v := &Vars{sets: map[varKey]map[*conf.Directive][]assignment{}, patterns: map[*conf.Directive][]string{},
		requests: map[*conf.Directive]request{}, tables: map[varKey]*conf.Directive{}, elsewhere: map[varKey]string{}}
	for d, chain := range t.All() {
		if d.Entry || len(d.Args) == 0 {
			continue
		}
		key := func(i int) varKey { return varKey{inStream(chain), strings.ToLower(strings.TrimPrefix(d.Arg(i), "$"))} }
		switch name := d.Name.Text; name {
		case "set":
			v.set(key(0), d, slices.Clone(chain))
		case "map", "split_clients", "geo":
			v.tables[key(len(d.Args)-1)] = d
		case "auth_request_set", "js_set", "js_var", "perl_set", "set_by_lua", "set_by_lua_block", "set_by_lua_file", "geoip2":
			v.elsewhere[key(0)] = name
		}
	}
	return v
}

// Values are the values that a text with variables can have where chain (the
// blocks around it, outermost first) is passed through, the likeliest first.
// What cannot be told is left out; none means that nothing can.
func (v *Vars) Values(chain []*conf.Directive, text string) []string {
	values, _, _ := v.values(chain, text)
	return values
}

// values is [Vars.Values] with the reason why a part is missing, and the scheme of
// the request for which alone they are those ([Pass.Scheme]).
func (v *Vars) values(chain []*conf.Directive, text string) (values []string, why, scheme string) {
	e := &evaluation{vars: v, chain: chain, state: &state{active: map[string]bool{}}}
	values = e.expand(text, nil, maxDepth)
	return values, e.why, e.scheme
}

// evaluation is one call of values.
type evaluation struct {
	vars  *Vars
	chain []*conf.Directive
	*state
}

// state is what the evaluations of one text share.
type state struct {
	why    string // the first thing that could not be told
	scheme string // of the request, once it was asked for
	steps  int
	active map[string]bool // the variables being evaluated: nginx ends such a circle as well
}

// reference is a variable in a text: ${name}, $name or $1.
var reference = lazyregexp.New(`\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))`)

// expand gives the values of a text. groups are captures that hold at this
// place before all others.
func (e *evaluation) expand(text string, groups captures, depth int) []string {
	values := []string{""}
	rest := text
	for {
		at := reference.FindStringSubmatchIndex(rest)
		if at == nil {
			return combine(values, []string{rest})
		}
		name := ""
		if at[2] >= 0 {
			name = rest[at[2]:at[3]]
		} else {
			name = rest[at[4]:at[5]]
		}
		values = combine(values, []string{rest[:at[0]]})
		values = combine(values, e.variable(name, groups, depth))
		rest = rest[at[1]:]
	}
}

// combine appends each of the second to each of the first, within bounds.
func combine(first, second []string) []string {
	var all []string
	for _, a := range first {
		for _, b := range second {
			if value := a + b; len(all) < maxValues && len(value) <= maxLength && !slices.Contains(all, value) {
				all = append(all, value)
			}
		}
	}
	return all
}

// variable gives the values of one variable.
func (e *evaluation) variable(name string, groups captures, depth int) []string {
	e.steps++
	if depth == 0 || e.steps > maxSteps || e.active[name] {
		return nil
	}
	e.active[name] = true
	defer delete(e.active, name)
	if value, ok := groups[name]; ok {
		return []string{value}
	}
	if isPort(name) { // a numbered capture
		return e.capture(name)
	}
	key := varKey{inStream(e.chain), strings.ToLower(name)}
	if values := e.assigned(key, depth-1); values != nil {
		return values
	}
	if table := e.vars.tables[key]; table != nil {
		return e.table(table, depth-1)
	}
	if directive := e.vars.elsewhere[key]; directive != "" {
		e.missing(fmt.Sprintf("$%s is what %s makes of it at run time", name, directive))
		return nil
	}
	if value, ok := e.builtin(key.name); ok {
		return []string{value}
	}
	return e.capture(name)
}

// missing notes the first thing that could not be told.
func (e *evaluation) missing(why string) {
	if e.why == "" {
		e.why = why
	}
}

// set notes a set directive for the block around it, and, when that is an if,
// for those around the if.
func (v *Vars) set(key varKey, d *conf.Directive, chain []*conf.Directive) {
	if v.sets[key] == nil {
		v.sets[key] = map[*conf.Directive][]assignment{}
	}
	a := assignment{directive: d, chain: chain}
	v.sets[key][nil] = append(v.sets[key][nil], a)
	for _, block := range slices.Backward(chain) {
		v.sets[key][block] = append(v.sets[key][block], a)
		if !block.Is("if") {
			return
		}
		a.conditional = true
	}
}

// assigned are the values that set gives. Those of the innermost block around
// the pass count, up to one without condition; then any other of the tree, as
// a request may have passed through it before.
func (e *evaluation) assigned(key varKey, depth int) []string {
	all := e.vars.sets[key]
	var values []string
	add := func(a assignment) {
		inside := &evaluation{vars: e.vars, chain: a.chain, state: e.state}
		for _, value := range inside.expand(a.directive.Arg(1), nil, depth) {
			if len(values) < maxValues && !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
	}
	for _, block := range slices.Backward(e.chain) {
		for _, a := range slices.Backward(all[block]) {
			add(a)
			if !a.conditional {
				return slices.DeleteFunc(values, isEmpty(values))
			}
		}
	}
	if values == nil {
		for _, a := range all[nil] {
			add(a)
			if len(values) == maxValues {
				break
			}
		}
	}
	return slices.DeleteFunc(values, isEmpty(values))
}

// isEmpty drops the empty value that a `set $x "";` begins with, where there are others.
func isEmpty(values []string) func(string) bool {
	full := slices.ContainsFunc(values, func(s string) bool { return s != "" })
	return func(s string) bool { return full && s == "" }
}

// table are the values of a map, geo or split_clients block.
func (e *evaluation) table(d *conf.Directive, depth int) []string {
	var values []string
	add := func(text string, groups captures) {
		for _, value := range e.expand(text, groups, depth) {
			if !slices.Contains(values, value) && len(values) < maxValues {
				values = append(values, value)
			}
		}
	}
	expands := d.Is("map")
	for line := range conf.Children(d) {
		key := line.Name.Text
		if len(line.Args) == 0 || slices.Contains([]string{"include", "proxy", "delete"}, key) && !d.Is("map") {
			continue
		}
		value := line.Arg(0)
		switch {
		case !expands:
			if value != "" {
				values = append(values, value)
			}
		case strings.HasPrefix(key, "~"):
			pattern := strings.TrimPrefix(strings.TrimPrefix(key, "~"), "*")
			sample, _ := Sample(pattern)
			add(value, sample.Groups)
		default:
			add(value, nil)
		}
	}
	return slices.DeleteFunc(values, isEmpty(values))
}
