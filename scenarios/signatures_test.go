package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/nginx"
)

// unplayed are the signatures whose lines no scenario provokes, by the reason.
// Their samples come from a survey of raw answers (fixtures/errorlog), but for
// those that package nginx lists as read in the source alone.
var unplayed = map[string]string{
	"a frame that no HTTP/2 server sends; its cause, another protocol or a defect of the server, is grpc/http-port": `
		h2-unexpected-frame h2-unknown-stream h2-push h2-pseudo-header h2-duplicate-status h2-bad-status h2-unexpected-status h2-no-status
		h2-premature-close h2-bad-header h2-unknown-data-stream h2-stream-window h2-connection-window h2-closed-stream h2-pseudo-trailer
		h2-trailer-no-end h2-bad-trailer h2-body-too-long h2-short-frame h2-padding h2-headers-length h2-truncated h2-table-index h2-table-size
		h2-table-continuation h2-empty-name h2-long-name h2-encoding h2-long-value h2-long-header h2-reset-length h2-goaway-stream
		h2-goaway-length h2-window-length h2-window-zero h2-window-large h2-settings-stream h2-settings-ack h2-settings-length h2-settings-many
		h2-settings-window h2-ping-stream h2-ping-length h2-ping-ack h2-ping-many`,
	"a request that HTTP/2 cannot carry to the upstream: the client's": `
		h2-request-method h2-request-uri h2-request-host h2-request-name h2-request-value h2-request-space`,
	"a record that no FastCGI server sends; its cause, another protocol, is fastcgi/http-port": `
		fastcgi-type fastcgi-id-high fastcgi-id-low fastcgi-record fastcgi-stdout fastcgi-request bad-status`,
	"a request too large for the protocol or a defect inside nginx: above 64 KB of parameters, which its own limits of the client's header refuse first": `
		fastcgi-too-big fastcgi-joined fastcgi-length fastcgi-split fastcgi-split-pcre2 uwsgi-too-big uwsgi-too-little uwsgi-length scgi-length`,
	"the pod's name server answers well-formed; a broken one is silent to nginx, and its cause is dns/silent": `
		dns-short dns-questions dns-pointer dns-empty-name dns-bad-name dns-bad-service-name dns-unexpected-a dns-bad-a dns-unexpected-aaaa
		dns-bad-aaaa dns-bad-label dns-name-outside dns-pointer-loop dns-not-answer dns-query-class dns-query-type dns-error dns-unasked
		dns-ident dns-record-class dns-record-type dns-no-address dns-no-service dns-no-pointer dns-bad-reverse dns-incomplete dns-overflow dns-cancel`,
	"another code or errno of a name server that is played (dns/refused, dns/stub-resolver, dns/silent)": `
		name-other resolver-refused resolver-reset resolver-read-failed resolver-unreachable service-unresolved`,
	"another errno or phase of a connection that is played (upstream/refused, upstream/resets, answer/reset, timeout/send)": `
		connect-kernel-timeout connect-other socket-other socket-call-failed read-kernel-timeout body-kernel-timeout read-other body-read-other
		unbuffered-body-reset sendfile-failed sendfile-truncated transparent-failed bind-failed`,
	"a race: what comes first is chance, unless the worker is stopped meanwhile": `
		connect-reset write-failed upgraded-write-failed upgraded-reset tls-plain-before tls-write-failed`,
	"a stream block, which no scenario has": "stream-timed-out",
	"another refusal of an answer that is played (answer/duplicate-encoding, answer/bad-header, answer/truncated), or bytes that are dropped without harm": `
		duplicate-header-ignored bad-content-length too-big-early-hints old-early-hints upgrade-in-subrequest more-than-length
		data-after-final-chunk data-after-trailers too-big-trailers bad-trailer-line`,
	"a module around the upstream (gunzip, slice, cache, store, threads, memcached, sticky, shared zones), of which the runbook says nothing": `
		bad-gzip bad-slice bad-slice-range slice-changed cache-unknown proxy-cache-key-too-big fastcgi-cache-key-too-big uwsgi-cache-key-too-big
		scgi-cache-key-too-big cache-bad-header cache-lock-timeout thread-pool-unknown thread-too-long rename-failed unlink-failed
		memcached-key memcached-flags memcached-length memcached-response memcached-trailer memcached-miss memcached-no-key
		sticky-expired sticky-full sticky-unsupported zone-no-memory slab-no-memory`,
	"another alert, code or phase of TLS that is played (tls/old-protocol, tls/client-certificate, tls/handshake-reset, tls/expired, tls/unknown-issuer), or a choice of the TLS library's": `
		tls-old-peer tls-weak-key tls-alert-client-certificate tls-alert-other tls-handshake-other tls-closed tls-not-yet-valid
		tls-self-signed-chain tls-unknown-issuer tls-revoked tls-verify-other tls-read-record tls-read-other tls-sendfile-failed
		tls-shutdown-failed tls-renegotiation tls-stale-error tls-name-too-long`,
	"certificates and keys in variables, read at the request; in plain words they are tls/certificate-missing": `
		tls-certificate-missing tls-key-missing tls-certificate-unfit tls-key-mismatch`,
	"the TLS library has no memory": `
		tls-setup-failed tls-descriptor-failed tls-data-failed tls-session-failed tls-chain-failed tls-protocols-failed`,
	"another mistake in the text of a variable (names/no-scheme, names/empty-variable) or rewrite (names/redirect-cycle)": `
		no-port bad-host bad-port no-socket-path long-socket-path bad-ipv6 no-tls-support empty-uri bad-local-address unsafe-uri empty-rewrite`,
	"the client's doing: it left, was slow or sent something malformed": `
		client-gone-kept client-gone-polled client-gone-upload client-timed-out client-read-failed client-write-failed client-send-failed
		client-sendfile-failed client-tls-read-failed client-tls-write-failed client-invalid-request client-bad-chunk client-too-large-chunked`,
	"needs requests at the same time, which a step does not make": "limited-connections worker-connections-reused",
	"another errno of a file or port that is played (buffers/temp-denied, buffers/disk-full, limits/open-files, reload/port-taken)": `
		file-no-directory file-disk-full disk-full-single accept-no-descriptors listen-no-address listen-no-family listen-denied`,
	"nginx itself fails: a killed worker ends every run as a failure, the others are traps for bugs": `
		worker-killed cache-process-killed worker-fatal no-upstream-configuration socket-number socket-option socket-ioctl socket-close
		send-zero file-buffer bad-buffer recycled-buffer`,
}

// TestSignatures holds the catalogue against every line that nginx can write
// about an upstream: the recorded runs show it, or unplayed says why none does.
func TestSignatures(t *testing.T) {
	shown := map[string]bool{}
	for _, s := range All() {
		for _, line := range lines(load(t, s.Name)) {
			if signature, known := nginx.Classify(line); known {
				shown[signature.Name] = true
			}
		}
		for _, trap := range s.Fix.Traps {
			for _, signature := range trap.Refused {
				shown[signature.Name] = true
			}
		}
	}
	excused := map[string]bool{}
	for reason, names := range unplayed {
		for name := range strings.FieldsSeq(names) {
			_, known := nginx.ByName(name)
			require.True(t, known, "%s: no such signature", name)
			require.False(t, excused[name], "%s has two reasons, one of them: %s", name, reason)
			require.False(t, shown[name], "%s is provoked; take it out of unplayed", name)
			excused[name] = true
		}
	}
	for _, s := range nginx.All() {
		require.True(t, shown[s.Name] || excused[s.Name], "%s (%s): no scenario provokes it; add one, or say in unplayed why not", s.Name, s.Meaning)
	}
	t.Logf("%d signatures provoked, %d not", len(shown), len(excused))
}

// lines are all error-log lines of a run.
func lines(r *harness.Record) []nginx.Line {
	var all []nginx.Line
	for _, step := range r.Steps {
		all = append(all, step.Log...)
	}
	for _, tried := range r.Tried {
		all = append(all, tried.Step.Log...)
	}
	if r.Recovery != nil {
		all = append(all, r.Recovery.Log...)
	}
	return all
}
