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
//	   |  diff      cells of two sides, noise cancelled
//	   v
//	result.Report  -> package report
package check
