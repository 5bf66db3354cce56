package main

import "strings"

// spellJSON rewrites the ways to write --json into the one that flag parsers
// know. An option with an optional value cannot normally take it as the next
// word, and a bare one cannot be told from one that can:
//
//	--json out.json     --json=out.json
//	--json -            --json=-
//	--json              --json=-            at the end, or before another flag
//	--json upstream/*   --json=- upstream/* when the word names scenarios
//
// names reports whether a word names scenarios; a file of such a name is
// written --json=NAME or ./NAME.
func spellJSON(args []string, names func(string) bool) []string {
	const flag = "--json"
	out := make([]string, 0, len(args))
	verb := ""
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return append(out, args[i:]...)
		}
		if verb == "" && !strings.HasPrefix(arg, "-") {
			verb = arg
		}
		if arg != flag {
			out = append(out, arg)
			continue
		}
		next := ""
		if i+1 < len(args) {
			next = args[i+1]
		}
		switch {
		case next == "" || next != "-" && strings.HasPrefix(next, "-"):
			out = append(out, flag+"=-")
		case (verb == "list" || verb == "run") && names(next):
			out = append(out, flag+"=-")
		default:
			out = append(out, flag+"="+next)
			i++
		}
	}
	return out
}
