package function_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// healthEvent returns an AWS Health event about access keys that were found in public ("Monitoring
// events in AWS Health with Amazon EventBridge", AWS Health User Guide).
func healthEvent(ids ...string) string {
	var entities []string
	for _, id := range ids {
		entities = append(entities, fmt.Sprintf(`{"entityValue":%q}`, id))
	}
	return `{"version":"0","id":"121345678-1234-1234-1234-123456789012","detail-type":"AWS Health Event","source":"aws.health",
		"account":"123456789012","time":"2026-06-05T06:27:57Z","region":"us-east-1","resources":[],
		"detail":{"eventArn":"arn:aws:health:us-east-1::event/RISK/AWS_RISK_CREDENTIALS_EXPOSED/AWS_RISK_CREDENTIALS_EXPOSED_0",
		"service":"RISK","eventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED","eventTypeCategory":"issue","startTime":"Fri, 5 Jun 2026 05:01:10 GMT",
		"eventDescription":[{"language":"en_US","latestDescription":"A description"}],"affectedEntities":[` + strings.Join(entities, ",") + `]}}`
}

// guardDuty returns a finding about an access key ("GuardDuty finding format").
func guardDuty(id string) string {
	return fmt.Sprintf(`{"version":"0","detail-type":"GuardDuty Finding","source":"aws.guardduty","region":"eu-west-1","time":"2026-06-05T06:27:57Z",
		"detail":{"schemaVersion":"2.0","type":"UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom","severity":8,
		"service":{"archived":false,"eventFirstSeen":"2026-06-05T05:01:10.000Z"},
		"resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%q,"userName":"smtp-sender","userType":"IAMUser"}}}}`, id)
}

// at sets the times at which an event, or those in records, were noticed and sent.
func at(payload string, noticed, sent time.Time) string {
	return strings.NewReplacer(
		"Fri, 5 Jun 2026 05:01:10 GMT", noticed.UTC().Format(http.TimeFormat),
		"2026-06-05T05:01:10.000Z", noticed.UTC().Format("2006-01-02T15:04:05.000Z"),
		"2026-06-05T06:27:57Z", sent.UTC().Format(time.RFC3339),
	).Replace(payload)
}

// now returns an event about something that AWS noticed and sent right now.
func (s *stage) now(payload string) string { return at(payload, s.World.Now(), s.World.Now()) }

func TestALeakThatAWSTellsOfIsAnsweredInOneInvocation(t *testing.T) {
	t.Parallel()
	for name, tells := range map[string]func(id string) string{
		"AWS Health": func(id string) string { return healthEvent(id) },
		"GuardDuty":  guardDuty,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, nil)
			s.must(`{}`, rotation.Rotated)
			leaked := s.mailFlows().Username
			s.must(tells(leaked), rotation.Revoked)
			s.keyIs(leaked, "gone")
			s.quiet()

			now := s.mailFlows().Username
			for range 2 { // again, and late
				if _, err := s.invoke(tells(leaked)); err != nil {
					t.Error(err.Message)
				}
				s.after(20 * day)
			}
			if got := s.mailFlows().Username; got != now {
				t.Errorf("%s became %s", now, got)
			}
			s.quiet()
		})
	}
}

func TestALeakOfASupersededKeyLeavesTheCurrentOneAlone(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	leaked := s.mailFlows().Username
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	current := s.mailFlows().Username
	s.must(healthEvent(leaked), rotation.Revoked)
	s.keyIs(leaked, "gone")
	if got := s.mailFlows().Username; got != current {
		t.Errorf("%s became %s", current, got)
	}
	s.quiet()
}

func TestALeakOfSeveralKeysEndsAllThatAreTheUsers(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	first := s.mailFlows().Username
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	second := s.mailFlows().Username
	s.World.CreateUser("somebody-else")
	theirs, _, _ := s.World.CreateAccessKey("somebody-else")
	result := s.must(healthEvent(first, theirs, second), rotation.Revoked)
	if !warned(result, rotation.WarnKeyNotOurs, theirs) {
		t.Errorf("warnings: %+v", result.Warnings)
	}
	s.keyIs(first, "gone")
	s.keyIs(second, "gone")
	if keys := s.World.Keys("somebody-else"); len(keys) != 1 || keys[0].Status != "Active" {
		t.Errorf("somebody else's keys: %+v", keys)
	}
	s.quiet()
}

func TestAWSsQuarantineIsToldWithTheLeak(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	if err := s.World.AttachUserPolicy(user, quarantine,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}`); err != nil {
		t.Fatal(err)
	}
	if result := s.must(healthEvent(s.mailFlows().Username), rotation.Revoked); !warned(result,
		rotation.WarnQuarantined, "detach-user-policy --user-name "+user+" --policy-arn "+quarantine) {
		t.Errorf("warnings: %+v", result.Warnings)
	}
	s.deny("ListAttachedUserPolicies", 100) // then there is no warning, and the key is revoked all the same
	leaked := s.mailFlows().Username
	s.must(healthEvent(leaked), rotation.Revoked)
	s.keyIs(leaked, "gone")
}

const quarantine = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"

func TestASettledFindingIsNoLeak(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	current := s.mailFlows().Username
	s.must(strings.Replace(guardDuty(current), `"archived":false`, `"archived":true`, 1), rotation.Waiting)
	s.keyIs(current, "Active")
}

const userARN = "arn:aws:iam::123456789012:user/mail/" + user

// twoKeys lists how a user can come to have two access keys. Each returns AWSCURRENT's first.
var twoKeys = map[string]func(s *stage) (current, other string){
	"current and previous": func(s *stage) (current, other string) {
		s.must(`{}`, rotation.Rotated)
		other = s.mailFlows().Username
		s.must(`{"action":"rotate"}`, rotation.Rotated)
		return s.mailFlows().Username, other
	},
	"current and a stranger's in use": func(s *stage) (current, other string) {
		other, _, _ = s.World.CreateAccessKey(user)
		s.must(`{}`, rotation.Rotated)
		s.World.UseKey(other, s.World.Now())
		s.after(time.Minute)
		return s.mailFlows().Username, other
	},
	"current and pending": func(s *stage) (current, other string) {
		s.must(`{}`, rotation.Rotated)
		current = s.mailFlows().Username
		s.after(30 * day)
		s.World.SetPropagation(10 * time.Minute)
		s.fails(`{}`, rotation.VerificationFailed)
		s.after(20 * time.Minute)
		for _, k := range s.World.Keys(user) {
			if k.ID != current {
				other = k.ID
			}
		}
		return current, other
	},
	"current and an orphan": func(s *stage) (current, other string) {
		s.must(`{}`, rotation.Rotated)
		other, _, _ = s.World.CreateAccessKey(user)
		return s.mailFlows().Username, other
	},
}

func TestTwoLeakedKeysAreBothDeletedInAnyOrder(t *testing.T) {
	t.Parallel()
	ways := map[string]func(current, other string) string{
		"the current first":         func(current, other string) string { return healthEvent(current, other) },
		"the current last":          func(current, other string) string { return healthEvent(other, current) },
		"the current, and again":    func(current, other string) string { return healthEvent(current, other, current) },
		"the user":                  func(string, string) string { return healthEvent(user) },
		"the user's ARN":            func(string, string) string { return healthEvent(userARN) },
		"the user in other letters": func(string, string) string { return healthEvent(strings.ToUpper(user)) },
		"in two records, the current first": func(current, other string) string {
			return inQueue(healthEvent(current), healthEvent(other))
		},
		"in two records of one topic, the current last": func(current, other string) string {
			return inQueue(guardDuty(other), healthEvent(current))
		},
	}
	for scene, arrange := range twoKeys {
		for way, tells := range ways {
			t.Run(scene+", "+way, func(t *testing.T) {
				s := newStage(t, nil)
				current, other := arrange(s)
				told := s.now(tells(current, other))
				s.after(3 * time.Second)
				s.must(told, rotation.Revoked)
				s.keyIs(current, "gone")
				s.keyIs(other, "gone")
				s.after(20 * time.Minute)
				s.quiet()
				now := s.mailFlows().Username
				s.World.ResetCalls()
				for _, again := range []string{told, healthEvent(current, other)} {
					if _, err := s.invoke(again); err != nil {
						t.Error(err.Message)
					}
				}
				s.onlyReads()
				if got := s.mailFlows().Username; got != now {
					t.Errorf("%s became %s", now, got)
				}
			})
		}
	}
}

func inQueue(bodies ...string) string {
	var records []map[string]string
	for _, body := range bodies {
		records = append(records, map[string]string{"eventSource": "aws:sqs", "body": body})
	}
	text, _ := json.Marshal(map[string]any{"Records": records})
	return string(text)
}

func TestWhatCantBeReadSparesNobody(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	leaked := s.mailFlows().Username
	result := s.must(healthEvent("", "!", leaked, "arn:aws:iam::123456789012:role/x", "somebody"), rotation.Revoked)
	s.keyIs(leaked, "gone")
	if !warned(result, event.WarnLeakUnanswered, "affectedEntities[1]") ||
		!warned(result, rotation.WarnKeyNotOurs, "affectedEntities[3]") ||
		!warned(result, rotation.WarnKeyNotOurs, "affectedEntities[4]") {
		t.Errorf("warnings: %+v", result.Warnings)
	}

	for _, entity := range []string{
		"AWS_ACCOUNT", "UNKNOWN", "123456789012", "AIDACKCEVSQ6C2EXAMPLE", "ASIAIOSFODNN7EXAMPLE",
	} {
		if result := s.must(healthEvent(entity), rotation.Waiting); !warned(result, event.WarnLeakUnanswered,
			"affectedEntities[0]") || warned(result, rotation.WarnKeyNotOurs, "") {
			t.Errorf("%s: warnings: %+v", entity, result.Warnings)
		}
	}
	s.quiet()
}

// A queue sends a failing batch again and again, with the leak in it.
func TestARecordThatCantBeReadDoesntFailTheOthers(t *testing.T) {
	s := newStage(t, map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "rotator"})
	s.must(`{}`, rotation.Rotated)
	leaked := s.mailFlows().Username
	batch := s.now(inQueue(`{"action":"rotate"}`, healthEvent(user), "hello", healthEvent()))
	s.after(3 * time.Second)
	s.log.Reset()
	result := s.must(batch, rotation.Revoked)
	s.keyIs(leaked, "gone")
	for _, record := range []string{"Records[0]", "Records[2]", "Records[3]"} {
		if !warned(result, event.WarnLeakUnanswered, record) {
			t.Errorf("no warning about %s: %+v", record, result.Warnings)
		}
	}
	if got := s.measured()["LeakUnanswered"]; got != 1 {
		t.Errorf("it is measured %v times", got)
	}
	s.quiet()
	replacement := s.mailFlows().Username
	for range 3 {
		s.must(batch, rotation.Waiting)
		s.after(25 * hour)
	}
	s.keyIs(replacement, "Active")
}

// A leak that names the user in another way than AWS does still means the user.
func TestAKeyIsRevokedInWhateverWayItIsNamed(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(id string) string{
		"in a list":        func(id string) string { return "AKIAIOSFODNN7EXAMPLE," + id },
		"behind the user":  func(id string) string { return user + "=" + id },
		"in small letters": strings.ToLower,
		"between spaces":   func(id string) string { return "  " + id + " " },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, nil)
			s.must(`{}`, rotation.Rotated)
			leaked := s.mailFlows().Username
			s.must(healthEvent(write(leaked)), rotation.Revoked)
			s.keyIs(leaked, "gone")
			s.quiet()
		})
	}
}

// One event may name the keys of everybody whose code was in a repository.
func TestTheUsersKeysEndBeforeTimeIsSpentOnOthers(t *testing.T) {
	s := newStage(t, nil)
	current, other := twoKeys["current and previous"](s)
	var ids []string
	for i := range 60 {
		ids = append(ids, fmt.Sprintf("AKIAIOSFODNN7EXAM%03d", i))
	}
	ids = append(ids, current, other)
	s.World.ResetCalls()
	result := s.must(healthEvent(ids...), rotation.Revoked)
	s.keyIs(current, "gone")
	s.keyIs(other, "gone")
	if !warned(result, rotation.WarnKeyNotOurs, ids[0]) || !warned(result, rotation.WarnKeyNotOurs, ids[59]) {
		t.Errorf("warnings: %+v", result.Warnings)
	}
	if n := len(s.World.Calls()); n > 100 {
		t.Errorf("%d calls", n)
	}

	// If nothing says whose keys they are, the user's keys go first.
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	current = s.mailFlows().Username
	ids[60], ids[61] = current, "AKIAIOSFODNN7EXAMPLE"
	s.World.ResetCalls()
	failed := false
	s.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if failed || c.Action != "GetSecretValue" || len(s.World.Calls()) < 3 {
			return nil
		}
		failed = true
		return &localaws.Fault{Code: "AccessDeniedException", Status: http.StatusBadRequest}
	})
	if _, err := s.invoke(healthEvent(ids...)); err != nil {
		t.Error(err.Message)
	}
	s.keyIs(current, "gone")
	deleted := 0
	for i, c := range s.World.Calls() {
		if c.Action == "DeleteAccessKey" {
			deleted = i
		}
	}
	if !failed || deleted == 0 || deleted > 100 {
		t.Errorf("deleted by call %d", deleted)
	}
}

func TestTheUsersKeysAreGoneIfTimeRunsOut(t *testing.T) {
	s := newStage(t, nil)
	current, other := twoKeys["current and previous"](s)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reads, deleted := 0, 0
	s.World.Intercept(func(c localaws.Call) *localaws.Fault {
		switch {
		case c.Action == "GetSecretValue":
			if reads++; reads == 2 { // of AWSPENDING: now each key must be checked
				return &localaws.Fault{Code: "AccessDeniedException", Status: http.StatusBadRequest}
			}
		case c.Action == "DeleteAccessKey":
			deleted++
		case deleted == 2:
			cancel()
		}
		return nil
	})
	_, err := s.Invoke(ctx, healthEvent("AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE", current, other))
	if err == nil || !strings.Contains(err.Error(), "2 of 4 access keys weren't checked before the deadline") {
		t.Errorf("got %v", err)
	}
	s.keyIs(current, "gone")
	s.keyIs(other, "gone")
}

func TestWhatCantBeReadIsToldIfAWSCantBeAsked(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.deny("ListAccessKeys", 100)
	s.log.Reset()
	s.fails(inQueue(healthEvent(user, "!"), "hello"), rotation.AccessDenied, "ListAccessKeys")
	for _, place := range []string{"LeakUnanswered", "affectedEntities[1]", "Records[1]"} {
		if !strings.Contains(s.log.String(), place) {
			t.Errorf("the log doesn't mention %s: %s", place, s.log.String())
		}
	}
}

func TestALeakThatNamesNothingIsToldWithTheQuarantine(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	if err := s.World.AttachUserPolicy(user, quarantine,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}`); err != nil {
		t.Fatal(err)
	}
	current := s.mailFlows().Username
	s.World.ResetCalls()
	for _, payload := range []string{
		healthEvent(), healthEvent("!"), strings.Replace(healthEvent(), `"affectedEntities":[]`, `"affectedEntities":["!"]`, 1),
		strings.Replace(guardDuty("ASIAIOSFODNN7EXAMPLE"), `"userName":"smtp-sender",`, "", 1),
	} {
		result := s.must(payload, rotation.Waiting)
		if !warned(result, event.WarnLeakUnanswered, "") || !warned(result, rotation.WarnQuarantined, quarantine) {
			t.Errorf("%s: %+v", payload, result.Warnings)
		}
	}
	s.onlyReads()
	s.keyIs(current, "Active")
}

func TestOneKeyThatCantBeRevokedNowDoesntSpareTheOthers(t *testing.T) {
	s := newStage(t, nil)
	current, other := twoKeys["current and previous"](s)
	refused := false
	s.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action != "UpdateAccessKey" || c.AccessKeyID != other || refused {
			return nil
		}
		refused = true
		return &localaws.Fault{Code: "AccessDenied", Status: http.StatusForbidden}
	})
	s.fails(healthEvent(other, current), rotation.AccessDenied, other)
	s.keyIs(current, "gone")
	s.must(healthEvent(other, current), rotation.Revoked)
	s.keyIs(other, "gone")
	s.quiet()
}

func TestAUserOfAnotherAccountOrNameIsSomebodyElse(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	current := s.mailFlows().Username
	s.World.ResetCalls()
	ctx := lambdacontext.NewContext(t.Context(),
		&lambdacontext.LambdaContext{InvokedFunctionArn: "arn:aws:lambda:eu-west-1:444455556666:function:rotator"})
	tell := func(entity string) string {
		answer, err := s.Invoke(ctx, healthEvent(entity))
		if err != nil {
			t.Fatal(err)
		}
		if answer.Outcome != rotation.Waiting || !warned(answer.Result, rotation.WarnKeyNotOurs, "another user") {
			t.Errorf("%s: %s", entity, answer.Text)
		}
		return answer.Text
	}
	tell("somebody")
	tell(user) // in the envelope's account: a fleet has the same name in all accounts
	tell("arn:aws:iam::123456789012:user/" + user)
	tell("arn:aws:iam::444455556666:role/" + user)
	s.onlyReads()
	s.keyIs(current, "Active")
	// With an organization's view, the envelope names the management account.
	affected := strings.Replace(s.now(healthEvent(user)), `"service":"RISK"`,
		`"service":"RISK","affectedAccount":"444455556666"`, 1)
	s.after(3 * time.Second)
	if _, err := s.Invoke(ctx, affected); err != nil {
		t.Error(err)
	}
	s.keyIs(current, "gone")
	current = s.mailFlows().Username
	if _, err := s.Invoke(ctx, s.now(healthEvent("arn:aws:iam::444455556666:user/"+user))); err != nil {
		t.Error(err)
	}
	s.keyIs(current, "gone")
}

// AWS reports a user twice, from two Regions, with updates for days, and at the end of the case.
// GuardDuty updates its findings every 15 minutes.
func TestAReplacementOutlivesWhateverAWSRepeats(t *testing.T) {
	t.Parallel()
	for name, payload := range map[string]string{
		"AWS Health": healthEvent(user), "GuardDuty": guardDuty("ASIAIOSFODNN7EXAMPLE"),
		"GuardDuty, without a key": guardDuty(""),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, nil)
			s.must(`{}`, rotation.Rotated)
			s.after(time.Minute)
			leaked, began := s.mailFlows().Username, s.World.Now()
			s.after(3 * time.Second)
			s.must(at(payload, began, s.World.Now()), rotation.Revoked)
			s.keyIs(leaked, "gone")
			replacement := s.mailFlows().Username
			s.World.ResetCalls()
			for range 8 {
				s.after(15 * time.Minute)
				result := s.must(at(payload, began, s.World.Now()), rotation.Waiting)
				if warned(result, event.WarnLeakUnanswered, "") {
					t.Errorf("warnings: %+v", result.Warnings)
				}
			}
			s.after(25 * hour) // now it may have leaked since
			result := s.must(at(payload, began, s.World.Now()), rotation.Waiting)
			if !warned(result, event.WarnLeakUnanswered, replacement) {
				t.Errorf("warnings: %+v", result.Warnings)
			}
			s.onlyReads()
			s.keyIs(replacement, "Active")
			s.must(s.now(payload), rotation.Revoked) // another leak
			s.keyIs(replacement, "gone")
		})
	}
}

func TestATimeThatCantBeBelievedMeansNoKey(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.after(time.Minute)
	current, now := s.mailFlows().Username, s.World.Now()
	const field = `"startTime":"Fri, 5 Jun 2026 05:01:10 GMT",`
	timeless := strings.Replace(healthEvent(user), field, "", 1)
	s.World.ResetCalls()
	for name, payload := range map[string]string{
		"too old":        at(healthEvent(user), now.Add(-25*hour), now),
		"sent too early": at(timeless, now, now.Add(-25*hour)),
		"to come":        at(healthEvent(user), now.Add(hour), now.Add(hour)),
		"none":           strings.Replace(timeless, `"time":"2026-06-05T06:27:57Z",`, "", 1),
	} {
		if result := s.must(payload, rotation.Waiting); !warned(result, event.WarnLeakUnanswered, current) {
			t.Errorf("%s: warnings: %+v", name, result.Warnings)
		}
	}
	s.onlyReads()
	s.must(at(timeless, now, now), rotation.Revoked)
	s.keyIs(current, "gone")
}

func TestASuspicionIsAnEmergencyOrAnAlarm(t *testing.T) {
	t.Parallel()
	suspect := func(ids ...string) string {
		return strings.ReplaceAll(healthEvent(ids...), "AWS_RISK_CREDENTIALS_EXPOSED",
			"AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED")
	}
	t.Run("by default an emergency", func(t *testing.T) {
		s := newStage(t, nil)
		s.must(`{}`, rotation.Rotated)
		leaked := s.mailFlows().Username
		s.must(suspect(leaked), rotation.Revoked)
		s.keyIs(leaked, "gone")
		s.quiet()
	})
	t.Run("an alarm", func(t *testing.T) {
		s := newStage(t, map[string]string{"SUSPECTED_LEAKS": "alarm", "AWS_LAMBDA_FUNCTION_NAME": "rotator"})
		s.must(`{}`, rotation.Rotated)
		current := s.mailFlows().Username
		s.World.ResetCalls()
		s.log.Reset()
		for _, entity := range []string{current, user} {
			result := s.must(s.now(suspect(entity)), rotation.Waiting)
			if !warned(result, event.WarnLeakUnanswered, current) {
				t.Errorf("warnings: %+v", result.Warnings)
			}
			if got := s.measured()["LeakUnanswered"]; got != 1 {
				t.Errorf("it is measured %v times", got)
			}
		}
		if result := s.must(suspect("AKIAIOSFODNN7EXAMPLE"), rotation.Waiting); !warned(result, rotation.WarnKeyNotOurs,
			"AKIAIOSFODNN7EXAMPLE") || warned(result, event.WarnLeakUnanswered, "") {
			t.Errorf("warnings: %+v", result.Warnings)
		}
		s.onlyReads()
		s.keyIs(current, "Active")
		result := s.must(inQueue(suspect(current), healthEvent(current)), rotation.Revoked) // now AWS is sure
		if warned(result, event.WarnLeakUnanswered, "") {
			t.Errorf("warnings: %+v", result.Warnings)
		}
		s.keyIs(current, "gone")
	})
	t.Run("or a fault of the setting", func(t *testing.T) {
		newStage(t, map[string]string{"SUSPECTED_LEAKS": "Alarm"}).fails(`{}`, rotation.ConfigurationError,
			"SUSPECTED_LEAKS")
	})
}

// Even if an event names none of our users, AWS may have quarantined our user.
func TestAQuarantineIsToldWhoeverTheEventNames(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	if err := s.World.AttachUserPolicy(user, quarantine,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}`); err != nil {
		t.Fatal(err)
	}
	for _, entity := range []string{"AKIAIOSFODNN7EXAMPLE", "somebody"} {
		result := s.must(healthEvent(entity), rotation.Waiting)
		if !warned(result, rotation.WarnQuarantined, quarantine) {
			t.Errorf("warnings: %+v", result.Warnings)
		}
	}
}

func TestAFindingAboutTemporaryCredentialsIsAboutTheUser(t *testing.T) {
	s := newStage(t, nil)
	current, other := twoKeys["current and previous"](s)
	told := s.now(guardDuty("ASIAIOSFODNN7EXAMPLE"))
	s.after(3 * time.Second)
	s.must(told, rotation.Revoked)
	s.keyIs(current, "gone")
	s.keyIs(other, "gone")
	s.quiet()
	now := s.mailFlows().Username
	s.must(strings.Replace(guardDuty(now), `"severity":8`, `"severity":2`, 1), rotation.Waiting) // low
	s.keyIs(now, "Active")
}
