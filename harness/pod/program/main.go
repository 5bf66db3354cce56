// Program is what plays the parts in pods where that is not the harness itself:
// the first process of a native pod, lab and agent in containers. Package docker
// builds it where the harness is not static; [pod.EnvProgram] names one that is
// built already. It initialises little, so a pod that it makes comes sooner.
package main

import (
	"fmt"
	"os"

	_ "badgateway/harness/pod/docker/inside"
	_ "badgateway/harness/pod/native"
)

func main() {
	fmt.Fprintln(os.Stderr, "this program plays parts in badgateway's pods and does nothing by itself: run badgateway")
	os.Exit(2)
}
