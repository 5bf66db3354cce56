package drivers

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// dnsConf asks each of two servers for a name while it runs, and the C library
// for another at its start: a name and port that stand literally in the same
// configuration are not asked for again (ngx_http_upstream.c,
// ngx_http_upstream_init_request: the upstreams are searched first).
const dnsConf = `
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
worker_processes 1;
events { worker_connections 64; }
http {
    access_log /var/log/nginx/access.log;
    resolver_timeout 700ms;
    server {
        listen 80;
        location / { proxy_pass http://start.internal:8080; }
        location /near { resolver 10.0.0.2; set $app app.internal; proxy_pass http://$app:8080; }
        location /far { resolver 127.0.0.53:5353; set $app app.internal; proxy_pass http://$app:8080; }
    }
}
`

// dnsSpec is a pod with a name server, and a backend that has no name.
func dnsSpec(t *testing.T, b nginx.Build) pod.Spec {
	return pod.Spec{Name: t.Name(), Nginx: b, Conf: dnsConf, Resolvers: []string{"10.0.0.2:53", "127.0.0.53:5353"},
		Backends: []backends.Spec{
			{Name: "app", Listen: "10.0.3.7:8080", Hosts: []string{"App.Internal", "start.internal"}},
			{Name: "six", Listen: "[fd00::7]:8080", Hosts: []string{"six.internal"}},
			{Name: "moved", Listen: "10.0.3.8:8080"},
		}}
}

func dnsPod(t *testing.T, run func(t *testing.T, p *pod.Pod)) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) { run(t, start(t, d, dnsSpec(t, b))) })
}

// TestNames: every declared address answers, the C library is told of it, and
// every query is on record.
func TestNames(t *testing.T) {
	dnsPod(t, func(t *testing.T, p *pod.Pod) {
		for _, url := range []string{"/", "/near", "/far"} {
			require.Equal(t, "ok from app\n", string(get(t, p, url).Body), url)
		}
		conf, err := p.Read(t.Context(), "/etc/resolv.conf")
		require.NoError(t, err)
		require.Equal(t, "nameserver 10.0.0.2\n", string(conf))

		queries, err := p.Queries(t.Context())
		require.NoError(t, err)
		asked := map[string]bool{}
		for _, q := range queries {
			require.Empty(t, q.Code)
			if q.Type == "A" {
				require.Equal(t, []string{"10.0.3.7"}, q.Addrs)
				asked[q.Server+" "+q.Name] = true
			} else {
				require.Equal(t, "AAAA", q.Type)
				require.Empty(t, q.Addrs)
			}
		}
		require.Equal(t, map[string]bool{"10.0.0.2:53 start.internal": true, "10.0.0.2:53 app.internal": true, "127.0.0.53:5353 app.internal": true}, asked)
	})
}

// TestNamesOverTCP speaks the protocol by hand over the link (RFC 1035, 4.2.2):
// an AAAA that is there, and a name that is not.
func TestNamesOverTCP(t *testing.T) {
	dnsPod(t, func(t *testing.T, p *pod.Pod) {
		for _, c := range []struct {
			name  string
			rcode byte
			tail  string // the last bytes of the answer
		}{
			{"six.internal", 0, "\xfd" + strings.Repeat("\x00", 14) + "\x07"},
			{"nobody.internal", 3, "\x00\x1c\x00\x01"}, // the question, repeated
		} {
			conn, err := p.Dial(t.Context(), "10.0.0.2:53")
			require.NoError(t, err)
			question := "\xbe\xef\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
			for label := range strings.SplitSeq(c.name, ".") {
				question += string(rune(len(label))) + label
			}
			question += "\x00\x00\x1c\x00\x01"
			_, err = conn.Write([]byte("\x00" + string(rune(len(question))) + question))
			require.NoError(t, err)
			reply := make([]byte, 512)
			n, err := conn.Read(reply)
			require.NoError(t, err)
			for want := 2 + int(reply[1]); n < want; {
				more, err := conn.Read(reply[n:])
				require.NoError(t, err)
				n += more
			}
			require.Equal(t, "\xbe\xef", string(reply[2:4]))
			require.Equal(t, c.rcode, reply[5]&0x0f)
			require.True(t, strings.HasSuffix(string(reply[:n]), c.tail), "%q", reply[:n])
			require.NoError(t, conn.Close())
		}
		queries, err := p.Queries(t.Context())
		require.NoError(t, err)
		last := queries[len(queries)-1]
		require.Equal(t, pod.Query{At: last.At, Server: "10.0.0.2:53", Transport: "tcp", Name: "nobody.internal", Type: "AAAA", Code: pod.NXDomain}, last)
	})
}

// TestNameFaults injects each answer, asserts what nginx makes of it, lifts it
// and asserts the 200. An address with a TTL is what nginx still holds at the
// next change, which must reach it all the same.
func TestNameFaults(t *testing.T) {
	moved := pod.NameAnswer{Addrs: []string{"10.0.3.8"}, TTL: time.Second}
	cases := map[string]struct {
		fault pod.Fault
		far   string // what /far then shows: an error-log text, or the backend that answered
		near  string
	}{
		"nxdomain, every name": {pod.Fault{Answer: pod.NameAnswer{Code: pod.NXDomain}}, "(3: Host not found)", "(3: Host not found)"},
		"servfail":             {pod.Fault{Target: "app.internal", Answer: pod.NameAnswer{Code: pod.ServFail}}, "(2: Server failure)", "(2: Server failure)"},
		"refused, one server":  {pod.Fault{Target: "app.internal", Answer: pod.NameAnswer{Code: pod.QueryRefused}, Server: "127.0.0.53:5353"}, "(5: Operation refused)", "app"},
		"silence":              {pod.Fault{Target: "APP.internal.", Answer: pod.NameAnswer{Code: pod.Silence}}, "(110: Operation timed out)", "(110: Operation timed out)"},
		"empty answer":         {pod.Fault{Target: "app.internal"}, "(3: Host not found)", "(3: Host not found)"},
		"moved":                {pod.Fault{Target: "app.internal", Answer: moved}, "moved", "moved"},
	}
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := start(t, d, dnsSpec(t, b))
				for _, url := range []string{"/", "/near", "/far"} {
					require.Equal(t, "ok from app\n", string(get(t, p, url).Body), "healthy")
				}
				c.fault.Kind = pod.KindName
				require.NoError(t, p.Inject(t.Context(), c.fault))
				for url, want := range map[string]string{"/": "app", "/near": c.near, "/far": c.far} {
					before := len(errorLog(t, p))
					if r := get(t, p, url); r.Outcome == pod.OK {
						require.Equal(t, "ok from "+want+"\n", string(r.Body), url)
						continue
					} else {
						require.Equal(t, pod.BadGateway, r.Outcome)
					}
					require.Contains(t, errorLog(t, p)[before:], "app.internal could not be resolved "+want)
				}
				require.NoError(t, p.Lift(t.Context()))
				for _, url := range []string{"/near", "/far"} {
					require.Equal(t, "ok from app\n", string(get(t, p, url).Body), "lifted")
				}
				windows, err := p.Windows(t.Context())
				require.NoError(t, err)
				require.Positive(t, windows[0].Touched)
			})
		}
	})
}

func TestNameFaultThatNobodyAskedAbout(t *testing.T) {
	dnsPod(t, func(t *testing.T, p *pod.Pod) {
		require.NoError(t, p.Inject(t.Context(), pod.Fault{Kind: pod.KindName, Target: "other.internal", Answer: pod.NameAnswer{Code: pod.NXDomain}}))
		require.Equal(t, pod.OK, get(t, p, "/near").Outcome)
		windows, err := p.Windows(t.Context())
		require.NoError(t, err)
		require.Zero(t, windows[0].Touched)
	})
}

func TestRefusesNameFault(t *testing.T) {
	dnsPod(t, func(t *testing.T, p *pod.Pod) {
		for want, answer := range map[string]pod.NameAnswer{
			`unknown DNS answer "NODOMAIN"`: {Code: "NODOMAIN"},
			"whole seconds":                 {TTL: time.Millisecond},
			"address of a DNS answer":       {Addrs: []string{"10.0.3"}},
		} {
			require.ErrorContains(t, p.Inject(t.Context(), pod.Fault{Kind: pod.KindName, Answer: answer}), want)
		}
	})
	eachPod(t, func(t *testing.T, p *pod.Pod) {
		err := p.Inject(t.Context(), pod.Fault{Kind: pod.KindName})
		require.ErrorContains(t, err, "the pod has no DNS server")
	})
}
