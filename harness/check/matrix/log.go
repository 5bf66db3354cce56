package matrix

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// logFile is an error log that is read behind where it was read before.
type logFile struct {
	path   string
	offset int64

	mu   sync.Mutex
	seen []time.Duration // of the lines behind offset
}

// levels are those of lines that tell of failures.
var levels = []nginx.Level{nginx.Error, nginx.Crit, nginx.Alert, nginx.Emerg}

// skip passes over what is there.
func (l *logFile) skip(ctx context.Context, p *pod.Pod) error {
	_, size, err := p.ReadFrom(ctx, l.path, l.offset)
	if err != nil {
		return fmt.Errorf("read %s: %w", l.path, err)
	}
	l.offset, l.seen = size, nil
	return nil
}

// next gives the complete lines behind the offset that tell of failures. nginx
// writes such a line before it answers the request.
func (l *logFile) next(ctx context.Context, p *pod.Pod) ([]line, error) {
	data, _, err := p.ReadFrom(ctx, l.path, l.offset)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", l.path, err)
	}
	end := bytes.LastIndexByte(data, '\n') + 1
	l.offset += int64(end)
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []line
	n := 0
	for text := range strings.Lines(string(data[:end])) {
		parsed, err := nginx.ParseLine(strings.TrimRight(text, "\r\n"))
		if err == nil && slices.Contains(levels, parsed.Level) {
			one := line{Line: parsed}
			if n < len(l.seen) {
				one.seen = l.seen[n]
			}
			lines = append(lines, one)
		}
		n++
	}
	return lines, nil
}

// watch notes when each line behind the offset comes. The function that it
// returns waits until that has ended.
func (l *logFile) watch(ctx context.Context, p *pod.Pod) (end func()) {
	stream, err := p.Follow(ctx, l.path, l.offset)
	if err != nil {
		return func() {} // when lines came is then not known
	}
	begin := time.Now()
	var wg sync.WaitGroup
	wg.Go(func() {
		for in := bufio.NewScanner(stream); in.Scan(); {
			l.mu.Lock()
			l.seen = append(l.seen, time.Since(begin))
			l.mu.Unlock()
		}
	})
	return func() {
		_ = stream.Close() // it is read no further
		wg.Wait()
	}
}
