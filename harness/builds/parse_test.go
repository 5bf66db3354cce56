package builds

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const deb822Sample = `# the distribution
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: trixie trixie-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://mirror.example/debian-security
Suites: trixie-security
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: sid

Types: deb-src
URIs: http://source.example/debian
Suites: sid
`

func TestSourcesDeb822(t *testing.T) {
	sources := parseDeb822(deb822Sample)
	require.Len(t, sources, 2)
	chosen := chooseArchives(sources)
	require.Equal(t, "http://mirror.example/debian", chosen.main.uri)
	require.Equal(t, "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n -----END PGP PUBLIC KEY BLOCK-----", chosen.main.signed)
	require.Equal(t, mirror{"http://mirror.example/debian-security", "/usr/share/keyrings/debian-archive-keyring.gpg"}, chosen.security)
	require.Equal(t, []string{"trixie", "trixie-updates"}, parseDeb822(stanza(chosen.main, "trixie trixie-updates", true))[0].suites,
		"an embedded key survives being written into another file")
}

func TestSourcesOneLine(t *testing.T) {
	chosen := chooseArchives(parseOneLine(`# deb http://comment.example/debian sid main
deb-src http://source.example/debian bookworm main
deb http://other.example/ubuntu noble main
deb cdrom:[Debian]/ nothing main
deb [ arch=amd64 signed-by=/k.gpg ] http://mirror.example/debian bookworm main # all of it
deb	http://mirror.example/security	stable-security	main
deb [broken http://x.example/ sid
`))
	require.Equal(t, archives{mirror{"http://mirror.example/debian", "/k.gpg"}, mirror{uri: "http://mirror.example/security"}}, chosen)
	require.Equal(t, archives{}, chooseArchives(parseOneLine("deb http://archive.example/ubuntu noble main\n")))
}

func TestParseLibraries(t *testing.T) {
	found, gone := parseLibraries(`	linux-vdso.so.1 (0x00007ffd)
	libcrypt.so.1 => /lib/x86_64-linux-gnu/libcrypt.so.1 (0x00007f)
	libgone.so.2 => not found
	/lib64/ld-linux-x86-64.so.2 (0x00007f)
	/lib/ld-musl-x86_64.so.1 (0x7f)
	libc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f)
`)
	require.Equal(t, []string{"/lib/x86_64-linux-gnu/libcrypt.so.1", "/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-x86_64.so.1"}, found)
	require.Equal(t, []string{"libgone.so.2"}, gone)
}

func TestParseVersion(t *testing.T) {
	for said, want := range map[string]string{
		"nginx version: nginx/1.22.1\n":             "1.22.1",
		"nginx version: nginx/1.24.0 (Ubuntu)\n":    "1.24.0",
		"nginx version: openresty/1.21.4.1\n":       "1.21.4.1",
		"Angie version: Angie/1.5.0\n":              "1.5.0",
		"warning\nnginx version: nginx/1.18.0\n":    "1.18.0",
		"nginx version: freenginx/1.27.0 (built)\n": "1.27.0",
	} {
		got, err := parseVersion([]byte(said))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := parseVersion([]byte("usage: something"))
	require.ErrorContains(t, err, "not nginx")
}

func TestParseStatus(t *testing.T) {
	percent, ok := parseStatus("dlstatus:12:34.5678:Retrieving file 12 of 61 (2s remaining)")
	require.True(t, ok)
	require.InDelta(t, 34.5678, percent, 1e-9)
	for _, other := range []string{"", "dlstatus:", "media-change: x:1:2", "dlstatus:1:nan:x"} {
		_, ok := parseStatus(other)
		require.False(t, ok, other)
	}
}

func TestManifestRefused(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, Manifest{Schema: "other/v9", Suite: "x", Nginx: "1", Binary: "/b"}.write(dir))
	_, err := readManifest(dir)
	require.ErrorContains(t, err, "is not a "+ManifestSchema)
}

func FuzzSources(f *testing.F) {
	f.Add(deb822Sample)
	f.Add("deb [signed-by=/k] http://m/debian sid main\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range append(parseDeb822(text), parseOneLine(text)...) {
			require.NotEmpty(t, s.uris)
			require.NotEmpty(t, s.suites)
			for _, word := range append(s.uris, s.suites...) {
				require.NotContains(t, word, "\n")
			}
		}
	})
}

func FuzzAptOutput(f *testing.F) {
	f.Add("dlstatus:1:2.5:Retrieving\n")
	f.Add("E: Failed to fetch x\nW: y\n")
	f.Add("nginx version: nginx/1.2.3")
	f.Add("LIST='/etc/apt/sources.list'\n")
	f.Add("libc.so.6 => /lib/libc.so.6 (0x7f)\nlibx.so => not found\n")
	f.Fuzz(func(t *testing.T, text string) {
		if percent, ok := parseStatus(text); ok {
			require.True(t, percent >= 0 && percent <= 100, percent)
		}
		if version, err := parseVersion([]byte(text)); err == nil {
			require.Regexp(t, `^\d+(\.\d+)+$`, version)
		}
		found, _ := parseLibraries(text)
		for _, file := range found {
			require.True(t, path.IsAbs(file), file)
		}
		require.False(t, strings.Contains(complaints(text), "\n"))
		parseShell(text)
	})
}
