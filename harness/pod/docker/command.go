package docker

import (
	"path"
	"slices"
	"strings"

	"badgateway/harness/pod"
)

// command is how nginx is started: an image's own way, but for the file that
// it reads.
func (m *machine) command() []string {
	if binary := m.spec.Nginx.Binary; binary != "" {
		return []string{binary, "-c", pod.ConfPath}
	}
	entry, own := m.ImageCommand()
	if m.spec.Bare {
		entry = nil
	}
	return append(slices.Clone(entry), withConf(own)...)
}

// ImageCommand implements [pod.Imaged].
func (m *machine) ImageCommand() (entry, nginx []string) { return startOf(m.image.command) }

// startOf splits an image's command in front of the word that is nginx. One
// that has none says nothing of how nginx is started.
func startOf(command []string) (entry, nginx []string) {
	i := slices.IndexFunc(command, isNginx)
	if i < 0 || i > 0 && command[i-1] == "-c" { // sh -c nginx
		return nil, []string{"nginx"}
	}
	for i+1 < len(command) && isNginx(command[i+1]) { // su-exec nginx nginx
		i++
	}
	return command[:i], command[i:]
}

// withConf makes nginx read the pod's configuration.
func withConf(nginx []string) []string {
	nginx = slices.Clone(nginx)
	if i := slices.Index(nginx, "-c"); i >= 0 && i+1 < len(nginx) {
		nginx[i+1] = pod.ConfPath
		return nginx
	}
	return append(nginx, "-c", pod.ConfPath)
}

// isNginx says whether a word of a command names nginx or one of its kin.
func isNginx(word string) bool {
	switch path.Base(word) {
	case "nginx", "nginx-debug", "openresty", "angie", "freenginx", "tengine":
		return true
	}
	return false
}

// withoutDaemon leaves out -g with nothing but the directive in it.
func withoutDaemon(args []string) []string {
	for i := range len(args) - 1 {
		text := strings.Join(strings.Fields(strings.TrimSuffix(strings.TrimSpace(args[i+1]), ";")), " ")
		if args[i] == "-g" && (text == "daemon off" || text == "daemon on") {
			return slices.Delete(slices.Clone(args), i, i+2)
		}
	}
	return args
}
