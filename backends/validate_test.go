package backends

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Each constructor's value is valid and survives the control link.
func TestConstructorsAreData(t *testing.T) {
	t.Parallel()
	for _, s := range []Script{
		{}, Healthy(), StaleAfter(1), Slow(time.Second), Failing(500), BigHeaders(4097), BigBody(1 << 20), Closing(), ClosingAtAccept(),
		Resetting(), ResettingAtAccept(), Unread(), ResettingEarly(), Truncated(100, 10), ResetAfter(100, 10), Stalled(100, 0), Mute(), Speaking(""), Speaking("x"),
	} {
		spec := Spec{Name: "app", Listen: "127.0.0.1:3000", Script: s}
		require.NoError(t, spec.Validate())
		text, err := json.Marshal(spec)
		require.NoError(t, err)
		var back Spec
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, spec, back)
	}
}

func TestEveryActionIsListed(t *testing.T) {
	t.Parallel()
	require.Len(t, actions(), len(uses))
	for _, action := range actions() {
		require.Contains(t, uses, Action(action))
	}
}

// invalid are specs with one thing wrong, and what is said of it.
var invalid = []struct {
	change func(*Spec)
	want   string // after `backend "app": `
}{
	{func(s *Spec) { s.Listen = "" }, `listen "": not IP:port; write it like 127.0.0.1:3000`},
	{func(s *Spec) { s.Listen = "localhost:3000" }, `listen "localhost:3000": not IP:port`},
	{func(s *Spec) { s.Listen = "127.0.0.1" }, `listen "127.0.0.1": not IP:port`},
	{func(s *Spec) { s.Listen = "127.0.0.1:0" }, `port 0; write the port`},
	{func(s *Spec) { s.Listen = "127.0.0.1:70000" }, `not IP:port`},
	{func(s *Spec) { s.Listen = "unix:app.sock" }, `not an absolute path; write unix:/run/NAME.sock`},
	{func(s *Spec) { s.Listen = "unix:/" + strings.Repeat("x", 107) }, `path of 108 bytes`},
	{func(s *Spec) { s.Mode = 0o600 }, `mode 0600: only a unix socket has one`},
	{func(s *Spec) { s.Listen, s.Mode = "unix:/a", 0o4000 }, `mode 04000: not a permission`},
	{func(s *Spec) { s.Hosts = []string{"a", "b", "a"} }, `host "a": given twice`},
	{func(s *Spec) { s.Hosts = []string{"a b"} }, `host "a b": not a host name`},
	{func(s *Spec) { s.TLS = &TLS{Names: []string{"a..b"}} }, `host "a..b": not a host name`},
	{func(s *Spec) { s.TLS = &TLS{Names: []string{"a", "a"}} }, `tls name "a": given twice`},
	{func(s *Spec) { s.TLS = &TLS{Max: "1.4"} }, `tls max "1.4": not a version`},
	{func(s *Spec) { s.TLS = &TLS{SNI: true} }, `tls name "127.0.0.1": no client sends it`},
	{func(s *Spec) { s.TLS = &TLS{SNI: true, Names: []string{"*.a.test"}} }, `tls name "*.a.test": no client sends it`},
	{func(s *Spec) { s.Script.Rules = []Rule{{Field: "a b", Value: "x"}} }, `rule 1: field "a b": not a header name`},
	{func(s *Spec) { s.Script.Rules = []Rule{{Field: "Host", Value: "x"}, {Field: "Host"}} }, `rule 2: value: empty`},
	{func(s *Spec) { s.Script.Rules = []Rule{{Field: "Host", Value: "("}} }, `rule 1: value: error parsing regexp`},
	{func(s *Spec) { s.Script.Rules = []Rule{{Field: "Host", Value: "x", Status: 99}} }, `status 99: not a status`},
	{func(s *Spec) { s.Script = Closing(); s.Script.Rules = []Rule{{Field: "Host", Value: "x"}} }, `rules: action "close-no-answer" has no use for it`},
	{func(s *Spec) { s.Script.Rules = []Rule{{Status: 401}} }, `rule 1: applies to every request`},
	{func(s *Spec) { s.Script.Rules = []Rule{{Target: "/", Value: "x"}} }, `rule 1: value without a field`},
	{func(s *Spec) { s.Script.Rules = []Rule{{Target: "("}} }, `rule 1: target: error parsing regexp`},
	{func(s *Spec) { s.Script.Rules = []Rule{{Proto: "("}} }, `rule 1: proto: error parsing regexp`},
	{func(s *Spec) { s.Script.MostHead = 4096 }, `most_head: a backend of HTTP has no such limit`},
	{func(s *Spec) { s.Protocol, s.Script.MostHead = UWSGI, -1 }, `most_head -1: negative`},
	{func(s *Spec) { s.Script.WebSocket = &WebSocket{Ping: -1} }, `websocket ping -1ns: negative`},
	{func(s *Spec) { s.Script = Script{Action: Silent, WebSocket: &WebSocket{}} }, `websocket: action "silent" has no use for it`},
	{func(s *Spec) { s.Protocol, s.Script.WebSocket = H2, &WebSocket{} }, `websocket: nginx opens none over h2`},
	{func(s *Spec) { s.Protocol, s.Script.Uses = UWSGI, 1 }, `uses: a connection of uwsgi does not end so`},
	{func(s *Spec) {
		s.Protocol, s.Script.Header = H2, http.Header{"transfer-encoding": {"chunked"}}
	}, `header "Transfer-Encoding": HTTP/2 has no such field`},
	{func(s *Spec) { s.Protocol, s.Script.Status = H2, 700 }, `status 700: no final status of HTTP/2`},
	{func(s *Spec) { s.Protocol, s.TLS = SCGI, &TLS{} }, `tls: nginx speaks no scgi over TLS`},
	{func(s *Spec) { s.Script.Action = "explode" }, `action "explode": unknown; write one of respond, `},
	{func(s *Spec) { s.Script.Delay = -1 }, `delay -1ns: negative`},
	{func(s *Spec) { s.Script.Pause = -1 }, `pause -1ns: negative`},
	{func(s *Spec) { s.Script = Script{SendBytes: 12, Pause: 1} }, `send_bytes 12: nothing of the body of 12 bytes is left`},
	{func(s *Spec) { s.Script = Script{Action: Silent, Pause: 1} }, `pause: action "silent" has no use for it`},
	{func(s *Spec) { s.Protocol = "gopher" }, `protocol "gopher": unknown; leave it empty for HTTP/1.1`},
	{func(s *Spec) { s.Protocol, s.TLS = FastCGI, &TLS{} }, `tls: nginx speaks no fastcgi over TLS`},
	{func(s *Spec) { s.Script.HeaderBytes = -1 }, `header_bytes -1: negative`},
	{func(s *Spec) { s.Script.BodyBytes = -1 }, `body_bytes -1: negative`},
	{func(s *Spec) { s.Script.Uses = -1 }, `uses -1: negative`},
	{func(s *Spec) { s.Script = Script{Action: Silent, Uses: 1} }, `uses: action "silent" has no use for it`},
	{func(s *Spec) { s.Script = Truncated(10, -1) }, `send_bytes -1: negative`},
	{func(s *Spec) { s.Script = Truncated(10, 10) }, `send_bytes 10: action "truncate-body" must leave something out of the body of 10 bytes`},
	{func(s *Spec) { s.Script = Script{Action: StallInBody, SendBytes: 12} }, `body of 12 bytes`}, // "ok from app\n"
	{func(s *Spec) { s.Script = Script{Action: ResetInBody, Status: 204} }, `body of 0 bytes`},
	{func(s *Spec) { s.Script.Status = 99 }, `status 99: not a status`},
	{func(s *Spec) { s.Script.Status = 1000 }, `status 1000: not a status`},
	{func(s *Spec) { s.Script = BigHeaders(20) }, `header_bytes 20: this response's header takes 104 without padding`},
	{func(s *Spec) { s.Script = BigHeaders(1 << 30) }, `header_bytes 1073741824: above`},
	{func(s *Spec) { s.Script.Header = http.Header{"a b": {"x"}} }, `header "a b": not a header name`},
	{func(s *Spec) { s.Script.Header = http.Header{"A": {"x\r\ny"}} }, `header "A": value "x\r\ny" is not one`},
	{func(s *Spec) { s.Script = Script{Action: Silent, Delay: 1} }, `delay: action "silent" has no use for it`},
	{func(s *Spec) { s.Script = Script{SendBytes: 1} }, `send_bytes: action "respond" has no use for it`},
	{func(s *Spec) { s.Script = Script{Action: ResetAtAccept, Body: "x"} }, `body: action "reset-at-accept" has no use for it`},
	{func(s *Spec) { s.Script = Script{Action: NotHTTP, Status: 1} }, `status: action "not-http" has no use for it`},
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, tt := range invalid {
		spec := Spec{Name: "app", Listen: "127.0.0.1:3000"}
		tt.change(&spec)
		err := spec.Validate()
		require.ErrorContains(t, err, tt.want)
		for line := range strings.SplitSeq(err.Error(), "\n") {
			require.True(t, strings.HasPrefix(line, `backend "app": `), line)
		}
		srv, err := Start(nil, spec, NewRecorder(time.Now()))
		require.Error(t, err)
		require.Nil(t, srv)
	}
	require.ErrorContains(t, Spec{Listen: "127.0.0.1:1"}.Validate(), `backend "": name must be`)
	require.ErrorContains(t, Spec{Name: "a b", Listen: "127.0.0.1:1"}.Validate(), `backend "a b": name must be`)
}

func TestValidateAll(t *testing.T) {
	t.Parallel()
	a, b := Spec{Name: "a", Listen: "127.0.0.1:1"}, Spec{Name: "b", Listen: "127.0.0.1:2"}
	require.NoError(t, ValidateAll([]Spec{a, b}))
	require.ErrorContains(t, ValidateAll([]Spec{a, b, {Name: "a", Listen: "127.0.0.1:3"}}), `backend "a": name given twice`)
	require.ErrorContains(t, ValidateAll([]Spec{a, b, {Name: "c", Listen: "127.0.0.1:2"}}), `backend "c": listen "127.0.0.1:2" is taken by backend "b"`)
	require.ErrorContains(t, ValidateAll([]Spec{a, {Name: "c", Listen: "x"}}), `backend "c": listen "x"`)
}

func TestListen(t *testing.T) {
	t.Parallel()
	for mode, want := range map[uint32]os.FileMode{0: 0o666, 0o600: 0o600} {
		path := filepath.Join(t.TempDir(), "app.sock")
		ln, err := Listen(Spec{Name: "app", Listen: "unix:" + path, Mode: mode})
		require.NoError(t, err)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, want, info.Mode().Perm())
		require.NoError(t, ln.Close())
	}
	_, err := Listen(Spec{Name: "app", Listen: "nowhere"})
	require.ErrorContains(t, err, `backend "app": listen "nowhere"`)

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, err = Listen(Spec{Name: "app", Listen: taken.Addr().String()})
	require.ErrorContains(t, err, "address already in use")
	require.NoError(t, taken.Close())
}
