//go:build linux

package lab

import "os"

// Arg is the argument that makes any program that links this package the lab
// of a container, on its standard input and output.
const Arg = "badgateway-lab"

// init runs the lab instead of the program it is linked into, before its main
// and before the flags of a test: the same binary is harness and lab.
func init() {
	if len(os.Args) == 2 && os.Args[1] == Arg {
		Main()
	}
}
