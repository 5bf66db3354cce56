package drivers

import (
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/pod"
)

// TestGlob lists nginx's own file system, links followed.
func TestGlob(t *testing.T) {
	eachPod(t, func(t *testing.T, p *pod.Pod) {
		require.NoError(t, p.Put(t.Context(),
			pod.File{Path: "/srv/conf.d/a.conf", Data: []byte("aa")}, pod.File{Path: "/srv/conf.d/b.conf"}, pod.File{Path: "/srv/conf.d/c.conf", Dir: true}))
		r, err := p.Exec(t.Context(), pod.Command{Args: []string{"sh", "-c", "cd /srv/conf.d; ln -s a.conf l.conf; ln -s nowhere n.conf; mkfifo p.conf"}})
		require.NoError(t, err)
		require.Zero(t, r.Code, "%s", r.Stderr)
		got, err := p.Glob(t.Context(), "/srv/*/*.conf", "/nowhere/*", "/srv/conf.d/a.conf")
		require.NoError(t, err)
		require.Len(t, got, 6)
		require.Equal(t, pod.Entry{Path: "/srv/conf.d/a.conf", Size: 2, Regular: true}, got[0])
		require.Equal(t, pod.Entry{Path: "/srv/conf.d/b.conf", Regular: true}, got[1])
		require.True(t, got[2].Dir)
		require.Equal(t, pod.Entry{Path: "/srv/conf.d/l.conf", Size: 2, Regular: true}, got[3])
		require.Equal(t, "/srv/conf.d/p.conf", got[4].Path)
		require.False(t, got[4].Regular || got[4].Dir)
		require.Equal(t, got[0], got[5])
		_, err = p.Glob(t.Context(), "/srv/[")
		require.ErrorContains(t, err, "syntax error in pattern")
	})
}

// TestReadsFilesAlone reads what nobody writes to, what never ends, and what is
// too much for one answer.
func TestReadsFilesAlone(t *testing.T) {
	eachPod(t, func(t *testing.T, p *pod.Pod) {
		r, err := p.Exec(t.Context(), pod.Command{Args: []string{"sh", "-c", "mkfifo /tmp/pipe"}})
		require.NoError(t, err)
		require.Zero(t, r.Code, "%s", r.Stderr)
		want := map[string]string{"/dev/zero": "not a regular file", "/tmp/pipe": "not a regular file", "/tmp": "not a regular file"}
		if r, err := p.Exec(t.Context(), pod.Command{Args: []string{"sh", "-c", "truncate -s 100M /tmp/large"}}); err == nil && r.Code == 0 {
			want["/tmp/large"] = "more than 64 MB"
		}
		for path, why := range want {
			_, err := p.Read(t.Context(), path)
			require.ErrorContains(t, err, why, path)
		}
	})
}
