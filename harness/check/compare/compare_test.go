package compare_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"badgateway/harness/check/compare"
	"badgateway/harness/check/result"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var shop = result.Route{ID: "shop:80/", Server: "shop:80", Location: "/", Peers: []string{"a:80", "b:80"}}

// cell is one of shop's: a 502 after one attempt.
func cell(fault string, change ...func(*result.Cell)) result.Cell {
	l := result.Cell{ID: shop.ID + "|" + fault + "|GET", Route: shop.ID, Fault: fault, Method: "GET", Client: pod.BadGateway, Status: 502,
		Total: 2 * time.Second, Body: result.BodyNginx, Attempts: []result.Attempt{{Peer: "a:80"}}, Log: []string{"connect-refused"}, Factor: 1}
	for _, c := range change {
		c(&l)
	}
	return l
}

func side(cells ...result.Cell) compare.Side {
	return compare.Side{Routes: []result.Route{shop}, Cells: cells}
}

func recovered(after time.Duration) func(*result.Cell) {
	return func(l *result.Cell) { l.Recovery = &after }
}

func TestSidesThatAreEqual(t *testing.T) {
	for name, change := range map[string]func(*result.Cell){
		"nothing":            func(*result.Cell) {},
		"a fifth longer":     func(l *result.Cell) { l.Total = 2400 * time.Millisecond },
		"lines twice":        func(l *result.Cell) { l.Log = []string{"connect-refused", "connect-refused"} },
		"within resolution":  func(l *result.Cell) { l.FirstByte = time.Millisecond },
		"not measured there": recovered(time.Second),
	} {
		d := compare.Sides(side(cell("refused")), side(cell("refused", change)))
		require.Equal(t, result.Diff{Cells: []result.Change{}}, d, name)
	}
}

func TestSidesThatDiffer(t *testing.T) {
	for want, change := range map[string]func(*result.Cell){
		"client 502 Bad Gateway -> 504 Gateway Timeout": func(l *result.Cell) { l.Client, l.Status = pod.GatewayTimeout, 504 },
		"total 2s -> 3s":                                      func(l *result.Cell) { l.Total = 3 * time.Second },
		"error log connect-refused -> none":                   func(l *result.Cell) { l.Log = nil },
		"executed more than once: no -> yes":                  func(l *result.Cell) { l.Twice = true },
		"body nginx -> backend":                               func(l *result.Cell) { l.Body = result.BodyBackend },
		"attempts a:80 (no connection) -> a:80 (executed)":    func(l *result.Cell) { l.Attempts = []result.Attempt{{Peer: "a:80", Arrived: true, Executed: true}} },
		"the fault meets nothing now: no connection was made": func(l *result.Cell) { l.Unmet = "no connection was made" },
	} {
		d := compare.Sides(side(cell("refused")), side(cell("refused", change)))
		require.Len(t, d.Cells, 1, want)
		require.Equal(t, []string{want}, d.Cells[0].What)
	}
	d := compare.Sides(side(cell("refused", recovered(time.Second))), side(cell("refused", recovered(10*time.Second))))
	require.Equal(t, []string{"recovery 1s -> 10s"}, d.Cells[0].What)
}

// TestFineWaits: what a compressed run cannot tell apart is no change, and no
// equality where it may be a great one.
func TestFineWaits(t *testing.T) {
	for took, doubt := range map[time.Duration][]result.Unstable{
		5 * time.Second:  nil,
		20 * time.Second: {{Cell: shop.ID + "|refused|GET", What: []string{"total 2s or 20s, told to within 30s on a machine so busy"}}},
	} {
		slow := func(l *result.Cell) { l.Total, l.Within = took, 30*time.Second }
		d := compare.Sides(side(cell("refused")), side(cell("refused", slow)))
		require.Empty(t, d.Cells)
		require.Equal(t, doubt, d.Unstable)
	}
}

func TestUnstableCells(t *testing.T) {
	before, after := side(cell("refused")), side(cell("refused", func(l *result.Cell) { l.Twice = true }))
	before.Again = []result.Cell{cell("refused", func(l *result.Cell) { l.Log = nil })}
	d := compare.Sides(before, after)
	require.Empty(t, d.Cells)
	require.Equal(t, []result.Unstable{{Cell: shop.ID + "|refused|GET", What: []string{"error log connect-refused -> none"}}}, d.Unstable)

	before.Again, after.Again = nil, before.Again
	require.Len(t, compare.Sides(before, after).Unstable, 1)

	after.Cells = before.Cells
	require.Len(t, compare.Sides(before, after).Unstable, 1, "though its first two runs were alike")
}

// TestShortestWaits: a busy machine makes waits longer and never shorter, so
// that the shortest of several runs is compared with the shortest.
func TestShortestWaits(t *testing.T) {
	took := func(d time.Duration) result.Cell {
		return cell("refused", func(l *result.Cell) { l.Total, l.FirstByte = d, d })
	}
	before, after := side(took(9*time.Second)), side(took(3*time.Second))
	d := compare.Sides(before, after)
	require.Equal(t, []string{"total 9s -> 3s", "first byte 9s -> 3s"}, d.Cells[0].What)
	require.True(t, compare.InWaits(d.Cells[0]))

	before.Again = []result.Cell{took(3 * time.Second), took(5 * time.Second)}
	require.Equal(t, result.Diff{Cells: []result.Change{}}, compare.Sides(before, after))

	after.Again = []result.Cell{took(time.Second)}
	d = compare.Sides(before, after)
	require.Equal(t, []string{"total 3s -> 1s", "first byte 3s -> 1s"}, d.Cells[0].What)
	require.Equal(t, time.Second, d.Cells[0].After.Total)
}

// TestUnfinishedCells: of a cell that did not run on both sides nothing is said
// but that.
func TestUnfinishedCells(t *testing.T) {
	stopped := func(l *result.Cell) { l.Error = "not run" }
	worse := func(l *result.Cell) { l.Twice = true }
	d := compare.Sides(side(cell("refused"), cell("reset", stopped), cell("none")), side(cell("refused", worse), cell("reset", worse), cell("none", stopped)))
	require.Len(t, d.Cells, 1)
	require.Equal(t, []string{shop.ID + "|reset|GET", shop.ID + "|none|GET"}, d.Unfinished)
}

// TestPassedOn: what the application gets of a request is behaviour, too; a value
// that is another for each request is not.
func TestPassedOn(t *testing.T) {
	with := func(h http.Header) compare.Side {
		s := side(cell("none"), cell("refused"))
		s.Routes = []result.Route{shop}
		s.Routes[0].Seen = h
		return s
	}
	before, after := with(http.Header{}), with(http.Header{})
	before.Routes[0].SeenLine, after.Routes[0].SeenLine = "GET /api/ HTTP/1.0", "GET / HTTP/1.0"
	require.Equal(t, []string{"request line GET /api/ HTTP/1.0 -> GET / HTTP/1.0"}, compare.Sides(before, after).Cells[0].What)

	d := compare.Sides(with(http.Header{"Host": {"shop"}, "X-Id": {"1"}, "X-Real-Ip": {"10.0.0.9"}}),
		with(http.Header{"Host": {"app"}, "X-Id": {"2"}, "X-Forwarded-For": {"10.0.0.9"}}))
	require.Len(t, d.Cells, 1)
	require.Equal(t, "none", d.Cells[0].After.Fault)
	require.Equal(t, []string{"request header Host: shop -> app", "request header X-Real-Ip: 10.0.0.9 -> none",
		"request header X-Forwarded-For: none -> 10.0.0.9"}, d.Cells[0].What)
}

// TestOtherUpstream: a route whose upstream was renamed is the same route.
func TestOtherUpstream(t *testing.T) {
	moved := shop
	moved.ID, moved.Peers = "shop:80/ #2", []string{"c:80", "d:80"}
	renamed := cell("refused", func(l *result.Cell) {
		l.Route, l.ID, l.Attempts = moved.ID, moved.ID+"|refused|GET", []result.Attempt{{Peer: "c:80"}}
	})
	after := compare.Side{Routes: []result.Route{moved}, Cells: []result.Cell{renamed}}
	require.Equal(t, result.Diff{Cells: []result.Change{}}, compare.Sides(side(cell("refused")), after))
}

func TestRoutesOfOneSide(t *testing.T) {
	api := shop
	api.ID, api.Location = "shop:80/api", "/api"
	after := compare.Side{Routes: []result.Route{api}}
	d := compare.Sides(side(cell("refused")), after)
	require.Equal(t, []string{api.ID}, d.Added)
	require.Equal(t, []string{shop.ID}, d.Removed)
}

func TestFaultsOfOneSide(t *testing.T) {
	d := compare.Sides(side(cell("refused")), side(cell("tls-expired")))
	require.Len(t, d.Cells, 2)
	require.Nil(t, d.Cells[0].Before)
	require.Nil(t, d.Cells[1].After)
}

func TestDirectivesThatDiffer(t *testing.T) {
	at := func(line int, text string) result.Place { return result.Place{File: "n.conf", Line: line, Text: text} }
	before, after := side(cell("refused")), side(cell("refused", func(l *result.Cell) { l.Twice = true }))
	before.Directives = func(result.Route) []result.Place {
		return []result.Place{at(1, "listen 80;"), at(2, "proxy_read_timeout 5s;"), at(3, "gzip on;")}
	}
	after.Directives = func(result.Route) []result.Place {
		return []result.Place{at(4, "proxy_read_timeout 9s;"), at(5, "listen 80;"), at(6, "proxy_next_upstream error non_idempotent;")}
	}
	require.Equal(t, []result.DirectiveChange{
		{Before: at(2, "proxy_read_timeout 5s;"), After: at(4, "proxy_read_timeout 9s;")},
		{Before: at(3, "gzip on;")},
		{After: at(6, "proxy_next_upstream error non_idempotent;")},
	}, compare.Sides(before, after).Cells[0].Directives)
}

// TestCauseElsewhere: where nothing around the route differs, the text does
// elsewhere, be it in the order of its locations.
func TestCauseElsewhere(t *testing.T) {
	at := func(line int, text string) result.Place { return result.Place{File: "n.conf", Line: line, Text: text} }
	before, after := side(cell("refused")), side(cell("refused", func(l *result.Cell) { l.Twice = true }))
	before.All = func() []result.Place {
		return []result.Place{at(1, "server {"), at(2, "location ~ a {"), at(3, "location ~ b {")}
	}
	after.All = func() []result.Place {
		return []result.Place{at(1, "server {"), at(2, "location ~ b {"), at(3, "location ~ a {")}
	}
	c := compare.Sides(before, after).Cells[0]
	require.True(t, c.Elsewhere)
	require.Equal(t, []result.DirectiveChange{{Before: at(2, "location ~ a {"), After: at(2, "location ~ b {")}}, c.Directives)

	after.All = func() []result.Place {
		return append(before.All(), at(4, "default b;"))
	}
	require.Equal(t, []result.DirectiveChange{{After: at(4, "default b;")}}, compare.Sides(before, after).Cells[0].Directives)
}

// TestCauseInNginx: what another version does by default is named where the
// configuration does not say it itself.
func TestCauseInNginx(t *testing.T) {
	version := func(text string) nginx.Version {
		v, err := nginx.ParseVersion(text)
		require.NoError(t, err)
		return v
	}
	causes := func(from, to, fault string, around ...result.Place) []string {
		route := shop
		route.Protocol, route.Upstream = "http", "app"
		before, after := side(cell(fault)), side(cell(fault, func(l *result.Cell) { l.Twice = true }))
		after.Routes = []result.Route{route}
		before.Version, after.Version = version(from), version(to)
		after.Directives = func(result.Route) []result.Place { return around }
		before.Directives = after.Directives
		return compare.Sides(before, after).Cells[0].Nginx
	}
	require.Len(t, causes("1.22.1", "1.30.6", "refused"), 2)
	require.Len(t, causes("1.30.6", "1.22.1", "refused"), 2, "either way round")
	require.Empty(t, causes("1.22.1", "1.26.3", "refused"))
	require.Empty(t, causes("1.22.1", "1.30.6", "refused", result.Place{Text: "proxy_http_version 1.1;"}, result.Place{Text: "keepalive 8;"}))
	require.Equal(t, []string{"since 1.23.0 an answer is refused that has Content-Length or Transfer-Encoding twice"}, causes("1.22.1", "1.30.6", "duplicate-header"))
}

func TestExpectation(t *testing.T) {
	e, err := compare.ReadExpectation("e.yaml", strings.NewReader("version: 1\nchanges: [{route: 'shop:*', fault: refused, what: total}]\n"))
	require.NoError(t, err)
	slower := func(l *result.Cell) { l.Total = 9 * time.Second }
	d := compare.Sides(side(cell("refused"), cell("reset")), side(cell("refused", slower), cell("reset", slower)))
	e.Split(&d)
	require.Len(t, d.Expected, 1)
	require.Equal(t, "reset", d.Cells[0].After.Fault)

	d = compare.Sides(side(cell("refused")), side(cell("refused", slower, func(l *result.Cell) { l.Twice = true })))
	e.Split(&d)
	require.Empty(t, d.Expected, "more changed than was intended")
}

func TestExpectationErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"version: 1\nchange: []\n", `line 2: unknown key "change"; nearest: changes`},
		{"", "write version: 1"},
		{"version: 1\nchanges: [{reason: all}]\n", "would expect everything"},
		{"version: 1\nchanges: [{route: '['}]\n", "syntax error in pattern"},
	} {
		_, err := compare.ReadExpectation("e.yaml", strings.NewReader(c.text))
		require.ErrorContains(t, err, c.want)
	}
}

func FuzzReadExpectation(f *testing.F) {
	f.Add("version: 1\nchanges: [{route: 'shop:*', fault: refused, what: total}]\n")
	f.Fuzz(func(t *testing.T, text string) {
		if e, err := compare.ReadExpectation("e.yaml", strings.NewReader(text)); err == nil {
			require.Equal(t, 1, e.Version)
		}
	})
}
