package nginx

// System calls on a good socket that cannot fail, and traps for nginx's own bugs
// (ngx_event_connect.c, ngx_writev_chain.c, ngx_event_pipe.c). A seccomp policy can cause the former.
var (
	SocketOption = Signature{
		Name: "socket-option", Phrase: "setsockopt(", None: []string{"transparent) failed"}, Errno: -1, Levels: []Level{Alert, Crit, Error, Info},
		Meaning: "the kernel refuses a socket option",
	}
	SocketIoctl = Signature{
		Name: "socket-ioctl", Phrase: "ioctl(", Errno: -1, Levels: []Level{Alert, Crit, Error, Info},
		Meaning: "the kernel refuses an ioctl on a socket",
	}
	SocketClose = Signature{
		Name: "socket-close", Phrase: "close() socket failed", Exact: true, Errno: -1, Levels: alertLevel,
		Meaning: "the kernel refuses to close a socket",
	}
	SendZero = Signature{
		Name: "send-zero", Phrase: "send() returned zero", Errno: -1, Levels: alertLevel,
		Meaning: "the kernel took nothing and said nothing",
	}
	FileBuffer = Signature{
		Name: "file-buffer", Phrase: "file buf in writev ", Levels: alertLevel,
		Meaning: "a bug of nginx or a module",
	}
	BadBuffer = Signature{
		Name: "bad-buffer", Phrase: "bad buf in output chain ", Levels: alertLevel,
		Meaning: "a bug of nginx or a module",
	}
	RecycledBuffer = Signature{
		Name: "recycled-buffer", Phrase: "recycled buffer in pipe out chain", Exact: true, Levels: alertLevel,
		Meaning: "a bug of nginx or a module",
	}
)

var bugFamily = []Signature{
	SocketOption, SocketIoctl, SocketClose, SendZero, FileBuffer, BadBuffer, RecycledBuffer,
}
