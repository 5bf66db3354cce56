package backends

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheFirstRuleThatAppliesAnswers(t *testing.T) {
	t.Parallel()
	b := serve(t, Script{Status: 404, Header: http.Header{"X-From": {"script"}}, Rules: []Rule{
		{Field: "Host", Value: `^app\.internal$`},
		{Field: "x-token", Value: "^a", Status: 403, Header: http.Header{"X-From": {"second"}}},
		{Target: `^/auth(\?|$)`, Field: "X-Token", Value: "^c$", Status: 204},
		{Field: "X-Token", Value: ".*", Status: 401},
		{Target: "^/private/", Status: 403},
	}})
	p := b.dial() // one connection for all: the rules choose per request
	for _, tt := range []struct {
		target string
		fields string
		status int
		from   string
	}{
		{"/", "Host: other\r\n", 404, "script"},
		{"/", "Host: app.internal\r\nX-Token: abc\r\n", 200, ""},
		{"/", "Host: app.internal.org\r\n", 404, "script"},
		{"/", "Host: other\r\nX-Token: abc\r\n", 403, "second"},
		{"/", "Host: other\r\nX-Token: b\r\nX-TOKEN: a\r\n", 403, "second"},
		{"/", "Host: other\r\nX-Token:\r\n", 401, ""},
		{"/auth?x=1", "Host: other\r\nX-Token: c\r\n", 204, ""},
		{"/authority", "Host: other\r\nX-Token: c\r\n", 401, ""},
		{"/private/x", "Host: other\r\n", 403, ""},
	} {
		resp, body := p.send("GET " + tt.target + " HTTP/1.1\r\n" + tt.fields + "\r\n").response("GET")
		require.Equal(t, tt.status, resp.StatusCode, tt.fields)
		require.Equal(t, tt.from, resp.Header.Get("X-From"), tt.fields)
		require.Equal(t, tt.status != 204, body == "ok from app\n", tt.fields)
	}
	conns, _ := b.rec.Snapshot()
	require.Len(t, conns, 1)
}

func TestARuleForAVersion(t *testing.T) {
	t.Parallel()
	b := serve(t, Script{Rules: []Rule{{Proto: `^HTTP/1\.0$`, Status: 426}}})
	p := b.dial()
	for _, tt := range []struct {
		proto  string
		status int
	}{{"1.1", 200}, {"1.0", 426}} {
		resp, _ := p.send("GET / HTTP/" + tt.proto + "\r\nHost: app\r\n\r\n").response("GET")
		require.Equal(t, tt.status, resp.StatusCode)
	}
}

func TestARuleThatAppliesOnce(t *testing.T) {
	t.Parallel()
	b := serve(t, Script{Rules: []Rule{{Target: "^/", Once: true, Header: http.Header{"X-Accel-Redirect": {"@there"}}}}})
	p := b.dial()
	for _, tt := range []struct{ id, redirect string }{{"a", "@there"}, {"a", ""}, {"b", "@there"}, {"b", ""}} {
		resp, _ := p.send("GET / HTTP/1.1\r\nHost: app\r\n" + IDHeader + ": " + tt.id + "\r\n\r\n").response("GET")
		require.Equal(t, tt.redirect, resp.Header.Get("X-Accel-Redirect"))
	}
}
