package sandbox_test

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness/builds"
	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
	"badgateway/harness/check/sandbox"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
	"badgateway/harness/pod/drivers"
)

// official is an image in the manner of the official one: an entry point that
// makes configuration of templates, logs that are links to standard output, a
// user of its own.
var official = map[string]string{
	"docker-entrypoint.sh": `#!/bin/sh
set -e
if [ "$1" = nginx ]; then
    while IFS= read -r line; do
        case $line in *'${APP_HOST}'*) line="${line%%'${APP_HOST}'*}$APP_HOST${line#*'${APP_HOST}'}" ;; esac
        printf '%s\n' "$line"
    done < /etc/nginx/templates/default.conf.template > /etc/nginx/conf.d/default.conf
fi
exec "$@"
`,
	"etc/passwd": "root:x:0:0::/root:/bin/sh\ngateway:x:101:101::/nonexistent:/bin/false\n",
	"etc/group":  "root:x:0:\ngateway:x:101:\n",
	"etc/nginx/nginx.conf": `user gateway;
worker_processes 1;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 64; }
http {
    include mime.types;
    access_log /var/log/nginx/access.log;
    include /etc/nginx/conf.d/*.conf;
    include sites-enabled/*;
}
`,
	"etc/nginx/templates/default.conf.template": `server {
    listen 80;
    location / { proxy_pass http://${APP_HOST}:8080; proxy_read_timeout 60s; }
}
`,
	"etc/nginx/sites-available/shop": `server {
    listen 443 ssl;
    server_name shop.example;
    ssl_certificate tls/$bundle.pem;
    ssl_certificate_key tls/$bundle.key;
    root /srv/documents;
    auth_basic shop;
    auth_basic_user_file users;
    location / { proxy_pass http://shop:3000; }
}
map $ssl_server_name $bundle { default shop; }
`,
	"etc/nginx/conf.d/.keep":    "",
	"etc/nginx/users":           "alice:{PLAIN}secret\n",
	"srv/documents/index.html":  "baked in\n",
	"etc/nginx/sites-enabled/s": "-> ../sites-available/shop",
	"var/log/nginx/access.log":  "-> /dev/stdout",
	"var/log/nginx/error.log":   "-> /dev/stderr",
}

// TestImage checks the configuration that an image has baked in.
func TestImage(t *testing.T) {
	files := map[string]string{}
	for name, text := range official {
		files[name] = text
	}
	cert, key, err := backends.Issue("shop.example")
	require.NoError(t, err)
	files["etc/nginx/tls/shop.pem"], files["etc/nginx/tls/shop.key"] = string(cert), string(key)
	d, b := image(t, "official", files, `ENTRYPOINT ["/docker-entrypoint.sh"]`, `CMD ["nginx", "-g", "daemon off;"]`, "ENV APP_HOST=app.internal")
	c, err := config.ReadImage(t.Context(), d, b)
	require.NoError(t, err)
	require.Equal(t, result.Image, c.Form)
	require.Equal(t, b.Spec, c.Path)
	box, err := sandbox.Build(t.Context(), d, b, c)
	require.NoError(t, err)

	pass := box.Passes[0]
	require.Equal(t, result.Place{File: b.Spec + ":/etc/nginx/conf.d/default.conf", Line: 3, Text: "proxy_pass http://app.internal:8080;"}, c.Place(pass.Directive))
	for _, s := range box.Supplied {
		require.Contains(t, []result.SuppliedKind{result.SuppliedHost, result.SuppliedBackend, result.SuppliedFile}, s.Kind, "%+v", s)
	}
	put := map[string]string{}
	for _, f := range box.Spec.Files {
		put[f.Path] = string(f.Data)
	}
	require.Equal(t, string(cert), put["/etc/nginx/tls/shop.pem"], "the image's own")
	require.Equal(t, string(key), put["/etc/nginx/tls/shop.key"])
	require.Equal(t, "alice:{PLAIN}secret\nbadgateway:{PLAIN}badgateway\n", put["/etc/nginx/users"])

	p := open(t, d, box)
	for url, backend := range map[string]string{"http://any.example/": "app.internal:8080", "https://shop.example/": "shop:3000"} {
		r, err := p.Request(t.Context(), pod.Request{URL: url, Header: login})
		require.NoError(t, err)
		require.Equal(t, pod.OK, r.Outcome, "%s: %+v", url, r)
		_, attempts, err := p.Observed(t.Context())
		require.NoError(t, err)
		require.Equal(t, backend, attempts[len(attempts)-1].Backend)
	}
	log, err := p.Read(t.Context(), box.ErrorLogs[0])
	require.NoError(t, err)
	require.Contains(t, string(log), "start worker process")
	page, err := p.Read(t.Context(), "/srv/documents/index.html")
	require.NoError(t, err)
	require.Equal(t, "baked in\n", string(page))
}

// TestImageIsReplaced demands that a changed file runs, although the image's
// entry point would write it anew.
func TestImageIsReplaced(t *testing.T) {
	files := map[string]string{"etc/nginx/tls/shop.pem": "", "etc/nginx/tls/shop.key": ""}
	for name, text := range official {
		files[name] = text
	}
	d, b := image(t, "replaced", files, `ENTRYPOINT ["/docker-entrypoint.sh"]`, `CMD ["nginx"]`, "ENV APP_HOST=app.internal")
	c, err := config.ReadImage(t.Context(), d, b)
	require.NoError(t, err)
	const path = "/etc/nginx/conf.d/default.conf"
	quick := strings.ReplaceAll(string(c.Tree.Files[path].Data), "60s", "1s")
	c = c.Replace(path, []byte(quick))
	box, err := sandbox.Build(t.Context(), d, b, c)
	require.NoError(t, err)
	p := open(t, d, box)
	require.NoError(t, p.Inject(t.Context(), pod.Fault{Kind: pod.KindLatency, Target: "app.internal:8080", Duration: 10 * time.Second}))
	r, err := p.Request(t.Context(), pod.Request{URL: "http://any.example/"})
	require.NoError(t, err)
	require.Equal(t, pod.GatewayTimeout, r.Outcome, "%+v", r)
}

// TestImageElsewhere reads the file that the image's command names, with its
// includes beside it.
func TestImageElsewhere(t *testing.T) {
	d, b := image(t, "elsewhere", map[string]string{
		"app/conf/main.conf":        "events {}\nhttp { include parts/*.conf; include /app/conf/more.conf; }\n",
		"app/conf/parts/a.conf":     "server { listen 80; location / { proxy_pass http://app:3000; } }\n",
		"app/conf/parts/.hidden":    "nonsense;\n",
		"app/conf/more.conf":        "server { listen 81; root /app/web; include common.conf; }\n",
		"app/conf/common.conf":      "location /api/ { proxy_pass http://app:3000; }\n",
		"etc/nginx/parts/zzz.conf":  "nonsense;\n",
		"app/web/deep/er/index.htm": "x",
	}, `CMD ["nginx", "-c", "/app/conf/main.conf"]`)
	c, err := config.ReadImage(t.Context(), d, b)
	require.NoError(t, err)
	box, err := sandbox.Build(t.Context(), d, b, c)
	require.NoError(t, err)
	require.Len(t, box.Passes, 2)
	require.Equal(t, b.Spec+":/app/conf/parts/a.conf", c.Place(box.Passes[0].Directive).File)
	require.Equal(t, b.Spec+":/app/conf/main.conf", c.PlaceOf(pod.ConfPath, 2).File)
	p := open(t, d, box)
	for _, url := range []string{"http://x/", "http://x:81/api/"} {
		r, err := p.Request(t.Context(), pod.Request{URL: url})
		require.NoError(t, err)
		require.Equal(t, pod.OK, r.Outcome, "%s: %+v", url, r)
	}
}

// TestImageRefused names the file of the image, and what to do.
func TestImageRefused(t *testing.T) {
	for name, c := range map[string]struct {
		files      map[string]string
		changes    []string
		place, msg string
		next       string
		line       int
	}{
		"missing": {files: map[string]string{"etc/nginx/nginx.conf": "events {}\nhttp { include gone.conf; }\n"}, place: ":/etc/nginx/nginx.conf", line: 2,
			msg: "include /etc/nginx/gone.conf: no such file", next: "the image holds no such file"},
		"pipe": {files: map[string]string{"etc/nginx/nginx.conf": "events {}\nhttp { include pipe.conf; }\n", "etc/nginx/pipe.conf": "|"}, place: ":/etc/nginx/nginx.conf", line: 2,
			msg: "not a regular file"},
		"loop": {files: map[string]string{"etc/nginx/nginx.conf": "events {}\nhttp { include conf.d/*.conf; }\n", "etc/nginx/conf.d/a.conf": "include conf.d/a.conf;\n"},
			place: ":/etc/nginx/conf.d/a.conf", line: 1, msg: "include loop"},
		"no-gateway": {files: map[string]string{"bin/tool": "#!/bin/sh\necho tool\n"}, changes: []string{`CMD ["/bin/tool", "nginx"]`, "ENV PATH=/nothing"},
			msg: "nginx", next: "name an image of a gateway"},
	} {
		t.Run(name, func(t *testing.T) {
			d, b := image(t, "refused-"+name, c.files, c.changes...)
			_, err := config.ReadImage(t.Context(), d, b)
			var refused *config.InputError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, result.Place{File: b.Spec + c.place, Line: c.line}, refused.Place)
			require.Contains(t, refused.Msg, c.msg)
			require.Contains(t, refused.Next, c.next)
		})
	}
}

// image makes a container image of the nginx under test and files: of text, of
// links ("-> TARGET") or pipes ("|"). It ends with the test.
func image(t *testing.T, tag string, files map[string]string, changes ...string) (pod.Driver, nginx.Build) {
	t.Helper()
	host, err := build()
	require.NoError(t, err)
	if host.Root == "" {
		t.Skip("an image cannot be made of an image")
	}
	api, err := client.New(client.FromEnv)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, api.Close()) })
	made := nginx.Build{Spec: "image:badgateway-test:" + tag, Image: "badgateway-test:" + tag}
	d, err := drivers.Pick(t.Context(), "docker", made)
	if err != nil {
		require.Empty(t, os.Getenv("BADGATEWAY_REQUIRE"), "driver required: %v", err)
		t.Skip(err)
	}
	_, err = api.Ping(t.Context(), client.PingOptions{NegotiateAPIVersion: true})
	require.NoError(t, err)
	content, w := io.Pipe()
	go func() { w.CloseWithError(pack(t.Context(), w, host, files)) }()
	answer, err := api.ImageImport(t.Context(), client.ImageImportSource{Source: content, SourceName: "-"}, made.Image,
		client.ImageImportOptions{Changes: changes})
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, answer)
	require.NoError(t, errors.Join(err, answer.Close()))
	t.Cleanup(func() {
		_, err := api.ImageRemove(context.Background(), made.Image, client.ImageRemoveOptions{Force: true})
		require.NoError(t, err)
	})
	return d, made
}

// pack writes a root file system with files in it.
func pack(ctx context.Context, to io.Writer, build nginx.Build, files map[string]string) error {
	root, err := builds.Tar(ctx, build)
	if err != nil {
		return err
	}
	defer root.Close()
	w := tar.NewWriter(to)
	for r := tar.NewReader(root); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(filepath.Clean(head.Name), "/")
		if _, ours := files[name]; ours || strings.HasPrefix(name, "etc/nginx/") && name != "etc/nginx/mime.types" {
			continue
		}
		if err := w.WriteHeader(head); err != nil {
			return err
		}
		if _, err := io.Copy(w, r); err != nil {
			return err
		}
	}
	for name, text := range files {
		head := &tar.Header{Name: name, Mode: 0o755, Size: int64(len(text)), Typeflag: tar.TypeReg}
		if target, link := strings.CutPrefix(text, "-> "); link {
			head.Typeflag, head.Linkname, head.Size = tar.TypeSymlink, target, 0
		}
		if text == "|" {
			head.Typeflag, head.Size = tar.TypeFifo, 0
		}
		if err := w.WriteHeader(head); err != nil {
			return err
		}
		if head.Size > 0 {
			if _, err := io.WriteString(w, text); err != nil {
				return err
			}
		}
	}
	return w.Close()
}
