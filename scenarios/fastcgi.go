package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// fastcgi: the application is a FastCGI responder, as PHP-FPM is.
var fastcgi = family(harness.Scenario{Step: "2", Backends: []backends.Spec{responder("127.0.0.1:9000")}, Methods: readAndWrite},
	fastcgiTooBig, fastcgiHTTPPort, fastcgiRefused, fastcgiSocketMissing, fastcgiUnknown, fastcgiKilled, fastcgiTruncated)

// responder is the usual FastCGI application.
func responder(listen string) backends.Spec {
	return backends.Spec{Name: "php", Listen: listen, Protocol: backends.FastCGI}
}

var fastcgiTooBig = harness.Scenario{
	Name:    "fastcgi/too-big",
	Title:   "the response header of a FastCGI application is larger than fastcgi_buffer_size",
	Step:    "5",
	Claims:  confirmed("W5", "S5.6"),
	Cause:   "large cookies or many headers from PHP, often for some users only; the proxy_ buffers have no effect on fastcgi_pass",
	Why:     "the whole header and the records around it must fit into one buffer of fastcgi_buffer_size, a memory page (4k) by default",
	Break:   harness.Break{Faults: behaves("php", backends.Script{HeaderBytes: 30000})},
	Symptom: steadily(pod.BadGateway, nginx.TooBigHeader),
	Fix: harness.Fix{
		Title: "fastcgi_buffer_size 32k together with fastcgi_buffers 8 16k",
		Traps: []harness.Trap{{
			Title:   "fastcgi_buffer_size 32k alone is refused, and the 502s go on",
			Refused: []nginx.Signature{nginx.BuffersTooSmall},
		}},
	},
}

var fastcgiHTTPPort = harness.Scenario{
	Name:     "fastcgi/http-port",
	Title:    "fastcgi_pass leads to a port that speaks HTTP",
	Step:     "3",
	Claims:   confirmed("W2", "S3.1"),
	Cause:    "the port of a web server or of the application's own HTTP listener in fastcgi_pass: the port is open, its protocol is another",
	Why:      "nginx reads the first byte of the answer as FastCGI's version, which is 1; an HTTP server's error page begins with H, 72",
	Backends: []backends.Spec{responder("127.0.0.1:9000"), app("127.0.0.1:3000")},
	Symptom:  steadily(pod.BadGateway, nginx.FastCGIVersion),
	Fix:      harness.Fix{Title: "fastcgi_pass to the FastCGI port (or proxy_pass to the HTTP one), nginx -t, reload"},
}

var fastcgiRefused = harness.Scenario{
	Name:    "fastcgi/refused",
	Title:   "the FastCGI application is down",
	Claims:  confirmed("W1", "C1"),
	Cause:   "PHP-FPM is stopped, crashed or still starting, or listens on its unix socket only",
	Why:     "the kernel refuses the connection as for any other protocol; the log line names the upstream as fastcgi://",
	Break:   harness.Break{Faults: down("php")},
	Symptom: steadily(pod.BadGateway, nginx.ConnectRefused),
	Fix:     harness.Fix{Title: "start the application again; nginx needs no reload", Lift: true},
}

var fastcgiSocketMissing = harness.Scenario{
	Name:     "fastcgi/socket-missing",
	Title:    "the unix socket of the FastCGI application does not exist",
	Step:     "9",
	Claims:   confirmed("S9.1"),
	Cause:    "PHP-FPM does not run, or an update renamed its socket (php8.2-fpm.sock to php8.4-fpm.sock)",
	Why:      "connect() finds no such file: errno 2, [crit]",
	Backends: []backends.Spec{responder("unix:/run/php-fpm.sock")},
	Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindMissing, Target: "php"}}},
	Symptom:  steadily(pod.BadGateway, nginx.SocketMissing),
	Fix:      harness.Fix{Title: "start the application so that it makes the socket at that path; no reload", Lift: true},
}

// record is a FastCGI record of request 1 (FastCGI 1.0, 3.3) with a short content.
func record(kind byte, content string) string {
	return string([]byte{1, kind, 0, 1, 0, byte(len(content)), 0, 0}) + content
}

var fastcgiUnknown = harness.Scenario{
	Name:   "fastcgi/script-unknown",
	Title:  "PHP-FPM does not find the file that nginx names: File not found",
	Step:   "3",
	Claims: []harness.Claim{conditional("S1.1", "a 404 of PHP has a line too: FastCGI sent in stderr: Primary script unknown")},
	Looks:  []harness.Look{with(named502, "S1.1", `Primary script unknown`, `Primary script unknown`)},
	Cause:  "SCRIPT_FILENAME leads to a path that PHP-FPM does not have: another root, another container, a directory it may not enter",
	Why:    "nginx sends a name and no file; PHP-FPM opens it in its own file system, answers 404, and says why on its error stream",
	Break: harness.Break{Faults: behaves("php", backends.Speaking(record(7, "Primary script unknown")+
		record(6, "Status: 404 Not Found\r\nContent-type: text/html; charset=UTF-8\r\n\r\nFile not found.\n")+record(3, "\x00\x00\x00\x00\x00\x00\x00\x00")))},
	Symptom: steadily(pod.StatusOutcome(404), nginx.FastCGIStderr),
	Fix:     harness.Fix{Title: "the files where SCRIPT_FILENAME says, in PHP-FPM's file system ($document_root must be the same on both sides)", Lift: true},
}

var fastcgiKilled = harness.Scenario{
	Name:    "fastcgi/worker-killed",
	Title:   "a FastCGI worker is killed over a request",
	Claims:  []harness.Claim{conditional("W7", "a worker that is killed with something unread resets the connection: recv() failed (104) instead")},
	Cause:   "request_terminate_timeout, the kernel's out-of-memory killer, a crash, or a reload of PHP-FPM: read its log and dmesg",
	Why:     "the kernel closes what the process had open, with RST where bytes lay unread: recv() fails with 104 before a header was there",
	Break:   harness.Break{Faults: append([]pod.Fault{{Kind: pod.KindResetEnd, Target: "php"}}, behaves("php", backends.Resetting())...)},
	Symptom: steadily(pod.BadGateway, nginx.ReadReset),
	Fix:     harness.Fix{Title: "mend what kills it: memory_limit times pm.max_children below the memory there is, request_terminate_timeout above the slowest page", Lift: true},
}

var fastcgiTruncated = harness.Scenario{
	Name:    "fastcgi/truncated",
	Title:   "a FastCGI worker dies in the middle of its answer, and the error log says nothing",
	Step:    "1",
	Claims:  []harness.Claim{conditional("S1.1", "a FastCGI answer cut off by a close leaves no line: only the client and the byte count of the access log show it")},
	Cause:   "a PHP-FPM worker was killed (memory, request_terminate_timeout, crash) after its first output: read its own log",
	Why:     "nginx takes a close between two FastCGI records for the end of the answer; the client misses bytes of Content-Length",
	Break:   harness.Break{Faults: behaves("php", backends.Truncated(9000, 5000))},
	Symptom: steadily(pod.TruncatedBody),
	Fix:     harness.Fix{Title: "find who kills the worker (its own log, the kernel's) and mend that", Lift: true},
}
