package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keep writes the artefacts of a run below Options.Keep: the configuration of
// every phase, both logs whole, and the packet capture if there is one. The
// record follows in keepRecord, when it is complete.
func (r *run) keep(ctx context.Context) error {
	if r.options.Keep == "" || r.pod == nil {
		return nil
	}
	files := map[string][]byte{"healthy.conf": []byte(r.scenario.Conf)}
	for name, conf := range map[string]string{"broken.conf": r.scenario.Break.Conf, "fixed.conf": r.scenario.Fix.Conf} {
		if conf != "" {
			files[name] = []byte(conf)
		}
	}
	for i, trap := range r.scenario.Fix.Traps {
		files[fmt.Sprintf("trap%d.conf", i+1)] = []byte(trap.Conf)
	}
	var errs []error
	for name, read := range map[string]func(context.Context) ([]byte, error){
		"error.log":    func(ctx context.Context) ([]byte, error) { return r.pod.Read(ctx, ErrorLog) },
		"access.log":   func(ctx context.Context) ([]byte, error) { return r.pod.Read(ctx, AccessLog) },
		"capture.pcap": r.pod.Capture,
	} {
		data, err := read(ctx)
		switch {
		case err == nil:
			files[name] = data
		case !errors.Is(err, fs.ErrNotExist):
			errs = append(errs, fmt.Errorf("read %s: %w", name, err))
		}
	}
	for name, data := range files {
		errs = append(errs, r.write(name, data))
	}
	return errors.Join(errs...)
}

// keepRecord writes record.json.
func (r *run) keepRecord() error {
	if r.options.Keep == "" {
		return nil
	}
	data, err := json.MarshalIndent(r.record, "", "\t")
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	return r.write("record.json", append(data, '\n'))
}

func (r *run) write(name string, data []byte) error {
	path := filepath.Join(r.options.Keep, filepath.FromSlash(r.scenario.Name), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("keep artefacts: %w", err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("keep artefacts: %w", err)
	}
	return nil
}
