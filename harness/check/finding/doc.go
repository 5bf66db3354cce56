// Package finding reads cells and routes and names what will hurt: rules with
// a severity, the evidence, the directive that causes it, and the scenario of
// the catalogue that explains the fix. It runs nothing: [Find] is a pure function.
//
// A [Policy] (badgateway.yaml) moves limits and severities and accepts single
// findings with a reason and an expiry.
package finding
