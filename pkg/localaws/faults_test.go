package localaws_test

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// createUnder asks for an access key with a fault in place, and returns how many keys exist
// afterwards.
func createUnder(t *testing.T, fault localaws.Fault) (w *localaws.World, keys int, err error) {
	t.Helper()
	w = start(t, localaws.Config{})
	w.CreateUser("sender")
	w.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action == "CreateAccessKey" {
			return &fault
		}
		return nil
	})
	_, err = iamClient(t, w).CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: sender})
	return w, len(w.Keys("sender")), err
}

func TestAFaultHappensInsteadOfTheEffect(t *testing.T) {
	w, keys, err := createUnder(t, localaws.Fault{Code: "Throttling", Message: "Rate exceeded"})
	wantRefusal(t, err, "Throttling", "Rate exceeded")
	if status := httpStatus(err); keys != 0 || status != http.StatusBadRequest {
		t.Errorf("%d keys, status %d", keys, status)
	}
	if calls := w.Calls(); len(calls) != 1 || calls[0].Err != "Throttling" {
		t.Errorf("calls are %+v", calls)
	}
}

func TestAFaultAfterTheEffectLosesTheAnswer(t *testing.T) {
	_, keys, err := createUnder(t, localaws.Fault{After: true, Status: http.StatusServiceUnavailable})
	wantRefusal(t, err, "InternalFailure", "")
	if status := httpStatus(err); keys != 1 || status != http.StatusServiceUnavailable {
		t.Errorf("%d keys, status %d", keys, status)
	}
}

func TestAnAnswerIsLostWithItsConnection(t *testing.T) {
	w, keys, err := createUnder(t, localaws.Fault{After: true, Drop: true})
	if keys != 1 || !errors.Is(err, io.EOF) {
		t.Errorf("%d keys, error %v", keys, err)
	}
	if calls := w.Calls(); calls[0].Err != "connection dropped" {
		t.Errorf("calls are %+v", calls)
	}
}

func TestADelayJustDelays(t *testing.T) {
	for _, after := range []bool{false, true} {
		w, keys, err := createUnder(t, localaws.Fault{After: after, Delay: 20 * time.Millisecond})
		if keys != 1 || err != nil {
			t.Errorf("%d keys, error %v", keys, err)
		}
		if call := w.Calls()[0]; call.End.Sub(call.Start) < 20*time.Millisecond {
			t.Errorf("it took %v", call.End.Sub(call.Start))
		}
	}
}

func TestAccessIsDeniedAsEachServiceDeniesIt(t *testing.T) {
	_, _, err := createUnder(t, localaws.Fault{Code: "AccessDenied", Message: "not you"})
	if status := httpStatus(err); status != http.StatusForbidden {
		t.Errorf("HTTP status is %d", status)
	}
	w := start(t, localaws.Config{})
	w.Intercept(func(localaws.Call) *localaws.Fault {
		return &localaws.Fault{Code: "AccessDeniedException", Message: "not you"}
	})
	_, err = secretsClient(t, w).DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: mailSecret})
	wantRefusal(t, err, "AccessDeniedException", "not you")
}

func TestCallsAreRememberedInOrder(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	client := iamClient(t, w)
	must(client.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: sender}))(t)
	_, err := secretsClient(t, w).DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: mailSecret})
	if code(err) != "ResourceNotFoundException" {
		t.Fatal(err)
	}
	calls := w.Calls()
	if len(calls) != 2 {
		t.Fatalf("calls are %+v", calls)
	}
	if c := calls[0]; c.N != 0 || c.Service != "iam" || c.Action != "ListAccessKeys" || c.User != "sender" ||
		c.Err != "" {
		t.Errorf("first call is %+v", c)
	}
	c := calls[1]
	if c.N != 1 || c.Service != "secretsmanager" || c.SecretID != "mail/smtp" || c.Err != "ResourceNotFoundException" {
		t.Errorf("second call is %+v", c)
	}
	w.ResetCalls()
	must(client.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: sender}))(t)
	if calls := w.Calls(); len(calls) != 1 || calls[0].N != 0 {
		t.Errorf("after a reset calls are %+v", calls)
	}
}
