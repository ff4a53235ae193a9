// Package awstest gives tests the implementations of AWS that they run against: localaws always,
// and moto, which is independent of it, where it is installed.
package awstest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// Region is where the tests are.
const Region = "eu-west-1"

// Moto starts moto's server for the test and returns its URL. command is what starts it, if not
// moto_server. Where moto isn't installed, the test is skipped.
func Moto(t *testing.T, command ...string) string {
	t.Helper()
	if _, err := exec.LookPath("moto_server"); err != nil {
		t.Skip("moto isn't installed: there is no moto_server on the PATH")
	}
	port := FreePort(t)
	if len(command) == 0 {
		command = []string{"moto_server"}
	}
	cmd := exec.Command(command[0], append(command[1:], "-H", "127.0.0.1", "-p", port)...)
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	url := "http://127.0.0.1:" + port
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		answer, err := http.Get(url + "/moto-api/")
		if err == nil {
			_ = answer.Body.Close()
			return url
		}
	}
	t.Fatal("moto_server was started and doesn't answer")
	return ""
}

// FreePort is one that nothing listens on now.
func FreePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
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

// Config is for the SDK's clients of the implementation at url.
func Config(url string) aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: &url,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIATEST000000000000", SecretAccessKey: "test"}, nil
		}),
	}
}
