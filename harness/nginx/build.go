package nginx

// Build is one nginx that a driver can run: a binary in a root file system, or
// a container image.
type Build struct {
	// Spec is what the user asked for: "nginx", "/opt/nginx/sbin/nginx",
	// "debian:forky", "image:nginx:stable".
	Spec string `json:"spec"`
	// Root is the directory that holds the root file system with the binary
	// and its libraries; "/" is the host's own. Empty for an image.
	Root string `json:"root,omitempty"`
	// Binary is the path of nginx inside Root.
	Binary string `json:"binary,omitempty"`
	// Image is the image reference of "image:NAME". Empty otherwise.
	Image string `json:"image,omitempty"`
	// Version is nginx's own, "1.22.1"; empty while unknown (images before
	// their first start).
	Version string `json:"version,omitempty"`
}
