package config

import (
	"slices"
	"strings"

	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// maxSiblings bounds the files beside a fragment that are looked into.
const maxSiblings = 200

// definitions are those that the owner's tree makes outside of the fragment: in
// the nearest nginx.conf with its includes, and in the files beside it. Files
// that cannot be read define nothing.
func (s *source) definitions(stream bool) map[definition]found {
	out := map[definition]found{}
	if s.tree == nil || s.tree.open() != nil {
		return out
	}
	defer s.tree.close()
	other := newSource(s.values.env)
	other.tree = s.tree
	other.values = s.values
	defer s.values.take()
	main, _ := conf.Load(other, pod.ConfPath)
	for d, chain := range main.All() {
		if len(chain) == 1 && chain[0].Is("http") != stream && chain[0].Is("http", "stream") {
			other.keep(out, d)
		}
	}
	names, _, _ := s.tree.glob("/etc/nginx/*")
	for _, name := range names[:min(len(names), maxSiblings)] {
		data, err := other.Open(name)
		if err != nil || other.origins[clean(name)].file == "" {
			continue
		}
		top, _ := conf.Parse(clean(name), data)
		if l := findLevel(top); l == levelHTTP && !stream || l == levelStream && stream {
			for _, d := range top {
				other.keep(out, d)
			}
		}
	}
	return out
}

// keep notes the definition that a directive makes.
func (s *source) keep(out map[definition]found, d *conf.Directive) {
	def, ok := defined(d)
	file := s.files[clean(d.Pos().File)]
	if _, known := out[def]; !ok || known || d.Is("set") || d.End > len(file) || d.Included {
		return
	}
	text := string(file[d.Pos().Offset:d.End])
	if strings.Contains(text, "include") && slices.ContainsFunc(d.Block, func(b *conf.Directive) bool { return b.Is("include") }) {
		return // what it includes may be anywhere
	}
	out[def] = found{text: text, at: s.place(d.Pos().File, d.Pos().Line)}
}
