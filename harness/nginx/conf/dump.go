package conf

import (
	"bytes"

	"badgateway/harness/lazyregexp"
)

var (
	// marker is the line before each file (main in src/core/nginx.c).
	marker = lazyregexp.New(`(?m)^# configuration file (/.*):\r?\n`)
	// preamble is what may stand before the first marker: nginx's messages, where
	// stderr joins stdout, and those of the official image's entry point.
	preamble = lazyregexp.New(`^(?:(?:nginx: .*|\d{4}/\d\d/\d\d .*|/docker-entrypoint\.sh: .*|\d\d-[\w-]+\.(?:env)?sh: .*|\s*)\n)*$`)
)

// SplitDump takes the output of nginx -T apart: the files in its order, the main
// file first, each with its bytes. It tells whether data is such a dump: nothing
// but messages of nginx and of the official image may stand before the first
// "# configuration file" line. A file that holds such a line itself cannot be
// told from two.
func SplitDump(data []byte) (files []File, ok bool) {
	marks := marker.FindAllSubmatchIndex(data, -1)
	if marks == nil || !preamble.Match(data[:marks[0][0]]) {
		return nil, false
	}
	for i, m := range marks {
		end := len(data)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		text := bytes.TrimSuffix(data[m[1]:end], []byte("\n")) // nginx writes one behind each file
		files = append(files, File{Path: string(data[m[2]:m[3]]), Data: text})
	}
	return files, true
}
