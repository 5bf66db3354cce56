package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"badgateway/harness/check/compare"
	"badgateway/harness/check/finding"
	"badgateway/harness/check/result"
)

var fence = regexp.MustCompile("(?s)```(yaml|sh)\n(.*?)```")

// recipe is the block of code in the README that has a phrase.
func recipe(t *testing.T, phrase string) string {
	t.Helper()
	for _, m := range fence.FindAllStringSubmatch(string(readFile(t, "../../README.md")), -1) {
		if strings.Contains(m[2], phrase) {
			return m[2]
		}
	}
	t.Fatalf("README.md has no block of code with %q", phrase)
	return ""
}

// project is a clone with a branch that changes its nginx.conf.
type project struct {
	dir string
	env []string
}

const gatewayConf = `events {}
http {
    server {
        listen 80;
        location / {
            proxy_pass http://127.0.0.1:3000;
            proxy_read_timeout 10s;
        }
    }
}
`

// newProject makes a repository with gatewayConf on main, and a clone of it with
// changed on a branch. For time, the command in its PATH tries little.
func newProject(t *testing.T, changed string) project {
	t.Helper()
	needNative(t)
	exe, err := os.Executable()
	require.NoError(t, err)
	top, bin := t.TempDir(), t.TempDir()
	wrapper := "#!/usr/bin/env bash\nexec -a badgateway '" + exe + "' \"$@\" --driver native --fault slow-headers --method GET\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, "badgateway"), []byte(wrapper), 0o755))
	p := project{dir: filepath.Join(top, "origin")}
	p.env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "GITHUB_BASE_REF=main", "GITHUB_STEP_SUMMARY="+filepath.Join(top, "summary.md"),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	require.NoError(t, os.Mkdir(p.dir, 0o755))
	p.git(t, "init", "-q", "-b", "main")
	p.write(t, gatewayConf)
	p.git(t, "add", "nginx.conf")
	p.git(t, "commit", "-q", "-m", "first")
	p.env = append(p.env, "CI_MERGE_REQUEST_DIFF_BASE_SHA="+p.git(t, "rev-parse", "HEAD"))
	p.git(t, "clone", "-q", ".", "../clone")
	p.dir = filepath.Join(top, "clone")
	p.git(t, "switch", "-q", "-c", "change")
	p.write(t, changed)
	return p
}

func (p project) write(t *testing.T, conf string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, "nginx.conf"), []byte(conf), 0o644))
}

func (p project) git(t *testing.T, args ...string) string {
	t.Helper()
	out, code := p.run(t, "git", args...)
	require.Zero(t, code, "git %v: %s", args, out)
	return strings.TrimSpace(out)
}

// run is what a program printed in the project, and its exit code.
func (p project) run(t *testing.T, name string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// changes are what a branch may do, with the exit code that each must give.
var changes = map[string]struct {
	conf string
	code int
}{
	"longer timeout": {strings.Replace(gatewayConf, "10s", "40s", 1), 1},
	"comment":        {"# the shop\n" + strings.ReplaceAll(gatewayConf, "    ", "\t"), 0},
}

// TestRecipeGitHub plays the steps of the workflow that call the command, as the
// runner does; those before them set a machine up.
func TestRecipeGitHub(t *testing.T) {
	text := recipe(t, "runs-on:")
	require.Less(t, strings.Count(text, "\n"), 25)
	var workflow struct {
		Name string
		On   string
		Jobs map[string]struct {
			RunsOn string `yaml:"runs-on"`
			Steps  []struct {
				Name, Uses, Run string
				With            map[string]string
			}
		}
	}
	require.NoError(t, yaml.UnmarshalWithOptions([]byte(text), &workflow, yaml.Strict()))
	for name, change := range changes {
		p := newProject(t, change.conf)
		p.git(t, "commit", "-q", "-a", "-m", "second")
		played := 0
		for _, step := range workflow.Jobs["check"].Steps {
			if !strings.Contains(step.Run, "badgateway check") {
				continue
			}
			played++
			out, code := p.run(t, "bash", "-e", "-c", step.Run)
			require.Equal(t, change.code, code, "%s: %s", name, out)
			require.Equal(t, change.code == 1, strings.Contains(out, "::error file=nginx.conf,line=7,title=behaviour-changed::"), out)
		}
		require.Equal(t, 1, played)
		require.Contains(t, string(readFile(t, filepath.Join(p.dir, "../summary.md"))), "## What changes against `../base/nginx.conf`")
	}
}

func TestRecipeGitLab(t *testing.T) {
	text := recipe(t, "CI_MERGE_REQUEST_DIFF_BASE_SHA")
	require.Less(t, strings.Count(text, "\n"), 25)
	var file map[string]struct {
		Script    []string
		Artifacts struct{ Reports struct{ JUnit []string } }
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &file))
	for name, change := range changes {
		p := newProject(t, change.conf)
		p.git(t, "commit", "-q", "-a", "-m", "second")
		out, code := p.run(t, "bash", "-e", "-c", strings.Join(file["gateway"].Script, "\n"))
		require.Equal(t, change.code, code, "%s: %s", name, out)
		require.Len(t, file["gateway"].Artifacts.Reports.JUnit, 2)
		for _, report := range file["gateway"].Artifacts.Reports.JUnit {
			require.FileExists(t, filepath.Join(p.dir, report))
		}
	}
}

// TestRecipeHook: git itself runs the hook, which keeps a commit from being made.
func TestRecipeHook(t *testing.T) {
	text := recipe(t, "git checkout-index")
	require.Less(t, strings.Count(text, "\n"), 25)
	for name, change := range changes {
		p := newProject(t, change.conf)
		require.NoError(t, os.WriteFile(filepath.Join(p.dir, ".git/hooks/pre-commit"), []byte(text), 0o755))
		out, code := p.run(t, "git", "commit", "-a", "-m", "second")
		require.Equal(t, change.code, code, "%s: %s", name, out)
		require.Contains(t, out, "against /")
	}
}

// TestRecipeFiles: the policy and the expectations of the README are read as
// they stand there, and say what it says.
func TestRecipeFiles(t *testing.T) {
	p, err := finding.ReadPolicy("README.md", strings.NewReader(recipe(t, "fail-on:")))
	require.NoError(t, err)
	def := finding.Default()
	require.Equal(t, def.Limits, p.Limits, "the README shows the defaults")
	require.Equal(t, def.FailOn, p.FailOn)
	require.Equal(t, map[string]result.Severity{"raw-bytes": result.Off}, p.Rules)
	require.Len(t, p.Accept, 1)

	e, err := compare.ReadExpectation("README.md", strings.NewReader(recipe(t, "changes:")))
	require.NoError(t, err)
	require.Len(t, e.Changes, 1)
}
