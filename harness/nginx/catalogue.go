package nginx

import (
	"slices"
	"strings"
)

// families are all signatures, by what they are about.
var families = [][]Signature{
	connectFamily, timeoutFamily, readFamily, headerFamily, bodyFamily, tlsFamily, tlsSetupFamily,
	peersFamily, dnsFamily, dnsAnswerFamily, addressFamily, fastcgiFamily, memcachedFamily,
	http2Family, http2FrameFamily, cacheFamily, clientFamily, requestFamily, resourceFamily, startFamily, bugFamily,
}

var (
	catalogue = slices.Concat(families...)
	direct    = newIndex(func(s Signature) bool { return !s.AfterWord })
	behind    = newIndex(func(s Signature) bool { return s.AfterWord })
)

// All returns every signature. At most one of them matches a line.
func All() []Signature { return slices.Clone(catalogue) }

// ByName finds a signature.
func ByName(name string) (Signature, bool) {
	for i := range catalogue {
		if catalogue[i].Name == name {
			return catalogue[i], true
		}
	}
	return Signature{}, false
}

// Classify finds the signature of a line. Its cost does not grow with the
// number of signatures: the message is looked up among their phrases.
func Classify(l Line) (Signature, bool) {
	if at := classify(&l); at >= 0 {
		return catalogue[at], true
	}
	return Signature{}, false
}

// classify returns an index into catalogue, -1 for none.
func classify(l *Line) int {
	if at := direct.find(l, l.Message); at >= 0 {
		return at
	}
	if _, rest, found := strings.Cut(l.Message, " "); found {
		return behind.find(l, rest)
	}
	return -1
}

// index finds the phrases that begin a message.
type index struct{ entries []entry }

// entry is one phrase.
type entry struct {
	phrase string
	// parent is the entry with the longest shorter phrase that begins this one,
	// -1 without.
	parent     int
	signatures []int // indices into catalogue
}

func newIndex(take func(Signature) bool) index {
	phrases := map[string][]int{}
	for i, s := range catalogue {
		if take(s) {
			phrases[s.Phrase] = append(phrases[s.Phrase], i)
		}
	}
	var x index
	for phrase, signatures := range phrases {
		x.entries = append(x.entries, entry{phrase: phrase, parent: -1, signatures: signatures})
	}
	slices.SortFunc(x.entries, func(a, b entry) int { return strings.Compare(a.phrase, b.phrase) })
	for i := range x.entries {
		for p := i - 1; p >= 0; p-- {
			if strings.HasPrefix(x.entries[i].phrase, x.entries[p].phrase) {
				x.entries[i].parent = p
				break
			}
		}
	}
	return x
}

// find returns the signature whose phrase begins message and whose other
// conditions hold. All phrases that begin message are ancestors of its
// predecessor in sorted order.
func (x index) find(l *Line, message string) int {
	at, exact := slices.BinarySearchFunc(x.entries, message, func(e entry, m string) int {
		return strings.Compare(e.phrase, m)
	})
	if !exact {
		at--
	}
	for ; at >= 0; at = x.entries[at].parent {
		e := &x.entries[at]
		rest, found := strings.CutPrefix(message, e.phrase)
		if !found {
			continue
		}
		for _, i := range e.signatures {
			if catalogue[i].matchBehind(l, rest) {
				return i
			}
		}
	}
	return -1
}
