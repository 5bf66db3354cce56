package conf

import (
	"bytes"
	"fmt"
	"slices"
)

// Edit replaces the bytes from Start up to End, which is not among them.
type Edit struct {
	Start, End int
	Text       string
}

// Rewrite gives data with the ranges replaced and all other bytes as they were;
// data stays as it is. The edits come in any order, and the same one may come
// more than once, as it does of a file that is included twice. Edits that overlap
// otherwise, or lie outside of data, are a mistake of the caller: it panics, as
// an index out of range does.
func Rewrite(data []byte, edits []Edit) []byte {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return a.End - b.End
	})
	edits = slices.Compact(edits)
	var b bytes.Buffer
	b.Grow(len(data))
	done := 0
	for _, e := range edits {
		if e.Start < done || e.End < e.Start || e.End > len(data) {
			panic(fmt.Sprintf("rewrite bytes %d to %d: they overlap another edit or lie outside of %d bytes", e.Start, e.End, len(data)))
		}
		b.Write(data[done:e.Start])
		b.WriteString(e.Text)
		done = e.End
	}
	b.Write(data[done:])
	return b.Bytes()
}
