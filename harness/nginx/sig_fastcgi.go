package nginx

// FastCGI, uwsgi and scgi (ngx_http_fastcgi_module.c, ngx_http_uwsgi_module.c, ngx_http_scgi_module.c).
var (
	FastCGIVersion = Signature{
		Name: "fastcgi-version", Phrase: "upstream sent unsupported FastCGI protocol version: ", Levels: errorLevel,
		Meaning: "the upstream does not speak FastCGI; version 72 is the H of an HTTP server",
	}
	FastCGIType = Signature{
		Name: "fastcgi-type", Phrase: "upstream sent invalid FastCGI record type: ", Levels: errorLevel,
		Meaning: "a record of unknown type",
	}
	FastCGIIDHigh = Signature{
		Name: "fastcgi-id-high", Phrase: "upstream sent unexpected FastCGI request id high byte: ", Levels: errorLevel,
		Meaning: "a record for another request",
	}
	FastCGIIDLow = Signature{
		Name: "fastcgi-id-low", Phrase: "upstream sent unexpected FastCGI request id low byte: ", Levels: errorLevel,
		Meaning: "a record for another request",
	}
	FastCGIRecord = Signature{
		Name: "fastcgi-record", Phrase: "upstream sent unexpected FastCGI record: ", Levels: errorLevel,
		Meaning: "the request ended before any header",
	}
	FastCGIStdout = Signature{
		Name: "fastcgi-stdout", Phrase: "upstream prematurely closed FastCGI stdout", Exact: true, Levels: errorLevel,
		Meaning: "the application ended its output before the header, or before Content-Length",
	}
	FastCGIRequest = Signature{
		Name: "fastcgi-request", Phrase: "upstream prematurely closed FastCGI request", Exact: true, Levels: errorLevel,
		Meaning: "the application ended the request before Content-Length",
	}
	FastCGIStderr = Signature{
		Name: "fastcgi-stderr", Phrase: `FastCGI sent in stderr: "`, Levels: errorLevel,
		Meaning: "the application wrote to its error output; it may span lines",
	}
	FastCGITooBig = Signature{
		Name: "fastcgi-too-big", Phrase: "fastcgi request record is too big: ", Levels: alertLevel,
		Meaning: "parameters larger than 64 KB: 500",
	}
	FastCGIJoined = Signature{
		Name: "fastcgi-joined", Phrase: "invalid header after joining FastCGI records", Exact: true, Levels: alertLevel,
		Meaning: "a header split over records parses only half",
	}
	FastCGILength = Signature{
		Name: "fastcgi-length", Phrase: "fastcgi request length mismatch", Levels: alertLevel,
		Meaning: "nginx miscounted a request",
	}
	FastCGISplit = Signature{
		Name: "fastcgi-split", Phrase: "pcre_exec() failed: ", Levels: alertLevel,
		Meaning: "fastcgi_split_path_info hit the limit of the regular expression library",
	}
	FastCGISplit2 = Signature{
		Name: "fastcgi-split-pcre2", Phrase: "pcre2_match() failed: ", Levels: alertLevel,
		Meaning: "fastcgi_split_path_info hit the limit of the regular expression library",
	}
	UwsgiTooBig = Signature{
		Name: "uwsgi-too-big", Phrase: "uwsgi request is too big: ", Levels: alertLevel,
		Meaning: "parameters larger than 64 KB: 500",
	}
	UwsgiTooLittle = Signature{
		Name: "uwsgi-too-little", Phrase: "uwsgi request is too little: ", Levels: alertLevel,
		Meaning: "parameters shorter than uwsgi allows",
	}
	UwsgiLength = Signature{
		Name: "uwsgi-length", Phrase: "uwsgi request length mismatch", Levels: alertLevel,
		Meaning: "nginx miscounted a request",
	}
	ScgiLength = Signature{
		Name: "scgi-length", Phrase: "scgi request length mismatch", Levels: alertLevel,
		Meaning: "nginx miscounted a request",
	}
)

var fastcgiFamily = []Signature{
	FastCGIVersion, FastCGIType, FastCGIIDHigh, FastCGIIDLow, FastCGIRecord, FastCGIStdout, FastCGIRequest,
	FastCGIStderr, FastCGITooBig, FastCGIJoined, FastCGILength, FastCGISplit, FastCGISplit2, UwsgiTooBig,
	UwsgiTooLittle, UwsgiLength, ScgiLength,
}

// memcached (ngx_http_memcached_module.c).
var (
	MemcachedKey = Signature{
		Name: "memcached-key", Phrase: `memcached sent invalid key in response "`, Levels: errorLevel,
		Meaning: "the answer is for another key",
	}
	MemcachedFlags = Signature{
		Name: "memcached-flags", Phrase: `memcached sent invalid flags in response "`, Levels: errorLevel,
		Meaning: "the flags of the answer are no number",
	}
	MemcachedLength = Signature{
		Name: "memcached-length", Phrase: `memcached sent invalid length in response "`, Levels: errorLevel,
		Meaning: "the length of the answer is no number",
	}
	MemcachedResponse = Signature{
		Name: "memcached-response", Phrase: `memcached sent invalid response: "`, Levels: errorLevel,
		Meaning: "the answer is an error, or not memcached",
	}
	MemcachedTrailer = Signature{
		Name: "memcached-trailer", Phrase: "memcached sent invalid trailer", Exact: true, Levels: errorLevel,
		Meaning: "the value does not end as it should",
	}
	MemcachedMiss = Signature{
		Name: "memcached-miss", Phrase: `key: "`, Levels: infoLevel,
		Meaning: "the key is not stored: 404",
	}
	MemcachedNoKey = Signature{
		Name: "memcached-no-key", Phrase: `the "$memcached_key" variable is not set`, Exact: true, Levels: errorLevel,
		Meaning: "$memcached_key is set in another location only: 500",
	}
)

var memcachedFamily = []Signature{
	MemcachedKey, MemcachedFlags, MemcachedLength, MemcachedResponse, MemcachedTrailer, MemcachedMiss,
	MemcachedNoKey,
}
