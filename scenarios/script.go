package scenarios

import (
	"strings"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// script: the runbook's verification script, section by section.
var script = []harness.Scenario{verification}

var verification = harness.Scenario{
	Name:  "script/verification",
	Title: "the verification script is run while one of two servers is down and tries are not repeated",
	Step:  "10",
	Claims: append(confirmed("S10.2", "S10.3"),
		conditional("S2.1", "only for what stands in the file that is searched; nginx -T shows all files"),
		conditional("S10.1", "only with systemd, where it says active (running) of an nginx that answers 502; elsewhere it says Service not running of one that runs"),
		conditional("S10.5", "only under bash, for name:port or IPv4 in conf.d; unix sockets, IPv6, proxy_pass addresses and other files are not tested"),
		refuted("S10.6", "grep without -E looks for the bar itself and finds nothing; No 502 errors is not printed either, as tail succeeds"),
		conditional("S10.4", "only for blocks in those two places, and every line that holds the word"),
		conditional("S10.7", "where the log format has the status between spaces; lines of before the fix stay, and No 502 responses is never printed, as tail succeeds"),
		conditional("S10.8", "read on the machine: Enforcing whether it denies nginx anything or not; not installed where AppArmor denies; inside a container Disabled where it enforces"),
		conditional("S10.9", "shows what is written, not the defaults in force"),
		refuted("S10.10", "shows the ports on which nginx listens and no connection (ss -l)"),
		conditional("S10.11", "fixed advice, the same whatever was found")),
	Cause:    "one of the two servers in conf.d/app.conf is down, and proxy_next_upstream off keeps nginx from asking the other",
	Why:      "the port test of section 5 names the dead server; the error log names it too, but section 6 looks for the wrong pattern",
	Files:    []pod.File{{Path: "/etc/nginx/conf.d", Dir: true}, {Path: "/etc/nginx/conf.d/app.conf", Data: []byte(conf("script/verification.app"))}},
	Backends: []backends.Spec{named("app1", "127.0.0.1:3000"), named("app2", "127.0.0.1:3001")},
	Methods:  readAndWrite,
	Looks:    sections,
	Break:    harness.Break{Faults: down("app2")},
	Symptom:  harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectRefused}, Requests: 1, Of: 2},
	Fix:      harness.Fix{Title: "start the dead server (section 5 names it)", Lift: true, Requests: 4},
}

// sections are the script's own commands. Two differ in form alone: the bash of
// section 5 is started where there is one, and all run under sh.
var sections = []harness.Look{
	{Claim: "S2.1", Command: `grep -E "proxy_pass|upstream" /etc/nginx/conf.d/*.conf`, Broken: `proxy_pass http://backend`, Fixed: `proxy_pass http://backend`},
	{Claim: "S10.1", Command: `systemctl status nginx 2>/dev/null || echo "Service not running"`, Broken: `.`, Fixed: `.`},
	{Claim: "S10.2", Command: `ps aux | grep nginx | grep -v grep || echo "No nginx process"`, Tools: []string{"ps"}, Broken: `nginx: worker process`, Fixed: `nginx: worker process`},
	{Claim: "S10.3", Command: `nginx -t 2>&1`, Broken: `test is successful`, Fixed: `test is successful`},
	{Claim: "S10.4", Command: `grep -E "upstream|proxy_pass" /etc/nginx/nginx.conf 2>/dev/null; grep -E "upstream|proxy_pass" /etc/nginx/conf.d/*.conf 2>/dev/null | head -20`,
		Broken: `upstream backend \{`, Fixed: `upstream backend \{`},
	{Claim: "S10.5", Command: connectivity("bash"), Tools: []string{"bash", "nc"}, Broken: `(?s)3000 .*succeeded.*3001 .*refused`, Fixed: `(?s)3000 .*succeeded.*3001 .*succeeded`},
	{Claim: "S10.5", Command: connectivity("sh"), Tools: []string{"nc", "awk"}, Broken: `not found|succeeded`, Fixed: `not found|succeeded`},
	{Claim: "S10.6", Command: `grep "502|upstream" /var/log/nginx/error.log 2>/dev/null | tail -10 || echo "No 502 errors"`, Broken: `^$`, Fixed: `^$`},
	{Claim: "S10.6", Command: `grep -E "502|upstream" /var/log/nginx/error.log 2>/dev/null | tail -10`, Broken: `111: Connection refused`, Fixed: `111: Connection refused`},
	{Claim: "S10.7", Command: `grep " 502 " /var/log/nginx/access.log 2>/dev/null | tail -5 || echo "No 502 responses"`, Broken: ` 502 `, Fixed: ` 502 `},
	{Claim: "S10.8", Machine: true, Command: `getenforce 2>/dev/null || echo "SELinux not installed"`, Broken: `^(SELinux not installed|Enforcing|Permissive|Disabled)$`, Fixed: `^(SELinux not installed|Enforcing|Permissive|Disabled)$`},
	{Claim: "S10.9", Command: `nginx -T 2>/dev/null | grep -E "proxy_.*timeout" | head -10`, Broken: `^\s*proxy_read_timeout 5s;$`, Fixed: `^\s*proxy_read_timeout 5s;$`},
	{Claim: "S10.10", Command: `ss -tlnp | grep nginx || netstat -tlnp | grep nginx`, Tools: []string{"ss"}, Broken: `:80 .*"nginx"`, Fixed: `:80 .*"nginx"`},
	{Claim: "S10.11", Command: `echo "1. Verify upstream server is running"`, Broken: `^1\. Verify`, Fixed: `^1\. Verify`},
}

// connectivity is section 5 as the script has it, run by shell.
func connectivity(shell string) string {
	return shell + ` <<'EOF'
` + strings.TrimSpace(`
for addr in $(grep -oE "server [^;]+" /etc/nginx/conf.d/*.conf 2>/dev/null | grep -v "server_name" | awk '{print $2}' | tr -d ';'); do
    if [[ $addr == *":"* ]]; then
        host=$(echo $addr | cut -d: -f1)
        port=$(echo $addr | cut -d: -f2)
        echo "Testing $addr:"
        nc -zv $host $port 2>&1 || echo "  Connection failed"
    fi
done`) + `
EOF`
}
