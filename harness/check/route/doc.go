// Package route finds the locations of a configuration that pass requests to
// an upstream, makes a request for each, and proves with a real nginx that it
// gets there.
//
//	conf.Tree, upstream.Pass, sandbox.Box
//	   |  program   servers, listeners, locations, conditions, tables; pattern
//	   |            matches regular expressions and makes texts that match
//	   |  plan      drafts of requests for each location ([Find]), each taken
//	   |    |       through a model of nginx's phases
//	   |    +---->  walk: where a condition turns a draft away, another is
//	   |            drafted that meets it
//	   v
//	plan.Plan      per route: candidates, the likeliest first
//	   |
//	   |  [Prove]   every candidate goes through a traced copy of the
//	   |            configuration in a pod, which tells the locations it came
//	   |            through; then the one that arrived goes through the text as
//	   |            it is
//	   v
//	result.Route, reached, or the reason why not
//
// The model decides nothing: it orders candidates and words reasons. nginx is
// the judge, twice: a route counts as reached when the traced copy shows that
// the request came through its very location, and a backend behind it saw the
// same request pass through the unchanged text.
//
// # The traced copy
//
// It is the configuration with one directive put at the beginning of each
// server, location and if block (set, which appends the block's number to a
// variable) and the access log replaced by one that prints that variable
// ([trace]). What rewrite, try_files, error_page and internal redirects do is
// thereby seen and not guessed, subrequests included.
//
// # Cost
//
// Planning takes time in proportion to the number of locations and servers,
// also where they are regular expressions, as far as those have a literal at
// their beginning or their end (pattern.Set). Of those that have none
// (~ foo, ~ (a|b)$) each path is held against all, so that their number counts
// twice, as it does in nginx; and so are values against the rows of a map. The
// number of requests tried in the model (plan, maxWalks) bounds both.
//
// # Alternatives considered
//
//   - The debug log: tells every location tried, but wants a build with
//     --with-debug, which the official image does not run.
//   - Trusting the model and the upstream's address: two locations often share
//     an upstream, so the wrong one would prove the other.
//   - Solving for a request backwards from the location (as a theorem prover
//     does): rewrite rules do not invert; walking forwards and mending what
//     turned the request away needs no more than nginx's own rules.
package route
