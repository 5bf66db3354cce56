// Package check answers, before a rollout, what users will see when each
// upstream of an nginx configuration fails in each way; and what a change does
// to that.
//
//	nginx.conf, dump, fragment, template
//	   |  config    reads every input form; text stays byte for byte
//	   v
//	conf.Tree
//	   |  upstream  which directives pass requests on, to which addresses
//	   |  sandbox   what the text names but does not hold: hosts, certificates,
//	   |            users, files; a pod.Spec in which nginx starts
//	   |  route     a request for each location, proved to reach its upstream
//	   v
//	result.Route
//	   |  matrix    route x fault x method, each cell in a pod of its own state
//	   v
//	result.Cell
//	   |  finding   named rules over cells and directives; policy
//	   |  compare   cells of two sides, noise cancelled
//	   v
//	result.Report  -> package report
//
// # Decisions
//
//   - nginx is the judge at every step: what is supplied is settled by starting
//     it, a route counts as reached when a backend saw the request come through
//     its very location, a cell is what client, backends and error log saw.
//   - A comparison runs the new side once and the old side twice, all at a time; what
//     then differs again on both: a change is what holds in every run, and a cell
//     that differs from itself is told as unstable. Of waits the shortest counts,
//     since a busy machine only makes them longer.
//   - Rules judge results and hardly the text: a directive that looks wrong and
//     hurts nobody is no finding.
//   - Only what loses or doubles work, or never ends, is an error by default.
//     Most configurations have what is a warning.
//
// # Alternatives considered
//
//   - Static analysis of the text (as linters do): fast, but it guesses what the
//     combination of retries, timeouts and buffers does to a client.
//   - Statistics over many runs instead of three: dearer, and a change that
//     needs statistics to be seen is none that a reviewer acts on.
package check
