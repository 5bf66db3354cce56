// Package walk takes a draft through a model of nginx's phases: rewrite, access,
// try_files, content, error pages, subrequests. It tells where the request
// arrives, how it ended instead, and drafts others that meet the conditions on
// the way differently.
package walk
