package harness

import "badgateway/harness/nginx"

// The log oracle is package nginx's; these are its names in this package.

func parseLine(raw string) (nginx.Line, bool) {
	l, err := nginx.ParseLine(raw)
	return l, err == nil
}

func bears(s nginx.Signature, l nginx.Line) bool { return s.Match(l) }

func classify(l nginx.Line) (nginx.Signature, bool) { return nginx.Classify(l) }
