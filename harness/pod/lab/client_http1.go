//go:build linux

package lab

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"badgateway/harness/pod"
)

// http1 makes the request with HTTP/1. The answer is read while the request is
// still being written, and counts whatever becomes of that: nginx may answer an
// upload before its end and close (RFC 9112, 9.3), where net/http's own client
// may report the failed write instead.
func (c *call) http1(conn net.Conn) error {
	resp, done, err := c.exchange(conn)
	defer done()
	if err != nil {
		return err
	}
	return c.read(resp)
}

// exchange writes the request and reads the head of its answer. done ends the
// connection, and the writing with it.
func (c *call) exchange(conn net.Conn) (resp *http.Response, done func(), err error) {
	wrote := make(chan struct{})
	var failed error
	go func() {
		defer close(wrote)
		failed = c.write(conn)
	}()
	done = func() {
		conn.Close()
		<-wrote
	}
	in := bufio.NewReader(conn)
	if _, err := in.Peek(1); err != nil {
		done()
		if errors.Is(failed, syscall.ECONNRESET) {
			err = failed // the kernel tells of an RST once, to whoever asks first
		}
		return nil, done, err
	}
	c.answered(c.now())
	if !c.looksLikeHTTP(in) {
		return nil, done, errors.New("malformed HTTP response")
	}
	for {
		resp, err = http.ReadResponse(in, c.http)
		if err != nil || resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			break // else an interim response (RFC 9110, 15.2)
		}
	}
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body = &switched{Conn: conn, in: in}
	}
	return resp, done, err
}

// write sends the request. That it fails is not the outcome yet: an answer may
// be there all the same.
func (c *call) write(conn net.Conn) error {
	w := bufio.NewWriter(conn)
	if _, err := w.Write(c.head()); err != nil {
		return err
	}
	if c.wanted.Pace.Bytes > 0 {
		if err := w.Flush(); err != nil {
			return err
		}
		_, err := io.Copy(conn, c.upload)
		return err
	}
	if _, err := io.Copy(w, c.upload); err != nil {
		return err
	}
	return w.Flush()
}

// head is the request line and the header fields.
func (c *call) head() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/%s\r\n", c.http.Method, c.http.URL.RequestURI(), cmp.Or(string(c.wanted.Proto), "1.1"))
	if c.wanted.Proto != pod.HTTP10 || c.http.Host != c.http.URL.Host || net.ParseIP(c.http.URL.Hostname()) == nil {
		fmt.Fprintf(&b, "Host: %s\r\n", c.http.Host)
	}
	header := c.http.Header
	if header["Connection"] == nil {
		header.Set("Connection", "close")
	}
	if c.upload.size > 0 || !strings.Contains(" GET HEAD OPTIONS DELETE ", " "+c.http.Method+" ") {
		header.Set("Content-Length", fmt.Sprint(c.upload.size))
	}
	_ = header.Write(&b) // a bytes.Buffer takes every write
	b.WriteString("\r\n")
	return b.Bytes()
}

// looksLikeHTTP tells an answer of HTTP/1 by how it begins; of another one it
// keeps what is there.
func (c *call) looksLikeHTTP(in *bufio.Reader) bool {
	const begin = "HTTP/"
	start, _ := in.Peek(len(begin)) // fewer bytes before the end: compared as they are
	if strings.HasPrefix(begin, string(start)) {
		return true
	}
	c.out.Outcome = pod.NotHTTP
	all, _ := in.Peek(in.Buffered())
	c.out.Body, c.out.Bytes = bytes.Clone(all), int64(len(all))
	return false
}

// switched is a connection that has left HTTP.
type switched struct {
	net.Conn
	in *bufio.Reader // what came behind the 101 already
}

func (s *switched) Read(p []byte) (int, error) { return s.in.Read(p) }
