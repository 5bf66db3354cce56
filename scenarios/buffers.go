package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// buffers: what nginx holds of a response in memory, what it writes to a
// temporary file, and what it holds back from the client. limit_rate stands for
// the slow client: nginx may not write, as if the client's window were full. Of
// 160k it writes 128k within the first second, and holds 36k in buffers meanwhile.
var buffers = family(harness.Scenario{Step: "7", Backends: []backends.Spec{app("127.0.0.1:3000")}},
	tempFile, noTempFile, tempDenied, diskFull, streamHeld, busyTooSmall, fastcgiBuffers)

// slowRead is a body for such a client.
var slowRead = backends.Script{BodyBytes: 160 << 10}

var tempFile = harness.Scenario{
	Name:  "buffers/temp-file",
	Title: "a response larger than proxy_buffers goes to a temporary file",
	Claims: []harness.Claim{
		conditional("S7.1", "4k hold the response header, 8 times 4k what the client has not taken yet; 8k (proxy_busy_buffers_size) is the part being sent"),
		conditional("S7.2", "only a response that the client reads slower than the application sends it is buffered; large ones as such need nothing"),
	},
	Cause:   "large downloads to slow clients: disk writes, and a [warn] line for each response; no error at the client",
	Why:     "nginx reads the application at full speed to set it free; what exceeds the buffers is written to proxy_temp_path",
	Break:   harness.Break{Faults: behaves("app", slowRead)},
	Symptom: harness.Symptom{Client: pod.OK, Log: []nginx.Signature{nginx.ResponseBuffered}},
	Fix:     harness.Fix{Title: "proxy_buffers 16 16k holds the whole response (for every connection that needs it)", Requests: 1},
	Waits:   2500 * ms,
}

var noTempFile = harness.Scenario{
	Name:    "buffers/no-temp-file",
	Title:   "temporary files of responses are not wanted at all",
	Claims:  []harness.Claim{conditional("S7.4", "proxy_max_temp_file_size 0 ends temporary files, and the application then waits for the slow client")},
	Cause:   "the disk is slow or small, or responses must not be written to it",
	Why:     "without a temporary file nginx stops reading the application until the client has taken what is buffered",
	Break:   harness.Break{Faults: behaves("app", slowRead)},
	Symptom: harness.Symptom{Client: pod.OK, Log: []nginx.Signature{nginx.ResponseBuffered}},
	Fix: harness.Fix{
		Title:    "proxy_max_temp_file_size 0",
		Requests: 1,
		Traps: []harness.Trap{
			{Title: "proxy_max_temp_file_size 2k: it is 0, or at least one buffer", Refused: []nginx.Signature{nginx.TempSizeTooSmall}},
			{Title: "proxy_temp_file_write_size 2k: at least one buffer", Refused: []nginx.Signature{nginx.TempSizeTooSmall}},
		},
	},
	Waits: 4000 * ms,
}

var tempDenied = harness.Scenario{
	Name:    "buffers/temp-denied",
	Title:   "nginx's workers may not write to proxy_temp_path",
	Claims:  []harness.Claim{conditional("S7.4", "the limits of temporary files count only where the workers may write them")},
	Cause:   "a parent directory of proxy_temp_path that only root may enter, or a temporary directory of another user; small responses go on working",
	Why:     "the header was sent already when open() of the temporary file fails with errno 13: the client gets 200 and a part of the body",
	Files:   []pod.File{{Path: "/srv/private", Dir: true, Mode: 0o700}, {Path: "/srv/open", Dir: true, Mode: 0o755}},
	Break:   harness.Break{Faults: behaves("app", slowRead)},
	Symptom: steadily(pod.TruncatedBody, nginx.FileDenied),
	Fix:     harness.Fix{Title: "proxy_temp_path in a directory that the workers may enter, nginx -t, reload", Requests: 1},
	Waits:   1300 * ms,
	Needs:   []pod.Need{pod.NeedUsers},
}

var diskFull = harness.Scenario{
	Name:  "buffers/disk-full",
	Title: "the disk of proxy_temp_path is full",
	Claims: []harness.Claim{
		conditional("S7.4", "proxy_max_temp_file_size bounds one response: a disk is full by several of them, or by one, as the default is 1024m"),
	},
	Cause:   "large responses to slow clients on a small /var (a container, a tmpfs), or a disk that logs have filled; small responses go on working",
	Why:     "the header was sent already when writing the temporary file fails with errno 28: the client gets 200 and a part of the body",
	Disks:   []pod.Disk{{Path: "/srv/small", Bytes: 16 << 10}},
	Break:   harness.Break{Faults: behaves("app", slowRead)},
	Symptom: steadily(pod.TruncatedBody, nginx.DiskFull),
	Fix: harness.Fix{
		Title:    "proxy_max_temp_file_size 0 (the application then waits for the client), or a larger disk",
		Requests: 1,
		Traps: []harness.Trap{{
			Title:  "proxy_max_temp_file_size 32k: a bound of one file, and the disk is smaller",
			Client: map[string]pod.Outcome{http.MethodGet: pod.TruncatedBody},
		}},
	},
	Waits: 1800 * ms,
}

var streamHeld = harness.Scenario{
	Name:    "buffers/stream-held",
	Title:   "nginx holds back the beginning of a stream until the application is done",
	Claims:  []harness.Claim{conditional("S7.3", "needed where the first part is smaller than a buffer: nginx then holds back even the header until the buffer is full or the answer ends")},
	Cause:   "server-sent events or progress output behind proxy_buffering on: the browser shows nothing, then everything",
	Why:     "with buffering nginx passes on full buffers only, and keeps a header of less than postpone_output (1460 bytes) for the first of them",
	Break:   harness.Break{Faults: behaves("app", backends.Script{BodyBytes: 600, SendBytes: 100, Pause: 1200 * ms})},
	Symptom: harness.Symptom{Client: pod.OK, FirstByte: &harness.Span{AtLeast: 1200 * ms}},
	Fix: harness.Fix{
		Title:     "proxy_buffering off for that location",
		Requests:  1,
		FirstByte: &harness.Span{Below: 600 * ms},
	},
	Waits: 2400 * ms,
}

var busyTooSmall = harness.Scenario{
	Name:    "buffers/busy-too-small",
	Title:   "proxy_busy_buffers_size is smaller than one buffer, and nginx does not start any more",
	Claims:  []harness.Claim{conditional("S7.1", "8k for proxy_busy_buffers_size goes with buffers of at most 8k"), conditional("S7.2", "proxy_busy_buffers_size must be raised with the buffers when it is written at all")},
	Cause:   "buffers raised while proxy_busy_buffers_size 8k stays in the file; a reload keeps the old configuration, the next restart ends the service",
	Why:     "proxy_busy_buffers_size must be at least the larger of proxy_buffer_size and one of proxy_buffers",
	Break:   harness.Break{Restart: true},
	Symptom: harness.Symptom{Client: pod.Refused, Log: []nginx.Signature{nginx.BuffersTooSmall}},
	Fix:     harness.Fix{Title: "proxy_busy_buffers_size 32k (or leave it out)"},
}

var fastcgiBuffers = harness.Scenario{
	Name:     "buffers/fastcgi",
	Title:    "a FastCGI response header of 12k meets buffers of 4k",
	Claims:   confirmed("S7.5"),
	Cause:    "an application of several kilobytes of headers behind the default FastCGI buffers",
	Why:      "fastcgi_buffer_size is 4k by default; 16k with 16 buffers of 16k is accepted by nginx -t and holds the header",
	Backends: []backends.Spec{responder("127.0.0.1:9000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Faults: behaves("php", backends.Script{HeaderBytes: 12000})},
	Symptom:  steadily(pod.BadGateway, nginx.TooBigHeader),
	Fix:      harness.Fix{Title: "fastcgi_buffer_size 16k; fastcgi_buffers 16 16k"},
}
