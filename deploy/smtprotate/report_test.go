package main

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

func TestAReportShowsWhatThereIsAndWhatComesNext(t *testing.T) {
	now := time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC)
	var out strings.Builder
	c := &console{out: &out, now: func() time.Time { return now }}
	err := c.report(rotation.Result{
		Action: rotation.Status, Outcome: rotation.Reported,
		Credential: &rotation.Credential{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Created: now.Add(-24 * time.Hour)},
		Keys: []rotation.KeyReport{
			{AccessKeyID: "AKIAI44QH8DHBEXAMPLE", Status: rotation.Active, Role: rotation.RoleSuperseded,
				Created: now.Add(-31 * 24 * time.Hour), LastUsed: now.Add(-150 * time.Minute)},
			{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Status: rotation.Active, Role: rotation.RoleCurrent,
				Created: now.Add(-24 * time.Hour)},
		},
		Next: &rotation.Step{Kind: rotation.Deactivate, AccessKeyID: "AKIAI44QH8DHBEXAMPLE",
			At: now.Add(6*24*time.Hour + 15*time.Minute), Reason: "its grace period ends"},
		Warnings: []rotation.Warning{{Code: rotation.WarnSendDenied,
			Message: "SES accepts the password, and the policy denies the mail that was to prove it"}},
	})
	const want = `
Credential  access key AKIAIOSFODNN7EXAMPLE, since 2 Dec 2026 12:00 UTC
Keys        AKIAI44QH8DHBEXAMPLE superseded Active   last used 2 h 30 min ago
            AKIAIOSFODNN7EXAMPLE current    Active   not seen in use
                                                             now
            AKIAI44QH8DHBEXAMPLE ━━━━━━━━━━━━━━━━━━━━━━━━━━━━┄┄┄┄┄┄ deactivated
            AKIAIOSFODNN7EXAMPLE                            ━
Warnings    SendDenied: SES accepts the password, and the policy denies the mail
            that was to prove it
Next        deactivate AKIAI44QH8DHBEXAMPLE in 6 d 0 h, on Wed 9 Dec 12:15 UTC:
            its grace period ends
`
	if got := "\n" + out.String(); err != nil || got != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}

func TestAReportShowsTheCopies(t *testing.T) {
	at := time.Date(2026, 12, 2, 12, 0, 0, 0, time.UTC)
	copies := []rotation.CopyReport{{Parameter: "/mail/smtp/credential", Modified: at, Current: true},
		{Parameter: "/mail/smtp/url", Modified: at.Add(-time.Hour), Current: true}}
	printed := func() string {
		var out strings.Builder
		c := &console{out: &out, now: func() time.Time { return at }}
		err := c.report(rotation.Result{Action: rotation.Tick, Outcome: rotation.Rotated, Copies: copies,
			Steps: []rotation.Step{
				{Kind: rotation.Promote, AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Reason: "SES accepts it"},
				{Kind: rotation.CopyTo, AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Parameter: "/mail/smtp/credential"},
				{Kind: rotation.CopyTo, AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Parameter: "/mail/smtp/url"}}})
		if err != nil {
			t.Error(err)
		}
		return out.String()
	}
	const want = `
Outcome     rotated
Done        promote AKIAIOSFODNN7EXAMPLE: SES accepts it
            copy: to 2 parameters, which didn't hold the current credential
Credential  none yet
Copies      2 parameters at /mail/smtp hold the current credential, since 2 Dec 2026 12:00 UTC
`
	if got := "\n" + printed(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	copies[1].Current = false
	if got := printed(); !strings.Contains(got, "Copies      /mail/smtp/url doesn't hold the current credential\n") {
		t.Error(got)
	}
}
