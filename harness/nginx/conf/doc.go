// Package conf reads nginx configurations exactly as nginx does and keeps where
// every token stands, in bytes. It changes nothing by itself: [Tree] is what was
// read, [Rewrite] replaces byte ranges and leaves all others as they were.
//
// [Load] follows includes through a [Source]; [Parse] reads one text. The
// tokens, quotes, escapes, line numbers and messages are those of
// ngx_conf_read_token and ngx_conf_parse (src/core/ngx_conf_file.c), its limit
// of 4096 bytes for a parameter or a comment included. Blocks whose lines are
// data (map, geo, types, split_clients, charset_map) and blocks in Lua
// (*_by_lua_block) are known as such. What a directive means, whether it exists
// and where it is allowed is not checked: nginx -t says that.
//
// [Durations] finds every argument that nginx reads as a time, [SplitDump] takes
// the output of nginx -T apart, [Expand] fills a template as the official image
// does.
//
// # Hostile input
//
// Reading takes time in proportion to the bytes read and ends: bounded are the
// bytes read (64 MB, a file included twice counts twice), the tokens, the files,
// the depth of includes and of blocks; an include that leads back to itself is
// an error that names the way. Binary text, NUL bytes and text that is not UTF-8
// are kept as they are.
//
// # Alternatives considered
//
//   - crossplane for Go (nginxinc/nginx-go-crossplane): keeps lines and no byte
//     offsets, builds the text anew from its tree, and the module proxy does not
//     have it.
//   - gonginx (tufanbarisyildirim/gonginx): keeps no offsets and reformats what it
//     writes.
//   - nginx -T itself: resolves includes, but gives no tokens, and runs only when
//     every host, certificate and module of the configuration is there.
package conf
