package builds

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"

	"badgateway/harness/nginx"
)

// Tar packs a build into the root file system of a container image: a tar
// stream in which everything belongs to root. For a suite it is the whole
// root; for the host's nginx the binary, its libraries, modules and standard
// files, and the tools that a person or a scenario runs beside it. Files of
// the host's configuration that not everybody may read are left out, so that
// private keys stay where they are.
//
// An error while packing comes from Read; closing early ends the work.
func Tar(ctx context.Context, build nginx.Build) (io.ReadCloser, error) {
	if build.Root == "" {
		return nil, &SpecError{Spec: build.Spec, Reason: "is an image and has no root file system to pack"}
	}
	contents := contents{trees: []string{"/"}}
	if build.Root == "/" {
		var err error
		if contents, err = hostContents(ctx, build); err != nil {
			return nil, fmt.Errorf("pack %s: %w", build.Binary, err)
		}
	}
	r, w := io.Pipe()
	stop := context.AfterFunc(ctx, func() { w.CloseWithError(context.Cause(ctx)) })
	go func() {
		defer stop()
		w.CloseWithError(write(ctx, w, build.Root, contents))
	}()
	return r, nil
}

// contents is what goes into an archive. Paths are inside the root.
type contents struct {
	files []string // files, through whatever links lead to them
	trees []string // directories with all below them
	dirs  []dir    // directories, whether the root has them or not
	// public leaves out what not everybody may read.
	public bool
}

// dir is an empty directory.
type dir struct {
	path string
	mode int64
}

func write(ctx context.Context, w io.Writer, root string, c contents) error {
	p := &packer{ctx: ctx, tar: tar.NewWriter(w), root: root, seen: map[string]bool{"/": true}, public: c.public}
	for _, f := range c.files {
		if err := p.add(f); err != nil {
			return err
		}
	}
	for _, t := range c.trees {
		if err := p.addTree(t); err != nil {
			return err
		}
	}
	for _, d := range c.dirs {
		if _, err := p.makeDir(d); err != nil {
			return err
		}
	}
	return errors.Join(ctx.Err(), p.tar.Close())
}
