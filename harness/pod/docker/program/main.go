// Program is what runs in the containers of a pod where the harness itself
// cannot: package docker plays the part that the first argument names before
// main begins. It is built by package docker, not installed.
package main

import (
	"fmt"
	"os"

	_ "badgateway/harness/pod/docker"
)

func main() {
	fmt.Fprintln(os.Stderr, "this program is a part of badgateway's docker driver and does nothing by itself: run badgateway")
	os.Exit(2)
}
