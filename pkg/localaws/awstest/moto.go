// Package awstest gives tests the implementations of AWS to run against: always localaws, and moto,
// which is independent of it, if it is installed.
package awstest

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// Region is the Region of the tests.
const Region = "eu-west-1"

// Moto starts moto's server for the test and returns its URL. command starts it; the default is
// moto_server. If moto isn't installed, the test is skipped.
func Moto(t *testing.T, command ...string) string {
	t.Helper()
	if _, err := exec.LookPath("moto_server"); err != nil {
		t.Skip("moto isn't installed: there is no moto_server on the PATH")
	}
	if len(command) == 0 {
		command = []string{"moto_server"}
	}
	for range 5 {
		if url := startMoto(t, command, FreePort(t)); url != "" {
			return url
		}
	}
	t.Fatal("moto_server ended five times before it answered")
	return ""
}

// startMoto returns "" if moto ends, as it does if another process took the port first.
func startMoto(t *testing.T, command []string, port string) (url string) {
	t.Helper()
	cmd := exec.Command(command[0], append(command[1:], "-H", "127.0.0.1", "-p", port)...)
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	url = "http://127.0.0.1:" + port
	for until := time.Now().Add(time.Minute); time.Now().Before(until); {
		select {
		case <-ended:
			return ""
		case <-time.After(100 * time.Millisecond):
		}
		answer, err := http.Get(url + "/moto-api/")
		if err == nil {
			_ = answer.Body.Close()
			return url
		}
	}
	t.Fatal("moto_server didn't answer within a minute")
	return ""
}

// ports holds the ports that this process has given away.
var ports sync.Map

// FreePort returns a free port below those that systems choose for programs, which begin at 32,768
// on Linux and higher elsewhere. So it stays free until it is taken.
func FreePort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := fmt.Sprint(20_000 + rand.IntN(12_000))
		if _, given := ports.LoadOrStore(port, true); given {
			continue
		}
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("there is no free port")
	return ""
}

// OnEach runs a test against every implementation, through the real SDK.
func OnEach(t *testing.T, test func(t *testing.T, cfg aws.Config)) {
	t.Run("localaws", func(t *testing.T) {
		world, err := localaws.Start(localaws.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = world.Close() })
		test(t, Config(world.URL()))
	})
	t.Run("moto", func(t *testing.T) { test(t, Config(Moto(t))) })
}

// Config configures the SDK's clients for the implementation at url.
func Config(url string) aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: &url,
		HTTPClient:   client{awshttp.NewBuildableClient()},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIATEST000000000000", SecretAccessKey: "test"}, nil
		}),
	}
}
