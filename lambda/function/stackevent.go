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
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// A custom resource of the stack makes the first credential with the stack, and deletes the user's keys with it, because
// CloudFormation can't delete a user that has any. CloudFormation waits for an answer at a URL, for an hour where none
// comes, so there is one whatever happens ("Custom resource response objects", AWS CloudFormation User Guide).

// parseStackEvent tells whether the event is CloudFormation's, and can be answered.
func parseStackEvent(payload []byte) (e cfn.Event, ok bool) {
	var other struct{ Action json.RawMessage }
	if json.Unmarshal(payload, &e) != nil || json.Unmarshal(payload, &other) != nil || other.Action != nil {
		return e, false
	}
	to, err := url.Parse(e.ResponseURL)
	return e, e.RequestType != "" && err == nil && to.Host != ""
}

// onDelete tells what becomes of the user's keys with the resource, by its property OnDelete: "decommission", the default,
// deletes them; "decommission-stored" deletes those that the secret has, for a user that was there before the stack and a
// secret that goes with it; "keep" asks for nothing, because both were there before.
func onDelete(e cfn.Event) ([]rotation.Request, error) {
	switch on := e.ResourceProperties["OnDelete"]; on {
	case nil, "decommission":
		return []rotation.Request{{Action: rotation.Decommission}}, nil
	case "decommission-stored":
		return []rotation.Request{{Action: rotation.Decommission, OnlyStored: true}}, nil
	case "keep":
		return nil, nil
	default:
		return nil, invalid(`OnDelete: unknown %q; there are "decommission", "decommission-stored" and "keep"`, on)
	}
}

// serveStack answers CloudFormation, and returns what the invocation came to. Only where CloudFormation can't be reached is
// that a failure of the invocation, which Lambda then tries again.
func (f *Function) serveStack(ctx context.Context, e cfn.Event, log *slog.Logger) (rotation.Result, error) {
	result, err := f.serveResource(ctx, e, log)
	answer := cfn.NewResponse(&e)
	answer.Status, answer.PhysicalResourceID = cfn.StatusSuccess, e.PhysicalResourceID
	if answer.PhysicalResourceID == "" { // the same for all answers: a new one would have CloudFormation delete the old
		answer.PhysicalResourceID = e.LogicalResourceID
	}
	switch {
	case err != nil && e.RequestType != cfn.RequestDelete && leftToTicks(err):
		log.WarnContext(ctx, "left to the next ticks", "error_type", rotation.TypeOf(err), "error", err.Error(), "result", result)
		answer.Reason = brief(err)
	case err != nil:
		log.ErrorContext(ctx, "failed", "error_type", rotation.TypeOf(err), "error", err.Error(), "result", result)
		answer.Status, answer.Reason = cfn.StatusFailed, brief(err)
	}
	if err := f.answerStack(ctx, e.ResponseURL, answer); err != nil {
		return result, rotation.Errorf(rotation.AWSError, "CloudFormation wasn't told %s of %s: %w", answer.Status, e.RequestType, err)
	}
	return result, nil
}

// serveResource does what the event asks for. It doesn't panic.
func (f *Function) serveResource(ctx context.Context, e cfn.Event, log *slog.Logger) (result rotation.Result, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	removal, err := onDelete(e)
	if err != nil {
		return result, err
	}
	ctx, cancel := rotation.ToAnswerCloudFormation.Keep(ctx, f.clock())
	defer cancel()
	switch e.RequestType {
	case cfn.RequestCreate, cfn.RequestUpdate:
		if f.fault != nil {
			return f.refuse(ctx, f.fault, log)
		}
		return f.firstTick(ctx, e, log)
	case cfn.RequestDelete:
		if len(removal) == 0 {
			return rotation.Result{Action: rotation.Decommission, Outcome: rotation.Waiting}, nil
		}
		if f.keys.User == "" || f.secret.ID == "" {
			return result, f.fault
		}
		return f.run(ctx, removal, log) // other faults of the environment are no hindrance
	}
	return result, invalid("RequestType: unknown %q; there are Create, Update and Delete", e.RequestType)
}

// firstTick makes the first credential. A role that was made a moment ago isn't known everywhere yet ("Changes that I make are
// not always immediately visible", IAM User Guide), so in a new stack a denial is heard a few times before it is believed.
func (f *Function) firstTick(ctx context.Context, e cfn.Event, log *slog.Logger) (rotation.Result, error) {
	deadline, ok := ctx.Deadline()
	for wait := time.Second; ; wait *= 2 {
		result, err := f.run(ctx, tick(), log)
		tooNew := e.RequestType == cfn.RequestCreate && rotation.TypeOf(err) == rotation.AccessDenied
		if !tooNew || wait > 8*time.Second || !ok || time.Until(deadline) < 2*wait {
			return result, err
		}
		log.WarnContext(ctx, "tried again: the role may be too new", "error", err.Error())
		select {
		case <-ctx.Done():
			return result, err
		case <-time.After(wait):
		}
	}
}

// leftToTicks: the stack is as it should be, and a later tick makes the credential.
func leftToTicks(err error) bool {
	t := rotation.TypeOf(err)
	return t == rotation.VerificationFailed || t == rotation.RotationBlocked || t == rotation.Conflict
}

// brief is an error that fits into an answer, whose size CloudFormation limits to 4096 bytes.
func brief(err error) string {
	text := err.Error()
	if len(text) > 1024 {
		text = text[:1024] + "… (the log has all of it)"
	}
	return text
}

// answerStack puts the answer to where CloudFormation waits for it, and tries again until the invocation ends.
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

// put is without Content-Type, for which the URL isn't signed.
func (f *Function) put(ctx context.Context, target string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, target, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := f.http.Do(req)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err // without the URL, which is a permission
	} else if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answered %s", resp.Status)
	}
	return nil
}
