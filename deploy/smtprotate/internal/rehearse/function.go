package rehearse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/lambda/function"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// invocationTimeout is the deployed function's timeout in template.yaml.
const invocationTimeout = 300 * time.Second

// deploy creates the function with its settings, as a deployment does. The quarantine differs from
// act to act: a rollback needs a longer one than the other acts can wait for.
func (r *Rehearsal) deploy(quarantine time.Duration) {
	settings := map[string]string{
		"AWS_REGION":        r.Endpoint.Region,
		"SMTP_USER_NAME":    r.User,
		"SECRET_ID":         r.Secret,
		"SMTP_REGIONS":      r.Endpoint.Region,
		"SMTP_ENDPOINT":     r.Endpoint.Addr(),
		"PROMOTION_WINDOW":  r.Pace.String(),
		"GRACE_PERIOD":      r.Pace.String(),
		"QUARANTINE_PERIOD": quarantine.String(),
		"IN_USE_WINDOW":     "0",
	}
	if r.From != "" {
		settings["VERIFY"], settings["VERIFY_FROM"] = "send", r.From
	}
	if url := aws.ToString(r.account.config.BaseEndpoint); url != "" {
		settings["AWS_ENDPOINT_URL"] = url
	}
	r.function = function.New(function.World{
		Getenv: func(name string) string {
			if value, is := r.credential(name); is {
				return value
			}
			if value := settings[name]; value != "" || !strings.HasPrefix(name, "AWS_") {
				return value
			}
			return os.Getenv(name) // endpoints, certificates, retries; none of the function's own settings
		},
		Log: slog.New(slog.DiscardHandler), Now: r.Clock.Now, RootCAs: r.RootCAs,
	})
}

// credential returns the caller's credentials under the names of AWS's variables, in which Lambda
// passes those of the function's role.
func (r *Rehearsal) credential(name string) (value string, is bool) {
	of := map[string]func(aws.Credentials) string{
		"AWS_ACCESS_KEY_ID":     func(c aws.Credentials) string { return c.AccessKeyID },
		"AWS_SECRET_ACCESS_KEY": func(c aws.Credentials) string { return c.SecretAccessKey },
		"AWS_SESSION_TOKEN":     func(c aws.Credentials) string { return c.SessionToken },
	}[name]
	if of == nil {
		return "", false
	}
	credentials, err := r.account.config.Credentials.Retrieve(context.Background())
	if err != nil {
		return "", true // the function then reports that there are no credentials
	}
	return of(credentials), true
}

// invoke hands the function an event, as Lambda does, while the application sends.
func (r *Rehearsal) invoke(ctx context.Context, payload string) (answer event.Answer, err error) {
	done := r.application.along(ctx)
	defer done()
	alive, cancel := context.WithTimeout(ctx, invocationTimeout)
	defer cancel()
	text, err := r.function.Invoke(alive, []byte(payload))
	if ctx.Err() != nil {
		return answer, ctx.Err()
	}
	var said messages.InvokeResponse_Error
	if errors.As(err, &said) {
		err = failure{event.Failure{Type: rotation.ErrorType(said.Type), Message: said.Message}}
	}
	if err != nil {
		return answer, fmt.Errorf("the function failed: %w", err)
	}
	return answer, json.Unmarshal(text, &answer)
}

// failure is an error of the function, as Lambda's callers see it.
type failure struct{ event.Failure }

// Error includes the type, because people look for it in the documents.
func (f failure) Error() string { return string(f.Type) + ": " + f.Message }

// goesOn reports whether the next invocation continues where this one failed, as Lambda's retries
// and the next tick do.
func goesOn(err error) bool {
	failed, is := errors.AsType[failure](err)
	passing := []rotation.ErrorType{rotation.VerificationFailed, rotation.Conflict, rotation.AWSError}
	return is && slices.Contains(passing, failed.Type)
}

// came invokes the function until it succeeds, or fails in a way that a retry can't mend.
func (r *Rehearsal) came(ctx context.Context, payload string) (answer event.Answer, err error) {
	for until := r.Clock.Now().Add(r.Patience); ; {
		answer, err = r.invoke(ctx, payload)
		if err == nil || !goesOn(err) || r.Clock.Now().After(until) {
			return answer, err
		}
		if err := r.sleep(ctx, r.Every); err != nil {
			return answer, err
		}
	}
}
