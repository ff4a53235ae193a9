package rotation

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestTheDefaultPolicyIsConsistent(t *testing.T) {
	if err := DefaultPolicy().Validate(); err != nil {
		t.Error(err)
	}
}

func TestAPolicyThatContradictsItselfSaysWhere(t *testing.T) {
	for want, change := range map[string]func(*Policy){
		"promotion window + grace period + quarantine period (192h15m): IAM": func(p *Policy) {
			p.RotationInterval = 8 * day
		},
		"RotationInterval: is 0s, and must exceed": func(p *Policy) { p.RotationInterval = 0 },
		"MaxGracePeriod: is 1d, and must be 0 (never) or at least the grace period (7d)": func(p *Policy) {
			p.MaxGracePeriod = day
		},
		"VerifyTimeout: is 0":          func(p *Policy) { p.VerifyTimeout = 0 },
		"GracePeriod: is negative":     func(p *Policy) { p.GracePeriod = -day },
		"QuarantinePeriod: is negativ": func(p *Policy) { p.QuarantinePeriod = -1 },
		"InUseWindow: is negative":     func(p *Policy) { p.InUseWindow = -1 },
		"PromotionWindow: is negative": func(p *Policy) { p.PromotionWindow = -1 },
	} {
		p := DefaultPolicy()
		change(&p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
		if n := len(p.Faults()); n != 1 {
			t.Errorf("%s: %d faults", want, n)
		}
	}
	skips := DefaultPolicy()
	skips.VerifyTimeout, skips.SkipVerification = 0, true
	if err := skips.Validate(); err != nil {
		t.Errorf("without verification: %v", err)
	}
}

func TestAnErrorHasOneType(t *testing.T) {
	cause := errors.New("cause")
	err := fmt.Errorf("more: %w", Errorf(Conflict, "text: %w", cause))
	if TypeOf(err) != Conflict || TypeOf(cause) != AWSError || !errors.Is(err, cause) ||
		err.Error() != "more: text: cause" {
		t.Errorf("%v is a %s", err, TypeOf(err))
	}
	if n := len(ErrorTypes()); n != 7 {
		t.Errorf("%d types of errors", n)
	}
}
