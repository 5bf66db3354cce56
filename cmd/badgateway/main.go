package main

import (
	"context"
	"os"
)

func main() {
	ctx, stop := withSignals(context.Background(), os.Exit)
	command := &app{parts: wired(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	code := command.main(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
