// Package pattern matches regular expressions as PCRE does, and makes texts
// that match one: what a location, a rewrite, an if, a map or a server_name asks
// for.
package pattern
