package function

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// TestANameThatNobodyKnowsIsNoMissingWay: the name is mistyped, and a NAT gateway wouldn't help. A
// name server that doesn't answer can mean a missing way out.
func TestANameThatNobodyKnowsIsNoMissingWay(t *testing.T) {
	wrong := &net.DNSError{Err: "no such host", Name: "iam.example.com", IsNotFound: true}
	silent := &net.DNSError{Err: "i/o timeout", Name: "iam.example.com", IsTimeout: true}
	for _, c := range []struct {
		what string
		err  error
		want bool
	}{
		{"IAM's name is wrong", call("IAM", wrong), false},
		{"nobody tells IAM's address", call("IAM", silent), true},
		{"SES's name is wrong", login(wrong), false},
		{"nobody tells SES's address", login(silent), true},
		{"one of two", errors.Join(login(wrong), call("IAM", silent)), true},
		{"something else", errors.New("something else"), false},
	} {
		err := wayOut(rotation.Errorf(rotation.Conflict, "it failed: %w", c.err))
		if got := strings.Contains(err.Error(), "The function can't reach"); got != c.want {
			t.Errorf("%s: %v", c.what, err)
		}
		if rotation.TypeOf(err) != rotation.Conflict {
			t.Errorf("%s: the error's type is %s", c.what, rotation.TypeOf(err))
		}
	}
	if wayOut(nil) != nil {
		t.Error("nil becomes an error")
	}
}

func call(service string, err error) error {
	return fmt.Errorf("called: %w", &smithy.OperationError{ServiceID: service, Err: &net.OpError{Op: "dial", Err: err}})
}

func login(err error) error {
	return fmt.Errorf("tried: %w", &sessmtp.ReplyError{Op: "connect", Addr: "smtp.example.com:587", Err: err,
		Unreachable: true})
}
