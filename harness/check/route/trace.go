package route

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"badgateway/harness/check/route/program"
	"badgateway/harness/nginx/conf"
)

// The traced copy logs the blocks that a request came through.
const (
	trailVariable = "badgateway_trail"
	trailLog      = "/var/log/nginx/badgateway-trail.log"
	trailFormat   = "log_format badgateway_trail '$http_badgateway_id $status $" + trailVariable + "';"
	trailAccess   = "access_log " + trailLog + " badgateway_trail;"
)

// tracing is the traced copy of a configuration.
type tracing struct {
	// files are those that differ, by their clean paths.
	files map[string][]byte
	// marks are the numbers of blocks in trails. A file that is included twice
	// has one number for each of its blocks; the server's number tells which.
	marks map[*conf.Directive]int
}

// trace marks every server, location and if block of http.
func trace(t *conf.Tree) tracing {
	tr := tracing{files: map[string][]byte{}, marks: map[*conf.Directive]int{}}
	numbers := map[string]int{}
	edits, data := map[string][]conf.Edit{}, map[string][]byte{}
	for d, chain := range t.All() {
		file := t.Files[d.Pos().File]
		if file == nil || len(chain) > 0 && !chain[0].Is("http") || len(chain) == 0 && !d.Is("http") {
			continue
		}
		edit := func(start, end int, text string) {
			name := path.Clean(file.Path)
			edits[name] = append(edits[name], conf.Edit{Start: start, End: end, Text: text})
			data[name] = file.Data
		}
		switch {
		case d.Is("access_log") && !d.HasBlock:
			edit(d.Pos().Offset, d.End, trailAccess)
		case !d.HasBlock || !d.Is("http", "server", "location", "if"):
		case d.Is("http"):
			if brace, ok := openBrace(file.Data, d); ok {
				edit(brace, brace, trailFormat+trailAccess)
			}
		default:
			brace, ok := openBrace(file.Data, d)
			if !ok {
				continue
			}
			place := fmt.Sprintf("%s:%d", path.Clean(file.Path), brace)
			if numbers[place] == 0 {
				numbers[place] = len(numbers) + 1
			}
			tr.marks[d] = numbers[place]
			edit(brace, brace, fmt.Sprintf(`set $%s "${%s}%d,";`, trailVariable, trailVariable, numbers[place]))
		}
	}
	for name, all := range edits {
		tr.files[name] = conf.Rewrite(data[name], all)
	}
	return tr
}

// marked is the block whose number stands last in trails for a scope. A request
// that a limit_except takes leaves the directives of its location aside, which are
// of the rewrite module and do not pass on (ngx_http_rewrite_merge_loc_conf): the
// server's number is all that stands there, and no other location leaves only that.
func marked(sc *program.Scope) *conf.Directive {
	if sc.Kind == program.IsLimit {
		for sc.Parent != nil {
			sc = sc.Parent
		}
	}
	return sc.Directive
}

// openBrace is the offset behind the brace that opens a block.
func openBrace(data []byte, d *conf.Directive) (int, bool) {
	at := d.Name.End
	if len(d.Args) > 0 {
		at = d.Args[len(d.Args)-1].End
	}
	for comment := false; at < len(data); at++ {
		switch c := data[at]; {
		case comment:
			comment = c != '\n'
		case c == '#':
			comment = true
		case c == '{':
			return at + 1, true
		case !strings.ContainsRune(" \t\r\n", rune(c)):
			return 0, false
		}
	}
	return 0, false
}

// trail is one line of the traced log.
type trail struct {
	id     string
	status int
	marks  []int
}

func readTrail(line string) (trail, bool) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return trail{}, false
	}
	t := trail{id: words[0]}
	t.status, _ = strconv.Atoi(words[1]) // 000 without an answer
	if len(words) > 2 {
		for number := range strings.SplitSeq(strings.Trim(words[2], ","), ",") {
			if n, err := strconv.Atoi(number); err == nil {
				t.marks = append(t.marks, n)
			}
		}
	}
	return t, true
}
