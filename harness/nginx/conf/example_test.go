package conf_test

import (
	"fmt"
	"strings"
	"time"

	"badgateway/harness/nginx/conf"
)

// A gateway's times, each with the place where it is written, and the text with
// one of them replaced.
func Example() {
	files := conf.Files{
		"/etc/nginx/nginx.conf":        []byte("events {}\nhttp {\n  proxy_read_timeout 1m;\n  include conf.d/*.conf;\n}\n"),
		"/etc/nginx/conf.d/store.conf": []byte("server {\n  location /pay/ { proxy_pass http://pay; proxy_connect_timeout 5s; } # keep\n}\n"),
	}
	tree, err := conf.Load(files, "/etc/nginx/nginx.conf")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range conf.Durations(tree) {
		at := d.Directive.Pos()
		fmt.Printf("%s:%d %s %v\n", at.File, at.Line, d.Directive.Name.Text, d.Value)
	}
	for d, parents := range tree.All() {
		if d.Is("proxy_pass") {
			fmt.Println(parents[len(parents)-1].Text(), conf.Inherited(parents, "proxy_read_timeout").Text())
		}
	}
	connect := conf.Durations(tree)[1]
	store := tree.Files[connect.Arg.Pos.File]
	changed := conf.Rewrite(store.Data, []conf.Edit{connect.Edit(250 * time.Millisecond)})
	fmt.Println(strings.Split(string(changed), "\n")[1])
	// Output:
	// /etc/nginx/nginx.conf:3 proxy_read_timeout 1m0s
	// /etc/nginx/conf.d/store.conf:2 proxy_connect_timeout 5s
	// location /pay/ { proxy_read_timeout 1m;
	//   location /pay/ { proxy_pass http://pay; proxy_connect_timeout 250ms; } # keep
}
