package stack

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// matches tells whether a rule's pattern matches an event, by the operators that ours have
// ("Comparison operators for use in event patterns", Amazon EventBridge User Guide).
func matches(pattern node, event any) bool {
	for name, wanted := range pattern.fields() {
		if name == "$or" {
			if !slices.ContainsFunc(wanted.list(), func(p node) bool { return matches(p, event) }) {
				return false
			}
			continue
		}
		fields, _ := event.(map[string]any)
		if _, isList := wanted.value.([]any); !isList {
			if !matches(wanted, fields[name]) {
				return false
			}
			continue
		}
		if !slices.ContainsFunc(wanted.list(), func(p node) bool { return accepts(p, fields[name]) }) {
			return false
		}
	}
	return true
}

func accepts(value node, got any) bool {
	if got == nil {
		return false
	}
	if list, isList := got.([]any); isList { // one of its values is enough
		return slices.ContainsFunc(list, func(one any) bool { return accepts(value, one) })
	}
	if prefix := value.at("prefix"); prefix.value != nil {
		return strings.HasPrefix(fmt.Sprint(got), prefix.String())
	}
	if numeric := value.at("numeric").list(); numeric != nil {
		number, isNumber := got.(float64)
		least, err := strconv.ParseFloat(numeric[1].String(), 64)
		return isNumber && err == nil && numeric[0].String() == ">=" && number >= least
	}
	return value.String() == fmt.Sprint(got)
}

// riskEvent is AWS Health's, as it was delivered to a Region.
func riskEvent(region, service, code string) map[string]any {
	return map[string]any{"source": "aws.health", "detail-type": "AWS Health Event", "region": region,
		"detail": map[string]any{"service": service, "eventTypeCode": code}}
}

func keyFinding(region, user, kind string, severity float64) map[string]any {
	return map[string]any{"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "region": region,
		"detail": map[string]any{"severity": severity, "resource": map[string]any{
			"accessKeyDetails": map[string]any{"userName": user, "userType": kind},
		}}}
}

func TestEveryLeakIsHeardOfAndForwarded(t *testing.T) {
	stack := deploy(t, load(t, templateFile), map[string]string{
		"IdentityArns": identity, "GuardDutyFindings": "yes", "ExistingUserName": "mailer",
	})
	beside := deploy(t, load(t, leaksFile), map[string]string{"Regions": "us-east-1"})
	health := stack.resource("LeakRule").at("EventPattern")
	guardDuty := stack.resource("GuardDutyRule").at("EventPattern")
	forwarded := beside.resource("Rule").at("EventPattern")
	const here, elsewhere = "eu-west-1", "us-west-2"
	for _, code := range []string{"AWS_RISK_CREDENTIALS_EXPOSED", "AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED",
		"AWS_RISK_CREDENTIALS_COMPROMISED", "AWS_RISK_CREDENTIALS_COMPROMISE_SUSPECTED", "AWS_RISK_IAM_QUARANTINE"} {
		if !matches(health, riskEvent(here, "RISK", code)) || !matches(health, riskEvent(elsewhere, "RISK", code)) {
			t.Errorf("the stack doesn't hear of %s", code)
		}
		if !matches(forwarded, riskEvent(here, "RISK", code)) {
			t.Errorf("%s isn't forwarded", code)
		}
		if matches(forwarded, riskEvent(elsewhere, "RISK", code)) {
			t.Errorf("%s is forwarded for ever", code)
		}
	}
	for _, other := range []map[string]any{
		riskEvent(here, "RISK", "AWS_RISK_ACCOUNT_CONSOLE_COMPROMISE"), riskEvent(here, "EC2", "AWS_EC2_ISSUE"),
		keyFinding(here, "mailer", "IAMUser", 3.9),
	} {
		if matches(health, other) || matches(guardDuty, other) || matches(forwarded, other) {
			t.Errorf("%v is heard of", other)
		}
	}
	for _, severity := range []float64{4, 6.9, 7, 9} {
		mine, others := keyFinding(elsewhere, "mailer", "IAMUser", severity), keyFinding(here, "x", "IAMUser", severity)
		if !matches(guardDuty, mine) || matches(guardDuty, others) || matches(health, mine) {
			t.Errorf("the stack hears only of its own user's: %v, %v", mine, others)
		}
		if !matches(forwarded, others) || matches(forwarded, mine) ||
			matches(forwarded, keyFinding(here, "x", "AssumedRole", severity)) {
			t.Errorf("what arises here is forwarded, if it is about a user's key: %v", others)
		}
	}
}
