package backends

import "time"

// The functions of this file name the behaviours a catalogue needs. Each
// returns data only; a field may be changed before use:
//
//	slow := backends.Slow(2 * time.Second)
//	slow.Status = 503

// Healthy answers 200 at once.
func Healthy() Script { return Script{Action: Respond} }

// Slow answers 200 when d has passed since the complete request.
func Slow(d time.Duration) Script { return Script{Action: Respond, Delay: d} }

// StaleAfter answers n requests on each connection and keeps it open; the next
// request on it meets FIN, as if the idle timeout expired in that moment.
func StaleAfter(n int) Script { return Script{Action: Respond, Uses: n} }

// Failing answers with an error status of the backend's own.
func Failing(status int) Script { return Script{Action: Respond, Status: status} }

// Unread reads no request's body, as an application does that is stuck before.
func Unread() Script { return Script{Action: StopReading} }

// ResettingEarly resets the connection as soon as a request's header was read.
func ResettingEarly() Script { return Script{Action: ResetEarly} }

// BigHeaders answers 200 with a header block of exactly n bytes, status line
// and final CRLF included.
func BigHeaders(n int) Script { return Script{Action: Respond, HeaderBytes: n} }

// BigBody answers 200 with a body of exactly n bytes.
func BigBody(n int) Script { return Script{Action: Respond, BodyBytes: n} }

// Closing reads the request and closes without a byte, as a worker process
// does that exits in the middle of a request.
func Closing() Script { return Script{Action: CloseNoAnswer} }

// ClosingAtAccept closes every connection as soon as it is accepted.
func ClosingAtAccept() Script { return Script{Action: CloseAtAccept} }

// Resetting reads the request and resets the connection without a byte.
func Resetting() Script { return Script{Action: ResetNoAnswer} }

// ResettingAtAccept resets every connection as soon as it is accepted.
func ResettingAtAccept() Script { return Script{Action: ResetAtAccept} }

// Truncated promises a body of total bytes, sends the first sent and closes.
func Truncated(total, sent int) Script {
	return Script{Action: TruncateBody, BodyBytes: total, SendBytes: sent}
}

// ResetAfter promises a body of total bytes, sends the first sent and resets
// the connection.
func ResetAfter(total, sent int) Script {
	return Script{Action: ResetInBody, BodyBytes: total, SendBytes: sent}
}

// Stalled promises a body of total bytes, sends the first sent and then
// nothing more, on a connection that stays open.
func Stalled(total, sent int) Script {
	return Script{Action: StallInBody, BodyBytes: total, SendBytes: sent}
}

// Mute reads the request and never answers.
func Mute() Script { return Script{Action: Silent} }

// Speaking answers every request with exactly these bytes, whatever they are,
// and closes: another protocol's greeting, or an HTTP response that no correct
// server would send. Empty is an SSH banner.
func Speaking(bytes string) Script { return Script{Action: NotHTTP, Body: bytes} }
