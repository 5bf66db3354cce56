package nginx_test

import (
	"bufio"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx"
)

const (
	stamp  = "2026/11/20 23:24:02 [error] 7#7: "
	plain  = stamp + "*1 no live upstreams while connecting to upstream" + tail
	stderr = stamp + "*2 FastCGI sent in stderr: \"PHP message: one, client: none\nPHP message: two\" while reading response header from upstream" + tail
	access = `127.0.0.1 - - [20/Nov/2026:23:24:02 +0000] "GET / HTTP/1.1" 502 157 "-" "` + plain + `"`
)

// scan returns all records, and how many lines were none.
func scan(t *testing.T, r io.Reader) (records []string, skipped int64) {
	t.Helper()
	s := nginx.NewScanner(r)
	for s.Scan() {
		records = append(records, strings.Clone(s.Text()))
		line, err := s.Line()
		require.NoError(t, err, s.Text())
		require.Equal(t, s.Text(), line.Raw)
	}
	require.NoError(t, s.Err())
	return records, s.Skipped()
}

func TestScannerFindsRecords(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	for name, c := range map[string]struct {
		text    string
		records []string
		skipped int64
	}{
		"nothing":            {"", nil, 0},
		"no last line feed":  {plain, []string{plain}, 0},
		"CRLF":               {plain + "\r\n" + plain + "\r\n", []string{plain, plain}, 0},
		"several lines":      {stderr + "\n" + plain + "\n", []string{stderr, plain}, 0},
		"several at the end": {plain + "\n" + stderr, []string{plain, stderr}, 0},
		"no end of several": {stamp + "*2 FastCGI sent in stderr: \"one\n" + plain + "\n" + plain + "\n",
			[]string{stamp + "*2 FastCGI sent in stderr: \"one", plain, plain}, 0},
		"two without end": {stamp + "*2 FastCGI sent in stderr: \"one\n" + stamp + "*3 FastCGI sent in stderr: \"two\n",
			[]string{stamp + "*2 FastCGI sent in stderr: \"one", stamp + "*3 FastCGI sent in stderr: \"two"}, 0},
		"too many lines for one": {stamp + "*2 FastCGI sent in stderr: \"one\n" + strings.Repeat("y", 2000) + "\n" + plain + "\n",
			[]string{stamp + "*2 FastCGI sent in stderr: \"one", plain}, 1},
		"access log between": {access + "\n" + plain + "\n" + access + "\n", []string{plain}, 2},
		"junk":               {"\x00\xff\xfe\n\n" + plain + "\nnginx: [emerg] x\n", []string{plain}, 3},
		"very long lines":    {long + "\n" + plain + "\n" + long, []string{plain}, 2},
		"compose":            {"web-1  | " + plain + "\n", []string{plain}, 0},
		"syslog":             {"Nov 20 23:24:02 host nginx[7]: " + plain + "\n", []string{plain}, 0},
		"docker":             {"2026-11-20T23:24:02.123456789Z " + plain + "\n", []string{plain}, 0},
		"cri":                {"2026-11-20T23:24:02.123456789Z stderr F " + plain + "\n", []string{plain}, 0},
		"user who is a line": {"127.0.0.1 - nginx: " + plain + " [20/Nov/2026:23:24:02 +0000]\n", nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(c.text), iotest.HalfReader(strings.NewReader(c.text)), iotest.DataErrReader(strings.NewReader(c.text))} {
				records, skipped := scan(t, r)
				require.Equal(t, c.records, records)
				require.Equal(t, c.skipped, skipped)
			}
		})
	}
}

func TestScannerReadsByteByByte(t *testing.T) {
	records, skipped := scan(t, iotest.OneByteReader(strings.NewReader(plain+"\n"+access+"\n"+stderr+"\n")))
	require.Equal(t, []string{plain, stderr}, records)
	require.EqualValues(t, 1, skipped)
}

func TestScannerReportsReadErrors(t *testing.T) {
	broken := errors.New("disk on fire")
	s := nginx.NewScanner(io.MultiReader(strings.NewReader(plain+"\n"), iotest.ErrReader(broken)))
	require.True(t, s.Scan())
	require.False(t, s.Scan())
	require.ErrorIs(t, s.Err(), broken)
}

// repeat is a log of n copies, never in memory at once.
func repeat(text string, n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriterSize(w, 64<<10)
		for range n {
			if _, err := out.WriteString(text); err != nil {
				return // the reader has closed: nobody wants the rest
			}
		}
		w.CloseWithError(out.Flush())
	}()
	return r
}

func TestScannerNeedsConstantMemory(t *testing.T) {
	for name, text := range map[string]string{
		"records": plain + "\n", "junk": "x", "line feeds": "\n", "access log": access + "\n", "open records": stamp + "*2 FastCGI sent in stderr: \"one\n",
	} {
		var before, after runtime.MemStats
		s := nginx.NewScanner(repeat(text, 64<<20/len(text)/4))
		runtime.GC()
		runtime.ReadMemStats(&before)
		for s.Scan() {
		}
		require.NoError(t, s.Err(), name)
		runtime.GC()
		runtime.ReadMemStats(&after)
		require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(4<<20), name)
		runtime.KeepAlive(s)
	}
}
