package nginx

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a version number: of nginx ("1.22.1"), or of a product built on it
// ("1.21.4.1" of openresty). The zero value is unknown.
type Version struct {
	numbers [4]int
	parts   int
}

// ParseVersion reads "1.22.1", "nginx/1.22.1", "nginx/1.30.2 (Debian)" or a
// prefix such as "1.22". What follows a hyphen does not count ("1.29.7-dev").
func ParseVersion(s string) (Version, error) {
	text := s
	if _, after, found := strings.Cut(text, "/"); found {
		text = after
	}
	text, _, _ = strings.Cut(text, " ")
	text, _, _ = strings.Cut(text, "-")
	var v Version
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || v.parts == len(v.numbers) {
			return Version{}, fmt.Errorf(`parse version %q: write it as "1.22.1"`, s)
		}
		v.numbers[v.parts] = n
		v.parts++
	}
	return v, nil
}

// String is the version as "1.22.1", empty when unknown.
func (v Version) String() string {
	var parts []string
	for _, n := range v.numbers[:v.parts] {
		parts = append(parts, strconv.Itoa(n))
	}
	return strings.Join(parts, ".")
}

// IsZero says that the version is unknown.
func (v Version) IsZero() bool { return v.parts == 0 }

// Compare orders versions by their numbers; missing ones are zero.
func (v Version) Compare(w Version) int {
	for i := range v.numbers {
		if c := cmp.Compare(v.numbers[i], w.numbers[i]); c != 0 {
			return c
		}
	}
	return 0
}

// Within says whether v lies between two versions, both inclusive; an empty
// bound is none. A bound with fewer numbers stands for all that begin with it:
// 1.22.1 lies within "1.22" and "1.22".
func (v Version) Within(since, until string) (bool, error) {
	if since != "" {
		low, err := ParseVersion(since)
		if err != nil {
			return false, fmt.Errorf("read since: %w", err)
		}
		if v.Compare(low) < 0 {
			return false, nil
		}
	}
	if until != "" {
		high, err := ParseVersion(until)
		if err != nil {
			return false, fmt.Errorf("read until: %w", err)
		}
		if v.cut(high.parts).Compare(high) > 0 {
			return false, nil
		}
	}
	return true, nil
}

// cut keeps the first n numbers.
func (v Version) cut(n int) Version {
	clear(v.numbers[n:])
	v.parts = min(v.parts, n)
	return v
}

// MarshalText writes the version as "1.22.1".
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (v *Version) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*v = Version{}
		return nil
	}
	parsed, err := ParseVersion(string(text))
	*v = parsed
	return err
}
