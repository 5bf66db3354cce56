package backends

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// plainRequest is a request that is followed by its body and answered without
// framing, once per connection.
type plainRequest struct {
	in *bufio.Reader
	io.Writer
}

func (plainRequest) keeps() bool { return false }
func (plainRequest) end() error  { return nil }

// body reads as many bytes as CONTENT_LENGTH says.
func (r plainRequest) body(params map[string]string) (int64, error) {
	size, err := strconv.ParseInt(params["CONTENT_LENGTH"], 10, 64)
	if params["CONTENT_LENGTH"] == "" {
		size, err = 0, nil
	}
	if err != nil || size < 0 {
		return 0, badRequest("read body: CONTENT_LENGTH %q is no length", params["CONTENT_LENGTH"])
	}
	n, err := io.CopyN(io.Discard, r.in, size)
	if err != nil {
		return n, fmt.Errorf("read body: %d of %d bytes: %w", n, size, err)
	}
	return n, nil
}

// uwsgiRequest is one request of the uwsgi protocol
// (https://uwsgi-docs.readthedocs.io/en/latest/Protocol.html).
type uwsgiRequest struct {
	plainRequest
	most int // Script.MostHead
}

// errTooMuch is a request that stays unread for its size.
var errTooMuch = errors.New("read packet: more variables than most_head")

// params reads the packet of variables.
func (r *uwsgiRequest) params() (map[string]string, error) {
	// The first byte tells another protocol, which may send no four.
	modifier, err := r.in.Peek(1)
	if err != nil {
		return nil, fmt.Errorf("read packet: %w", err)
	}
	if modifier[0] != 0 {
		return nil, badRequest("read packet: byte %#x where a uwsgi request of variables has its modifier, 0", modifier[0])
	}
	var h struct {
		Modifier1 uint8
		Size      uint16
		Modifier2 uint8
	}
	if err := binary.Read(r.in, binary.LittleEndian, &h); err != nil {
		return nil, fmt.Errorf("read packet: %w", err)
	}
	if r.most > 0 && int(h.Size) > r.most {
		return nil, fmt.Errorf("%w: %d bytes, above %d", errTooMuch, h.Size, r.most)
	}
	vars := make([]byte, h.Size)
	if _, err := io.ReadFull(r.in, vars); err != nil {
		return nil, fmt.Errorf("read packet: %w", err)
	}
	params := make(map[string]string)
	for len(vars) > 0 {
		var pair [2]string
		for i := range pair {
			if len(vars) < 2 || int(binary.LittleEndian.Uint16(vars)) > len(vars)-2 {
				return nil, badRequest("read variables: they end within a pair")
			}
			size := int(binary.LittleEndian.Uint16(vars))
			pair[i], vars = string(vars[2:2+size]), vars[2+size:]
		}
		params[pair[0]] = pair[1]
	}
	return params, nil
}

// scgiRequest is one request of SCGI
// (https://python.ca/scgi/protocol.txt).
type scgiRequest struct{ plainRequest }

// params reads the netstring of variables.
func (r *scgiRequest) params() (map[string]string, error) {
	size := 0
	for {
		digit, err := r.in.ReadByte()
		if err != nil {
			return nil, fmt.Errorf("read netstring: %w", err)
		}
		if digit == ':' {
			break
		}
		if digit < '0' || digit > '9' {
			return nil, badRequest("read netstring: byte %#x within the length that SCGI begins with", digit)
		}
		if size = size*10 + int(digit-'0'); size > maxHead {
			return nil, badRequest("read netstring: above %d bytes", maxHead)
		}
	}
	vars := make([]byte, size+1)
	if _, err := io.ReadFull(r.in, vars); err != nil {
		return nil, fmt.Errorf("read netstring: %w", err)
	}
	if vars[size] != ',' {
		return nil, badRequest("read netstring: byte %#x behind it, expected a comma", vars[size])
	}
	fields := bytes.Split(vars[:size], []byte{0})
	if len(fields)%2 != 1 || len(fields[len(fields)-1]) != 0 {
		return nil, badRequest("read variables: they end within a pair")
	}
	params := make(map[string]string)
	for i := 0; i+1 < len(fields); i += 2 {
		params[string(fields[i])] = string(fields[i+1])
	}
	return params, nil
}
