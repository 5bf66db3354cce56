package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// upload: requests with a large body.
var upload = family(harness.Scenario{
	Step: "9", Backends: []backends.Spec{app("127.0.0.1:3000")}, Methods: []string{http.MethodPost}, Probe: pod.Request{BodyBytes: 2 << 20},
}, uploadTooLarge, applicationLimit, uploadDenied)

const tooLarge pod.Outcome = "413 Request Entity Too Large"

// sees is what a POST shows under a trap.
func sees(outcome pod.Outcome) map[string]pod.Outcome {
	return map[string]pod.Outcome{http.MethodPost: outcome}
}

var uploadTooLarge = harness.Scenario{
	Name:  "upload/too-large",
	Title: "uploads of more than a megabyte are refused by nginx",
	Claims: []harness.Claim{
		conditional("S1.1", "the search for upstream or 502 finds nothing: the line says client intended to send too large body"),
		conditional("S1.2", "the access log says 413"),
	},
	Looks:   []harness.Look{with(named502, "S1.1", `^$`, `^$`), with(access502, "S1.2", `^$`, `^$`)},
	Cause:   "client_max_body_size is 1m by default, or is set in http while the server has a value of its own",
	Why:     "nginx compares Content-Length with client_max_body_size before it asks the application, which never sees the request",
	Symptom: steadily(tooLarge, nginx.ClientTooLarge),
	Fix: harness.Fix{
		Title: "client_max_body_size above the largest upload, in the location that takes it",
		Traps: []harness.Trap{{
			Title:  "client_body_buffer_size 4m: it says how much stays in memory, not how much is taken",
			Client: sees(tooLarge),
		}},
	},
}

var applicationLimit = harness.Scenario{
	Name:  "upload/application-limit",
	Title: "uploads are refused by the application, before it has read them",
	Claims: []harness.Claim{
		conditional("S9.9", "an answer that comes before the whole request was sent is passed on as it is: 413, without a line in the error log"),
		conditional("S1.1", "whose 413 it is tells the log: nginx's own has a line, the application's none"),
	},
	Looks:   []harness.Look{{Claim: "S1.1", Command: `grep "too large body" /var/log/nginx/error.log`, Broken: `^$`, Fixed: `^$`}},
	Cause:   "the application's own limit (a framework's default, another nginx) is below client_max_body_size",
	Why:     "nginx reads the answer while it still sends, and hands it on; where the application closes at once with bytes unread, its RST may overtake the answer, and the client gets 502 by chance",
	Break:   harness.Break{Faults: behaves("app", backends.Script{Action: backends.AnswerEarly, Status: http.StatusRequestEntityTooLarge})},
	Symptom: harness.Symptom{Client: tooLarge, Requests: 2, Arrival: &harness.Arrival{Attempts: 1}},
	Fix: harness.Fix{
		Title: "raise the application's limit to that of nginx (or lower nginx's, which then answers for it)",
		Lift:  true,
		Traps: []harness.Trap{{
			Title:  "client_max_body_size 0: nginx had let the request pass before",
			Client: sees(tooLarge),
		}},
	},
}

var uploadDenied = harness.Scenario{
	Name:  "upload/temp-denied",
	Title: "nginx's workers may not write to client_body_temp_path, and every upload is a 500",
	Step:  "7",
	Claims: []harness.Claim{
		conditional("S7.4", "the request's body has a directory of its own, client_body_temp_path: a failure there is a 500, before the application is asked"),
		conditional("S1.2", "the access log says 500"),
	},
	Looks:   []harness.Look{with(access502, "S1.2", `^$`, `^$`)},
	Cause:   "a parent directory that only root may enter, or a temporary directory of another user; forms and pages go on working",
	Why:     "what exceeds client_body_buffer_size (two pages) is written to a file before the application is asked; open() fails with errno 13",
	Files:   []pod.File{{Path: "/srv/private", Dir: true, Mode: 0o700}, {Path: "/srv/open", Dir: true, Mode: 0o755}},
	Symptom: steadily(pod.ServerError, nginx.FileDenied),
	Fix: harness.Fix{
		Title: "client_body_temp_path in a directory that the workers may enter, nginx -t, reload",
		Traps: []harness.Trap{{
			Title:  "proxy_request_buffering off needs no file, and the application waits for every slow client",
			Client: sees(pod.OK),
		}},
	},
	Needs: []pod.Need{pod.NeedUsers},
}
