package scenarios

import (
	"io/fs"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/fixtures"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

var (
	namePattern  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$`)
	claimPattern = regexp.MustCompile(`^(W[1-7]|S([1-9]|10)\.\d+|C[1-7]|V[1-6]|R[1-3])$`)
	stepPattern  = regexp.MustCompile(`^([1-9]|10)$`)
)

// lastClaim is how many statements each step of the runbook makes.
var lastClaim = map[string]string{"S1": "7", "S2": "5", "S3": "6", "S4": "8", "S5": "6", "S6": "7", "S7": "6", "S8": "7", "S9": "9", "S10": "11"}

func TestFacts(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			require.Regexp(t, namePattern, s.Name, "a name is family/name")
			require.False(t, seen[s.Name], "the name is taken")
			seen[s.Name] = true
			for what, text := range map[string]string{"Title": s.Title, "Cause": s.Cause, "Why": s.Why, "Fix.Title": s.Fix.Title, "Conf": s.Conf} {
				require.NotEmpty(t, text, what)
				if what != "Conf" {
					require.False(t, strings.HasSuffix(text, ".") || strings.Contains(text, "\n"), "%s is one line without a full stop", what)
				}
			}
			require.Regexp(t, stepPattern, s.Step)
			require.NotEmpty(t, s.Claims)
			require.NotEmpty(t, s.Backends)
			claimed := map[string]bool{}
			for _, claim := range s.Claims {
				c := claim.ID
				require.Regexp(t, claimPattern, c)
				require.False(t, claimed[c], "%s claimed twice", c)
				claimed[c] = true
				require.Contains(t, []harness.Ruling{harness.Confirmed, harness.Refuted, harness.Conditional}, claim.Ruling)
				require.False(t, claim.Ruling != harness.Confirmed && claim.Note == "", "%s: say what happens, or on what it depends", c)
				if step, number, ok := strings.Cut(c, "."); ok {
					last := lastClaim[step]
					require.False(t, len(number) > len(last) || len(number) == len(last) && number > last, "%s: step %s has %s statements", c, step, last)
				}
			}
			playable(t, s)
		})
	}
}

// playable checks that a run of s has something to show.
func playable(t *testing.T, s harness.Scenario) {
	require.True(t, s.Break.Conf != "" || len(s.Break.Faults)+len(s.Break.Rollout) > 0, "nothing breaks")
	require.True(t, s.Fix.Conf != "" || s.Fix.Lift || len(s.Fix.Rollout) > 0, "nothing is mended")
	require.False(t, len(s.Break.Rollout) > 0 && len(s.Break.Faults) > 0, "a rollout ends all faults")
	require.NotEqual(t, s.Conf, s.Break.Conf, "the break deploys what runs already")
	require.NotEmpty(t, s.Symptom.Client)
	if s.Symptom.Client == pod.OK && len(s.Symptom.PerMethod) == 0 {
		require.True(t, len(s.Symptom.Log) > 0 || s.Symptom.Arrival != nil || s.Symptom.FirstByte != nil, "200 OK alone is no symptom: declare Log, Arrival or FirstByte")
	}
	arrivals(t, s.Symptom.Arrival, s.Fix.Arrival)
	for _, look := range s.Looks {
		require.Regexp(t, claimPattern, look.Claim)
		require.NotEmpty(t, look.Command)
		for _, expression := range []string{look.Broken, look.Fixed} {
			_, err := regexp.Compile(expression)
			require.NoError(t, err, look.Command)
		}
	}
	for _, trap := range s.Fix.Traps {
		require.NotEmpty(t, trap.Title)
		require.True(t, trap.Conf != "" || len(trap.Faults) > 0, "%s: a trap that does nothing", trap.Title)
		require.True(t, trap.Conf == "" || trap.Conf != s.Fix.Conf, "the trap is the fix")
		require.NotEqual(t, len(trap.Refused) > 0, len(trap.Client) > 0, "a trap is refused, or shows something")
	}
	_, err := nginx.Version{}.Within(s.Since, s.Until)
	require.NoError(t, err, "Since and Until")
	require.Empty(t, s.Allow, "a scenario of the catalogue declares all its lines")
	for _, sig := range slices.Concat(s.Symptom.Log, s.Fix.Masked) {
		known, ok := nginx.ByName(sig.Name)
		require.True(t, ok, "signature %q", sig.Name)
		require.Equal(t, known, sig)
	}
	for method := range s.Symptom.PerMethod {
		require.Contains(t, s.Methods, method)
	}
}

// arrivals checks that what is asked of the backends can be judged.
func arrivals(t *testing.T, all ...*harness.Arrival) {
	for _, a := range all {
		if a == nil {
			continue
		}
		require.False(t, len(a.Header) == 0 && a.Conns == 0 && a.Attempts == 0 && len(a.Reached) == 0, "an Arrival that asks nothing")
		for name, expression := range a.Header {
			require.Equal(t, http.CanonicalHeaderKey(name), name)
			_, err := regexp.Compile(expression)
			require.NoError(t, err, name)
		}
	}
}

// TestConfigurations holds the fixtures against the catalogue: each
// configuration is used, by the scenario whose name it bears.
func TestConfigurations(t *testing.T) {
	byName := map[string]harness.Scenario{}
	for _, s := range All() {
		byName[s.Name] = s
	}
	err := fs.WalkDir(fixtures.FS, "nginx", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(path, "nginx/"), ".conf")
		name, variant, _ := strings.Cut(name, ".")
		s, ok := byName[name]
		require.True(t, ok, "%s belongs to no scenario", path)
		data, err := fixtures.FS.ReadFile(path)
		require.NoError(t, err)
		uses := map[string]string{"": s.Conf, "break": s.Break.Conf, "fix": s.Fix.Conf}
		for i, trap := range s.Fix.Traps {
			uses[strings.TrimPrefix(trapVariant(i), ".")] = trap.Conf
		}
		for _, trap := range s.Fix.Traps { // one that is no .trap has a name of its own
			if trap.Conf == string(data) {
				uses[variant] = trap.Conf
			}
		}
		for _, c := range slices.Concat(s.Break.Rollout, s.Fix.Rollout) {
			if c.Conf == string(data) {
				uses[variant] = c.Conf
			}
		}
		for _, file := range s.Files {
			uses[strings.TrimSuffix(filepath.Base(file.Path), ".conf")] = string(file.Data)
		}
		use, ok := uses[variant]
		require.True(t, ok, "%s: expected .conf, .break.conf, .fix.conf, .trap.conf, a configuration of its rollout or of a trap, or the name of one of its files", path)
		require.Equal(t, string(data), use, "%s is not what its scenario deploys", path)
		return nil
	})
	require.NoError(t, err)
}
