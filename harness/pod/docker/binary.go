package docker

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"badgateway/harness/pod"
)

// partsProgram is the package that is built where this program itself cannot
// run in an empty container.
const partsProgram = "badgateway/harness/pod/program"

// keepPrograms is how long a program built for an earlier version stays.
const keepPrograms = 7 * 24 * time.Hour

// program is a static Linux executable that can play every part in a pod.
type program struct {
	path string
	sum  string // SHA-256, hexadecimal
	arch string // GOARCH
}

// findProgram is the program that the environment names, or this very one, when
// it is static, else one built for the purpose: a test with the race detector is
// linked against libc, and a program on another operating system is no ELF file.
func findProgram(ctx context.Context) (program, error) {
	path, static, err := ownProgram()
	if err != nil {
		return program{}, err
	}
	if !static {
		if path, err = buildProgram(ctx, path); err != nil {
			return program{}, err
		}
	}
	sum, err := sumFile(path)
	return program{path: path, sum: sum, arch: runtime.GOARCH}, err
}

// ownProgram is what plays the parts if it is static.
func ownProgram() (path string, static bool, err error) {
	if path = os.Getenv(pod.EnvProgram); path == "" {
		if path, err = os.Executable(); err != nil {
			return "", false, fmt.Errorf("find own executable: %w", err)
		}
	}
	static, err = isStatic(path)
	return path, static, err
}

// isStatic says whether a file is a Linux executable without an interpreter,
// which therefore needs nothing else in its file system.
func isStatic(path string) (bool, error) {
	file, err := elf.Open(path)
	if bad := new(elf.FormatError); errors.As(err, &bad) || errors.Is(err, io.EOF) {
		return false, nil // another system's executable, or a script
	}
	if err != nil {
		return false, fmt.Errorf("read executable: %w", err)
	}
	defer file.Close()
	for _, prog := range file.Progs {
		if prog.Type == elf.PT_INTERP {
			return false, nil
		}
	}
	return true, nil
}

// buildProgram builds the parts without cgo into the user's cache, once for
// each version of the program at like.
func buildProgram(ctx context.Context, like string) (string, error) {
	sum, err := sumFile(like)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find cache directory: %w: set HOME or XDG_CACHE_HOME", err)
	}
	dir := filepath.Join(cache, "badgateway", "program")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make cache directory: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return "", fmt.Errorf("lock cache directory: %w", err)
	}
	defer lock.Unlock()
	path := filepath.Join(dir, sum[:16])
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, errors.Join(goBuild(ctx, path), prunePrograms(dir, path))
}

// goBuild runs the Go toolchain; path appears complete or not at all.
func goBuild(ctx context.Context, path string) error {
	tool, err := exec.LookPath("go")
	if err != nil {
		return noToolchain()
	}
	build := path + ".new"
	cmd := exec.CommandContext(ctx, tool, "build", "-trimpath", "-o", build, partsProgram)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build static program: %w: %s: run it inside the module, or use a command built with CGO_ENABLED=0",
			err, strings.TrimSpace(string(out)))
	}
	if err := os.Rename(build, path); err != nil {
		return fmt.Errorf("keep built program: %w", err)
	}
	return nil
}

func noToolchain() error {
	return &pod.Unavailable{Driver: name, Mend: "build it with CGO_ENABLED=0, or put the go command into PATH",
		Reason: "this program is not static, so it cannot run in an empty container, and there is no Go toolchain to build one that is"}
}

// prunePrograms removes what earlier versions left in the cache.
func prunePrograms(dir, keep string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("prune cache: %w", err)
	}
	var errs []error
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := e.Info()
		if err != nil || path == keep || e.Name() == "lock" || time.Since(info.ModTime()) < keepPrograms {
			continue
		}
		errs = append(errs, os.Remove(path))
	}
	return errors.Join(errs...)
}

// sumFile is the SHA-256 of a file's content.
func sumFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read program: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("read program: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
