// Package draft is a request in the making: the way into a server, path,
// arguments, header, client, and what must stand ready for it (files, backends
// that answer otherwise than usual).
package draft
