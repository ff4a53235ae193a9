package function_test

import (
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// lost listens where no connection is answered, as a network without a way out loses packets: the
// kernel drops them, because the queue of a server that accepts nobody is full.
func lost(t *testing.T) (addr string) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: bound.(*syscall.SockaddrInet4).Port}
	for range 8 {
		conn, err := net.DialTimeout("tcp", at.String(), 200*time.Millisecond)
		if err != nil {
			return at.String()
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Skip("this kernel answers connections that nobody accepts")
	return ""
}

// TestTheFirstTickSaysThatThereIsNoWayOut: of a VPC, as a rule.
func TestTheFirstTickSaysThatThereIsNoWayOut(t *testing.T) {
	const (
		iam     = "a NAT gateway, because IAM has a VPC endpoint in us-east-1, cn-north-1 and us-gov-west-1 alone"
		secrets = "a NAT gateway or a VPC endpoint of that service"
		smtp    = "security groups that let out the SMTP port"
	)
	for name, c := range map[string]struct {
		variable, value string
		fails           rotation.ErrorType
		says, never     string
		slow            bool
	}{
		"IAM has no name": {
			"AWS_ENDPOINT_URL_IAM", "https://iam.invalid", rotation.AWSError, iam, secrets, false},
		"Secrets Manager has no name": {
			"AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://secrets.invalid", rotation.AWSError, secrets, iam, false},
		"SES has no name": {
			"SMTP_ENDPOINT", "smtp.invalid:587", rotation.VerificationFailed, smtp, iam, false},
		"IAM's packets get lost": {
			"AWS_ENDPOINT_URL_IAM", "", rotation.AWSError, iam, secrets, true},
		"SES's packets get lost": {
			"SMTP_ENDPOINT", "", rotation.VerificationFailed, smtp, iam, true},
		"IAM refuses connections": {
			"AWS_ENDPOINT_URL_IAM", "http://127.0.0.1:1", rotation.AWSError, "connection refused", "VPC", false},
		"SES refuses connections": {
			"SMTP_ENDPOINT", "127.0.0.1:1", rotation.VerificationFailed, "connection refused", "VPC", false},
	} {
		t.Run(name, func(t *testing.T) {
			if c.slow {
				whole.Only(t, "waits until a connection is given up")
			}
			if c.value == "" {
				c.value = lost(t)
				if strings.HasPrefix(c.variable, "AWS_") {
					c.value = "http://" + c.value
				}
			}
			s := newStage(t, map[string]string{c.variable: c.value, "AWS_MAX_ATTEMPTS": "1", "VERIFY_TIMEOUT": "3s"})
			text := s.fails(`{}`, c.fails)
			if !strings.Contains(text, c.says) || strings.Contains(text, c.never) {
				t.Errorf("it says %s", text)
			}
		})
	}
}
