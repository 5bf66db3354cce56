package nginx_test

// Why a signature has no sample.
const (
	race     = "a race or a special build of nginx"
	memory   = "only when memory is short"
	bug      = "a trap for a bug of nginx or of a module"
	seccomp  = "the call fails only under a seccomp policy"
	newer    = "newer than the four builds"
	catchAll = "whatever the neighbouring signatures leave over"
	twin     = "the twin of a sampled signature in another module or phase"
	arrange  = "no sample was made; the phrase is from the source"
)

// fromSource lists the signatures whose text was read in nginx's source and
// that no build was made to write.
var fromSource = map[string]string{}
