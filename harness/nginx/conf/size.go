package conf

import (
	"fmt"
	"strconv"
)

// ParseSize reads a size in bytes as nginx does (ngx_parse_size,
// src/core/ngx_parse.c): "4096", "16k", "8M".
func ParseSize(text string) (int64, error) {
	digits, scale := text, int64(1)
	if n := len(text) - 1; n >= 0 {
		switch text[n] {
		case 'k', 'K':
			digits, scale = text[:n], 1<<10
		case 'm', 'M':
			digits, scale = text[:n], 1<<20
		}
	}
	n, err := strconv.ParseUint(digits, 10, 40)
	if err != nil {
		return 0, fmt.Errorf("read size %q: a number of bytes, or of k or m", text)
	}
	return int64(n) * scale, nil
}
