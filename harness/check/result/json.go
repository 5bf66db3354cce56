package result

import (
	"encoding/json"
	"time"
)

// In badgateway.check/v1 every time is a number of seconds.

// MarshalJSON writes a Report with its times in seconds.
func (r Report) MarshalJSON() ([]byte, error) {
	type plain Report
	r.Schema = Schema
	return json.Marshal(struct {
		plain
		Wall float64 `json:"seconds"`
	}{plain: plain(r), Wall: r.Wall.Seconds()})
}

// MarshalJSON writes a Cell with its times in seconds.
func (l Cell) MarshalJSON() ([]byte, error) {
	type plain Cell
	out := struct {
		plain
		FirstByte      float64  `json:"first_byte,omitempty"`
		Total          float64  `json:"total"`
		Within         float64  `json:"within,omitempty"`
		Recovery       *float64 `json:"recovery,omitempty"`
		RecoveryWithin float64  `json:"recovery_within,omitempty"`
	}{plain: plain(l), FirstByte: l.FirstByte.Seconds(), Total: l.Total.Seconds(),
		Within: l.Within.Seconds(), RecoveryWithin: l.RecoveryWithin.Seconds()}
	if l.Recovery != nil {
		out.Recovery = seconds(*l.Recovery)
	}
	return json.Marshal(out)
}

// MarshalJSON writes an Attempt with its time in seconds.
func (a Attempt) MarshalJSON() ([]byte, error) {
	type plain Attempt
	return json.Marshal(struct {
		plain
		At float64 `json:"at"`
	}{plain: plain(a), At: a.At.Seconds()})
}

func seconds(d time.Duration) *float64 {
	s := d.Seconds()
	return &s
}
