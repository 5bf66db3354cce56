// Package plan names the routes of a configuration and gives each the requests
// to try, the likeliest first.
package plan
