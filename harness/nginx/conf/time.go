package conf

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// timeUnit is a unit of ngx_parse_time; units come in falling order.
type timeUnit struct {
	rank    int
	seconds int64
}

// Ranks as the enum of ngx_parse_time.
const (
	rankStart = iota
	rankYear
	rankMonth
	rankWeek
	rankDay
	rankHour
	rankMinute
	rankSecond
	rankMillisecond
	rankBare // a number followed by a space: seconds
)

var timeUnits = map[byte]timeUnit{
	'y': {rankYear, 60 * 60 * 24 * 365},
	'M': {rankMonth, 60 * 60 * 24 * 30},
	'w': {rankWeek, 60 * 60 * 24 * 7},
	'd': {rankDay, 60 * 60 * 24},
	'h': {rankHour, 60 * 60},
	'm': {rankMinute, 60},
	's': {rankSecond, 1},
	' ': {rankBare, 1},
}

// ParseTime reads a time as nginx does (ngx_parse_time, src/core/ngx_parse.c):
// "90", "1h 30m", "500ms". A directive takes either milliseconds and nothing
// above months or seconds and also years; this takes what one of the two does.
func ParseTime(text string) (time.Duration, error) {
	d, err := ParseTimeIn(text, time.Millisecond)
	if err != nil {
		d, err = ParseTimeIn(text, time.Second)
	}
	return d, err
}

// ParseTimeIn reads a time of a directive whose granularity is
// [time.Millisecond] or [time.Second]. What a [time.Duration] cannot hold becomes
// the greatest one.
func ParseTimeIn(text string, granularity time.Duration) (time.Duration, error) {
	n, ok := parseTime(text, granularity == time.Second)
	if !ok {
		return 0, fmt.Errorf("parse time %q: not a time as nginx writes it, such as 500ms, 30s or 1h 30m", text)
	}
	if n > math.MaxInt64/int64(granularity) {
		return math.MaxInt64, nil
	}
	return time.Duration(n) * granularity, nil
}

// parseTime gives seconds or milliseconds.
func parseTime(text string, inSeconds bool) (int64, bool) {
	perSecond, step := int64(1000), rankMonth
	if inSeconds {
		perSecond, step = 1, rankStart
	}
	var total, value int64
	digits := false
	for i := 0; i < len(text); {
		ch := text[i]
		i++
		if ch >= '0' && ch <= '9' {
			if value > (math.MaxInt64-int64(ch-'0'))/10 {
				return 0, false
			}
			value, digits = value*10+int64(ch-'0'), true
			continue
		}
		unit, known := timeUnits[ch]
		scale := unit.seconds * perSecond
		if ch == 'm' && i < len(text) && text[i] == 's' {
			if inSeconds {
				return 0, false
			}
			unit, scale = timeUnit{rank: rankMillisecond}, 1
			i++
		}
		if !known || !follows(step, unit.rank) || value > math.MaxInt64/scale {
			return 0, false
		}
		step = unit.rank
		if value *= scale; total > math.MaxInt64-value {
			return 0, false
		}
		total, value = total+value, 0
		for i < len(text) && text[i] == ' ' {
			i++
		}
	}
	if !digits || value > math.MaxInt64/perSecond || total > math.MaxInt64-value*perSecond {
		return 0, false
	}
	return total + value*perSecond, true
}

// follows tells whether a unit may stand behind the one at step.
func follows(step, rank int) bool {
	switch rank {
	case rankYear: // step > st_start
		return step == rankStart
	case rankBare: // step >= st_sec
		return step < rankSecond
	}
	return step < rank
}

// FormatTime writes a time for a directive of the granularity, rounded up to it,
// so that a wait never becomes 0, which would mean something else to nginx.
func FormatTime(d, granularity time.Duration) string {
	n := int64(d / granularity)
	if d%granularity > 0 {
		n++
	}
	if granularity == time.Second {
		return strconv.FormatInt(n, 10) + "s"
	}
	return strconv.FormatInt(n, 10) + "ms"
}
