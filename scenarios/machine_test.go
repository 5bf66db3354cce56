package scenarios

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx"
)

// uttered is what a command of a transcript told.
type uttered struct{ state, command, output, exit string }

// transcript reads what .ci/machine recorded: "== state", "$ command", its output,
// "exit N"; other lines between the commands are kept as those of the command "".
func transcript(t *testing.T, policy string) []uttered {
	data, err := os.ReadFile(filepath.Join("..", "fixtures", "machine", policy+".txt"))
	require.NoError(t, err, "record it: make machine LSM=%s > fixtures/machine/%s.txt", policy, policy)
	var all []uttered
	now := uttered{}
	end := func() {
		if now.command != "" || now.output != "" {
			all = append(all, now)
		}
		now = uttered{state: now.state}
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\n")
		if state, ok := strings.CutPrefix(line, "== "); ok {
			end()
			now.state = state
		} else if command, ok := strings.CutPrefix(line, "$ "); ok {
			end()
			now.command = command
		} else if exit, ok := strings.CutPrefix(line, "exit "); ok && now.command != "" {
			now.exit = exit
			end()
		} else if line != "" {
			now.output += line + "\n"
		}
	}
	end()
	return all
}

// machines are what the verdicts on SELinux, AppArmor and systemd rest on, in
// the order in which it happened. A command of "" is what the client was
// answered and what nginx logged.
var machines = map[string][]struct{ claim, state, command, output, exit string }{
	"apparmor": {
		{"S6.6", "stock", `aa-status | head -n 2`, `^apparmor module is loaded`, "0"},
		{"S6.6", "stock", `aa-status | grep nginx`, `^$`, "1"},
		{"S6.7", "stock", `aa-complain /etc/apparmor.d/usr.sbin.nginx`, `not found, skipping`, "0"},
		{"S6.7", "stock", `aa-disable /etc/apparmor.d/usr.sbin.nginx`, `not found, skipping`, "0"},
		{"", "stock", "", `^client 200$`, ""},
		{"W6", "a profile without a rule for connect", "", `^client 200\nclient 502\n.*\[crit\] .*connect\(\) to 127.0.0.1:3000 failed \(13: Permission denied\) while connecting to upstream, `, ""},
		{"S6.6", "a profile without a rule for connect", `aa-status | grep nginx`, `/usr/sbin/nginx \(\d+\) nginx`, "0"},
		{"S1.5", "a profile without a rule for connect", `systemctl status nginx | grep Active`, `active \(running\)`, "0"},
		{"S1.6", "a profile without a rule for connect", `nginx -t`, `test is successful`, "0"},
		{"S2.3", "a profile without a rule for connect", `nc -zv localhost 3000`, `succeeded`, "0"},
		{"S10.8", "a profile without a rule for connect", `getenforce 2>/dev/null || echo "SELinux not installed"`, `^SELinux not installed$`, "0"},
		{"S6.4", "a profile without a rule for connect", `ausearch -m avc -ts recent | grep nginx`, `^<no matches>$`, "1"},
		{"S6.4", "a profile without a rule for connect", `grep -o "apparmor=.*comm=.nginx.*" /var/log/audit/audit.log | tail -n 1`, `apparmor="DENIED" operation="connect" .*profile="nginx"`, "0"},
		{"S6.7", "a profile without a rule for connect", `aa-complain /etc/apparmor.d/usr.sbin.nginx`, `to complain mode`, "0"},
		{"S6.7", "a profile without a rule for connect", "", `^client 200$`, ""},
		{"S6.7", "a profile without a rule for connect", `aa-enforce /etc/apparmor.d/usr.sbin.nginx`, `to enforce mode`, "0"},
		{"S6.7", "a profile without a rule for connect", "", `^client 502$`, ""},
		{"S6.7", "a profile without a rule for connect", `aa-disable /etc/apparmor.d/usr.sbin.nginx`, `Disabling`, "0"},
		{"S6.7", "a profile without a rule for connect", "", `^client 200$`, ""},
		{"S6.7", "a profile without a rule for connect", `aa-enforce /etc/apparmor.d/usr.sbin.nginx`, `to enforce mode`, "0"},
		{"S6.7", "a profile without a rule for connect", "", `^client 200\nclient 502$`, ""},
		{"W6", "a profile that denies connect", "", `(?s)^client 502\n.*\[crit\] .*connect\(\) to 127.0.0.1:3000 failed \(13: Permission denied\)`, ""},
		{"S6.4", "a profile that denies connect", `grep -c apparmor=.DENIED /var/log/audit/audit.log`, `^0$`, "1"},
		{"S6.7", "a profile that denies connect", `aa-complain /etc/apparmor.d/usr.sbin.nginx`, `to complain mode`, "0"},
		{"S6.7", "a profile that denies connect", "", `^client 502$`, ""},
		{"S6.7", "a profile that denies connect", `aa-disable /etc/apparmor.d/usr.sbin.nginx`, `Disabling`, "0"},
		{"S6.7", "a profile that denies connect", "", `^client 200$`, ""},
		{"W6", "a profile that denies socket, loaded under a running nginx", "", `^client 200\nclient 500\n.*\[alert\] .*socket\(\) failed \(13: Permission denied\) while connecting to upstream`, ""},
		{"", "a profile that denies socket, loaded under a running nginx", `systemctl restart nginx`, `failed`, "1"},
		{"", "a profile that denies socket, loaded under a running nginx", "", `\[emerg\] .*socket\(\) 0.0.0.0:80 failed \(13: Permission denied\)`, ""},
		{"S10.1", "stopped", `systemctl status nginx | grep Active`, `(inactive|failed) \(`, "0"},
		{"S10.1", "stopped", `systemctl status nginx >/dev/null 2>/dev/null || echo "Service not running"`, `^Service not running$`, "0"},
		{"", "badgateway", `./badgateway run security/* script/verification --driver native --nginx nginx`, `\n3 scenarios: 3 passed in `, "0"},
	},
	"selinux": {
		{"S6.1", "enforcing, nginx of the package", `getenforce`, `^Enforcing$`, "0"},
		{"S6.1", "enforcing, nginx of the package", `ps -eZ | grep nginx`, `system_u:system_r:httpd_t:s0 `, "0"},
		{"S6.2", "enforcing, nginx of the package", `getsebool -a | grep httpd_can_network`, `(?m)^httpd_can_network_connect --> off$`, "0"},
		{"W6", "enforcing, nginx of the package", "", `^client 502\n.*\[crit\] .*connect\(\) to 127.0.0.1:3000 failed \(13: Permission denied\) while connecting to upstream, `, ""},
		{"S1.5", "enforcing, nginx of the package", `systemctl status nginx | grep Active`, `active \(running\)`, "0"},
		{"S1.6", "enforcing, nginx of the package", `nginx -t`, `test is successful`, "0"},
		{"S2.3", "enforcing, nginx of the package", `nc -zv localhost 3000`, `succeeded`, "0"},
		{"S10.8", "enforcing, nginx of the package", `getenforce 2>/dev/null || echo "SELinux not installed"`, `^Enforcing$`, "0"},
		{"S6.4", "enforcing, nginx of the package", `ausearch -m avc -ts recent | grep nginx | tail -n 1`, `denied  \{ name_connect \} .*comm="nginx" dest=3000 .*httpd_t`, "0"},
		{"W6", "enforcing, nginx of the package", "", `^client /database 502\nclient /cache 502$`, ""},
		{"S6.3", "the boolean for databases", `setsebool -P httpd_can_network_connect_db 1`, `^$`, "0"},
		{"S6.3", "the boolean for databases", "", `^client / 502\nclient /database 200\nclient /cache 502$`, ""},
		{"S6.2", "the boolean for connections", `setsebool -P httpd_can_network_connect 1`, `^$`, "0"},
		{"S6.2", "the boolean for connections", "", `^client / 200\nclient /database 200\nclient /cache 200$`, ""},
		{"S6.4", "a policy made of the denials", "", `^client 502$`, ""},
		{"S6.4", "a policy made of the denials", `grep nginx /var/log/audit/audit.log | audit2allow -M mynginx`, `semodule -i mynginx.pp`, "0"},
		{"S6.4", "a policy made of the denials", `grep allow mynginx.te`, `allow httpd_t \w+_port_t:tcp_socket name_connect;`, "0"},
		{"S6.4", "a policy made of the denials", `semodule -i mynginx.pp`, ``, "0"},
		{"S6.4", "a policy made of the denials", "", `^client / 200\nclient /database 502\nclient /cache 502$`, ""},
		{"S6.4", "a policy made of the denials", `semodule -r mynginx`, ``, "0"},
		{"S6.4", "a policy made of the denials", "", `^client 502$`, ""},
		{"S6.5", "permissive", `setenforce 0`, `^$`, "0"},
		{"S6.5", "permissive", `getenforce`, `^Permissive$`, "0"},
		{"S6.5", "permissive", "", `^client 200$`, ""},
		{"S6.5", "permissive", `setenforce 1`, `^$`, "0"},
		{"S6.5", "permissive", "", `^client 502$`, ""},
		{"S10.1", "stopped", `systemctl status nginx | grep Active`, `inactive \(dead\)`, "0"},
		{"S10.1", "stopped", `systemctl status nginx >/dev/null 2>/dev/null || echo "Service not running"`, `^Service not running$`, "0"},
		{"", "badgateway", `./badgateway run security/* script/verification --driver native --nginx nginx | cat; exit ${PIPESTATUS[0]}`, `\n3 scenarios: 3 passed in `, "0"},
	},
}

// TestMachines judges the transcripts of machines that enforce a policy: what
// the catalogue says of the commands that no pod can run stands in them.
func TestMachines(t *testing.T) {
	claimed := map[string]bool{"": true}
	for _, s := range All() {
		for _, c := range s.Claims {
			claimed[c.ID] = true
		}
	}
	for policy, expected := range machines {
		t.Run(policy, func(t *testing.T) {
			rest := transcript(t, policy)
			for _, want := range expected {
				require.NotEmpty(t, rest, "%s: %s", want.state, want.command)
				require.True(t, claimed[want.claim], want.claim)
				got := rest[0]
				rest = rest[1:]
				require.Equal(t, want.state, got.state, "at %q", got.command)
				require.Equal(t, want.command, got.command, got.state)
				require.Regexp(t, regexp.MustCompile(want.output), strings.TrimRight(got.output, "\n"), "%s: $ %s", got.state, got.command)
				require.Equal(t, want.exit, got.exit, "%s: $ %s", got.state, got.command)
				if got.command == "" && strings.Contains(got.output, "connect()") {
					lines := strings.Split(strings.TrimRight(got.output, "\n"), "\n")
					line, err := nginx.ParseLine(lines[len(lines)-1])
					require.NoError(t, err)
					require.True(t, nginx.ConnectDenied.Match(line), line.Raw)
				}
			}
		})
	}
}
