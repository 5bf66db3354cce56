package docker

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/moby/moby/client"
	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// victimSwitch makes the test binary a creator that is to be killed.
const victimSwitch = "BADGATEWAY_TEST_VICTIM"

func TestMain(m *testing.M) {
	if os.Getenv(victimSwitch) != "" {
		fmt.Fprintln(os.Stderr, victim())
		os.Exit(1)
	}
	code := m.Run()
	if err := leaks(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// leaks says which containers of this process are left.
func leaks() error {
	api, err := newClient()
	if err != nil {
		return err
	}
	defer api.Close()
	if ping(context.Background(), api) != nil {
		return nil // no engine, no containers
	}
	list, err := ofSession(context.Background(), api, session)
	if err == nil && len(list) > 0 {
		err = fmt.Errorf("tests left containers: %v", list)
	}
	return err
}

// ofSession lists the containers of a creator.
func ofSession(ctx context.Context, api client.APIClient, session string) ([]string, error) {
	list, err := api.ContainerList(ctx, client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", labelSession+"="+session),
	})
	var ids []string
	for _, c := range list.Items {
		ids = append(ids, fmt.Sprint(c.Names, c.State))
	}
	return ids, err
}

// driver is a driver that says in the test's log what it uses. Without an
// engine the test is skipped, or fails where one is required.
func driver(t testing.TB) *Driver {
	t.Helper()
	d := &Driver{Notice: func(line string) { t.Log(line) }}
	if err := d.Check(t.Context(), nginx.Build{}); err != nil {
		if os.Getenv("BADGATEWAY_REQUIRE") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return d
}

// connected is a driver's engine.
func connected(t testing.TB) *engine {
	t.Helper()
	e, err := driver(t).connect(t.Context())
	require.NoError(t, err)
	return e
}

// start starts a pod that ends with the test.
func start(t testing.TB, d *Driver, spec pod.Spec) *pod.Pod {
	t.Helper()
	p, err := tryStart(t, d, spec)
	require.NoError(t, err)
	return p
}

func tryStart(t testing.TB, d *Driver, spec pod.Spec) (*pod.Pod, error) {
	t.Helper()
	p, err := pod.Start(t.Context(), d, spec, pod.DefaultTimeouts)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p, err
}
