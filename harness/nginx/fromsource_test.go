package nginx_test

// Why a signature has no sample.
const (
	catchAll = "whatever the neighbouring signatures leave over"
	hard     = "a race, a special build of nginx or a rare resource"
	memory   = "only when the TLS library has no memory"
	bug      = "a trap for a bug, or a branch that no peer can reach"
	seccomp  = "the call fails only under a seccomp policy"
	newer    = "newer than the four builds"
	arrange  = "can be arranged; nobody has yet"
)

// fromSource lists the signatures whose text was read in nginx's source and
// that no build was made to write.
var fromSource = map[string]string{
	"socket-call-failed":        catchAll,
	"read-other":                catchAll,
	"body-read-other":           catchAll,
	"tls-verify-other":          catchAll,
	"tls-read-other":            catchAll,
	"resolver-read-failed":      catchAll,
	"read-kernel-timeout":       hard,
	"body-kernel-timeout":       hard,
	"sendfile-failed":           hard,
	"sendfile-truncated":        hard,
	"tls-sendfile-failed":       hard,
	"tls-renegotiation":         hard,
	"tls-stale-error":           hard,
	"sticky-full":               hard,
	"no-tls-support":            hard,
	"fastcgi-split":             hard,
	"fastcgi-split-pcre2":       hard,
	"client-gone-polled":        hard,
	"client-write-failed":       hard,
	"client-send-failed":        hard,
	"client-sendfile-failed":    hard,
	"client-tls-read-failed":    hard,
	"client-tls-write-failed":   hard,
	"accept-no-descriptors":     hard,
	"thread-too-long":           hard,
	"cache-process-killed":      hard,
	"worker-fatal":              hard,
	"tls-setup-failed":          memory,
	"tls-descriptor-failed":     memory,
	"tls-data-failed":           memory,
	"tls-session-failed":        memory,
	"tls-chain-failed":          memory,
	"tls-protocols-failed":      memory,
	"dns-no-pointer":            bug,
	"dns-incomplete":            bug,
	"dns-overflow":              bug,
	"dns-cancel":                bug,
	"empty-uri":                 bug,
	"no-upstream-configuration": bug,
	"fastcgi-joined":            bug,
	"fastcgi-length":            bug,
	"uwsgi-too-little":          bug,
	"uwsgi-length":              bug,
	"scgi-length":               bug,
	"h2-request-space":          bug,
	"socket-number":             bug,
	"send-zero":                 bug,
	"file-buffer":               bug,
	"bad-buffer":                bug,
	"recycled-buffer":           bug,
	"h2-stream-window":          bug,
	"h2-connection-window":      bug,
	"sticky-unsupported":        bug,
	"socket-option":             seccomp,
	"socket-ioctl":              seccomp,
	"socket-close":              seccomp,
	"h2-window-zero":            newer,
	"h2-long-header":            newer,
	"stream-timed-out":          arrange,
	"data-after-trailers":       arrange,
	"tls-not-yet-valid":         arrange,
	"tls-revoked":               arrange,
	"h2-request-method":         arrange,
	"h2-request-uri":            arrange,
	"h2-request-host":           arrange,
	"h2-request-name":           arrange,
	"h2-request-value":          arrange,
	"cache-bad-header":          arrange,
	"file-disk-full":            arrange,
	"disk-full-single":          arrange,
	"unlink-failed":             arrange,
}
