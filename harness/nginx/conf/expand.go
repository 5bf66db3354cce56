package conf

import "badgateway/harness/lazyregexp"

var (
	// shellVariable is what envsubst knows: $NAME and ${NAME}.
	shellVariable = lazyregexp.New(`\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})`)
	leftOver      = lazyregexp.New(`\$\{([A-Z_][A-Z0-9_]*)\}`)
)

// Expand fills a template as 20-envsubst-on-templates.sh of the official image
// does: envsubst with the names of the variables that are defined, so that
// $host and the like stay. missing are the names in capitals that are left as
// ${NAME}, each once, in their order.
func Expand(data []byte, env map[string]string) (out []byte, missing []string) {
	out = shellVariable.ReplaceAllFunc(data, func(found []byte) []byte {
		m := shellVariable.FindSubmatch(found)
		value, defined := env[string(m[1])+string(m[2])]
		if !defined {
			return found
		}
		return []byte(value)
	})
	seen := map[string]bool{}
	for _, m := range leftOver.FindAllSubmatch(data, -1) {
		name := string(m[1])
		if _, defined := env[name]; !defined && !seen[name] {
			seen[name] = true
			missing = append(missing, name)
		}
	}
	return out, missing
}
