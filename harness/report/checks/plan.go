package checks

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"badgateway/harness"
	"badgateway/harness/check/result"
	"badgateway/harness/report"
)

// WritePlan prints what a check would do: each route with the request that
// reaches it, and the faults by method. What is as for an earlier route is not
// told again.
func WritePlan(w io.Writer, s report.Screen, r result.Report, wrote []string) error {
	var b strings.Builder
	writeInputs(&b, r)
	cells := map[string][]result.Cell{}
	for _, l := range r.Cells {
		cells[l.Route] = append(cells[l.Route], l)
	}
	reached := 0
	told := map[string]string{} // faults by method, and the first route that has them
	for _, route := range r.Routes {
		fmt.Fprintf(&b, "\n%s  %s\n", s.Paint(clean(route.ID), text.Bold), where(route.Pass))
		if !route.Reached {
			fmt.Fprintf(&b, "  %s %s\n", s.Paint("not reached:", text.FgYellow), clean(route.Reason))
			continue
		}
		reached++
		fmt.Fprintf(&b, "  %s to %s: %s\n", route.Protocol, clean(route.Upstream), asked(route))
		faults := faultsOf(cells[route.ID], cmp.Or(s.Width, usualWidth))
		if first, is := told[faults]; is && faults != "" {
			faults = fmt.Sprintf("  %s as for %s\n", harness.Plural(len(cells[route.ID]), "cell"), first)
		} else {
			told[faults] = clean(route.ID)
		}
		b.WriteString(faults)
	}
	fmt.Fprintf(&b, "\n%s found, %d reached; %s\n", harness.Plural(len(r.Routes), "route"), reached, harness.Plural(len(r.Cells), "cell"))
	if len(wrote) > 0 {
		fmt.Fprintf(&b, "wrote %s\n", strings.Join(wrote, ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// asked is the request that reaches a route, with how it gets there where its
// path alone does not say so.
func asked(route result.Route) string {
	request := clean(route.Request.URL)
	if m := route.Request.Method; m != "" && m != "GET" {
		request = clean(m) + " " + request
	}
	if route.Via != "" {
		request += " (by " + clean(route.Via) + ")"
	}
	return request
}

// faultsOf are the faults of a route's cells, by method.
func faultsOf(cells []result.Cell, width int) string {
	var b strings.Builder
	faults := map[string][]string{}
	var methods []string
	for _, l := range cells {
		if faults[l.Method] == nil {
			methods = append(methods, l.Method)
		}
		faults[l.Method] = append(faults[l.Method], l.Fault)
	}
	for _, method := range methods {
		writeLines(&b, report.Screen{Width: max(40, width)}, fmt.Sprintf("  %-4s  ", method), strings.Join(faults[method], " "))
	}
	return b.String()
}
