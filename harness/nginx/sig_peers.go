package nginx

// Peers of an upstream block (ngx_http_upstream.c:ngx_http_upstream_connect,
// ngx_http_upstream_round_robin.c, ngx_http_upstream_sticky_module.c).
var (
	NoLiveUpstreams = Signature{
		Name: "no-live-upstreams", Phrase: "no live upstreams", Exact: true, Actions: []string{connecting}, Levels: errorLevel,
		Meaning: "every peer is marked failed, down, full or without an address: 502 without a try",
	}
	PeerDisabled = Signature{
		Name: "peer-disabled", Phrase: "upstream server temporarily disabled", Exact: true, Levels: warnLevel,
		Meaning: "a peer reached max_fails and is left out for fail_timeout",
	}
	StickyExpired = Signature{
		Name: "sticky-expired", Phrase: "could not allocate node", Any: []string{"expiring least recently used session"}, Levels: warnLevel,
		Meaning: "the zone of sticky sessions is full; the oldest goes",
	}
	StickyFull = Signature{
		Name: "sticky-full", Phrase: "could not allocate node", Levels: alertLevel,
		Meaning: "the zone of sticky sessions is full even after expiry",
	}
	StickyUnsupported = Signature{
		Name: "sticky-unsupported", Phrase: "balancer does not support sticky", Exact: true, Levels: warnLevel,
		Meaning: "the balancer cannot be steered by sticky",
	}
	ZoneNoMemory = Signature{
		Name: "zone-no-memory", Phrase: `cannot add new server to upstream "`, Levels: errorLevel,
		Meaning: "the upstream's zone is too small for the addresses of a resolved name",
	}
	SlabNoMemory = Signature{
		Name: "slab-no-memory", Phrase: "ngx_slab_alloc() failed: no memory", Levels: critLevel,
		Meaning: "a shared memory zone is full",
	}
)

var peersFamily = []Signature{
	NoLiveUpstreams, PeerDisabled, StickyExpired, StickyFull, StickyUnsupported, ZoneNoMemory, SlabNoMemory,
}

// Addresses in variables (ngx_url_parse via proxy_pass $url and its siblings;
// ngx_http_proxy_module.c:ngx_http_proxy_eval): 500.
var (
	NoPort = Signature{
		Name: "no-port", Phrase: `no port in upstream "`, Levels: []Level{Error, Info},
		Meaning: "fastcgi_pass, uwsgi_pass, scgi_pass, grpc_pass or memcached_pass with a variable without a port",
	}
	BadScheme = Signature{
		Name: "bad-scheme", Phrase: `invalid URL prefix in "`, Levels: errorLevel,
		Meaning: "proxy_pass with a variable that does not begin with http:// or https://",
	}
	NoHost = Signature{
		Name: "no-host", Phrase: `no host in upstream "`, Levels: []Level{Error, Info},
		Meaning: "proxy_pass with a variable without a host",
	}
	BadHost = Signature{
		Name: "bad-host", Phrase: `invalid host in upstream "`, Levels: []Level{Error, Info},
		Meaning: "proxy_pass with a variable whose host is malformed",
	}
	BadPort = Signature{
		Name: "bad-port", Phrase: `invalid port in upstream "`, Levels: []Level{Error, Info},
		Meaning: "proxy_pass with a variable whose port is malformed",
	}
	NoSocketPath = Signature{
		Name: "no-socket-path", Phrase: `no path in the unix domain socket in upstream "`, Levels: []Level{Error, Info},
		Meaning: "proxy_pass with a variable that is an empty unix:",
	}
	LongSocketPath = Signature{
		Name: "long-socket-path", Phrase: `too long path in the unix domain socket in upstream "`, Levels: []Level{Error, Info},
		Meaning: "proxy_pass with a variable whose socket path exceeds 107 bytes",
	}
	BadIPv6 = Signature{
		Name: "bad-ipv6", Phrase: `invalid IPv6 address in upstream "`, Levels: []Level{Error, Info},
		Meaning: "proxy_pass with a variable whose [IPv6] address is malformed",
	}
	NoTLSSupport = Signature{
		Name: "no-tls-support", Phrase: "protocol requires SSL support", AfterWord: true, Levels: errorLevel,
		Meaning: "a TLS scheme in a variable, and an nginx built without TLS",
	}
	EmptyURI = Signature{
		Name: "empty-uri", Phrase: "zero length URI to proxy", Exact: true, Levels: errorLevel,
		Meaning: "nothing is left of the URI to pass on",
	}
	NoUpstreamConfiguration = Signature{
		Name: "no-upstream-configuration", Phrase: "no upstream configuration", Exact: true, Levels: alertLevel,
		Meaning: "internal inconsistency of nginx",
	}
)

var addressFamily = []Signature{
	NoPort, BadScheme, NoHost, BadHost, BadPort, NoSocketPath, LongSocketPath, BadIPv6, NoTLSSupport, EmptyURI,
	NoUpstreamConfiguration,
}
