package nginx_test

import (
	"strings"
	"testing"

	"badgateway/harness/nginx"
)

// corpus is every sample as one log.
func corpus(b *testing.B) string {
	var log strings.Builder
	for _, s := range samples(b) {
		if !s.line.Time.IsZero() {
			log.WriteString(s.line.Raw + "\n")
		}
	}
	return log.String()
}

// BenchmarkScanClassify reads, parses and classifies a log of every sample.
func BenchmarkScanClassify(b *testing.B) {
	log := strings.Repeat(corpus(b), 8)
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		s := nginx.NewScanner(strings.NewReader(log))
		for s.Scan() {
			if l, err := s.Line(); err == nil {
				nginx.Classify(l)
			}
		}
	}
}

// BenchmarkParseClassify is the same without reading.
func BenchmarkParseClassify(b *testing.B) {
	log := corpus(b)
	lines := strings.SplitAfter(log, "\n")
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		for _, line := range lines {
			if l, err := nginx.ParseLine(line); err == nil {
				nginx.Classify(l)
			}
		}
	}
}
