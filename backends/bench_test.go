package backends

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
)

// BenchmarkHealthy gives the requests per second of the healthy backend, on
// one kept connection per CPU and on a connection per request.
func BenchmarkHealthy(b *testing.B) {
	b.Run("keep-alive", func(b *testing.B) {
		bench := serve(b, Healthy())
		b.RunParallel(func(pb *testing.PB) {
			conn, err := net.Dial("tcp", bench.addr.String())
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			in := bufio.NewReader(conn)
			for pb.Next() {
				once(b, conn, in, get)
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	})
	b.Run("connection per request", func(b *testing.B) {
		bench := serve(b, Healthy())
		b.RunParallel(func(pb *testing.PB) {
			in := bufio.NewReader(nil)
			for pb.Next() {
				conn, err := net.Dial("tcp", bench.addr.String())
				if err != nil {
					b.Error(err)
					return
				}
				in.Reset(conn)
				once(b, conn, in, get10)
				conn.Close()
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	})
}

func once(b *testing.B, conn net.Conn, in *bufio.Reader, request string) {
	if _, err := io.WriteString(conn, request); err != nil {
		b.Error(err)
		return
	}
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		b.Error(err)
		return
	}
	if n, err := io.Copy(io.Discard, resp.Body); err != nil || n != int64(len("ok from app\n")) {
		b.Errorf("body of %d bytes: %v", n, err)
	}
}
