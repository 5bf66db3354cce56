package nginx_test

import (
	"fmt"
	"strings"

	"badgateway/harness/nginx"
)

// What went wrong in a log, whoever's it is.
func Example() {
	const log = `2026/11/20 23:24:02 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.7, server: app.internal, request: "GET / HTTP/1.1", upstream: "http://10.0.3.7:8080/", host: "app.internal"
2026/11/20 23:24:31 [error] 7#7: *9 upstream timed out (110: Operation timed out) while reading response header from upstream, client: 192.0.2.7, server: app.internal, request: "GET /slow HTTP/1.1", upstream: "http://10.0.3.7:8080/slow", host: "app.internal"
`
	s := nginx.NewScanner(strings.NewReader(log))
	for s.Scan() {
		line, err := s.Line()
		if err != nil {
			fmt.Println(err)
			continue
		}
		if signature, ok := nginx.Classify(line); ok {
			fmt.Printf("%s: %s (%s)\n", signature, signature.Meaning, line.Upstream)
		}
	}
	if err := s.Err(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// connect-refused: nothing listens on the upstream's address and port (http://10.0.3.7:8080/)
	// read-timed-out: the upstream was connected and silent for proxy_read_timeout (http://10.0.3.7:8080/slow)
}

func ExampleParseStderr() {
	line, err := nginx.ParseStderr(`nginx: [emerg] host not found in upstream "app.internal" in /etc/nginx/nginx.conf:12`)
	fmt.Println(line.Message, line.File, line.FileLine, err)
	// Output: host not found in upstream "app.internal" /etc/nginx/nginx.conf 12 <nil>
}

func ExampleAbout_Has() {
	about, err := nginx.ParseAbout("nginx version: nginx/1.22.1\nconfigure arguments: --with-http_ssl_module --with-stream=dynamic\n")
	fmt.Println(about.Version, about.Has("http_ssl_module"), about.Has("http_proxy_module"), about.Has("http_v2_module"), about.Module("stream"), err)
	// Output: 1.22.1 true true false dynamic <nil>
}
