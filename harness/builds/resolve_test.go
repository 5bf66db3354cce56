package builds

import (
	"os"
	"path/filepath"
	"testing"

	"badgateway/harness/nginx"

	"github.com/stretchr/testify/require"
)

func TestResolveHost(t *testing.T) {
	build := hostBuild(t)
	require.Equal(t, "nginx", build.Spec)
	require.Equal(t, "/", build.Root)
	require.FileExists(t, build.Binary)
	require.Regexp(t, `^\d+\.\d+\.\d+`, build.Version)

	t.Chdir(filepath.Dir(build.Binary))
	for _, spec := range []string{build.Binary, "./" + filepath.Base(build.Binary)} {
		byPath, err := Resolve(t.Context(), spec, Options{})
		require.NoError(t, err)
		require.Equal(t, nginx.Build{Spec: spec, Root: "/", Binary: build.Binary, Version: build.Version}, byPath)
	}
}

func TestResolveImage(t *testing.T) {
	build, err := Resolve(t.Context(), "image:nginx:stable", Options{})
	require.NoError(t, err)
	require.Equal(t, nginx.Build{Spec: "image:nginx:stable", Image: "nginx:stable"}, build)
}

func TestResolveBadInput(t *testing.T) {
	script := filepath.Join(t.TempDir(), "nginx")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\necho nginx\n"), 0o755))
	for spec, says := range map[string]string{
		"ngnix":          "did you mean nginx?",
		"forky":          "did you mean debian:forky?",
		"debain:forky":   "did you mean debian:forky?",
		"something else": "use a path, debian:SUITE (debian:bookworm) or image:NAME",
		"image:":         "write image:NAME",
		"debian:1.28":    "did you mean debian:1.18?",
		"debian:9.9":     "known suites: bullseye, bookworm, trixie, forky",
		"debian:../../x": "names no Debian suite",
		"debian:":        "names no Debian suite",
		"/no/such/nginx": "no such file",
		"/etc/passwd":    "is not executable",
		"/usr":           "is a directory",
		script:           "is no ELF binary",
		"/bin/true":      "not nginx",
	} {
		_, err := Resolve(t.Context(), spec, Options{Dir: t.TempDir()})
		var input *SpecError
		require.ErrorAs(t, err, &input, spec)
		require.ErrorContains(t, err, says, spec)
		require.Equal(t, spec, input.Spec)
	}
}

func TestCompareVersions(t *testing.T) {
	require.Negative(t, compareVersions("1.9.9", "1.22"))
	require.Positive(t, compareVersions("1.30.1", "1.30"))
	require.Zero(t, compareVersions("1.18.0", "1.18.0"))
}
