package docker

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"badgateway/harness/builds"
	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx"
)

// stockImage is the nginx of a Spec that asks for none in particular.
const stockImage = "nginx:stable"

// baseImage finds or makes the image that holds build, and says in a line
// which one it is.
func (e *engine) baseImage(ctx context.Context, build nginx.Build) (ref, what string, err error) {
	switch {
	case build.Image != "":
		return build.Image, "image " + build.Image, e.pull(ctx, build.Image)
	case build.Root != "":
		ref, err = e.rootImage(ctx, build)
		return ref, fmt.Sprintf("image %s, made from %s", ref, describe(build)), err
	}
	if e.pull(ctx, stockImage) == nil {
		return stockImage, "image " + stockImage, nil
	}
	host, err := builds.Resolve(ctx, "", builds.Options{})
	if err != nil {
		return "", "", fmt.Errorf("no registry has %s, and this machine no nginx: %w", stockImage, err)
	}
	ref, err = e.rootImage(ctx, host)
	return ref, fmt.Sprintf("image %s, made from %s, as no registry has %s", ref, describe(host), stockImage), err
}

func describe(build nginx.Build) string {
	if build.Root == "/" {
		return "the host's " + build.Binary
	}
	return build.Spec
}

// pull gets an image from its registry, unless the engine has it.
func (e *engine) pull(ctx context.Context, ref string) error {
	if found, err := e.has(ctx, ref); found || err != nil {
		return err
	}
	if err := e.PullImage(ctx, ref); err != nil {
		return fmt.Errorf("pull image %s: %w: check the name, docker login, or docker load it", ref, err)
	}
	return nil
}

// rootImage makes an image of a root file system, named by its content.
func (e *engine) rootImage(ctx context.Context, build nginx.Build) (string, error) {
	sum, err := sumRoot(ctx, build)
	if err != nil {
		return "", err
	}
	ref := baseRef(build, sum)
	return ref, e.once(ctx, ref, func() error {
		content, err := builds.Tar(ctx, build)
		if err != nil {
			return err
		}
		defer content.Close()
		return e.load(ctx, ref, imageBase, content, runtime.GOARCH)
	})
}

// sumRoot identifies what a root holds: by the manifest that a fetched suite
// has beside it, else by packing it once for its sum alone. Times do not count:
// those of the host's directories change all the time.
func sumRoot(ctx context.Context, build nginx.Build) ([]byte, error) {
	hash := sha256.New()
	manifest, err := os.ReadFile(filepath.Join(filepath.Dir(build.Root), "manifest.json"))
	if err == nil && build.Root != "/" {
		hash.Write(manifest)
		return hash.Sum(nil), nil
	}
	content, err := builds.Tar(ctx, build)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	for r := tar.NewReader(content); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return hash.Sum(nil), nil
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", describe(build), err)
		}
		fmt.Fprintf(hash, "%q %c %o %d %d %q %d\n", head.Name, head.Typeflag, head.Mode, head.Uid, head.Gid, head.Linkname, head.Size)
		if _, err := io.Copy(hash, r); err != nil {
			return nil, fmt.Errorf("pack %s: %w", describe(build), err)
		}
	}
}

// baseRef is badgateway/nginx:NAME-SUM, NAME being of the characters that a
// tag may have.
func baseRef(build nginx.Build, sum []byte) string {
	name := "host"
	if build.Root != "/" {
		_, suite, _ := strings.Cut(":"+build.Spec, ":")
		name = suite[strings.LastIndexAny(suite, ":/")+1:]
	}
	name = strings.Trim(noTag.ReplaceAllString(name, "-"), "-.")
	return repoBase + ":" + name + "-" + hex.EncodeToString(sum[:8])
}

var noTag = lazyregexp.New(`[^A-Za-z0-9_.-]+`)
