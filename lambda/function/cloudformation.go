package function

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// serveStack answers CloudFormation, and returns the invocation's result. CloudFormation waits an
// hour for an answer, so it always gets one ("Custom resource response objects", AWS CloudFormation
// User Guide). The invocation fails only if CloudFormation can't be reached; then Lambda tries
// again.
func (f *Function) serveStack(ctx context.Context, e event.StackChange, log *slog.Logger) (rotation.Result, error) {
	result, err := f.serveResource(ctx, e, log)
	asked := e.Request
	answer := cfn.NewResponse(&asked)
	answer.Status, answer.PhysicalResourceID = cfn.StatusSuccess, asked.PhysicalResourceID
	if answer.PhysicalResourceID == "" { // a new ID would make CloudFormation delete the old resource
		answer.PhysicalResourceID = asked.LogicalResourceID
	}
	switch {
	case err != nil && asked.RequestType != cfn.RequestDelete && leftToTicks(result, err):
		log.WarnContext(ctx, "left to the next ticks",
			"error_type", rotation.TypeOf(err), "error", err.Error(), "result", result)
		answer.Reason = brief(err)
	case err != nil:
		log.ErrorContext(ctx, "failed", "error_type", rotation.TypeOf(err), "error", err.Error(), "result", result)
		answer.Status, answer.Reason = cfn.StatusFailed, brief(err)
	}
	if err := f.answerStack(ctx, asked.ResponseURL, answer); err != nil {
		return result, rotation.Errorf(rotation.AWSError,
			"sending CloudFormation %s for %s: %w", answer.Status, asked.RequestType, err)
	}
	if result.Outcome == "" { // CloudFormation has the error; the invocation itself succeeds
		result.Outcome = rotation.Waiting
	}
	return result, nil
}

// serveResource does what the event asks for. It turns panics into errors.
func (f *Function) serveResource(
	ctx context.Context, e event.StackChange, log *slog.Logger,
) (result rotation.Result, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
		err = wayOut(err)
	}()
	if e.Fault != nil {
		return result, e.Fault
	}
	ctx, cancel := rotation.ToAnswerCloudFormation.Keep(ctx, f.clock())
	defer cancel()
	if e.Request.RequestType == cfn.RequestDelete {
		return f.decommission(ctx, e.OnDelete, log)
	}
	if f.fault != nil {
		return f.refuse(ctx, f.fault, log)
	}
	return f.stackTick(ctx, e.Request.RequestType, log)
}

// decommission works even if the environment is faulty, as long as that names the user and the
// secret.
func (f *Function) decommission(ctx context.Context, on event.OnDelete, log *slog.Logger) (rotation.Result, error) {
	if on == event.KeepKeys {
		return rotation.Result{Action: rotation.Decommission, Outcome: rotation.Waiting}, nil
	}
	if f.keys.User == "" || f.secret.ID == "" {
		return rotation.Result{}, f.fault
	}
	removal := rotation.Request{Action: rotation.Decommission, OnlyStored: on == event.DeleteStoredKeys}
	return f.run(ctx, removal, log)
}

// stackTick is a tick; in a new stack it makes the first credential. A role that was just created
// isn't known everywhere yet ("Changes that I make are not always immediately visible", IAM User
// Guide), so in a new stack AccessDenied is retried a few times before it counts as a failure.
func (f *Function) stackTick(ctx context.Context, asked cfn.RequestType, log *slog.Logger) (rotation.Result, error) {
	deadline, ok := ctx.Deadline()
	for wait := time.Second; ; wait *= 2 {
		result, err := f.run(ctx, request(event.Tick{}), log)
		tooNew := asked == cfn.RequestCreate && rotation.TypeOf(err) == rotation.AccessDenied
		if !tooNew || wait > 8*time.Second || !ok || time.Until(deadline) < 2*wait {
			return result, err
		}
		log.WarnContext(ctx, "retrying: the role may be too new", "error", err.Error())
		select {
		case <-ctx.Done():
			return result, err
		case <-time.After(wait):
		}
	}
}

// leftToTicks reports whether the stack can be created in spite of the error: a later tick makes
// the credential, or the copies of the current one.
func leftToTicks(result rotation.Result, err error) bool {
	switch rotation.TypeOf(err) {
	case rotation.VerificationFailed, rotation.RotationBlocked, rotation.Conflict:
		return true
	case rotation.AWSError:
		return slices.ContainsFunc(result.Steps, func(s rotation.Step) bool { return s.Kind == rotation.Promote })
	}
	return false
}

// brief shortens an error for an answer, which CloudFormation limits to 4096 bytes.
func brief(err error) string {
	text := err.Error()
	if len(text) > 1024 {
		text = text[:1024] + "… (the log has all of it)"
	}
	return text
}

// answerStack sends the answer to CloudFormation's URL, and tries again until the invocation ends.
func (f *Function) answerStack(ctx context.Context, target string, answer *cfn.Response) error {
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	ctx, cancel := rotation.ToAnswer.Keep(ctx, f.clock())
	defer cancel()
	for wait := 100 * time.Millisecond; ; wait *= 2 {
		if err = f.put(ctx, target, body); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// put sends no Content-Type, because the URL isn't signed for one.
func (f *Function) put(ctx context.Context, target string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, target, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := f.answers.Do(req)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err // without the URL, which is signed and so a secret
	} else if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answered %s", resp.Status)
	}
	return nil
}
