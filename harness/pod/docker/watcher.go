package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"

	"badgateway/harness/pod/docker/inside"
)

// lastCreate is how long after its client's death the engine may still finish
// the creation of a container.
const lastCreate = 3 * time.Second

// partWatcher is the argument that makes any program that links this package the
// watcher of the session that follows it.
const partWatcher = "badgateway-docker-watcher"

// init is the watcher instead of the program that it is linked into, before its
// main and before the flags of a test.
func init() {
	inside.Play(map[string]func(args []string) error{partWatcher: watch})
}

// watcher is a process that outlives this one by a moment. Containers that run
// end by themselves when their creator dies; one that is created and not yet
// started does not, and a killed creator cannot remove it. There is a watcher
// while there is a pod.
type watcher struct {
	mu   sync.Mutex
	pods int
	cmd  *exec.Cmd
	link io.WriteCloser
}

// hold starts the watcher with the first pod.
func (w *watcher) hold() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pods > 0 {
		w.pods++
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("start watcher: %w", err)
	}
	cmd := exec.Command(self, partWatcher, session)
	cmd.SysProcAttr = apart()
	link, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start watcher: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start watcher: %w", err)
	}
	w.pods, w.cmd, w.link = 1, cmd, link
	return nil
}

// release ends the watcher with the last pod, which is then removed.
func (w *watcher) release() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pods--; w.pods > 0 {
		return nil
	}
	if err := errors.Join(w.cmd.Process.Kill(), w.link.Close()); err != nil {
		return fmt.Errorf("end watcher: %w", err)
	}
	_ = w.cmd.Wait() // killed
	return nil
}

// watch is the watcher's life: it waits for its creator's end and removes every
// container of the session that the creator did not.
func watch(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: SESSION")
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return fmt.Errorf("wait for the creator's end: %w", err)
	}
	api, err := newClient()
	if err != nil {
		return err
	}
	defer api.Close()
	return endSession(context.Background(), api, args[0])
}

// endSession removes the containers of a session that are there, and those that
// the engine was still creating. A loaded engine may take longer for an answer
// than it has for the last creation: the time for that begins with its list.
func endSession(ctx context.Context, api client.APIClient, session string) error {
	ctx, cancel := context.WithTimeout(ctx, createLimit)
	defer cancel()
	if _, err := api.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true}); err != nil {
		return unreachable(api.DaemonHost(), err)
	}
	ours := make(client.Filters).Add("label", labelSession+"="+session)
	late := api.Events(ctx, client.EventsListOptions{
		Filters: ours.Clone().Add("type", string(events.ContainerEventType)).Add("event", string(events.ActionCreate)),
	})
	list, err := api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: ours})
	if err != nil {
		return fmt.Errorf("list containers: %w", err)
	}
	last := time.NewTimer(lastCreate)
	defer last.Stop()
	var errs []error
	for _, c := range list.Items {
		errs = append(errs, remove(ctx, api, c.ID))
	}
	for {
		select {
		case created := <-late.Messages:
			errs = append(errs, remove(ctx, api, created.Actor.ID))
		case err := <-late.Err:
			return errors.Join(append(errs, err)...)
		case <-last.C:
			return errors.Join(errs...)
		}
	}
}
