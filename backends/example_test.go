package backends_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"badgateway/backends"
)

// A backend serves its script on any listener, takes another script while it
// runs, and records what reached it.
func Example() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	rec := backends.NewRecorder(time.Now())
	app := backends.Spec{Name: "app", Listen: "127.0.0.1:3000", Script: backends.Healthy()}
	srv, err := backends.Start(ln, app, rec)
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(id string) {
		req, err := http.NewRequest("GET", "http://"+ln.Addr().String()+"/cart", nil)
		if err != nil {
			log.Fatal(err)
		}
		req.Header.Set(backends.IDHeader, id)
		resp, err := client.Do(req)
		if err != nil {
			log.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		fmt.Printf("%s: %s, %d bytes, %v\n", id, resp.Status, len(body), err)
	}
	get("r1")
	if err := srv.SetScript(backends.Truncated(1000, 10)); err != nil {
		log.Fatal(err)
	}
	get("r2")

	second, err := rec.WaitAttempt(context.Background(), 2)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(second.ID, second.Method, second.Target, second.Action)
	// Output:
	// r1: 200 OK, 12 bytes, <nil>
	// r2: 200 OK, 10 bytes, unexpected EOF
	// r2 GET /cart truncate-body
}

func ExampleScript_Validate() {
	fmt.Println(backends.Truncated(100, 100).Validate("app"))
	// Output:
	// backend "app": send_bytes 100: action "truncate-body" must leave something out of the body of 100 bytes; send less or raise body_bytes
}
