package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"badgateway/harness/builds"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"badgateway": main})
}

// TestScript plays the user stories in testdata/anywhere; those in the other
// directories run real scenarios and need the driver that the directory names.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/anywhere",
		Cmds:  commands,
		Setup: ownCache,
	})
}

func TestScriptNative(t *testing.T) {
	needNative(t)
	testscript.Run(t, testscript.Params{Dir: "testdata/native", Cmds: commands, Setup: realCache, Condition: condition})
}

// TestScriptDocker plays with the command as users have it: static, so that it
// is its own lab.
func TestScriptDocker(t *testing.T) {
	needDriver(t, "docker")
	bin := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-o", bin+"/badgateway", ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	testscript.Run(t, testscript.Params{Dir: "testdata/docker", Cmds: commands, Condition: condition, Setup: func(env *testscript.Env) error {
		env.Setenv("PATH", bin+":"+env.Getenv("PATH"))
		for _, name := range []string{"DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"} {
			env.Setenv(name, os.Getenv(name))
		}
		return realCache(env)
	}})
}

// promptEnd ends a program with the race detector when it ends, not a second later.
const promptEnd = "atexit_sleep_ms=0"

// ownCache gives a script an empty cache, which goes with it: testscript's HOME
// does not exist, and root would make it.
func ownCache(env *testscript.Env) error {
	env.Setenv("GORACE", promptEnd)
	env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache"))
	return nil
}

// realCache gives a script the user's own cache, so that nothing is fetched
// again, and the module's root as ROOT.
func realCache(env *testscript.Env) error {
	env.Setenv("GORACE", promptEnd)
	cache, err := os.UserCacheDir()
	root, rootErr := filepath.Abs("../..")
	env.Setenv("XDG_CACHE_HOME", cache)
	env.Setenv("ROOT", root)
	return errors.Join(err, rootErr)
}

// condition knows "cached:SPEC": the build is there without a fetch. In CI,
// where nothing may be skipped, it is fetched.
func condition(name string) (bool, error) {
	spec, ok := strings.CutPrefix(name, "cached:")
	if !ok {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	all, err := builds.List(context.Background(), builds.Options{})
	cached := slices.ContainsFunc(all, func(e builds.Entry) bool { return e.Build.Spec == spec && e.State == builds.Cached })
	return cached || os.Getenv("BADGATEWAY_REQUIRE") == "1", err
}

// commands are the scripts' own: "exits CODE program args..." runs a program
// and demands its exit code.
var commands = map[string]func(*testscript.TestScript, bool, []string){
	"exits": func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < 2 {
			ts.Fatalf("usage: exits CODE program args...")
		}
		want, err := strconv.Atoi(args[0])
		ts.Check(err)
		code := 0
		err = ts.Exec(args[1], args[2:]...)
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			code, err = exit.ExitCode(), nil
		}
		ts.Check(err)
		if code != want {
			ts.Fatalf("exit code %d, want %d", code, want)
		}
	},
}
