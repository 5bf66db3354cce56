package nginx

// Names that nginx resolves while it runs (ngx_http_upstream.c:ngx_http_upstream_resolve_handler,
// ngx_http_upstream_zone_module.c, ngx_resolver.c). The errno of these lines is the
// resolver's code, not the kernel's, and its text is nginx's own (ngx_resolver_strerror).
var (
	NoResolver = Signature{
		Name: "no-resolver", Phrase: "no resolver defined to resolve ", Levels: errorLevel,
		Meaning: "a name in a variable, and no resolver directive",
	}
	NameNotFound = Signature{
		Name: "name-not-found", Phrase: "could not be resolved", Exact: true, AfterWord: true, Errno: 3, Levels: errorLevel,
		Meaning: "the name server says that the name does not exist, or has no address",
	}
	NameServerFailure = Signature{
		Name: "name-server-failure", Phrase: "could not be resolved", Exact: true, AfterWord: true, Errno: 2, Levels: errorLevel,
		Meaning: "the name server answers SERVFAIL",
	}
	NameServerRefused = Signature{
		Name: "name-server-refused", Phrase: "could not be resolved", Exact: true, AfterWord: true, Errno: 5, Levels: errorLevel,
		Meaning: "the name server refuses to answer",
	}
	NameTimedOut = Signature{
		Name: "name-timed-out", Phrase: "could not be resolved", Exact: true, AfterWord: true, Errno: 110, Levels: errorLevel,
		Meaning: "no usable answer from the name server within resolver_timeout: 502, not 504",
	}
	NameOther = Signature{
		Name: "name-other", Phrase: "could not be resolved", Exact: true, AfterWord: true, Errno: -1, NotErrno: []int{3, 2, 5, 110}, Levels: errorLevel,
		Meaning: "the name server answers with an unusual error",
	}
	ServiceUnresolved = Signature{
		Name: "service-unresolved", Phrase: "service ", Any: []string{" could not be resolved"}, Errno: -1, Levels: errorLevel,
		Meaning: "the SRV query of a peer with service= failed",
	}
	ResolverRefused = Signature{
		Name: "resolver-refused", Phrase: "recv() failed", Exact: true, Errno: 111, Actions: []string{"resolving"}, Levels: severe,
		Meaning: "nothing listens on the port of the name server",
	}
	ResolverReset = Signature{
		Name: "resolver-reset", Phrase: "recv() failed", Exact: true, Errno: 104, Actions: []string{"resolving"}, Levels: severe,
		Meaning: "the name server reset the TCP connection",
	}
	ResolverReadFailed = Signature{
		Name: "resolver-read-failed", Phrase: "recv() failed", Exact: true, Errno: -1, NotErrno: []int{111, 104}, Actions: []string{"resolving"}, Levels: severe,
		Meaning: "reading from the name server failed",
	}
	ResolverSendFailed = Signature{
		Name: "resolver-send-failed", Phrase: "send() failed", Exact: true, Errno: -1, Actions: []string{"resolving"}, Levels: severe,
		Meaning: "the kernel refuses packets to the name server, often a firewall (errno 1)",
	}
	ResolverUnreachable = Signature{
		Name: "resolver-unreachable", Phrase: "connect() ", Errno: -1, Actions: []string{"resolving"}, Levels: severe,
		Meaning: "no way to the name server",
	}
)

var dnsFamily = []Signature{
	NoResolver, NameNotFound, NameServerFailure, NameServerRefused, NameTimedOut, NameOther, ServiceUnresolved,
	ResolverRefused, ResolverReset, ResolverReadFailed, ResolverSendFailed, ResolverUnreachable,
}

// Answers of a name server that nginx drops (ngx_resolver.c:ngx_resolver_process_response and the
// functions it calls). The request fails later, with name-timed-out.
var (
	DNSShort = Signature{
		Name: "dns-short", Phrase: "short DNS response", Exact: true, Levels: errorLevel,
		Meaning: "the answer ends too early",
	}
	DNSQuestions = Signature{
		Name: "dns-questions", Phrase: "invalid number of questions in DNS response", Exact: true, Levels: errorLevel,
		Meaning: "the answer repeats no question, or several",
	}
	DNSPointer = Signature{
		Name: "dns-pointer", Phrase: "unexpected compression pointer in DNS response", Exact: true, Levels: errorLevel,
		Meaning: "the question in the answer is compressed",
	}
	DNSEmptyName = Signature{
		Name: "dns-empty-name", Phrase: "zero-length domain name in DNS response", Exact: true, Levels: errorLevel,
		Meaning: "the question in the answer is the root",
	}
	DNSBadName = Signature{
		Name: "dns-bad-name", Phrase: "invalid name in DNS response", Exact: true, Levels: errorLevel,
		Meaning: "a record belongs to the root",
	}
	DNSBadServiceName = Signature{
		Name: "dns-bad-service-name", Phrase: "invalid name DNS response", Exact: true, Levels: errorLevel,
		Meaning: "an SRV record belongs to the root",
	}
	DNSUnexpectedA = Signature{
		Name: "dns-unexpected-a", Phrase: "unexpected A record in DNS response", Exact: true, Levels: errorLevel,
		Meaning: "an A record answers an AAAA query",
	}
	DNSBadA = Signature{
		Name: "dns-bad-a", Phrase: "invalid A record in DNS response", Exact: true, Levels: errorLevel,
		Meaning: "an A record is not 4 bytes long",
	}
	DNSUnexpectedAAAA = Signature{
		Name: "dns-unexpected-aaaa", Phrase: "unexpected AAAA record in DNS response", Exact: true, Levels: errorLevel,
		Meaning: "an AAAA record although ipv6=off",
	}
	DNSBadAAAA = Signature{
		Name: "dns-bad-aaaa", Phrase: "invalid AAAA record in DNS response", Exact: true, Levels: errorLevel,
		Meaning: "an AAAA record is not 16 bytes long",
	}
	DNSBadLabel = Signature{
		Name: "dns-bad-label", Phrase: "invalid label type in DNS response", Exact: true, Levels: errorLevel,
		Meaning: "a name has an unknown label type",
	}
	DNSNameOutside = Signature{
		Name: "dns-name-outside", Phrase: "name is out of ", Any: []string{"response"}, Levels: errorLevel,
		Meaning: "a name runs past the end of the packet",
	}
	DNSPointerLoop = Signature{
		Name: "dns-pointer-loop", Phrase: "compression pointers loop", Levels: errorLevel,
		Meaning: "a compressed name points at itself",
	}
	DNSNotAnswer = Signature{
		Name: "dns-not-answer", Phrase: "invalid ", Any: []string{"dns response "}, None: []string{"in dns response"}, Levels: errorLevel,
		Meaning: "the packet is no answer, or is truncated over TCP as well",
	}
	DNSQueryClass = Signature{
		Name: "dns-query-class", Phrase: "unknown query class ", Levels: errorLevel,
		Meaning: "the question in the answer is not of class IN",
	}
	DNSQueryType = Signature{
		Name: "dns-query-type", Phrase: "unknown query type ", Levels: errorLevel,
		Meaning: "the question in the answer is of another type",
	}
	DNSError = Signature{
		Name: "dns-error", Phrase: "DNS error (", Levels: errorLevel,
		Meaning: "the name server answers FORMERR or an unknown code",
	}
	DNSUnasked = Signature{
		Name: "dns-unasked", Phrase: "unexpected ", Any: []string{"response for "}, Levels: errorLevel,
		Meaning: "an answer to a question that nobody asked, or that came too late",
	}
	DNSIdent = Signature{
		Name: "dns-ident", Phrase: "wrong ident ", Levels: errorLevel,
		Meaning: "an answer with another query id: late, or forged",
	}
	DNSRecordClass = Signature{
		Name: "dns-record-class", Phrase: "unexpected RR class ", Levels: errorLevel,
		Meaning: "a record is not of class IN",
	}
	DNSRecordType = Signature{
		Name: "dns-record-type", Phrase: "unexpected RR type ", Levels: errorLevel,
		Meaning: "a record of a type that was not asked for",
	}
	DNSNoAddress = Signature{
		Name: "dns-no-address", Phrase: "no A or CNAME types in DNS response", Exact: true, Levels: errorLevel,
		Meaning: "the answer holds neither address nor alias",
	}
	DNSNoService = Signature{
		Name: "dns-no-service", Phrase: "no SRV type in DNS response", Exact: true, Levels: errorLevel,
		Meaning: "the answer to an SRV query holds no SRV record",
	}
	DNSNoPointer = Signature{
		Name: "dns-no-pointer", Phrase: "no PTR type in DNS response", Exact: true, Levels: errorLevel,
		Meaning: "the answer to a PTR query holds no PTR record",
	}
	DNSBadReverse = Signature{
		Name: "dns-bad-reverse", Phrase: "invalid in-addr.arpa or ip6.arpa name in DNS response", Exact: true, Levels: errorLevel,
		Meaning: "the question in the answer is a malformed reverse name",
	}
	DNSIncomplete = Signature{
		Name: "dns-incomplete", Phrase: "send() incomplete", Exact: true, Levels: critLevel,
		Meaning: "the kernel took only part of a query",
	}
	DNSOverflow = Signature{
		Name: "dns-overflow", Phrase: "buffer overflow", Exact: true, Levels: critLevel,
		Meaning: "a query over TCP did not fit its buffer",
	}
	DNSCancel = Signature{
		Name: "dns-cancel", Phrase: "could not cancel ", Levels: alertLevel,
		Meaning: "internal inconsistency of the resolver",
	}
)

var dnsAnswerFamily = []Signature{
	DNSShort, DNSQuestions, DNSPointer, DNSEmptyName, DNSBadName, DNSBadServiceName, DNSUnexpectedA, DNSBadA,
	DNSUnexpectedAAAA, DNSBadAAAA, DNSBadLabel, DNSNameOutside, DNSPointerLoop, DNSNotAnswer, DNSQueryClass,
	DNSQueryType, DNSError, DNSUnasked, DNSIdent, DNSRecordClass, DNSRecordType, DNSNoAddress, DNSNoService,
	DNSNoPointer, DNSBadReverse, DNSIncomplete, DNSOverflow, DNSCancel,
}
