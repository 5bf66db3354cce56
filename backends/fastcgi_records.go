package backends

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// The record types of a responder and its constants (FastCGI 1.0
// specification, section 8).
const (
	fcgiVersion   = 1
	fcgiBegin     = 1
	fcgiEnd       = 3
	fcgiParams    = 4
	fcgiStdin     = 5
	fcgiStdout    = 6
	fcgiResponder = 1 // a role
	fcgiKeepConn  = 1 // a flag
)

// recordBytes is the most that one record of ours carries: below 64 KiB and a
// multiple of 8, so that no record but the last needs padding.
const recordBytes = 65528

// fcgiHeader is the header of a record (section 3.3).
type fcgiHeader struct {
	Version, Type uint8
	ID, Length    uint16
	Padding, _    uint8
}

// fastcgiRequest is one request on a connection; it is also the writer of its
// STDOUT stream.
type fastcgiRequest struct {
	in   *bufio.Reader
	out  io.Writer
	id   uint16
	keep bool // the peer keeps the connection for another request
}

// params reads the request's beginning and its parameters.
func (r *fastcgiRequest) params() (map[string]string, error) {
	id, begin, err := r.record(fcgiBegin)
	switch {
	case err != nil:
		return nil, err
	case id == 0 || len(begin) != 8:
		return nil, badRequest("read request: a begin record of %d bytes for request %d; FastCGI has 8 and an id above 0", len(begin), id)
	}
	if role := binary.BigEndian.Uint16(begin); role != fcgiResponder {
		return nil, badRequest("read request: role %d, this backend is a responder (1)", role)
	}
	r.id, r.keep = id, begin[2]&fcgiKeepConn != 0
	var pairs bytes.Buffer
	if _, err := r.stream(fcgiParams, &pairs); err != nil {
		return nil, err
	}
	return pairsOf(pairs.Bytes())
}

// stdin reads the request's body to its end and counts it.
func (r *fastcgiRequest) body(map[string]string) (int64, error) {
	return r.stream(fcgiStdin, io.Discard)
}

func (r *fastcgiRequest) keeps() bool { return r.keep }

// stream copies the content of records of one type up to the empty one that
// ends them.
func (r *fastcgiRequest) stream(kind uint8, to io.Writer) (int64, error) {
	total := int64(0)
	for {
		id, content, err := r.record(kind)
		switch {
		case err != nil:
			return total, err
		case id != r.id:
			return total, badRequest("read request: a record of request %d within request %d", id, r.id)
		case len(content) == 0:
			return total, nil
		case kind == fcgiParams && total > maxHead:
			return total, badRequest("read request: parameters above %d bytes", maxHead)
		}
		n, err := to.Write(content)
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
}

// record reads one record, which must be of that type.
func (r *fastcgiRequest) record(kind uint8) (id uint16, content []byte, err error) {
	// The first byte tells another protocol, which may send no eight.
	version, err := r.in.Peek(1)
	if err != nil {
		return 0, nil, fmt.Errorf("read record: %w", err)
	}
	if version[0] != fcgiVersion {
		return 0, nil, badRequest("read record: byte %#x where FastCGI has its version, 1", version[0])
	}
	var h fcgiHeader
	if err := binary.Read(r.in, binary.BigEndian, &h); err != nil {
		return 0, nil, fmt.Errorf("read record: %w", err)
	}
	if h.Type != kind {
		return 0, nil, badRequest("read record: type %d, expected %d", h.Type, kind)
	}
	content = make([]byte, int(h.Length)+int(h.Padding))
	if _, err := io.ReadFull(r.in, content); err != nil {
		return 0, nil, fmt.Errorf("read record: %w", err)
	}
	return h.ID, content[:h.Length], nil
}

// Write sends p as STDOUT.
func (r *fastcgiRequest) Write(p []byte) (int, error) {
	for sent := 0; sent < len(p); {
		part := p[sent:min(len(p), sent+recordBytes)]
		if _, err := r.out.Write(appendRecord(nil, fcgiStdout, r.id, part)); err != nil {
			return sent, err
		}
		sent += len(part)
	}
	return len(p), nil
}

// end closes STDOUT and completes the request: status 0, request complete.
func (r *fastcgiRequest) end() error {
	records := appendRecord(nil, fcgiStdout, r.id, nil)
	_, err := r.out.Write(appendRecord(records, fcgiEnd, r.id, make([]byte, 8)))
	return err
}

// appendRecord appends a record, padded to a multiple of 8 bytes.
func appendRecord(to []byte, kind uint8, id uint16, content []byte) []byte {
	padding := (8 - len(content)%8) % 8
	to = append(to, fcgiVersion, kind, byte(id>>8), byte(id), byte(len(content)>>8), byte(len(content)), byte(padding), 0)
	return append(append(to, content...), make([]byte, padding)...)
}

// pairsOf reads name-value pairs (section 3.4).
func pairsOf(data []byte) (map[string]string, error) {
	pairs := make(map[string]string)
	for len(data) > 0 {
		var sizes [2]int
		for i := range sizes {
			n, used := pairSize(data)
			if used == 0 {
				return nil, badRequest("read parameters: they end within a pair")
			}
			sizes[i], data = n, data[used:]
		}
		if sizes[0]+sizes[1] > len(data) {
			return nil, badRequest("read parameters: they end within a pair")
		}
		pairs[string(data[:sizes[0]])] = string(data[sizes[0] : sizes[0]+sizes[1]])
		data = data[sizes[0]+sizes[1]:]
	}
	return pairs, nil
}

// pairSize reads a length of one or four bytes; used is 0 when data ends in it.
func pairSize(data []byte) (n, used int) {
	switch {
	case len(data) >= 1 && data[0] < 0x80:
		return int(data[0]), 1
	case len(data) >= 4:
		return int(binary.BigEndian.Uint32(data) &^ (1 << 31)), 4
	}
	return 0, 0
}
