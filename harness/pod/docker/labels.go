package docker

import (
	"crypto/rand"
	"strconv"
	"strings"
	"time"
)

// Labels on all that the package makes.
const (
	labelSession = "badgateway.session" // one creator process
	labelPod     = "badgateway.pod"     // Spec.Name
	labelRole    = "badgateway.role"    // "lab" or "nginx"
	labelImage   = "badgateway.image"   // the kind, on images
	labelHost    = "badgateway.host"    // creator's boot and process namespace
	labelPID     = "badgateway.pid"     // creator's process id there
	labelStarted = "badgateway.started" // and its start time, in clock ticks since boot
)

// The kinds of images.
const (
	imageLab   = "lab"   // this program
	imageBase  = "base"  // an nginx from a root file system
	imageNginx = "nginx" // an nginx and this program
)

// creator identifies a process beyond the reuse of its id.
type creator struct {
	host    string // boot id and process namespace; process ids mean nothing elsewhere
	pid     int
	started uint64
}

// session is the unique name of this process's work on an engine.
var session = strings.ToLower(rand.Text())

// labels for an object of this process.
func labels(podName, role string) map[string]string { return labelsOf(self(), podName, role) }

func labelsOf(c creator, podName, role string) map[string]string {
	return map[string]string{
		labelSession: session, labelPod: podName, labelRole: role, labelHost: c.host,
		labelPID: strconv.Itoa(c.pid), labelStarted: strconv.FormatUint(c.started, 10),
	}
}

// creatorOf reads the labels of an object.
func creatorOf(labels map[string]string) (creator, bool) {
	pid, errPID := strconv.Atoi(labels[labelPID])
	started, errStarted := strconv.ParseUint(labels[labelStarted], 10, 64)
	return creator{host: labels[labelHost], pid: pid, started: started}, errPID == nil && errStarted == nil
}

// strangerAge is how old the idle containers of a creator on another machine,
// or in another container, must be to count as left behind: nobody here can
// see whether that creator lives, and none takes so long to start a container.
const strangerAge = time.Hour

// leftBehind says whether nobody will end a container any more.
func leftBehind(labels map[string]string, running bool, age time.Duration) bool {
	c, ok := creatorOf(labels)
	if !ok {
		return false // not of our making
	}
	if c.host == self().host {
		return !c.lives()
	}
	return !running && age > strangerAge
}
