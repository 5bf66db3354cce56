// Command badgateway reproduces the 502s and 504s of nginx gateways on a real
// nginx and proves their fixes.
//
// It is flags and wiring: one file per verb, and [Main], which is the whole
// command as a function. What runs is package harness, what is written is
// package report. In a pod of the native driver the same binary is the lab;
// package native takes over before main does.
//
// Exit codes: 0 fine, 1 a failed scenario, 2 bad usage or bad input, 3 this
// machine cannot run it, 128+N ended by signal N.
package main
