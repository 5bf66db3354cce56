// Package config reads every form in which people keep an nginx configuration,
// and says which files a pod must hold to run it.
//
//	nginx.conf   its includes, relative or under /etc/nginx, come from its own tree
//	dump         the output of nginx -T; its paths are used as they are
//	fragment     what a conf.d holds: http-level, server-only or locations-only.
//	             nginx.conf is then a wrapper of the blocks around it, and
//	             includes the text from a path of its own
//	image        what a container image has baked in, as its entry point leaves it
//	template     any of these with ${NAME}, filled as the official image does
//
// The text stays byte for byte, but for the values of a template. What it names
// and its tree does not hold is supplied where everybody has the same: the files
// that come with nginx (mime.types, fastcgi_params), well-known ones of certbot
// and Debian, what the absent parent of a fragment defines (a log format, a
// variable, a zone: the owner's own where the tree has it). All of it is listed
// in [Config].Supplied. [Config.Repair] supplies what nginx itself asks for.
// An include that is not there is empty, or has the usual settings, where its
// name tells of settings; one that may hold routes ends the check, for a check
// without them would tell of less than the owner asked for.
//
// # Templates
//
// Placeholders are ${NAME}, $NAME in capitals, and what other tools replace
// ({{name}}, {NAME}, __NAME__). One without a value gets one that fits where it
// stands (a port in listen, a host in proxy_pass), or its name; those are listed
// too. Conditions and loops of a template language are not run.
//
// # The configuration's own tree
//
// /etc/nginx stands for Options.Root, or else for the directory of the file, and
// what that lacks for the nearest directory above it that has it: up to the root
// of the repository, and never the home directory, nor one that lies directly
// below /. Nothing outside is read: a symbolic link may lead through /etc/nginx
// or stay in the tree, any other is refused, and so is what is no regular file.
//
// # Size
//
// The package is larger than others: each form of input, the tree, templates,
// standard files and parents are a file or two of their own, which share the
// source that nginx's includes are read through.
//
// # Alternatives considered
//
//   - Rewriting includes to where the files lie: the text would not be the
//     owner's any more, and nginx's messages would name other paths.
//   - A temporary copy of the tree with nginx -T in it: needs a start that
//     succeeds, and follows every link.
package config
