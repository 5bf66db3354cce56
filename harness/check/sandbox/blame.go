package sandbox

import (
	"strconv"
	"strings"

	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx/conf"
)

var (
	mmapFailed  = lazyregexp.New(`^mmap\([^,]*, (\d+)\) failed`)
	connections = lazyregexp.New(`^(?:malloc|posix_memalign)\(.*failed|worker_connections are not enough|exited on signal 9$`)
	size        = lazyregexp.New(`^(\d+)([kKmM]?)$`)
)

// blame finds the directive that a message without a place is about: that of
// the shared memory, by its size (ngx_shmem.c:ngx_shm_alloc), or of the
// connections that each worker makes room for (ngx_event.c:ngx_event_process_init).
func blame(t *conf.Tree, message string) *conf.Directive {
	m := mmapFailed.FindStringSubmatch(message)
	for d := range t.All() {
		if m == nil && connections.MatchString(message) && d.Is("worker_connections") {
			return d
		}
		if m == nil || !strings.Contains(d.Text(), "zone") && !d.Is("ssl_session_cache") {
			continue
		}
		for i := range d.Args {
			if text := d.Arg(i); bytesOf(text[strings.LastIndexByte(text, ':')+1:]) == m[1] {
				return d
			}
		}
	}
	if connections.MatchString(message) {
		return conf.First(t.Top(), "events")
	}
	return nil
}

// bytesOf is a size in bytes (ngx_parse.c:ngx_parse_size).
func bytesOf(text string) string {
	m := size.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return ""
	}
	switch strings.ToLower(m[2]) {
	case "k":
		n <<= 10
	case "m":
		n <<= 20
	}
	return strconv.FormatInt(n, 10)
}
