// Package result holds what a check finds out, as plain data: inputs, routes,
// cells, findings and the difference of two sides. The packages of check fill
// it in, package report prints it; it is the schema badgateway.check/v1.
package result
