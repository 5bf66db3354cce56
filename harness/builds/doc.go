// Package builds answers "which nginx": it turns the text of --nginx into an
// [nginx.Build] that a driver can run, and fetches the nginx of another Debian
// suite without a container registry.
//
// A suite is fetched by the machine's own apt, from the mirror that the
// machine's own apt configuration names, with signatures verified by apt, into
// a root file system below the user's cache directory:
//
//	os.UserCacheDir()/badgateway/nginx/SUITE-ARCH/root
//	os.UserCacheDir()/badgateway/nginx/SUITE-ARCH/manifest.json
//
// The directory SUITE-ARCH appears by one rename, so it is complete or absent.
// Several processes may fetch at once; one works and the others wait for it.
//
// [Tar] packs a build into the root file system of a container image.
//
// The package starts no nginx except for "nginx -v" and "nginx -V", changes
// nothing outside its cache directory, and knows nothing of drivers.
package builds
