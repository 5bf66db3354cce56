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
		{Field: "X-Token", Value: ".*", Status: 401},
	}})
	p := b.dial() // one connection for all: the rules choose per request
	for _, tt := range []struct {
		fields string
		status int
		from   string
	}{
		{"Host: other\r\n", 404, "script"},
		{"Host: app.internal\r\nX-Token: abc\r\n", 200, ""},
		{"Host: app.internal.org\r\n", 404, "script"},
		{"Host: other\r\nX-Token: abc\r\n", 403, "second"},
		{"Host: other\r\nX-Token: b\r\nX-TOKEN: a\r\n", 403, "second"},
		{"Host: other\r\nX-Token:\r\n", 401, ""},
	} {
		resp, body := p.send("GET / HTTP/1.1\r\n" + tt.fields + "\r\n").response("GET")
		require.Equal(t, tt.status, resp.StatusCode, tt.fields)
		require.Equal(t, tt.from, resp.Header.Get("X-From"), tt.fields)
		require.Equal(t, "ok from app\n", body)
	}
	conns, _ := b.rec.Snapshot()
	require.Len(t, conns, 1)
}
