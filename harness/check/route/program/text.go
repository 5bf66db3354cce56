package program

import "badgateway/harness/lazyregexp"

// reference is a variable in a text (ngx_http_script.c:ngx_http_script_compile).
var reference = lazyregexp.New(`\$(?:\{([A-Za-z0-9_]+)\}|([1-9])|([A-Za-z0-9_]+))`)

// Part is a piece of a text: literal, or a variable's name.
type Part struct {
	Literal, Name string
}

// Split takes a text with variables apart.
func Split(text string) []Part {
	var parts []Part
	for {
		at := reference.FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		if at[0] > 0 {
			parts = append(parts, Part{Literal: text[:at[0]]})
		}
		for g := 2; g < len(at); g += 2 {
			if at[g] >= 0 {
				parts = append(parts, Part{Name: text[at[g]:at[g+1]]})
			}
		}
		text = text[at[1]:]
	}
	if text != "" {
		parts = append(parts, Part{Literal: text})
	}
	return parts
}
