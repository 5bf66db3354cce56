// Package nginx knows nginx by what it writes: its error log, the standard
// error of its command and the output of nginx -V.
//
// [Scanner] and [ParseLine] read an error log, [ParseStderr] reads what the
// command says when it does not start. A [Signature] is the identity of a line
// that holds for every libc, TLS library and version: the beginning of the
// message, the errno's number, the phase behind "while", the levels. Every
// message about an upstream in nginx's source has one ([All]); [Classify] finds
// the one that a line has. [ParseAbout] says what a build is and can.
//
// The signatures were held against lines that nginx 1.18, 1.22, 1.26 and 1.30
// wrote (fixtures/errorlog) and against the list of all upstream messages in the
// source of 1.31.5 (fixtures/errorlog/formats.tsv).
//
// The package is larger than others because the signatures, which are data, fill
// more than half of it: one file per family, sig_*.go.
//
// The package is pure: it starts no process and opens no file. It does not
// explain causes or judge runs; packages diagnose and harness do. nginx escapes
// nothing in its error log, so a message may be forged by whoever can make nginx
// write a line feed (a URI with %0a in "open() failed"): such a line cannot be
// told from an honest one.
package nginx
