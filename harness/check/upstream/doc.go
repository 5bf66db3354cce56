// Package upstream finds where a configuration passes requests on: [Find] gives
// every proxy_pass, fastcgi_pass, grpc_pass, uwsgi_pass, scgi_pass and
// memcached_pass with the addresses behind it, in http and in stream blocks.
//
// Names of upstream blocks, default ports and the rules for variables are those
// of ngx_http_upstream.c and of each module's own "pass" handler. A target with
// variables has every value that set, map, geo, split_clients, captures and
// nginx's own variables can give it ([Vars]); what the request alone decides is
// taken from the sample request that [Sample], [Host] and [Path] stand for, so
// that whoever sends that request meets that address.
//
// The package reads text: whether nginx accepts it, and whether a request
// arrives, is for others to find out.
package upstream
