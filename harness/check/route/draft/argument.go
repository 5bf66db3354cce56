package draft

import "strings"

// Argument is $arg_name (ngx_http_parse.c:ngx_http_arg).
func Argument(args, name string) string {
	for pair := range strings.SplitSeq(args, "&") {
		if key, value, ok := strings.Cut(pair, "="); ok && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// SetArgument gives an argument a value.
func SetArgument(args, name, value string) string {
	var pairs []string
	for pair := range strings.SplitSeq(args, "&") {
		if key, _, _ := strings.Cut(pair, "="); pair != "" && !strings.EqualFold(key, name) {
			pairs = append(pairs, pair)
		}
	}
	return strings.Join(append(pairs, name+"="+value), "&")
}
