package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/gofrs/flock"
	"github.com/moby/moby/client"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/testcontainers/testcontainers-go"

	"badgateway/harness/pod/docker/inside"
)

// The repositories of the images that the driver makes. A tag names the
// content, so that an image is made once and found again.
const (
	repoLab  = "badgateway/lab"   // FROM scratch + this program
	repoBase = "badgateway/nginx" // an nginx from a root file system
	repoPod  = "badgateway/pod"   // an nginx image + this program
)

// lockRetry is how often a lock that another process holds is tried.
const lockRetry = 20 * time.Millisecond

// labImage makes the lab's image from this program, if the engine lacks it.
func (e *engine) labImage(ctx context.Context, p program) (string, error) {
	ref := repoLab + ":" + p.sum[:16]
	return ref, e.once(ctx, ref, func() error {
		content, stop := tarOf(p.path, strings.TrimPrefix(inside.AtLab, "/"))
		defer stop()
		return e.load(ctx, ref, imageLab, content, p.arch)
	})
}

// podImage makes base + this program, if the engine lacks it. The lab's image
// is where the program comes from, so that nothing is sent again.
func (e *engine) podImage(ctx context.Context, base, labRef string) (string, error) {
	found, err := e.api.ImageInspect(ctx, base)
	if err != nil {
		return "", fmt.Errorf("inspect image %s: %w", base, err)
	}
	_, digest, _ := strings.Cut(found.ID, ":")
	_, sum, _ := strings.Cut(labRef, ":")
	ref := repoPod + ":" + digest[:12] + "-" + sum
	return ref, e.once(ctx, ref, func() error { return e.build(ctx, ref, base, labRef) })
}

// build builds an image with one layer on top of base.
func (e *engine) build(ctx context.Context, ref, base, labRef string) error {
	content := fmt.Sprintf("FROM %s\nCOPY --from=%s %s %s\n", base, labRef, inside.AtLab, inside.AtNginx)
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	head := &tar.Header{Name: "Dockerfile", Mode: 0o644, Size: int64(len(content))}
	_, errBody := func() (int, error) {
		if err := w.WriteHeader(head); err != nil {
			return 0, err
		}
		return w.Write([]byte(content))
	}()
	if err := errors.Join(errBody, w.Close()); err != nil {
		return fmt.Errorf("write build context: %w", err)
	}
	repo, tag, _ := strings.Cut(ref, ":")
	_, err := e.BuildImage(ctx, &testcontainers.ContainerRequest{FromDockerfile: testcontainers.FromDockerfile{
		ContextArchive: bytes.NewReader(archive.Bytes()), Repo: repo, Tag: tag, KeepImage: true,
		BuildOptionsModifier: func(o *client.ImageBuildOptions) {
			o.Labels = map[string]string{labelImage: imageNginx}
		},
	}})
	if err != nil {
		return fmt.Errorf("build image from %s: %w", base, err)
	}
	return nil
}

// once makes an image that the engine lacks. A lock on this machine keeps two
// processes from making the same one; without it both would, to no harm.
func (e *engine) once(ctx context.Context, ref string, create func() error) error {
	if found, err := e.has(ctx, ref); found || err != nil {
		return err
	}
	lock := flock.New(filepath.Join(os.TempDir(), "badgateway-image.lock"), flock.SetPermissions(0o666))
	if held, err := lock.TryLockContext(ctx, lockRetry); held && err == nil {
		defer lock.Unlock()
	}
	if found, err := e.has(ctx, ref); found || err != nil {
		return err
	}
	return create()
}

// has says whether the engine has an image.
func (e *engine) has(ctx context.Context, ref string) (bool, error) {
	_, err := e.api.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("inspect image %s: %w", ref, err)
	}
	return true, nil
}

// load makes an image of one layer from a tar stream; no registry is asked.
func (e *engine) load(ctx context.Context, ref, kind string, content io.Reader, arch string) error {
	answer, err := e.api.ImageImport(ctx, client.ImageImportSource{Source: content, SourceName: "-"}, ref,
		client.ImageImportOptions{
			Changes:  []string{"LABEL " + labelImage + "=" + kind},
			Platform: ocispec.Platform{OS: "linux", Architecture: arch},
		})
	if err != nil {
		return fmt.Errorf("import image %s: %w", ref, err)
	}
	defer answer.Close()
	for lines := json.NewDecoder(answer); ; {
		var line struct {
			Error string `json:"error"`
		}
		switch err := lines.Decode(&line); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("import image %s: %w", ref, err)
		case line.Error != "":
			return fmt.Errorf("import image %s: %s", ref, line.Error)
		}
	}
}

// tarOf streams an archive that holds one executable file; stop ends the stream.
func tarOf(path, name string) (content io.Reader, stop func()) {
	r, w := io.Pipe()
	go func() { w.CloseWithError(writeTar(w, path, name)) }()
	return r, func() { r.Close() }
}

func writeTar(out io.Writer, path, name string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read program: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("read program: %w", err)
	}
	w := tar.NewWriter(out)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: info.Size()}); err != nil {
		return err
	}
	if _, err := io.Copy(w, file); err != nil {
		return err
	}
	return w.Close()
}
