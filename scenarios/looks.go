package scenarios

import "badgateway/harness"

// The commands of the runbook, as it writes them, for scenarios to attach. What
// a regular expression says of both states is what the operator learns.

// named502 is the runbook's search of the error log; its bar needs \| or -E.
var named502 = harness.Look{Claim: "S1.1", Command: `grep -i "upstream\|502" /var/log/nginx/error.log | tail -20`,
	Broken: `\[(error|crit)\] .*connect\(\)`, Fixed: `connect\(\)`}

// barLiteral is the same search as the printed runbook has it.
var barLiteral = harness.Look{Claim: "S1.1", Command: `grep -i "upstream|502" /var/log/nginx/error.log | tail -20`, Broken: `^$`, Fixed: `^$`}

// debugLog reads what a second error_log at level debug holds beside the first.
var debugLog = harness.Look{Claim: "S1.3",
	Command: `nginx -V 2>&1 | grep -o -- --with-debug; grep -c "\[debug\].* http upstream process header" /var/log/nginx/debug.log`,
	Broken:  `^(--with-debug\n[1-9]\d*|0)$`, Fixed: `^(--with-debug\n[1-9]\d*|0)$`}

var access502 = harness.Look{Claim: "S1.2", Command: `grep " 502 " /var/log/nginx/access.log | tail -5`, Broken: `"(GET|POST) / HTTP/1.1" 502 `}

// The state of nginx; grep finds its own line too, and where the pod was asked
// for by that name its first process.
var (
	service   = harness.Look{Claim: "S1.5", Command: `systemctl status nginx`, Tools: []string{"systemctl"}}
	processes = harness.Look{Claim: "S1.5", Command: `ps aux | grep nginx`, Tools: []string{"ps"}}
)

var configTest = harness.Look{Claim: "S1.6", Command: `nginx -t`}

var directUpstream = harness.Look{Claim: "S2.2", Command: `curl -v http://localhost:3000`, Tools: []string{"curl"},
	Broken: `(?i)connection refused|failed to connect`, Fixed: `(?s)HTTP/1.1 200 OK.*ok from app`}

var portOpen = harness.Look{Claim: "S2.3", Command: `nc -zv localhost 3000`, Tools: []string{"nc"}, Broken: `refused`, Fixed: `succeeded`}

// onlyTested is an output without one line of the configuration: what nginx -T
// says of its test goes past grep.
const onlyTested = `\Anginx: [^\n]* syntax is ok\nnginx: [^\n]* test is successful\z`

// Of nginx -T only what is written is seen, and what is written in the files,
// reloaded or not.
var (
	writtenTimeouts = harness.Look{Claim: "S4.8", Command: `nginx -T | grep timeout`, Broken: onlyTested, Fixed: onlyTested}
	writtenBuffers  = harness.Look{Claim: "S7.6", Command: `nginx -T | grep buffer`, Broken: onlyTested, Fixed: onlyTested}
)

// The commands that verify a fix; the last two read logs that keep what was, and
// here do not follow them, which has no end (tail -f).
var verifyFix = []harness.Look{
	{Claim: "V1", Command: `curl http://localhost:3000`, Tools: []string{"curl"}, Broken: `curl: \(7\) `, Fixed: `ok from app`},
	{Claim: "V2", Command: `nginx -t`, Broken: `test is successful`, Fixed: `test is successful`},
	{Claim: "V4", Command: `curl http://localhost`, Tools: []string{"curl"}, Asks: 1, Broken: `<title>502 Bad Gateway</title>`, Fixed: `ok from app`},
	{Claim: "V5", Command: `tail -n 20 /var/log/nginx/error.log`, Broken: `111: Connection refused`, Fixed: `111: Connection refused`},
	{Claim: "V6", Command: `tail -n 3 /var/log/nginx/access.log`, Broken: `HTTP/1.1" 502 `, Fixed: `HTTP/1.1" 200 `},
}

// testAndReload is what the runbook does after every edit.
var testAndReload = harness.Look{Claim: "S3.6", Command: `nginx -t && nginx -s reload && echo reloaded`,
	Broken: `(?s)test is successful.*reloaded`, Fixed: `(?s)test is successful.*reloaded`}

// reloadAlone is its second step: quiet and exit 0, as the signal was sent, whether
// nginx then takes the configuration or not (its error log says that).
var reloadAlone = harness.Look{Claim: "V3", Command: `nginx -s reload; echo "exit $?"`, Broken: `exit 0$`, Fixed: `exit 0$`}

// portLoop is the manual health check of three servers; "succeeded" is the word
// of netcat-openbsd.
var portLoop = harness.Look{Claim: "S8.5", Tools: []string{"nc"},
	Command: `for port in 3000 3001 3002; do if nc -zv localhost $port 2>&1 | grep succeeded; then echo "Port $port: OK"; else echo "Port $port: DOWN"; fi; done`,
	Broken:  `(?s)Port 3000: OK.*Port 3001: DOWN.*Port 3002: OK`, Fixed: `(?s)Port 3000: OK.*Port 3001: OK.*Port 3002: OK`}

var listeners = harness.Look{Claim: "S8.6", Command: `ss -tlnp | grep -E "3000|3001|3002" | grep -oE ":300[0-2] " | sort`, Tools: []string{"ss"},
	Broken: `^:3000 \n:3002 $`, Fixed: `^:3000 \n:3001 \n:3002 $`}

// socketFile is the runbook's look at the socket, at the path of these pods.
var socketFile = harness.Look{Claim: "S9.1", Command: `ls -la /run/app.sock`, Broken: `No such file or directory`, Fixed: `^s`}

// with is a look that is expected to tell something else.
func with(l harness.Look, claim, broken, fixed string) harness.Look {
	l.Claim, l.Broken, l.Fixed = claim, broken, fixed
	return l
}

// The security commands read the machine, where it has them: in a pod they would
// find neither SELinux nor AppArmor and say so. Those that change a policy
// (setsebool, semodule, setenforce, aa-complain, aa-disable) would change the
// machine's own and are run only on one made for them (.ci/machine;
// a transcript is in fixtures/machine).
var securityState = []harness.Look{
	{Claim: "S6.1", Command: `getenforce`, Machine: true, Tools: []string{"getenforce"}, Broken: `^(Enforcing|Permissive|Disabled)$`, Fixed: `^(Enforcing|Permissive|Disabled)$`},
	{Claim: "S6.2", Command: `getsebool -a | grep httpd`, Machine: true, Tools: []string{"getsebool"}},
	{Claim: "S6.4", Command: `ausearch -m avc -ts recent | grep nginx`, Machine: true, Tools: []string{"ausearch"}},
	{Claim: "S6.6", Command: `aa-status`, Machine: true, Tools: []string{"aa-status"}},
	{Claim: "S6.6", Command: `aa-status | grep nginx`, Machine: true, Tools: []string{"aa-status"}},
}
