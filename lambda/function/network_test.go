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

// lost listens without answering any connection, like a network that loses packets: the kernel
// drops them, because the queue of a server that accepts nobody is full.
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

// TestTheFirstTickSaysThatThereIsNoWayOut: this usually means out of a VPC.
func TestTheFirstTickSaysThatThereIsNoWayOut(t *testing.T) {
	const (
		iam     = "a NAT gateway, because IAM has a VPC endpoint in us-east-1, cn-north-1 and us-gov-west-1 alone"
		secrets = "The function can't reach Secrets Manager: if it runs in a VPC's subnets, they need " +
			"a NAT gateway or a VPC endpoint of that service"
		smtp = "security groups that let out the SMTP port"
	)
	for name, c := range map[string]struct {
		variable, value string // with LOST for a server that never answers
		fails           rotation.ErrorType
		says, never     string
	}{
		"IAM":             {"AWS_ENDPOINT_URL_IAM", "http://LOST", rotation.AWSError, iam, secrets},
		"Secrets Manager": {"AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://LOST", rotation.AWSError, secrets, iam},
		"SES": {"SMTP_ENDPOINT", "LOST", rotation.VerificationFailed,
			"The function can't reach LOST", "HTTPS"},
		"the second Region": {"SMTP_ENDPOINT", "eu-west-1=127.0.0.1:1,us-east-1=LOST", rotation.VerificationFailed,
			"The function can't reach LOST", "The function can't reach 127.0.0.1:1"},
		"the first Region": {"SMTP_ENDPOINT", "eu-west-1=LOST,us-east-1=127.0.0.1:1", rotation.VerificationFailed,
			smtp, "The function can't reach 127.0.0.1:1"},
		"IAM says no": {"AWS_ENDPOINT_URL_IAM", "http://127.0.0.1:1", rotation.AWSError,
			"connection refused", "VPC"},
		"SES says no": {"SMTP_ENDPOINT", "127.0.0.1:1", rotation.VerificationFailed,
			"connection refused", "VPC"},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"AWS_MAX_ATTEMPTS": "1", "VERIFY_TIMEOUT": "3s", c.variable: c.value}
			if strings.Contains(c.value, "LOST") {
				whole.Only(t, "waits until a connection is given up")
				with := strings.NewReplacer("LOST", lost(t))
				env[c.variable], c.says = with.Replace(c.value), with.Replace(c.says)
			}
			if strings.Contains(c.value, "us-east-1=") {
				env["SMTP_REGIONS"] = "eu-west-1,us-east-1"
			}
			s := newStage(t, env)
			text := s.fails(`{}`, c.fails)
			if !strings.Contains(text, c.says) || strings.Contains(text, c.never) {
				t.Errorf("it says %s", text)
			}
		})
	}
}
