package scenarios

import (
	"net/http"
	"slices"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// health: nginx's passive health checks, backup and down.
var health = family(harness.Scenario{Step: "8", Backends: twoServers, Methods: readAndWrite},
	slices.Concat([]harness.Scenario{allDead, noBackup, postNotRetried, postTwice}, passive, commercial)...)

var twoServers = []backends.Spec{named("app1", "127.0.0.1:3000"), named("app2", "127.0.0.1:3001")}

var allDead = harness.Scenario{
	Name:    "health/all-dead",
	Title:   "every server of the upstream has failed, and nginx asks none of them any more",
	Claims:  append(confirmed("S8.1", "S8.6", "S2.5"), goesOnIf),
	Cause:   "one failure of each server within fail_timeout (10s): a restart of all at once is enough, and the 502s go on after they are back",
	Why:     "max_fails=1 by default: each server that failed once is left out for fail_timeout, and with none left nginx answers 502 without connecting",
	Break:   harness.Break{Faults: down("app1", "app2")},
	Symptom: steadily(pod.BadGateway, nginx.ConnectRefused, nginx.NoLiveUpstreams),
	Fix: harness.Fix{
		Title: "start the servers; max_fails=0 and a reload end the 502s at once, otherwise they last for fail_timeout",
		Lift:  true,
	},
}

var noBackup = harness.Scenario{
	Name:    "health/no-backup",
	Title:   "the only server is down and nothing takes over",
	Claims:  append(confirmed("S8.3"), goesOnIf),
	Cause:   "an upstream block with one server",
	Why:     "with a single server there is nothing to go on to; a backup server is asked when the others have failed",
	Break:   harness.Break{Faults: down("app1")},
	Symptom: steadily(pod.BadGateway, nginx.ConnectRefused),
	Fix: harness.Fix{
		Title:  "a second server, marked backup, takes over",
		Masked: []nginx.Signature{nginx.ConnectRefused},
		Traps: []harness.Trap{{
			Title:   "backup beside ip_hash (hash and random alike): refused",
			Refused: []nginx.Signature{nginx.ParameterUnsupported},
		}},
	},
}

var postNotRetried = harness.Scenario{
	Name:   "health/post-not-retried",
	Title:  "a backup server saves every GET and no POST",
	Claims: append(confirmed("S8.3", "S8.7"), goesOnIf),
	Cause:  "the first server takes requests and dies over them: pages load, forms fail",
	Why:    "a POST that was sent is not passed on to the next server, because it may have been executed (proxy_next_upstream without non_idempotent)",
	Break:  harness.Break{Faults: behaves("app1", backends.Script{Action: backends.CloseNoAnswer})},
	Symptom: harness.Symptom{
		Client:    pod.BadGateway,
		PerMethod: map[string]pod.Outcome{http.MethodGet: pod.OK},
		Log:       []nginx.Signature{nginx.PrematureClose},
		Requests:  2,
	},
	Fix: harness.Fix{Title: "mark the server down until it is repaired"},
}

var postTwice = harness.Scenario{
	Name:  "health/post-twice",
	Title: "no POST fails any more, and some are executed twice",
	Claims: []harness.Claim{
		conditional("S3.5", "with non_idempotent a POST survives a dead server too, and is executed twice where the first one had done the work"),
		conditional("S1.2", "the access log says 200; $upstream_status has both attempts (502, 200)"),
	},
	Looks:   []harness.Look{{Claim: "S1.2", Command: `grep POST /var/log/nginx/access.log | tail -n 1`, Broken: ` 200 127\.0\.0\.1:3000, 127\.0\.0\.1:3001 502, 200 `, Fixed: ` 200 127\.0\.0\.1:3001 200 `}},
	Cause:   "proxy_next_upstream ... non_idempotent, and an application that dies after it has done what it was asked for: orders and mails come twice",
	Why:     "nginx cannot know whether a request without an answer was executed; non_idempotent tells it to send a POST again all the same",
	Break:   harness.Break{Faults: behaves("app1", backends.Closing())},
	Symptom: harness.Symptom{Client: pod.OK, Log: []nginx.Signature{nginx.PrematureClose}, Requests: 2, Twice: []string{http.MethodPost}},
	Fix: harness.Fix{
		Title:   "remove non_idempotent (unless the application knows a repeated request by its key), and mark the server down until it is mended",
		Arrival: &harness.Arrival{Attempts: 1},
		Traps: []harness.Trap{{
			Title:  "non_idempotent removed alone: no POST is executed twice, and each fails until the server is left out",
			Client: map[string]pod.Outcome{http.MethodGet: pod.OK, http.MethodPost: pod.BadGateway},
		}},
	},
}
