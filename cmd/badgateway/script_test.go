package main

import (
	"errors"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"badgateway": main})
}

// TestScript plays the user stories in testdata. A file whose name begins with
// "native" runs real scenarios and needs the native driver.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/anywhere",
		Cmds: commands,
	})
}

func TestScriptNative(t *testing.T) {
	needNative(t)
	testscript.Run(t, testscript.Params{Dir: "testdata/native", Cmds: commands})
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
