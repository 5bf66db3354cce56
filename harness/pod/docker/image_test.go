package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/moby/moby/client"
	"github.com/stretchr/testify/require"
	"github.com/testcontainers/testcontainers-go"

	"badgateway/harness/builds"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

func trim(b []byte) []byte { return bytes.TrimSpace(b) }

// like official: an entry point that prints and passes on, logs that are links
// to standard output, an image's own environment and command.
const (
	entrypoint = "#!/bin/sh\necho entrypoint in $PLACE as $(id -u)\nexec \"$@\"\n"
	official   = "FROM %BASE%\nADD overlay.tar /\nENV PLACE=image\nEXPOSE 80\nSTOPSIGNAL SIGQUIT\nVOLUME /data\n" +
		"HEALTHCHECK CMD false\nENTRYPOINT [\"/entrypoint.sh\"]\nCMD [\"nginx\", \"-g\", \"daemon off;\"]\n"
)

// imageOf builds a user's own image from the host's nginx.
func imageOf(t *testing.T, e *engine, tag, dockerfile string) nginx.Build {
	t.Helper()
	host, err := builds.Resolve(t.Context(), "", builds.Options{})
	require.NoError(t, err)
	base, _, err := e.baseImage(t.Context(), host)
	require.NoError(t, err)
	overlay := archive(t, []tar.Header{
		{Name: "entrypoint.sh", Mode: 0o755, Size: int64(len(entrypoint))},
		{Name: "var/log/nginx/access.log", Typeflag: tar.TypeSymlink, Linkname: "/dev/stdout"},
		{Name: "var/log/nginx/error.log", Typeflag: tar.TypeSymlink, Linkname: "/dev/stderr"},
	}, entrypoint)
	dockerfile = string(bytes.ReplaceAll([]byte(dockerfile), []byte("%BASE%"), []byte(base)))
	context_ := archive(t, []tar.Header{
		{Name: "Dockerfile", Mode: 0o644, Size: int64(len(dockerfile))},
		{Name: "overlay.tar", Mode: 0o644, Size: int64(len(overlay))},
	}, dockerfile, string(overlay))
	ref := "badgateway-test:" + tag
	_, err = e.BuildImage(t.Context(), &testcontainers.ContainerRequest{FromDockerfile: testcontainers.FromDockerfile{
		ContextArchive: bytes.NewReader(context_), Repo: "badgateway-test", Tag: tag, KeepImage: true,
	}})
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := e.api.ImageRemove(context.Background(), ref, client.ImageRemoveOptions{})
		require.NoError(t, err)
	})
	return nginx.Build{Spec: "image:" + ref, Image: ref}
}

func archive(t *testing.T, heads []tar.Header, bodies ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, head := range heads {
		require.NoError(t, w.WriteHeader(&head))
		if head.Size > 0 {
			_, err := w.Write([]byte(bodies[0]))
			require.NoError(t, err)
			bodies = bodies[1:]
		}
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// TestImageOfTheUser runs an image as it would run in production.
func TestImageOfTheUser(t *testing.T) {
	d := driver(t)
	e := connected(t)
	volumes := volumeCount(t, e)
	spec := proxySpec("image")
	spec.Nginx = imageOf(t, e, "official", official)
	t.Run("logs are files and healthchecks are off", func(t *testing.T) {
		p := start(t, d, spec)
		require.Equal(t, pod.OK, get(t, p, "/six").Outcome)
		log, err := p.Read(t.Context(), "/var/log/nginx/access.log")
		require.NoError(t, err)
		require.Contains(t, string(log), "GET /six")
	})
	t.Run("entry point runs in the image's environment", func(t *testing.T) {
		bad := spec
		bad.Conf = "nonsense;"
		_, err := tryStart(t, d, bad)
		var refused *pod.StartError
		require.ErrorAs(t, err, &refused)
		require.Contains(t, refused.Output, "entrypoint in image as 0")
		require.Contains(t, refused.Output, `unknown directive "nonsense"`)
	})
	for _, directive := range []string{"daemon off;", "daemon on;"} {
		t.Run("configuration says "+directive, func(t *testing.T) {
			own := spec
			own.Conf = directive + own.Conf
			p := start(t, d, own)
			require.Equal(t, pod.OK, get(t, p, "/").Outcome)
		})
	}
	t.Cleanup(func() { require.Equal(t, volumes, volumeCount(t, e), "anonymous volumes go with their pod") })
}

// TestImageWithUser runs an image whose nginx is not root, not even its master.
func TestImageWithUser(t *testing.T) {
	d := driver(t)
	spec := proxySpec("user")
	spec.Conf = "pid /tmp/nginx.pid;" + spec.Conf
	spec.Nginx = imageOf(t, connected(t), "user", official+"USER 1234:1234\n")
	p, err := tryStart(t, d, spec)
	if err == nil {
		require.Equal(t, pod.OK, get(t, p, "/").Outcome)
		r, err := p.Exec(t.Context(), pod.Command{Args: []string{"id", "-u"}})
		require.NoError(t, err)
		require.Equal(t, "1234", string(trim(r.Stdout)))
		return
	}
	var refused *pod.StartError // the host's nginx keeps its temporary files where only root may
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Output, "Permission denied")
	require.Contains(t, refused.Output, "as 1234")
}

// TestImagesAreMadeOnce asks for the same images concurrently and again.
func TestImagesAreMadeOnce(t *testing.T) {
	e := connected(t)
	p, err := findProgram(t.Context())
	require.NoError(t, err)
	p.sum = "test-" + suffix() + "-is-not-this-program"
	ref := repoLab + ":" + p.sum[:16]
	ids := make([]string, 4)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			made, err := e.labImage(t.Context(), p)
			if !assertNoError(t, err) {
				return
			}
			found, err := e.api.ImageInspect(t.Context(), made)
			if assertNoError(t, err) {
				ids[i] = found.ID
			}
		})
	}
	group.Wait()
	t.Cleanup(func() {
		_, err := e.api.ImageRemove(context.Background(), ref, client.ImageRemoveOptions{})
		require.NoError(t, err)
	})
	require.Len(t, slices.Compact(ids), 1)
	require.NotEmpty(t, ids[0])
	found, err := e.api.ImageInspect(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, imageLab, found.Config.Labels[labelImage])
	require.Len(t, found.RootFS.Layers, 1)
}

func assertNoError(t *testing.T, err error) bool {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
	return err == nil
}

func volumeCount(t *testing.T, e *engine) int {
	t.Helper()
	list, err := e.api.VolumeList(context.Background(), client.VolumeListOptions{})
	require.NoError(t, err)
	return len(list.Items)
}

func TestUnknownImage(t *testing.T) {
	d := driver(t)
	err := d.Prepare(t.Context(), nginx.Build{Spec: "image:badgateway-test:none", Image: "badgateway-test:none"})
	require.ErrorContains(t, err, "pull image badgateway-test:none")
}

func TestImageCommand(t *testing.T) {
	for _, c := range []struct{ image, run, bare []string }{
		{nil, []string{"nginx", "-c", pod.ConfPath}, []string{"nginx", "-c", pod.ConfPath}},
		{[]string{"bash"}, []string{"nginx", "-c", pod.ConfPath}, []string{"nginx", "-c", pod.ConfPath}},
		{[]string{"/docker-entrypoint.sh", "nginx", "-g", "daemon off;"},
			[]string{"/docker-entrypoint.sh", "nginx", "-g", "daemon off;", "-c", pod.ConfPath}, []string{"nginx", "-g", "daemon off;", "-c", pod.ConfPath}},
		{[]string{"/usr/local/openresty/bin/openresty", "-q"},
			[]string{"/usr/local/openresty/bin/openresty", "-q", "-c", pod.ConfPath}, []string{"/usr/local/openresty/bin/openresty", "-q", "-c", pod.ConfPath}},
		{[]string{"sh", "-c", "nginx"}, []string{"nginx", "-c", pod.ConfPath}, []string{"nginx", "-c", pod.ConfPath}},
		{[]string{"su-exec", "nginx", "nginx", "-c", "/app/nginx.conf", "-q"},
			[]string{"su-exec", "nginx", "nginx", "-c", pod.ConfPath, "-q"}, []string{"nginx", "-c", pod.ConfPath, "-q"}},
	} {
		m := &machine{image: image{command: c.image}}
		require.Equal(t, c.run, m.command())
		m.spec.Bare = true
		require.Equal(t, c.bare, m.command())
	}
	require.Equal(t, []string{"nginx", "-q"}, withoutDaemon([]string{"nginx", "-g", " daemon   off; ", "-q"}))
	both := []string{"nginx", "-g", "daemon off; user root;"}
	require.Equal(t, both, withoutDaemon(both))
}
