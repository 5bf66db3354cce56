package nginx

// Processes and start-up: these lines belong to no request (ngx_process.c, ngx_conf_file.c,
// ngx_http_upstream.c:ngx_http_upstream_add, ngx_connection.c:ngx_open_listening_sockets).
var (
	WorkerKilled = Signature{
		Name: "worker-killed", Phrase: "worker process ", Any: []string{"exited on signal "}, Levels: alertLevel,
		Meaning: "a worker died of a signal: crash, or out of memory",
	}
	CacheProcessKilled = Signature{
		Name: "cache-process-killed", Phrase: "cache ", Any: []string{"exited on signal "}, Levels: alertLevel,
		Meaning: "the cache manager or loader died of a signal",
	}
	WorkerFatal = Signature{
		Name: "worker-fatal", Phrase: "worker process ", Any: []string{"exited with fatal code "}, Levels: alertLevel,
		Meaning: "a worker could not start and is not tried again",
	}
	HostNotFound = Signature{
		Name: "host-not-found", Phrase: `host not found in upstream "`, Errno: -1, Levels: []Level{Emerg},
		Meaning: "an upstream name does not resolve at start-up: nginx does not start",
	}
	ListenInUse = Signature{
		Name: "listen-in-use", Phrase: "bind() to ", Errno: 98, Levels: []Level{Emerg},
		Meaning: "another process has the port",
	}
	ListenGivenUp = Signature{
		Name: "listen-given-up", Phrase: "still could not bind()", Exact: true, Levels: []Level{Emerg},
		Meaning: "a port stayed taken in five tries: nginx does not start",
	}
	ListenNoAddress = Signature{
		Name: "listen-no-address", Phrase: "bind() to ", Errno: 99, Levels: []Level{Emerg},
		Meaning: "listen names an address that this host does not have",
	}
	ListenNoFamily = Signature{
		Name: "listen-no-family", Phrase: "socket() ", Errno: 97, Levels: []Level{Emerg},
		Meaning: "listen [::] on a host or in a container without IPv6: nginx does not start",
	}
	ListenDenied = Signature{
		Name: "listen-denied", Phrase: "bind() to ", Errno: 13, Levels: []Level{Emerg},
		Meaning: "nginx may not bind the port: not root below 1024, or a policy",
	}
	UnknownDirective = Signature{
		Name: "unknown-directive", Phrase: `unknown directive "`, Errno: -1, Levels: []Level{Emerg},
		Meaning: "a misspelt directive, or a module that is not there",
	}
	UnknownVariable = Signature{
		Name: "unknown-variable", Phrase: `unknown "`, Errno: -1, Levels: []Level{Emerg},
		Meaning: "a variable that nobody defines",
	}
	BuffersTooSmall = Signature{
		Name: "buffers-too-small", Phrase: `"`, Any: []string{"_busy_buffers_size\" must be"}, Errno: -1, Levels: []Level{Emerg},
		Meaning: "proxy_buffer_size was raised without proxy_buffers and proxy_busy_buffers_size",
	}
	TempSizeTooSmall = Signature{
		Name: "temp-size-too-small", Phrase: `"`, Any: []string{"_max_temp_file_size\" must be", "_temp_file_write_size\" must be"}, Errno: -1, Levels: []Level{Emerg},
		Meaning: "a size of temporary files is below that of one buffer: 0, or at least the larger of proxy_buffer_size and one of proxy_buffers",
	}
	IncludeMissing = Signature{
		Name: "include-missing", Phrase: `open() "`, Errno: -1, Levels: []Level{Emerg},
		Meaning: "a file that the configuration includes cannot be opened",
	}
	CertificateMissing = Signature{
		Name: "certificate-missing", Phrase: `cannot load certificate "`, Errno: -1, Levels: []Level{Emerg},
		Meaning: "a server certificate cannot be read",
	}
	UnexpectedEnd = Signature{
		Name: "unexpected-end", Phrase: "unexpected end of file, expecting ", Errno: -1, Levels: []Level{Emerg},
		Meaning: "a brace or semicolon is missing",
	}
	NoServers = Signature{
		Name: "no-servers", Phrase: "no servers are inside upstream", Errno: -1, Levels: []Level{Emerg},
		Meaning: "an empty upstream block",
	}
	ParameterUnsupported = Signature{
		Name: "parameter-unsupported", Phrase: `balancing method does not support parameter "`, Errno: -1, Levels: []Level{Emerg},
		Meaning: "backup (or another parameter of server) beside ip_hash, hash or random",
	}
	ConflictingName = Signature{
		Name: "conflicting-name", Phrase: `conflicting server name "`, Levels: warnLevel,
		Meaning: "two server blocks have the same name and address; the first one counts",
	}
)

var startFamily = []Signature{
	WorkerKilled, CacheProcessKilled, WorkerFatal, HostNotFound, ListenInUse, ListenGivenUp, ListenNoAddress, ListenNoFamily, ListenDenied,
	UnknownDirective, UnknownVariable, BuffersTooSmall, TempSizeTooSmall, IncludeMissing, CertificateMissing, UnexpectedEnd,
	NoServers, ParameterUnsupported, ConflictingName,
}
