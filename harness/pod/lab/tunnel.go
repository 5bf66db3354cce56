//go:build linux

package lab

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// dial carries bytes between the control link and an address in the pod.
func (l *Lab) dial(w http.ResponseWriter, r *http.Request) {
	conn, err := net.DialTimeout("tcp", r.FormValue("address"), 5*time.Second)
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, fmt.Errorf("dial in pod: %w", err))
		return
	}
	defer conn.Close()
	out := http.NewResponseController(w)
	w.WriteHeader(http.StatusOK)
	if err := out.Flush(); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(conn, r.Body) // ends with the stream or the connection
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite() // the peer may have closed already
		}
	}()
	buf := make([]byte, 32<<10)
	for {
		n, err := conn.Read(buf)
		if n > 0 {
			if _, werr := w.Write(buf[:n]); werr != nil || out.Flush() != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
