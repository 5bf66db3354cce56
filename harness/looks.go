package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"badgateway/harness/pod"
)

// maxLook is how much of a look's output is kept, in bytes.
const maxLook = 8 << 10

// lacking begins the line of a look whose tool is not there.
const lacking = "badgateway: no such tool: "

// around runs the command $1 when all programs behind it are there, with its
// two outputs as one, as a terminal shows them.
const around = `command=$1; shift
for tool; do command -v "$tool" >/dev/null 2>&1 || { echo "` + lacking + `$tool"; exit 127; }; done
exec sh -c "$command" 2>&1`

// looks runs the runbook's commands behind the end of a step, and leaves what
// they caused out of the record.
func (r *run) looks(ctx context.Context, step *Step) error {
	if len(r.scenario.Looks) == 0 {
		return nil
	}
	if step.Phase == Broken {
		var err error
		if r.met, err = r.pod.Windows(ctx); err != nil {
			return fmt.Errorf("read fault windows: %w", err)
		}
	}
	asked := 0
	for _, l := range r.scenario.Looks {
		looked, err := r.look(ctx, l)
		if err != nil {
			return fmt.Errorf("look with %q: %w", l.Command, err)
		}
		step.Looks = append(step.Looks, looked)
		if looked.Missing == "" {
			asked += l.Asks
		}
		r.emit(Event{Kind: LookedAt, Phase: step.Phase, Text: "$ " + l.Command + ": " + looked.told()})
	}
	return r.forget(ctx, asked)
}

// look runs one command.
func (r *run) look(ctx context.Context, l Look) (Looked, error) {
	looked := Looked{Command: l.Command}
	where := r.pod.Exec
	if l.Machine {
		where = r.onMachine
	}
	var before pod.NginxState
	reloads := strings.Contains(l.Command, "nginx -s reload")
	if reloads {
		var err error
		if before, err = r.pod.Nginx(ctx); err != nil {
			return looked, err
		}
	}
	result, err := where(ctx, pod.Command{Args: append([]string{"sh", "-c", around, "look", l.Command}, l.Tools...)})
	if err != nil {
		if l.Machine {
			return looked, err
		}
		if _, e := r.pod.Read(ctx, "/bin/sh"); errors.Is(e, fs.ErrNotExist) {
			looked.Missing = "sh"
			return looked, nil
		}
		return looked, err
	}
	output := string(result.Stdout)
	if tool, ok := strings.CutPrefix(output, lacking); ok {
		looked.Missing = strings.TrimSpace(tool)
		return looked, nil
	}
	if reloads && result.Code == 0 {
		if err := r.pod.Reloaded(ctx, before); err != nil {
			return looked, fmt.Errorf("wait for the reload of %q: %w", l.Command, err)
		}
	}
	looked.Output, looked.Code = strings.ToValidUTF8(output[:min(len(output), maxLook)], ""), result.Code
	return looked, nil
}

// onMachine runs a command outside the pod, with what root finds in its PATH.
func (r *run) onMachine(ctx context.Context, c pod.Command) (pod.Result, error) {
	limit := cmp.Or(r.options.Timeouts, pod.DefaultTimeouts).Command
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin", "LC_ALL=C.UTF-8")
	cmd.WaitDelay = time.Second // what the shell left running may hold its output
	output, err := cmd.Output()
	if ctx.Err() != nil {
		return pod.Result{}, fmt.Errorf("not ended after %s: %w", limit, ctx.Err())
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return pod.Result{Stdout: output, Code: exit.ExitCode()}, nil
	}
	return pod.Result{Stdout: output}, err
}

// forget reads the logs past what somebody else than the step caused, once the
// access log has a line for each of their requests.
func (r *run) forget(ctx context.Context, asked int) error {
	return r.read(ctx, &Step{}, nil, asked)
}

// windows are the fault windows without what only looks have met.
func (r *run) windows(ctx context.Context) ([]pod.Window, error) {
	windows, err := r.pod.Windows(ctx)
	for i := range windows {
		same := func(w pod.Window) bool { return w.From == windows[i].From && w.Addr == windows[i].Addr }
		if j := slices.IndexFunc(r.met, same); j >= 0 && r.met[j].Touched == 0 {
			windows[i].Touched = 0
		}
	}
	return r.withoutChanges(windows), err
}

// told sums up a look in one line, for people.
func (l Looked) told() string {
	if l.Missing != "" {
		return "not run, there is no " + l.Missing
	}
	first, rest, _ := strings.Cut(strings.TrimSpace(l.Output), "\n")
	switch {
	case first == "":
		first = "no output"
	case rest != "":
		first = fmt.Sprintf("%s (and %s more)", first, Plural(strings.Count(rest, "\n")+1, "line"))
	}
	return fmt.Sprintf("exit %d, %s", l.Code, first)
}
