package function_test

import (
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

func TestVerifyingBySendingMailsTheSimulator(t *testing.T) {
	s := newStage(t, map[string]string{"VERIFY": "send", "VERIFY_FROM": "rotator@example.com"})
	s.must(`{}`, rotation.Rotated)
	mails := s.World.Mail()
	if len(mails) != 1 || mails[0].From != "rotator@example.com" ||
		mails[0].To[0] != "success@simulator.amazonses.com" {
		t.Errorf("mails: %+v", mails)
	}
}

func TestARefusedTestMailIsAWarningBecauseThePasswordIsRight(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"policy":   "Access denied: User `arn:aws:iam::123456789012:user/smtp-sender' is not authorized to perform `ses:SendRawEmail'",
		"identity": "Message rejected: Email address is not verified.",
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, map[string]string{"VERIFY": "send", "VERIFY_FROM": "rotator@example.com"})
			id := ""
			s.World.SetSMTPFault(func(_ string, _ int, stage, username string) *localaws.SMTPReply {
				if id = username; stage == "data" {
					return &localaws.SMTPReply{Code: 554, Text: text}
				}
				return nil
			})
			result := s.must(`{}`, rotation.Rotated)
			if !warned(result, rotation.WarnSendDenied, strings.Fields(text)[0]) {
				t.Errorf("warnings: %+v", result.Warnings)
			}
			if got := s.mailFlows().Username; got != id {
				t.Errorf("AWSCURRENT names %s, want %s", got, id)
			}
		})
	}
}
