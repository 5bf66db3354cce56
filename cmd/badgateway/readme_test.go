package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"badgateway/harness/builds"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

var (
	blocks  = regexp.MustCompile("(?ms)^```\n(.*?)^```$")
	inline  = regexp.MustCompile("`([^`\n]+)`")
	options = regexp.MustCompile(` \[([^\]]+)\]`)
	gap     = regexp.MustCompile(` {2,}`)
)

// shown are the command lines of README.md that begin with a program (a regular
// expression): those of its blocks, with what follows two spaces left out, and
// those in its text.
func shown(t *testing.T, program string) []string {
	t.Helper()
	text := string(readFile(t, "../../README.md"))
	var all []string
	for _, block := range blocks.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.Split(block[1], "\n")...)
	}
	for _, span := range inline.FindAllStringSubmatch(blocks.ReplaceAllString(text, ""), -1) {
		all = append(all, span[1])
	}
	begins := regexp.MustCompile("^" + program)
	var lines []string
	for _, line := range all {
		line = gap.Split(line, 2)[0]
		if begins.MatchString(line) && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	require.NotEmpty(t, lines)
	return lines
}

// spelled are the commands that a line of the README stands for: without and
// with what is in brackets, and each alternative of its last word.
func spelled(line string) []string {
	head, last, alternatives := strings.Cut(line, " | ")
	if alternatives {
		return []string{head, head[:strings.LastIndexByte(head, ' ')+1] + last}
	}
	without := options.ReplaceAllString(line, "")
	if without == line {
		return []string{line}
	}
	return []string{without, strings.ReplaceAll(options.ReplaceAllString(line, " $1"), "...", "")}
}

// TestReadmeCommands gives every command line of README.md to the command, on a
// machine that has no driver: each must be understood, files and names included,
// and come to that. A --flag in its text is one that there is.
func TestReadmeCommands(t *testing.T) {
	lines, flags := shown(t, "badgateway "), shown(t, "--[a-z]")
	t.Chdir(t.TempDir())
	for _, name := range []string{"nginx.conf", "old/nginx.conf", "OLD"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(shopConf), 0o644))
	}
	p := wired()
	p.resolve = func(ctx context.Context, spec string, w io.Writer) (nginx.Build, error) {
		if cached, err := condition("cached:" + spec); err != nil || !cached {
			return nginx.Build{Spec: spec}, err
		}
		return builds.Resolve(ctx, spec, builds.Options{Progress: steps(w)})
	}
	p.pick = func(context.Context, string, nginx.Build) (pod.Driver, error) {
		return nil, &pod.Unavailable{Driver: "native", Reason: "a test", Mend: "none"}
	}
	for _, line := range lines {
		for _, command := range spelled(line) {
			args := strings.Fields(strings.NewReplacer("PATTERN", "upstream", "CONF", "nginx.conf", "image:NAME", "image:gateway", "'", "").Replace(command))[1:]
			for i, arg := range args {
				if arg == "FILE" || arg == "DIR" {
					args[i] = filepath.Join(t.TempDir(), "made")
				}
			}
			if args[0] == "nginx" && args[1] == "fetch" && !cached(t, args[2:]) {
				continue
			}
			want := exitFine
			switch {
			case len(args) == 1: // names a verb
				args = append(args, "--help")
			case args[0] == "run" || args[0] == "check":
				want = exitMachine
			}
			r := runParts(t.Context(), p, args...)
			require.Equal(t, want, r.code, "%s: %s", command, r.stderr)
		}
	}
	known := map[string]bool{}
	flagsOf((&app{parts: p}).root(), known)
	for _, span := range flags {
		require.True(t, known[strings.Fields(span)[0]], "%s is no flag of any verb", span)
	}
}

// cached says whether these suites, which the list of builds must know, are all
// there without a fetch.
func cached(t *testing.T, specs []string) bool {
	t.Helper()
	all, err := builds.List(t.Context(), builds.Options{})
	require.NoError(t, err)
	for _, spec := range specs {
		i := slices.IndexFunc(all, func(e builds.Entry) bool { return e.Build.Spec == spec })
		require.GreaterOrEqual(t, i, 0, "%s: no such suite", spec)
		if all[i].State != builds.Cached {
			return false
		}
	}
	return true
}

// flagsOf collects the flags of a command and of those below it.
func flagsOf(cmd *cobra.Command, into map[string]bool) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { into["--"+f.Name] = true })
	for _, below := range cmd.Commands() {
		flagsOf(below, into)
	}
}

// TestReadmeTargets: what the README tells make is there, variables included.
func TestReadmeTargets(t *testing.T) {
	makefile := string(readFile(t, "../../Makefile"))
	for _, line := range shown(t, "make ") {
		for _, word := range strings.Fields(line)[1:] {
			variable, _, sets := strings.Cut(word, "=")
			switch {
			case sets:
				require.Regexp(t, `(?m)^`+variable+` +\?=`, makefile, line)
			case regexp.MustCompile(`^[a-z]+$`).MatchString(word):
				require.Regexp(t, `(?m)^`+word+`:`, makefile, line)
			}
		}
	}
}
