// Package program reads what of a configuration decides where a request goes:
// servers and their names, locations, the directives of each block, conditions
// and tables. It chooses server and location as nginx does, which tests hold
// against a real one.
package program
