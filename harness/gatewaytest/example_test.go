package gatewaytest_test

import (
	"testing"

	"badgateway/backends"
	"badgateway/harness/gatewaytest"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
	"badgateway/scenarios"
)

const conf = `
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events {}
http {
    access_log /var/log/nginx/access.log;
    server {
        listen 80;
        location / { proxy_pass http://127.0.0.1:3000; }
    }
}`

// A test of an nginx.conf: what clients see when the application is down.
func ExampleStart() {
	TestApplicationDown := func(t *testing.T) {
		gateway := gatewaytest.Start(t, conf, backends.Spec{Name: "app", Listen: "127.0.0.1:3000"})
		gateway.Get("/", pod.OK)

		gateway.Inject(pod.Fault{Kind: pod.KindDown, Target: "app"})
		gateway.Get("/", pod.BadGateway, nginx.ConnectRefused)

		gateway.Lift()
		gateway.Get("/", pod.OK)
	}
	_ = TestApplicationDown // go test runs it
}

// A whole scenario as a test, on every driver that the environment asks for.
func ExampleRun() {
	TestRefused := func(t *testing.T) {
		for _, driver := range gatewaytest.Drivers() {
			t.Run(driver, func(t *testing.T) { gatewaytest.Run(t, driver, scenarios.All()[0]) })
		}
	}
	_ = TestRefused // go test runs it
}
