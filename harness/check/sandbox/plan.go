package sandbox

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"badgateway/backends"
	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// plan gathers what a configuration asks for.
type plan struct {
	text   text
	tree   *conf.Tree
	about  nginx.About
	vars   *upstream.Vars
	passes []upstream.Pass
	listen []upstream.Listen

	hosts     *hosts
	files     map[string]pod.File
	users     []string
	modules   []string // that the command line loads
	resolvers []string
	backends  []backends.Spec
	keys      map[string]string // Box.Backends
	conflicts map[string]string
	errorLogs []string
	notes     []string

	supplied []result.Supplied
	said     map[string]bool // what is in supplied
	failure  error           // the first thing that cannot be supplied
}

// text is what the plan asks of a configuration beside its tree: a
// [config.Config].
type text interface {
	Place(d *conf.Directive) result.Place
	PlaceOf(file string, line int) result.Place
	Lookup(path string) ([]byte, error)
	Baked(kind result.SuppliedKind, name string) bool
	Pod() []pod.File
}

func newPlan(t text, tree *conf.Tree, about nginx.About) *plan {
	return &plan{text: t, tree: tree, about: about, hosts: newHosts(), files: map[string]pod.File{},
		keys: map[string]string{}, conflicts: map[string]string{}, said: map[string]bool{}}
}

// steps are the parts of a plan, in order: what is used by an upstream is named
// for it, not for what asks for it later.
var steps = []func(*plan){
	(*plan).planListens, (*plan).planResolvers, (*plan).planUpstreams, (*plan).planNames,
	(*plan).planCertificates, (*plan).planPaths, (*plan).planUsers, (*plan).planErrorLogs, (*plan).planNotes,
}

func (p *plan) run() {
	p.vars = upstream.NewVars(p.tree)
	p.passes = upstream.Find(p.tree)
	p.listen = upstream.Listens(p.tree)
	for _, step := range steps {
		step(p)
	}
}

// supply notes a thing once, unless an image has it.
func (p *plan) supply(kind result.SuppliedKind, name, note string, by *conf.Directive) {
	if key := string(kind) + " " + name; !p.said[key] && !p.text.Baked(kind, name) {
		p.said[key] = true
		s := result.Supplied{Kind: kind, Name: name, Note: note}
		if by != nil {
			s.For = p.text.Place(by)
		}
		p.supplied = append(p.supplied, s)
	}
}

// fail keeps the first thing that cannot be supplied.
func (p *plan) fail(err error) {
	if p.failure == nil {
		p.failure = err
	}
}

// refuse fails at a directive: what is the matter, and how to go on.
func (p *plan) refuse(d *conf.Directive, msg, next string) {
	p.fail(&config.InputError{Place: p.text.Place(d), Msg: msg, Next: next})
}

// has says whether the owner's own tree holds a file.
func (p *plan) has(file string) bool {
	_, err := p.text.Lookup(file)
	return err == nil
}

// put adds a file, unless something of that path is there, or the path is the
// kernel's own: nginx then says what it is not.
func (p *plan) put(f pod.File) {
	for _, own := range []string{"/proc/", "/sys/", "/dev/"} {
		if strings.HasPrefix(f.Path+"/", own) {
			return
		}
	}
	if _, there := p.files[f.Path]; !there {
		p.files[f.Path] = f
	}
}

// directory makes a directory, if it is not sure to be there.
func (p *plan) directory(dir string, by *conf.Directive) { p.makeDirectory(dir, 0, by) }

// outputDirectory makes one in which every user may write: images run nginx as
// another one than root.
func (p *plan) outputDirectory(dir string, by *conf.Directive) { p.makeDirectory(dir, 0o777, by) }

func (p *plan) makeDirectory(dir string, mode uint32, by *conf.Directive) {
	dir = path.Clean(dir)
	if _, there := p.files[dir]; there || standing(dir) || strings.HasPrefix(dir, "/dev/") {
		return
	}
	p.put(pod.File{Path: dir, Dir: true, Mode: mode})
	p.supply(result.SuppliedDirectory, dir, "empty", by)
}

// standing says whether a directory is in every pod.
func standing(dir string) bool {
	return slices.Contains([]string{"/", "/etc", "/etc/nginx", "/var", "/var/log", "/var/log/nginx", "/run", "/var/run",
		"/tmp", "/dev", "/var/lib/nginx", "/var/cache/nginx", "/usr", "/usr/share", "/var/www/html", "/etc/ssl"}, dir)
}

// inConf is a path that nginx begins at the directory of nginx.conf, inPrefix
// one that it begins at its prefix (ngx_conf_file.c:ngx_conf_full_name).
func (p *plan) inConf(file string) string   { return absolute(path.Dir(pod.ConfPath), file) }
func (p *plan) inPrefix(file string) string { return absolute(p.about.Prefix(), file) }

func absolute(dir, file string) string {
	if path.IsAbs(file) {
		return path.Clean(file)
	}
	return path.Join(dir, file)
}

// values are the values that an argument of a directive can have.
func (p *plan) values(chain []*conf.Directive, text string) []string {
	if !strings.Contains(text, "$") {
		return []string{text}
	}
	return p.vars.Values(chain, text)
}

// order is that of the report.
var order = []result.SuppliedKind{
	result.SuppliedParent, result.SuppliedContext, result.SuppliedValue, result.SuppliedHost, result.SuppliedResolver,
	result.SuppliedBackend, result.SuppliedCertificate, result.SuppliedKey, result.SuppliedFile, result.SuppliedDirectory,
	result.SuppliedInclude, result.SuppliedAbsent, result.SuppliedModule, result.SuppliedUser,
}

// sorted are things supplied, by kind.
func sorted(all []result.Supplied) []result.Supplied {
	slices.SortStableFunc(all, func(a, b result.Supplied) int {
		return cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind))
	})
	return all
}

// spec is the pod of the plan, with the files of the configuration.
func (p *plan) spec(config []pod.File) pod.Spec {
	spec := pod.Spec{Backends: p.backends, Hosts: p.hosts.list(), Users: p.users, Modules: p.modules, Resolvers: p.resolvers}
	for _, f := range config {
		if f.Path == pod.ConfPath {
			spec.Conf = string(f.Data)
		} else {
			spec.Files = append(spec.Files, f)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		spec.Files = append(spec.Files, p.files[name])
	}
	return spec
}
