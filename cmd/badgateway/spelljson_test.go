package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSpellJSON(t *testing.T) {
	names := func(word string) bool { return strings.HasPrefix(word, "upstream") }
	for in, want := range map[string]string{
		"list":                                  "list",
		"list --json":                           "list --json=-",
		"list --json -":                         "list --json=-",
		"list --json=out.json upstream":         "list --json=out.json upstream",
		"run --json out.json":                   "run --json=out.json",
		"run --json out.json upstream/*":        "run --json=out.json upstream/*",
		"run --json --junit j.xml":              "run --json=- --junit j.xml",
		"list --json upstream/*":                "list --json=- upstream/*",
		"run upstream/refused --json":           "run upstream/refused --json=-",
		"run --json ./upstream":                 "run --json=./upstream",
		"run -- --json x":                       "run -- --json x",
		"check --json upstream":                 "check --json=upstream",
		"--json out.json list":                  "--json=out.json list",
		"nginx list --json":                     "nginx list --json=-",
		"run --driver native --json o upstream": "run --driver native --json=o upstream",
	} {
		require.Equal(t, want, strings.Join(spellJSON(strings.Fields(in), names), " "), in)
	}
}
