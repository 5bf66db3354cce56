package route

import (
	"context"
	"encoding/base64"

	"badgateway/harness/check/config"
	"badgateway/harness/check/route/plan"
	"badgateway/harness/check/sandbox"
)

// Find gives the routes of a configuration with requests that should arrive.
// The box gets what some of them need: a file that try_files asks for, a
// client's address that is let in, answers of backends that lead to an error
// page; it is listed among what the box supplied. Nothing is proved yet.
func Find(ctx context.Context, c *config.Config, box *sandbox.Box) *plan.Plan {
	p := plan.Find(ctx, plan.Input{
		Tree: c.Tree, Spec: &box.Spec, Place: c.Place, Backend: box.Backend, Prefix: box.About.Prefix(), Logs: box.ErrorLogs,
		Basic: "Basic " + base64.StdEncoding.EncodeToString([]byte(sandbox.User+":"+sandbox.Password)),
	})
	box.Supplied = append(box.Supplied, p.Supplied...)
	return p
}
