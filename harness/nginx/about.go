package nginx

import (
	"errors"
	"path"
	"slices"
	"strings"
)

// About is what `nginx -V` says of a build (nginx.c:ngx_show_version_info).
type About struct {
	// Product is "nginx", or what is built on it: "openresty", "freenginx",
	// "Tengine", "Angie".
	Product string `json:"product"`
	// Version is the product's own.
	Version Version `json:"version"`
	// Nginx is the version of the nginx inside; unknown for a product that
	// counts differently and does not say.
	Nginx Version `json:"nginx"`
	// Build is the name given at configure time (--build): "Debian", "Ubuntu".
	Build string `json:"build,omitempty"`
	// TLS is the library it runs with: "OpenSSL 3.0.20 7 Apr 2026". Empty
	// without TLS.
	TLS string `json:"tls,omitempty"`
	// Arguments are the configure arguments, unquoted.
	Arguments []string `json:"arguments"`
}

// ParseAbout reads the standard error of `nginx -V` (or -v: then without
// arguments). The error says that there is no version in it.
func ParseAbout(s string) (About, error) {
	var a About
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "configure arguments:"):
			a.Arguments = arguments(strings.TrimPrefix(line, "configure arguments:"))
		case strings.HasPrefix(line, "built with "):
			a.TLS = runningWith(strings.TrimPrefix(line, "built with "))
		default:
			a.readVersion(line)
		}
	}
	if a.Product == "" {
		return a, errors.New(`parse nginx -V: no "nginx version:" in it; pass what nginx -V writes to its standard error`)
	}
	return a, nil
}

// readVersion reads "nginx version: nginx/1.30.2 (Debian)". Tengine prints two
// such lines, its own first.
func (a *About) readVersion(line string) {
	program, rest, found := strings.Cut(line, " version: ")
	if !found || program == "" || strings.ContainsAny(program, " \t") {
		return
	}
	name, number, found := strings.Cut(rest, "/")
	version, err := ParseVersion(number)
	if !found || err != nil {
		return
	}
	if a.Product == "" {
		a.Product, a.Version = name, version
		if _, build, found := strings.Cut(number, " ("); found {
			a.Build = strings.TrimSuffix(build, ")")
		}
	}
	switch name {
	case "nginx", "freenginx":
		a.Nginx = version
	case "openresty":
		a.Nginx = version.cut(3)
	}
}

// runningWith is the library in "OpenSSL 1.1.1n  15 Mar 2022 (running with
// OpenSSL 1.1.1w  11 Sep 2023)".
func runningWith(s string) string {
	if _, running, found := strings.Cut(s, "(running with "); found {
		s = strings.TrimSuffix(running, ")")
	}
	return strings.Join(strings.Fields(s), " ")
}

// arguments splits configure arguments; a value with a space stands in single
// quotes (auto/options).
func arguments(s string) []string {
	var all []string
	var one strings.Builder
	quoted, begun := false, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'':
			quoted, begun = !quoted, true
		case c == ' ' && !quoted:
			if begun {
				all = append(all, one.String())
				one.Reset()
				begun = false
			}
		default:
			one.WriteByte(c)
			begun = true
		}
	}
	if begun {
		all = append(all, one.String())
	}
	return all
}

// Argument returns the value of --name=VALUE, the last one given.
func (a About) Argument(name string) (string, bool) {
	for _, argument := range slices.Backward(a.Arguments) {
		if value, found := strings.CutPrefix(argument, "--"+name+"="); found {
			return value, true
		}
		if argument == "--"+name {
			return "", true
		}
	}
	return "", false
}

// Prefix is the directory that relative paths start from.
func (a About) Prefix() string {
	if prefix, ok := a.Argument("prefix"); ok && prefix != "" {
		return prefix
	}
	return "/usr/local/nginx"
}

// ConfPath is the configuration that nginx reads without -c.
func (a About) ConfPath() string { return a.path("conf-path", "conf/nginx.conf") }

// ErrorLogPath is the error log until the configuration names one; "stderr" for
// the standard error.
func (a About) ErrorLogPath() string { return a.path("error-log-path", "logs/error.log") }

// PIDPath is the file with the master's process id.
func (a About) PIDPath() string { return a.path("pid-path", "logs/nginx.pid") }

// ModulesPath is the directory of dynamic modules.
func (a About) ModulesPath() string { return a.path("modules-path", "modules") }

// path is an argument's value, or the default, below the prefix (auto/options).
func (a About) path(name, otherwise string) string {
	value, ok := a.Argument(name)
	if !ok || value == "" {
		value = otherwise
	}
	if path.IsAbs(value) || value == "stderr" && name == "error-log-path" {
		return value
	}
	return path.Join(a.Prefix(), value)
}
