// Package matrix runs routes under faults: each cell is one route, one fault
// and one method, in a pod of its own in which nginx starts fresh, so that no
// counter, connection or cache of one cell reaches another.
//
//	Fault (the table)    what fails, where it applies, what it makes nginx wait for
//	  |
//	Cells                routes x faults x methods, chosen by patterns
//	  |
//	Run                  longest first, in parallel pods
//	  |   stage          the pod with the configuration's compressed copy
//	  |   course         the requests that lead to the one that the cell tells of
//	  |   observe        attempts, log, body: what became of it
//	  v
//	result.Cell
//
// A fault that met nothing makes its cell say so ([result.Cell.Unmet]); by what
// it is known that it met something stands in the table ([Evidence]).
//
// # Where a fault applies
//
// Wherever nginx can meet it. Left out are, with the reason in [Fault.Applies]:
//
//   - on a unix socket what only TCP has: SYNs, and RST, which may lose an
//     answer that was sent already;
//   - in HTTP/2 the header fields that it does not have, and chunks, which nginx
//     reads of HTTP/1.1 alone (ngx_http_proxy_module.c);
//   - stale connections of uwsgi and SCGI, which carry one request;
//   - WebSockets of other upstreams than HTTP/1.1: nginx passes on the 101 of a
//     uwsgi server too (ngx_http_uwsgi_module.c), which no backend here speaks;
//   - in stream blocks all but a TCP upstream's own faults.
//
// TestProtocols has what nginx makes of each fault on each protocol, with the
// reason where it is not what one would think.
//
// # Compressed time
//
// A fault provokes some of the configuration's waits ([Fault.Waits]). A cell
// divides every duration in a copy of the text by one factor, so that the
// longest provoked wait takes about a second, and multiplies what it measured by
// the same factor. Nothing else in the text changes, and no line moves:
//
//   - A duration is never below 250 ms in the copy, so that a busy machine does
//     not reach it by chance. Where a provoked wait would fall below, the factor
//     is smaller, as long as the longest takes no more than three seconds.
//   - A timeout that the text leaves at its default is written out at the end of
//     the http block, on its last line, since it could not be divided otherwise.
//   - nginx counts some waits in whole seconds (fail_timeout, and valid= of a
//     resolver): these take two seconds in the copy, whatever the factor; longer
//     where servers that fail one after the other are left out together. They
//     bear on the recovery alone, which is not multiplied: what the copy left
//     out of such a wait is added to a recovery that went through it. A server
//     without fail_timeout gets one written out. How such a wait and one that is
//     divided lie to each other the copy cannot show; so a recovery is measured
//     where that does not matter: nginx has just been reloaded, all failures
//     come at once, and the fault counts as ended with the first of them. On a
//     machine so slow that the wait may be over before the fault is, that is done
//     again, and told of no recovery where it never succeeds.
//   - Not compressed are the waits that no directive sets: a resolver's own 5 s
//     between two tries, the fail_timeout of a group that the pass itself names,
//     and the age of an answer by DNS, which is 0 in the pod.
//
// A cell whose fault provokes no wait has the factor 1. Each cell bounds its
// errors: a wait is never told too short, and too long by what the
// machine, as late as it was, adds times the factor ([result.Cell.Within]); a recovery that went through a
// wait of whole seconds is off by no more than one, as nginx's own
// ([result.Cell.RecoveryWithin]). TestCompressedAsRealTime holds them.
//
// # Alternatives considered
//
//   - One factor for all cells: with a read timeout of an hour and a connect
//     timeout of two seconds either the first takes minutes or the second fires
//     by chance.
//   - One pod per worker, nginx restarted and its directories cleared between
//     cells: a native pod takes 21 ms, less than a restart that waits for the
//     old nginx, and there is nothing to forget to clear.
//   - A fake clock (LD_PRELOAD): not with static or musl builds.
package matrix
