package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// rollouts are changes made while requests are under way.
var rollouts = []harness.Scenario{lossless, rollingRestart, rollingPOST}

var lossless = harness.Scenario{
	Name:     "reload/lossless",
	Title:    "a new configuration was brought in by a restart, and requests are lost",
	Step:     "3",
	Claims:   confirmed("S1.4", "S3.6", "V3"),
	Cause:    "nginx -s stop, a container replaced, or a systemctl restart whose graceful end took too long, where a reload would do",
	Why:      "at a stop nginx closes its connections and its listening sockets; at a reload new workers take over the very same sockets, and the old ones finish what they have",
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Rollout: []harness.Change{{Conf: conf("reload/lossless.deploy"), Restart: harness.Nginx}}},
	Symptom:  harness.Symptom{Client: pod.NoAnswer, Meanwhile: pod.Refused, Requests: 4},
	Fix: harness.Fix{
		Title:   "nginx -t && nginx -s reload: no request is lost",
		Rollout: []harness.Change{{Conf: conf("reload/lossless")}, {Conf: conf("reload/lossless.deploy")}},
		Traps: []harness.Trap{{
			Title: "nginx -s quit and a new start (Debian's systemctl restart): what is under way is answered, what comes before the start is refused",
			Conf:  conf("reload/lossless.deploy"), Rollout: []harness.Change{{Restart: harness.Nginx, Quit: true}},
			Client: map[string]pod.Outcome{http.MethodGet: pod.OK, http.MethodPost: pod.OK}, Meanwhile: pod.Refused,
		}},
	},
}

// restarts are the two servers restarted one after the other.
var restarts = []harness.Change{{Restart: "app1"}, {Restart: "app2"}}

var rollingRestart = harness.Scenario{
	Name:  "reload/rolling-restart",
	Title: "two servers are restarted one after the other, and GETs fail at the second restart",
	Step:  "8",
	Claims: []harness.Claim{
		conditional("S3.5", "a rolling restart loses no GET only if the server that was restarted first is asked again before the second ends: max_fails=0, or a pause longer than fail_timeout"),
		conditional("S8.1", "one request that was under way at the first restart is a failure: the server is left out for fail_timeout, also when it is back"),
		conditional("S2.5", "the request under way at a restart is lost, unless nginx may pass it on"),
	},
	Cause:    "the second server was restarted within fail_timeout (here a minute, 10s by default) of the first",
	Why:      "nginx passes the GETs of the first restart on and leaves that server out; at the second there is no server left: no live upstreams",
	Backends: twoServers,
	Break:    harness.Break{Rollout: restarts},
	Symptom: harness.Symptom{
		Client: pod.BadGateway, Requests: 4, Meanwhile: pod.BadGateway,
		Log: []nginx.Signature{nginx.PrematureClose, nginx.NoLiveUpstreams},
	},
	Fix: harness.Fix{
		Title:   "max_fails=0 (or wait for longer than fail_timeout between the restarts): each GET goes on to the other server",
		Rollout: restarts,
		Masked:  []nginx.Signature{nginx.PrematureClose, nginx.ConnectRefused},
		Traps: []harness.Trap{{
			Title:  "proxy_next_upstream off against double work: what is under way at the restarted server is lost",
			Client: map[string]pod.Outcome{http.MethodGet: pod.BadGateway}, Rollout: restarts, Meanwhile: pod.BadGateway,
		}},
	},
}

var rollingPOST = harness.Scenario{
	Name:  "reload/rolling-restart-post",
	Title: "two servers are restarted one after the other: no GET is lost, but the POSTs that they work on are",
	Step:  "8",
	Claims: append(confirmed("S8.7"),
		goesOnIf),
	Cause:    "the application ends without finishing what it works on, and nginx still sends it requests",
	Why:      "a POST that was sent may have been executed: nginx does not send it again; it must not be at that server when it is restarted",
	Backends: twoServers,
	Methods:  readAndWrite,
	Break:    harness.Break{Rollout: restarts},
	Symptom: harness.Symptom{
		Client: pod.BadGateway, PerMethod: map[string]pod.Outcome{http.MethodGet: pod.OK}, Requests: 4,
		Log: []nginx.Signature{nginx.PrematureClose, nginx.ConnectRefused},
	},
	Fix: harness.Fix{
		Title: "mark the server down and reload before its restart: it finishes what it has, and gets nothing new",
		Rollout: []harness.Change{
			{Conf: conf("reload/rolling-restart-post.first")}, {Restart: "app1"},
			{Conf: conf("reload/rolling-restart-post.second")}, {Restart: "app2"},
			{Conf: conf("reload/rolling-restart-post")},
		},
		Traps: []harness.Trap{{
			Title:  "proxy_next_upstream ... non_idempotent: no POST fails, and those under way are executed twice",
			Client: map[string]pod.Outcome{http.MethodGet: pod.OK, http.MethodPost: pod.OK}, Rollout: restarts,
			Twice: []string{http.MethodPost},
		}},
	},
}
