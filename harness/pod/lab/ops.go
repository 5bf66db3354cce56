//go:build linux

package lab

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"time"

	"badgateway/harness/pod"
)

// handler maps every operation of the control link to its method.
func (l *Lab) handler() http.Handler {
	mux := http.NewServeMux()
	handle(mux, pod.OpSetup, l.setup)
	handle(mux, pod.OpPut, l.put)
	handle(mux, pod.OpRead, l.read)
	handle(mux, pod.OpGlob, l.glob)
	handle(mux, pod.OpStart, l.startNginx)
	handle(mux, pod.OpAwait, l.awaitNginx)
	handle(mux, pod.OpState, l.nginxState)
	handle(mux, pod.OpReload, l.reloadCrowded)
	handle(mux, pod.OpStop, l.stopCrowded)
	handle(mux, pod.OpKill, l.killWorker)
	handle(mux, pod.OpExec, l.exec)
	handle(mux, pod.OpRequest, l.request)
	handle(mux, pod.OpInject, l.inject)
	handle(mux, pod.OpLift, l.lift)
	handle(mux, pod.OpWindows, l.listWindows)
	handle(mux, pod.OpObserved, l.observed)
	handle(mux, pod.OpNow, func(context.Context, pod.Empty) (pod.NowResponse, error) {
		return pod.NowResponse{Now: l.since()}, nil
	})
	mux.HandleFunc("POST /v1/"+pod.OpFollow, l.follow)
	mux.HandleFunc("POST /v1/"+pod.OpDial, l.dial)
	return mux
}

// handle wraps one typed operation.
func handle[In, Out any](mux *http.ServeMux, op string, do func(context.Context, In) (Out, error)) {
	mux.HandleFunc("POST /v1/"+op, func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			refuse(w, http.StatusBadRequest, err)
			return
		}
		out, err := do(r.Context(), in)
		if err != nil {
			refuse(w, http.StatusUnprocessableEntity, err)
			return
		}
		_ = json.NewEncoder(w).Encode(out) // the link is gone when this errs, and the lab with it
	})
}

// refuse answers with what went wrong and its kind.
func refuse(w http.ResponseWriter, status int, err error) {
	r := pod.Refusal{Error: err.Error(), NotExist: errors.Is(err, fs.ErrNotExist)}
	errors.As(err, &r.Start)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(r)
}

func (l *Lab) observed(context.Context, pod.Empty) (pod.ObservedResponse, error) {
	conns, attempts := l.recorder.Snapshot()
	seen := pod.ObservedResponse{Conns: conns, Attempts: attempts}
	if l.names != nil {
		seen.Queries = l.names.seen()
	}
	return seen, nil
}

// The longest and shortest pause of [poll], and which part of what it has waited
// a pause is: so polling is late by that part at most, and costs little where a
// loaded machine makes it wait.
const (
	minPause  = 2 * time.Millisecond
	maxPause  = 20 * time.Millisecond
	pausePart = 8
)

// poll calls done again and again until it says so. It is for what the kernel
// has no event for, a change of another process's title.
func poll(ctx context.Context, limit time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	start := time.Now()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(max(time.Since(start)/pausePart, minPause), maxPause)):
		}
	}
}
