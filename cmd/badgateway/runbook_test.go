package main

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness"
)

// The runbook is written in both forms, and says itself that a signal cut the
// run short.
func TestRunWritesRunbook(t *testing.T) {
	for _, interrupted := range []bool{false, true} {
		dir := t.TempDir()
		page, text := filepath.Join(dir, "runbook.html"), filepath.Join(dir, "runbook.md")
		ctx, stop := withSignals(t.Context(), func(int) { t.Error("exit at the first signal") })
		runAll := ends(harness.Pass, harness.Pass, harness.Pass)
		if interrupted {
			runAll = func(ctx context.Context, list []harness.Scenario, _ harness.Options) (harness.Summary, error) {
				require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGINT))
				<-ctx.Done()
				return harness.Summary{Verdicts: []harness.Verdict{{Name: list[0].Name, Outcome: harness.Pass}}}, context.Cause(ctx)
			}
		}
		r := runWith(t, ctx, runAll, "run", "--html", page, "--markdown", text)
		stop()
		require.Contains(t, r.stdout, "wrote "+page+", "+text)
		for _, path := range []string{page, text} {
			if interrupted {
				require.Contains(t, string(readFile(t, path)), "did not come to its end:")
				require.Contains(t, string(readFile(t, path)), "received SIGINT")
			} else {
				require.NotContains(t, string(readFile(t, path)), "did not come to its end:")
			}
		}
	}
	r := runWith(t, t.Context(), ends(), "run", "--html", "x", "--markdown", "x")
	require.Equal(t, 2, r.code)
	require.Contains(t, r.stderr, "write two reports to x")
}

// The catalogue as Markdown goes to the file that is named.
func TestListMarkdown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	require.Equal(t, 0, runWith(t, t.Context(), ends(), "list", "--markdown", path).code)
	require.Contains(t, string(readFile(t, path)), "| name | what is wrong | symptom | fix | statements |")
}
