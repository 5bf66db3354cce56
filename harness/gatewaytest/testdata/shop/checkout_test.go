// Package shop stands for somebody else's project: a module of its own that
// tests its own nginx.conf.
package shop

import (
	_ "embed"
	"testing"

	"badgateway/backends"
	"badgateway/harness/gatewaytest"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

//go:embed nginx.conf
var conf string

func TestCheckoutWithoutPayment(t *testing.T) {
	gateway := gatewaytest.Start(t, conf,
		backends.Spec{Name: "shop", Listen: "127.0.0.1:3000"},
		backends.Spec{Name: "payment", Listen: "10.0.3.7:8080", Hosts: []string{"payment.internal"}})
	gateway.Get("/pay", pod.OK)

	gateway.Inject(pod.Fault{Kind: pod.KindDown, Target: "payment"})

	gateway.Get("/", pod.OK)
	gateway.Get("/pay", pod.BadGateway, nginx.ConnectRefused)
}
