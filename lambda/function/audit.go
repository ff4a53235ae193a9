package function

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// serveAudit finds rights that the credential doesn't need, and whether SES accepts AWSCURRENT.
// Each finding is also a warning.
func (f *Function) serveAudit(ctx context.Context, log *slog.Logger) (a event.Answer, err error) {
	var access sendpolicy.Access
	defer func() { f.publish(ctx, log, measureAudit(a, err)) }()
	var wg sync.WaitGroup
	var accessErr error
	wg.Go(func() { access, accessErr = f.access.Read(ctx) })
	a.Result, err = f.rotator(f.secret).Run(ctx, rotation.Request{Action: rotation.Status})
	wg.Wait()
	if a.Action = event.ActionAudit; err != nil {
		return a, err
	}
	if accessErr != nil {
		return a, accessErr
	}
	if access.OtherKeys, err = f.otherKeys(ctx, a.Result); err != nil {
		return a, err
	}
	if err = f.tryCurrent(ctx, &a.Result); err != nil {
		return a, err
	}
	for _, w := range a.Warnings {
		log.WarnContext(ctx, "warning", "warning", w)
	}
	access.Now = f.now()
	access.Intended.Account, access.Intended.Regions = accountOf(ctx), f.policy.Regions
	a.Findings = append([]sendpolicy.Finding{}, sendpolicy.Audit(access)...)
	for _, found := range a.Findings {
		w := rotation.Warning{Code: rotation.WarningCode(found.Code), Message: found.Message}
		if found.Remedy != "" {
			w.Message += "; " + found.Remedy
		}
		a.Warnings = append(a.Warnings, w)
		log.WarnContext(ctx, "warning", "warning", w, "severity", found.Severity)
	}
	return a, nil
}

// otherKeys returns the Active keys that no version of the secret has.
func (f *Function) otherKeys(ctx context.Context, r rotation.Result) (ids []string, err error) {
	for _, k := range r.Keys {
		if k.Status != rotation.Active || k.Role == rotation.RoleCurrent {
			continue
		}
		stored, err := f.secret.Find(ctx, k.AccessKeyID)
		if err != nil {
			return nil, err
		}
		if stored == nil {
			ids = append(ids, k.AccessKeyID)
		}
	}
	return ids, nil
}

// accountOf returns the function's account. It is empty outside Lambda.
func accountOf(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		if parts := strings.Split(lc.InvokedFunctionArn, ":"); len(parts) > 4 {
			return parts[4]
		}
	}
	return ""
}

// quarantined warns of the policy that AWS attaches to a user whose access key it found in public.
// If IAM can't be asked, that is no error: the key is revoked by now.
func (f *Function) quarantined(ctx context.Context) (warnings []rotation.Warning) {
	attached, _ := f.access.AttachedPolicies(ctx)
	for _, found := range sendpolicy.Audit(sendpolicy.Access{User: f.access.User, Policies: attached}) {
		if found.Code == sendpolicy.Quarantined {
			warnings = append(warnings, rotation.Warning{Code: rotation.WarnQuarantined, Message: found.Message})
		}
	}
	return warnings
}
