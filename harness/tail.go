package harness

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"badgateway/harness/pod"
)

// The logs a run reads. Every configuration of the catalogue writes them; they
// are also Debian's and the official image's compiled-in paths.
const (
	ErrorLog  = "/var/log/nginx/error.log"
	AccessLog = "/var/log/nginx/access.log"
)

// tail reads a log file of a pod in segments: each call gives the complete
// lines behind those it gave before. nginx writes an error-log line before it
// answers the request that the line is about, so a segment read after the
// answer holds it, and nothing has to wait.
type tail struct {
	pod    *pod.Pod
	path   string
	offset int64
}

// next gives the complete lines written since the last call.
func (t *tail) next(ctx context.Context) ([]string, error) {
	data, _, err := t.pod.ReadFrom(ctx, t.path, t.offset)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.path, err)
	}
	end := bytes.LastIndexByte(data, '\n') + 1
	t.offset += int64(end)
	if end == 0 {
		return nil, nil
	}
	return strings.Split(string(data[:end-1]), "\n"), nil
}

// until is next, and while done is not satisfied it follows the file for at
// most limit. It returns what there is; a line that never comes is no error.
func (t *tail) until(ctx context.Context, limit time.Duration, done func([]string) bool) ([]string, error) {
	lines, err := t.next(ctx)
	if err != nil || done(lines) {
		return lines, err
	}
	wait, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	stream, err := t.pod.Follow(wait, t.path, t.offset)
	if err != nil {
		return lines, fmt.Errorf("follow %s: %w", t.path, err)
	}
	defer stream.Close()
	for in := bufio.NewReader(stream); !done(lines); {
		line, err := in.ReadString('\n')
		switch {
		case wait.Err() != nil:
			return lines, ctx.Err() // the limit passed, or the run was cancelled
		case err == io.EOF:
			return lines, nil
		case err != nil:
			return lines, fmt.Errorf("follow %s: %w", t.path, err)
		}
		t.offset += int64(len(line))
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	return lines, nil
}
