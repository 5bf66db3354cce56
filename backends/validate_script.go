package backends

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// maxHeaderBytes bounds HeaderBytes, because header blocks are held in memory.
const maxHeaderBytes = 16 << 20

// uses are the fields of a Script, by their JSON name, that each action has a
// use for.
var uses = map[Action]string{
	Respond:       "status header header_bytes body body_bytes delay rules pause uses most_head websocket", // with pause also send_bytes
	AnswerEarly:   "status header header_bytes body body_bytes delay",
	StopReading:   "",
	ResetEarly:    "delay",
	CloseAtAccept: "",
	ResetAtAccept: "",
	CloseNoAnswer: "delay",
	ResetNoAnswer: "delay",
	TruncateBody:  "status header header_bytes body body_bytes send_bytes delay",
	ResetInBody:   "status header header_bytes body body_bytes send_bytes delay",
	StallInBody:   "status header header_bytes body body_bytes send_bytes delay",
	Silent:        "",
	NotHTTP:       "body body_bytes delay",
}

// Validate says everything that is wrong with the Script for the backend of
// that name, each error naming the backend and what to write instead.
func (s Script) Validate(backend string) error {
	s.Action = s.action()
	used, known := uses[s.Action]
	if !known {
		return fmt.Errorf("backend %q: action %q: unknown; write one of %s", backend, s.Action, strings.Join(actions(), ", "))
	}
	if s.streams() {
		used += " send_bytes"
	}
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("backend %q: "+format, append([]any{backend}, args...)...))
	}
	for _, field := range s.set() {
		if !strings.Contains(" "+used+" ", " "+field+" ") {
			bad("%s: action %q has no use for it; remove it or choose another action", field, s.Action)
		}
	}
	for _, size := range []struct {
		field string
		n     int
	}{{"header_bytes", s.HeaderBytes}, {"body_bytes", s.BodyBytes}, {"send_bytes", s.SendBytes}, {"uses", s.Uses}, {"most_head", s.MostHead}} {
		if size.n < 0 {
			bad("%s %d: negative; write 0 or more", size.field, size.n)
		}
	}
	for _, wait := range []struct {
		field string
		d     time.Duration
	}{{"delay", s.Delay}, {"pause", s.Pause}} {
		if wait.d < 0 {
			bad("%s %v: negative; write 0 or more", wait.field, wait.d)
		}
	}
	if s.WebSocket != nil && s.WebSocket.Ping < 0 {
		bad("websocket ping %v: negative; write 0 or more", s.WebSocket.Ping)
	}
	if s.Status != 0 && (s.Status < 100 || s.Status > 999) {
		bad("status %d: not a status; write three digits, or 0 for 200", s.Status)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Header)) {
		if !httpguts.ValidHeaderFieldName(name) {
			bad("header %q: not a header name; for bytes that are no HTTP use action %q", name, NotHTTP)
		}
		for _, value := range s.Header[name] {
			if !httpguts.ValidHeaderFieldValue(value) {
				bad("header %q: value %q is not one; for bytes that are no HTTP use action %q", name, value, NotHTTP)
			}
		}
	}
	if len(errs) == 0 {
		s.validateSizes(backend, bad)
	}
	return errors.Join(append(errs, s.validateRules(backend))...)
}

// validateSizes checks the sizes against the response that the Script makes.
func (s Script) validateSizes(backend string, bad func(string, ...any)) {
	if s.HeaderBytes > maxHeaderBytes {
		bad("header_bytes %d: above %d; write less", s.HeaderBytes, maxHeaderBytes)
		return
	}
	if s.HeaderBytes != 0 {
		natural := s
		natural.HeaderBytes = 0
		least := 0
		for _, connection := range connectionOptions {
			least = max(least, len(natural.renderHead(backend, connection)))
		}
		if s.HeaderBytes < least {
			bad("header_bytes %d: this response's header takes %d without padding; write at least that, or 0", s.HeaderBytes, least)
		}
	}
	if s.streams() && s.SendBytes >= s.bodySize(backend) {
		bad("send_bytes %d: nothing of the body of %d bytes is left for after the pause; send less or raise body_bytes", s.SendBytes, s.bodySize(backend))
	}
	if s.truncates() && s.SendBytes >= s.bodySize(backend) {
		bad("send_bytes %d: action %q must leave something out of the body of %d bytes; send less or raise body_bytes", s.SendBytes, s.Action, s.bodySize(backend))
	}
}

// set names the fields that are not zero, Action apart.
func (s Script) set() []string {
	var names []string
	for _, field := range []struct {
		name string
		set  bool
	}{
		{"status", s.Status != 0},
		{"header", len(s.Header) != 0},
		{"header_bytes", s.HeaderBytes != 0},
		{"body", s.Body != ""},
		{"body_bytes", s.BodyBytes != 0},
		{"send_bytes", s.SendBytes != 0},
		{"delay", s.Delay != 0},
		{"rules", len(s.Rules) != 0},
		{"pause", s.Pause != 0},
		{"uses", s.Uses != 0},
		{"most_head", s.MostHead != 0},
		{"websocket", s.WebSocket != nil},
	} {
		if field.set {
			names = append(names, field.name)
		}
	}
	return names
}

// actions lists all actions in the order of their declaration.
func actions() []string {
	var list []string
	for _, a := range []Action{
		Respond, AnswerEarly, StopReading, ResetEarly, CloseAtAccept, ResetAtAccept, CloseNoAnswer, ResetNoAnswer,
		TruncateBody, ResetInBody, StallInBody, Silent, NotHTTP,
	} {
		list = append(list, string(a))
	}
	return list
}

// action is Action with its default.
func (s Script) action() Action {
	if s.Action == "" {
		return Respond
	}
	return s.Action
}

// truncates says whether the action sends less than it promises.
func (s Script) truncates() bool {
	return s.Action == TruncateBody || s.Action == ResetInBody || s.Action == StallInBody
}

// ends says whether the action ends the connection behind or instead of an
// answer, otherwise than by RST alone.
func (s Script) ends() bool {
	return slices.Contains([]Action{CloseAtAccept, CloseNoAnswer, TruncateBody, ResetInBody, NotHTTP}, s.action())
}

// streams says whether the answer comes in two parts.
func (s Script) streams() bool { return s.action() == Respond && s.Pause != 0 }

// status is Status with its default.
func (s Script) status() int {
	if s.Status == 0 {
		return http.StatusOK
	}
	return s.Status
}
