package builds

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"badgateway/harness/nginx"
)

// Manifest describes a cached suite. It is written last: a directory without a
// readable one is not complete.
type Manifest struct {
	Schema   string    `json:"schema"` // ManifestSchema
	Suite    string    `json:"suite"`
	Arch     string    `json:"arch"`   // Debian's name, "amd64"
	Nginx    string    `json:"nginx"`  // version, "1.30.6"
	Binary   string    `json:"binary"` // inside the root
	Fetched  time.Time `json:"fetched"`
	Packages []Package `json:"packages"`
}

// ManifestSchema is the value of Manifest.Schema.
const ManifestSchema = "badgateway.nginx-root/v1"

// Package is one unpacked Debian package.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"` // of the .deb, as verified by apt
}

const (
	manifestName = "manifest.json"
	rootName     = "root"
)

func readManifest(dir string) (Manifest, error) {
	var m Manifest
	file := filepath.Join(dir, manifestName)
	data, err := os.ReadFile(file)
	if err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("read manifest %s: %w", file, err)
	}
	if m.Schema != ManifestSchema || m.Suite == "" || m.Nginx == "" || m.Binary == "" {
		return m, fmt.Errorf("read manifest %s: it is not a %s", file, ManifestSchema)
	}
	return m, nil
}

func (m Manifest) write(dir string) error {
	data, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, manifestName), append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}

// build is the build of the cached suite in dir.
func (m Manifest) build(dir string) nginx.Build {
	return nginx.Build{Spec: debianPrefix + m.Suite, Root: filepath.Join(dir, rootName), Binary: m.Binary, Version: m.Nginx}
}
