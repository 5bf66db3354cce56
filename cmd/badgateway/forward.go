package main

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"

	"badgateway/harness/pod"
)

// forward listens on a free loopback port and connects whoever comes to
// inside, an address in the pod. stop ends it with all its connections.
func forward(ctx context.Context, p *pod.Pod, inside string) (address string, stop func(), err error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var open sync.WaitGroup
	open.Go(func() {
		for {
			outer, err := listener.Accept()
			if err != nil {
				return // closed by stop
			}
			open.Go(func() { join(ctx, p, outer, inside) })
		}
	})
	return listener.Addr().String(), func() {
		cancel()
		listener.Close() // a closed listener cannot be closed more
		open.Wait()
	}, nil
}

// join copies between a client and the pod until either ends or ctx does. A
// reset by nginx is passed on as a reset.
func join(ctx context.Context, p *pod.Pod, outer net.Conn, inside string) {
	defer outer.Close()
	inner, err := p.Dial(ctx, inside)
	if err != nil {
		reset(outer) // what a client of a closed port sees, as near as an accepted connection gets
		return
	}
	defer inner.Close()
	defer context.AfterFunc(ctx, func() { outer.Close(); inner.Close() })()
	go func() {
		io.Copy(inner, outer) // ends with either side; the answer decides when to close
		if half, ok := inner.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
	}()
	if _, err := io.Copy(outer, inner); errors.Is(err, syscall.ECONNRESET) {
		reset(outer)
	}
}

func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0) // the close that follows sends RST
	}
}
