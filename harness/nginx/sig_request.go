package nginx

// What else decides a request's status beside its upstream (ngx_http_limit_req_module.c,
// ngx_http_limit_conn_module.c, ngx_http_auth_request_module.c, ngx_http_core_module.c, ngx_http_script.c).
var (
	LimitedRequests = Signature{
		Name: "limited-requests", Phrase: "limiting requests, ", Levels: []Level{Error, Warn, Notice, Info},
		Meaning: "limit_req refused the request: 503",
	}
	DelayedRequests = Signature{
		Name: "delayed-requests", Phrase: "delaying request, ", Levels: []Level{Warn, Notice, Info},
		Meaning: "limit_req delayed the request",
	}
	LimitedConnections = Signature{
		Name: "limited-connections", Phrase: `limiting connections by zone "`, Levels: []Level{Error, Warn, Notice, Info},
		Meaning: "limit_conn refused the request: 503",
	}
	AuthUnexpected = Signature{
		Name: "auth-unexpected", Phrase: "auth request unexpected status: ", Levels: errorLevel,
		Meaning: "the upstream of auth_request failed, or answered neither 2xx, 401 nor 403: 500",
	}
	RedirectCycle = Signature{
		Name: "redirect-cycle", Phrase: "rewrite or internal redirection cycle", Levels: errorLevel,
		Meaning: "rewrites, error_page or X-Accel-Redirect run in a circle: 500",
	}
	NoNamedLocation = Signature{
		Name: "no-named-location", Phrase: `could not find named location "`, Levels: errorLevel,
		Meaning: "error_page, try_files or X-Accel-Redirect names a location that is not there: 500",
	}
	UnsafeURI = Signature{
		Name: "unsafe-uri", Phrase: `unsafe URI "`, Levels: errorLevel,
		Meaning: "X-Accel-Redirect points outside: 404",
	}
	EmptyRewrite = Signature{
		Name: "empty-rewrite", Phrase: "the rewritten URI has a zero length", Exact: true, Levels: errorLevel,
		Meaning: "a rewrite left nothing: 500",
	}
)

var requestFamily = []Signature{
	LimitedRequests, DelayedRequests, LimitedConnections, AuthUnexpected, RedirectCycle, NoNamedLocation,
	UnsafeURI, EmptyRewrite,
}

// proxy_cache and its siblings (ngx_http_upstream.c:ngx_http_upstream_cache, ngx_http_file_cache.c).
var (
	CacheUnknown = Signature{
		Name: "cache-unknown", Phrase: `cache "`, Any: []string{`" not found`}, Levels: errorLevel,
		Meaning: "proxy_cache names a zone in a variable that does not exist: 500",
	}
	ProxyCacheKeyTooBig = Signature{
		Name: "proxy-cache-key-too-big", Phrase: "proxy_buffer_size ", Any: []string{"is not enough for cache key"}, Levels: errorLevel,
		Meaning: "proxy_buffer_size cannot hold the cache key; the response is not cached",
	}
	FastCGICacheKeyTooBig = Signature{
		Name: "fastcgi-cache-key-too-big", Phrase: "fastcgi_buffer_size ", Any: []string{"is not enough for cache key"}, Levels: errorLevel,
		Meaning: "fastcgi_buffer_size cannot hold the cache key; the response is not cached",
	}
	UwsgiCacheKeyTooBig = Signature{
		Name: "uwsgi-cache-key-too-big", Phrase: "uwsgi_buffer_size ", Any: []string{"is not enough for cache key"}, Levels: errorLevel,
		Meaning: "uwsgi_buffer_size cannot hold the cache key; the response is not cached",
	}
	ScgiCacheKeyTooBig = Signature{
		Name: "scgi-cache-key-too-big", Phrase: "scgi_buffer_size ", Any: []string{"is not enough for cache key"}, Levels: errorLevel,
		Meaning: "scgi_buffer_size cannot hold the cache key; the response is not cached",
	}
	CacheBadHeader = Signature{
		Name: "cache-bad-header", Phrase: `cache file "`, Errno: -1, Levels: critLevel,
		Meaning: "a file in the cache is damaged; it is fetched again",
	}
	CacheLockTimeout = Signature{
		Name: "cache-lock-timeout", Phrase: "cache lock timeout", Exact: true, Levels: infoLevel,
		Meaning: "another request fetches the same file for longer than proxy_cache_lock_timeout",
	}
	ThreadPoolUnknown = Signature{
		Name: "thread-pool-unknown", Phrase: `thread pool "`, Levels: errorLevel,
		Meaning: "aio threads names a pool in a variable that does not exist",
	}
	ThreadTooLong = Signature{
		Name: "thread-too-long", Phrase: "thread operation took too long", Exact: true, Levels: alertLevel,
		Meaning: "a write to disk blocked for a minute",
	}
)

var cacheFamily = []Signature{
	CacheUnknown, ProxyCacheKeyTooBig, FastCGICacheKeyTooBig, UwsgiCacheKeyTooBig, ScgiCacheKeyTooBig,
	CacheBadHeader, CacheLockTimeout, ThreadPoolUnknown, ThreadTooLong,
}
