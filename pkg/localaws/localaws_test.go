package localaws_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

const region = "eu-west-1"

// epoch is the time at which the clocks of these tests stand still.
var epoch = time.Date(2026, 11, 23, 15, 12, 1, 0, time.UTC)

// start makes a World whose clock only Advance moves.
func start(t *testing.T, cfg localaws.Config) *localaws.World {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return epoch }
	}
	w, err := localaws.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func anyone(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIDANYONE", SecretAccessKey: "anything"}, nil
}

// clientFor returns a client that keeps no connections, so that a dropped one is never an old one.
func clientFor(t *testing.T) *http.Client {
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func iamClient(t *testing.T, w *localaws.World) *iam.Client {
	return iam.New(iam.Options{
		BaseEndpoint: aws.String(w.URL()), Region: region, Credentials: aws.CredentialsProviderFunc(anyone),
		HTTPClient: clientFor(t), Retryer: aws.NopRetryer{},
	})
}

func secretsClient(t *testing.T, w *localaws.World) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		BaseEndpoint: aws.String(w.URL()), Region: region, Credentials: aws.CredentialsProviderFunc(anyone),
		HTTPClient: clientFor(t), Retryer: aws.NopRetryer{},
	})
}

// code returns the AWS error code of an error, or "".
func code(err error) string {
	if refusal, ok := errors.AsType[smithy.APIError](err); ok {
		return refusal.ErrorCode()
	}
	return ""
}

// wantRefusal checks for an AWS error with this code and, if text isn't "", with this message.
func wantRefusal(t *testing.T, err error, wantCode, wantText string) {
	t.Helper()
	refusal, ok := errors.AsType[smithy.APIError](err)
	if !ok || refusal.ErrorCode() != wantCode {
		t.Fatalf("got error %v, want %s", err, wantCode)
	}
	if wantText != "" && refusal.ErrorMessage() != wantText {
		t.Fatalf("got message %q, want %q", refusal.ErrorMessage(), wantText)
	}
}

// must returns the result of a call that must succeed.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
