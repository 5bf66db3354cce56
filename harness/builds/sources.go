package builds

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// source is one entry of an apt configuration (sources.list(5)).
type source struct {
	uris   []string
	suites []string
	signed string // value of Signed-By as it stands there, may span lines
}

// mirror is where a suite comes from.
type mirror struct {
	uri    string
	signed string
}

// archives are the mirrors of Debian itself and of its security updates; the
// second may be empty.
type archives struct{ main, security mirror }

// archiveKeyrings is where the distribution keeps the archive's keys; the name
// changed with trixie.
var archiveKeyrings = []string{
	"/usr/share/keyrings/debian-archive-keyring.pgp",
	"/usr/share/keyrings/debian-archive-keyring.gpg",
}

// findArchives takes the mirrors from the options, else from the machine's
// apt configuration.
func findArchives(ctx context.Context, spec string, opts Options) (archives, error) {
	a := archives{main: mirror{uri: opts.Mirror}, security: mirror{uri: opts.SecurityMirror}}
	if opts.Mirror == "" {
		sources, err := machineSources(ctx)
		if err != nil {
			return a, err
		}
		found := chooseArchives(sources)
		if found.main.uri == "" {
			return a, &Unavailable{Spec: spec, Reason: "this machine's apt configuration names no Debian mirror",
				Mend: "give one with --mirror URL, or use --nginx PATH or --nginx image:NAME"}
		}
		a.main = found.main
		if a.security.uri == "" {
			a.security = found.security
		}
	}
	for _, m := range []*mirror{&a.main, &a.security} {
		if opts.Keyring != "" {
			m.signed = opts.Keyring
		}
		if m.signed == "" {
			m.signed = distributionKeyring()
		}
	}
	return a, nil
}

// distributionKeyring is the archive's keyring; empty leaves it to apt's own
// trusted keys.
func distributionKeyring() string {
	for _, file := range present(archiveKeyrings) {
		return file
	}
	return ""
}

// chooseArchives finds Debian's entries among all of them by the suites that
// they hold.
func chooseArchives(sources []source) archives {
	var a archives
	for _, s := range sources {
		if len(s.uris) == 0 {
			continue
		}
		m := mirror{uri: s.uris[0], signed: s.signed}
		switch {
		case a.main.uri == "" && slices.ContainsFunc(s.suites, isDebian):
			a.main = m
		case a.security.uri == "" && slices.ContainsFunc(s.suites, isSecurity):
			a.security = m
		}
	}
	return a
}

// debianNames are the suites by which an entry is known as Debian's own; other
// distributions use none of them.
var debianNames = []string{"buster", "bullseye", "bookworm", "trixie", "forky", "duke", "sid",
	"oldoldstable", "oldstable", "stable", "testing", "unstable"}

func isDebian(suite string) bool { return slices.Contains(debianNames, suite) }

func isSecurity(suite string) bool {
	name, ok := strings.CutSuffix(suite, "-security")
	return ok && isDebian(name)
}

// machineSources reads the apt configuration of the machine.
func machineSources(ctx context.Context) ([]source, error) {
	out, err := exec.CommandContext(ctx, "apt-config", "shell",
		"LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d").Output()
	if err != nil {
		return nil, fmt.Errorf("read apt configuration: %w", err)
	}
	paths := parseShell(string(out))
	entries, err := os.ReadDir(paths["PARTS"])
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("read apt sources: %w", err)
	}
	files := []string{paths["LIST"]}
	for _, e := range entries {
		files = append(files, filepath.Join(paths["PARTS"], e.Name()))
	}
	var sources []source
	for _, file := range files {
		data, err := os.ReadFile(file)
		switch {
		case os.IsNotExist(err):
		case err != nil:
			return nil, fmt.Errorf("read apt sources: %w", err)
		case filepath.Ext(file) == ".sources":
			sources = append(sources, parseDeb822(string(data))...)
		case filepath.Ext(file) == ".list":
			sources = append(sources, parseOneLine(string(data))...)
		}
	}
	return sources, nil
}

// parseShell reads the output of apt-config shell: NAME='value' per line.
func parseShell(text string) map[string]string {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if ok {
			values[name] = strings.Trim(value, "'")
		}
	}
	return values
}

// parseOneLine reads the one-line format:
// "deb [signed-by=KEYRING arch=amd64] URI SUITE COMPONENT...".
func parseOneLine(text string) []source {
	var sources []source
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "deb")
		if !ok || rest == "" || !strings.ContainsAny(rest[:1], " \t[") {
			continue
		}
		var s source
		if opened, ok := strings.CutPrefix(strings.TrimSpace(rest), "["); ok {
			options, behind, closed := strings.Cut(opened, "]")
			if !closed {
				continue
			}
			rest = behind
			for _, o := range strings.Fields(options) {
				if value, ok := strings.CutPrefix(o, "signed-by="); ok {
					s.signed = value
				}
			}
		}
		fields := strings.Fields(rest)
		if len(fields) < 2 {
			continue
		}
		s.uris, s.suites = fields[:1], fields[1:2]
		sources = append(sources, s)
	}
	return sources
}

// parseDeb822 reads the stanza format (deb822(5)). Disabled stanzas and those
// without binary packages are left out.
func parseDeb822(text string) []source {
	var sources []source
	for stanza := range stanzas(text) {
		s := source{uris: strings.Fields(stanza["uris"]), suites: strings.Fields(stanza["suites"]), signed: stanza["signed-by"]}
		disabled := slices.Contains([]string{"no", "false", "off", "without", "disable", "0"}, strings.ToLower(stanza["enabled"]))
		if !disabled && slices.Contains(strings.Fields(stanza["types"]), "deb") && len(s.uris) > 0 && len(s.suites) > 0 {
			sources = append(sources, s)
		}
	}
	return sources
}

// stanzas yields the stanzas of a deb822 file, with field names in lower case.
// The lines of a value that spans several are kept as they stand, so that it
// can be written into another file.
func stanzas(text string) func(yield func(map[string]string) bool) {
	return func(yield func(map[string]string) bool) {
		fields, last := map[string]string{}, ""
		for line := range strings.Lines(text + "\n\n") {
			line = strings.TrimRight(line, " \t\r\n")
			name, value, isField := strings.Cut(line, ":")
			switch {
			case line == "":
				if len(fields) > 0 && !yield(fields) {
					return
				}
				fields, last = map[string]string{}, ""
			case line[0] == '#':
			case line[0] == ' ' || line[0] == '\t':
				if last != "" {
					fields[last] += "\n" + line
				}
			case isField:
				last = strings.ToLower(strings.TrimSpace(name))
				fields[last] = strings.TrimSpace(value)
			}
		}
	}
}
