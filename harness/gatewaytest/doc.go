// Package gatewaytest runs the harness inside a Go test, of this project or of
// any other: [Start] gives a test one nginx with its own configuration and
// played upstreams, to break and to ask step by step; [Run] plays a whole
// scenario and fails the test with the verdict's reasons.
//
// Which driver and which nginx is the environment's to say, so that one suite
// runs on a laptop and in CI:
//
//	BADGATEWAY_DRIVER   auto (the default), native, docker; all for [Drivers]
//	BADGATEWAY_NGINX    as --nginx: a path, debian:SUITE, image:NAME
//	BADGATEWAY_REQUIRE  1: a missing driver or nginx fails the test instead of skipping it
//	BADGATEWAY_KEEP     a directory for the artefacts of [Run]
//	BADGATEWAY_PROGRAM  a program that plays the lab in pods ([pod.EnvProgram])
//
// It imports neither package testing nor an assertion library: a test hands in
// its *testing.T as [harness.T].
package gatewaytest
