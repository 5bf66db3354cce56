package sandbox

import (
	"path"

	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// maxScripts bounds the modules that one of njs leads to.
const maxScripts = 200

// imported is what a module of njs imports: import a from "./a.js".
var imported = lazyregexp.New(`(?m)^\s*import\s+(?:[\w$*{}\s,]+?\s+from\s+)?['"]([^'"\n]+)['"]`)

// scripts are the files that a js_import may name: where the text says, and in
// the directories of js_path.
func (p *plan) scripts(d *conf.Directive) []string {
	name := d.Arg(0)
	if len(d.Args) > 2 { // js_import NAME from FILE
		name = d.Arg(2)
	}
	names := []string{name}
	for by, chain := range p.tree.All() {
		if !by.Is("js_path") || by.Entry {
			continue
		}
		for _, dir := range p.values(chain, by.Arg(0)) {
			names = append(names, path.Join(dir, name))
		}
	}
	return names
}

// putImports puts the modules there that one imports, and those that they do. A
// relative name begins where the module is; nginx says what is missing.
func (p *plan) putImports(file string, text []byte, seen map[string]bool) {
	for _, m := range imported.FindAllSubmatch(text, -1) {
		name := string(m[1])
		if !path.IsAbs(name) {
			name = path.Join(path.Dir(file), name)
		}
		if seen[name] || len(seen) > maxScripts {
			continue
		}
		seen[name] = true
		if data, err := p.text.Lookup(name); err == nil {
			p.put(pod.File{Path: name, Data: data})
			p.putImports(name, data, seen)
		}
	}
}
