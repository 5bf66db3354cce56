package config

import (
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/nginx/conf"
)

// templateSuffixes are how files end that are templates. The first is that of
// the official image.
var templateSuffixes = []string{".template", ".tmpl", ".tpl"}

// withoutTemplate is the name of what is made of a template.
func withoutTemplate(name string) string {
	for _, suffix := range templateSuffixes {
		if plain, ok := strings.CutSuffix(name, suffix); ok && plain != "" {
			return plain
		}
	}
	return name
}

// values fills templates.
type values struct {
	env map[string]string
}

// fill gives a text with its values.
func (v *values) fill(data []byte, file string) ([]byte, origin) {
	o := origin{file: file}
	if strings.HasSuffix(file, templateSuffixes[0]) {
		data, _ = conf.Expand(data, v.env)
	}
	return data, o
}

func (v *values) take() []result.Supplied { return nil }
