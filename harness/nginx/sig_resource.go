package nginx

// What a worker runs out of (ngx_connection.c, ngx_event_accept.c, ngx_file.c, ngx_files.c).
var (
	WorkerConnections = Signature{
		Name: "worker-connections", Phrase: "worker_connections are not enough", Exact: true, AfterWord: true, Levels: alertLevel,
		Meaning: "all worker_connections are in use: 500 towards an upstream, else the client is cut",
	}
	WorkerConnectionsReused = Signature{
		Name: "worker-connections-reused", Phrase: "worker_connections are not enough, reusing connections", Exact: true, AfterWord: true, Levels: warnLevel,
		Meaning: "idle client connections are closed to make room",
	}
	WorkerConnectionsLimit = Signature{
		Name: "worker-connections-limit", Phrase: "worker_connections exceed open file resource limit: ", AfterWord: true, Levels: warnLevel,
		Meaning: "worker_connections is larger than the limit of open files",
	}
	AcceptNoDescriptors = Signature{
		Name: "accept-no-descriptors", Phrase: "accept4() failed", Exact: true, Errno: 24, Levels: critLevel,
		Meaning: "the file descriptors are used up: clients wait",
	}
	SocketNumber = Signature{
		Name: "socket-number", Phrase: "the new socket has number ", Levels: alertLevel,
		Meaning: "the event method has no slot for the descriptor",
	}
	ResponseBuffered = Signature{
		Name: "response-buffered", Phrase: "an upstream response is buffered to a temporary file ", Levels: warnLevel,
		Meaning: "the response exceeds proxy_buffers and the client is slow",
	}
	RequestBuffered = Signature{
		Name: "request-buffered", Phrase: "a client request body is buffered to a temporary file ", Levels: warnLevel,
		Meaning: "the request body exceeds client_body_buffer_size",
	}
	FileDenied = Signature{
		Name: "file-denied", Phrase: `open() "`, Errno: 13, Levels: critLevel,
		Meaning: "nginx may not open the file; for a temporary file of a response: truncated 200, of a request: 500",
	}
	FileNoDirectory = Signature{
		Name: "file-no-directory", Phrase: `open() "`, Errno: 20, Levels: critLevel,
		Meaning: "part of the path is no directory",
	}
	FileDiskFull = Signature{
		Name: "file-disk-full", Phrase: `open() "`, Errno: 28, Levels: critLevel,
		Meaning: "no space left to create the file",
	}
	DiskFull = Signature{
		Name: "disk-full", Phrase: `pwritev() "`, Errno: 28, Levels: critLevel,
		Meaning: "no space left for a temporary file or the cache",
	}
	DiskFullSingle = Signature{
		Name: "disk-full-single", Phrase: `pwrite() "`, Errno: 28, Levels: critLevel,
		Meaning: "no space left for a temporary file or the cache",
	}
	RenameFailed = Signature{
		Name: "rename-failed", Phrase: `rename() "`, Errno: -1, Levels: critLevel,
		Meaning: "a fetched file cannot be moved into the cache or store",
	}
	UnlinkFailed = Signature{
		Name: "unlink-failed", Phrase: `unlink() "`, Errno: -1, Levels: critLevel,
		Meaning: "a temporary file cannot be removed",
	}
)

var resourceFamily = []Signature{
	WorkerConnections, WorkerConnectionsReused, WorkerConnectionsLimit, AcceptNoDescriptors, SocketNumber,
	ResponseBuffered, RequestBuffered, FileDenied, FileNoDirectory, FileDiskFull, DiskFull, DiskFullSingle,
	RenameFailed, UnlinkFailed,
}
