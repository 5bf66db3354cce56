//go:build linux

package inside

import (
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"badgateway/harness/pod/lab"
)

func init() {
	Play(map[string]func(args []string) error{Lab: enterPod, Agent: serveAgent, Confine: confineAndRun, Shell: openShell})
}

// enterPod waits for the agent's process id on standard input, makes the root
// directory of the nginx container its own (proc(5), /proc/pid/root; chroot(2),
// CAP_SYS_CHROOT and CAP_SYS_PTRACE) and becomes the lab there. Mounts and
// symbolic links then mean to the lab what they mean to nginx.
func enterPod([]string) error {
	line, err := readLine(os.Stdin)
	if errors.Is(err, io.EOF) {
		return nil // the creator is gone
	}
	if err != nil {
		return fmt.Errorf("read agent's process id: %w", err)
	}
	pid, err := strconv.Atoi(line)
	if err != nil {
		return fmt.Errorf("read agent's process id: %w", err)
	}
	if err := syscall.Chroot(fmt.Sprintf("/proc/%d/root", pid)); err != nil {
		return fmt.Errorf("enter nginx's file system: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return fmt.Errorf("enter nginx's file system: %w", err)
	}
	if err := lab.Serve(lab.Stdio{}); err != io.EOF {
		return err
	}
	return nil
}

// readLine reads a line and not a byte more: the rest is for the lab.
func readLine(r io.Reader) (string, error) {
	var line strings.Builder
	for one := make([]byte, 1); ; {
		if _, err := io.ReadFull(r, one); err != nil {
			return "", err
		}
		if one[0] == '\n' {
			return line.String(), nil
		}
		line.WriteByte(one[0])
	}
}

// maxWritten is how many bytes one file may have that the agent's children write.
const maxWritten = 256 << 20

// serveAgent answers the driver on standard input and output until it closes.
// Its children have its limits.
func serveAgent(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: USER ADDRESSES")
	}
	addresses, err := strconv.ParseUint(args[1], 10, 64)
	if err != nil {
		return fmt.Errorf("read limit of addresses: %w", err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: addresses, Max: addresses}); err != nil {
		return fmt.Errorf("limit addresses: %w", err)
	}
	// What is written lies on the engine's disk. With the signal ignored it is
	// an error of write(2), EFBIG, as a full disk is one.
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: maxWritten, Max: maxWritten}); err != nil {
		return fmt.Errorf("limit size of files: %w", err)
	}
	signal.Ignore(unix.SIGXFSZ)
	agent, err := newAgent(args[0])
	if err != nil {
		return err
	}
	server := rpc.NewServer()
	if err := server.RegisterName("Agent", agent); err != nil {
		return fmt.Errorf("register agent: %w", err)
	}
	server.ServeConn(lab.Stdio{})
	return nil
}

// openShell becomes the command, or an interactive shell.
func openShell(args []string) error {
	if len(args) == 0 {
		args = []string{"/bin/sh"}
		if _, err := os.Stat("/bin/bash"); err == nil {
			args = []string{"/bin/bash"}
		}
	}
	return become(args)
}
