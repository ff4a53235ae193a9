package rotation

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestThePlanFollowsItsRulesInOrder(t *testing.T) {
	tick := Request{Action: Tick}
	oneKey := []Key{active("A", 8*day)}
	rotated := []Key{active("A", 38*day), active("B", 8*day)}
	for _, c := range []planCase{
		// 1 broken
		{"a current key that is gone is replaced", tick,
			State{Current: version("A", 8*day), Pending: nothing}, "create", "", ""},
		{"a current key that is Inactive is replaced, and not reactivated", tick,
			State{Keys: []Key{inactive("A", 8*day)}, Current: version("A", 8*day), Pending: nothing}, "create", "", ""},
		{"a broken current key is replaced by what is pending", tick,
			State{Keys: []Key{inactive("A", 8*day), active("B", hour/4)}, Current: version("A", 8*day),
				Pending: seen(version("B", hour/4))}, "verify", "B", ""},
		{"with no free slot, AWSPREVIOUS is read", tick,
			State{Keys: []Key{inactive("A", 8*day), active("B", hour)}, Current: version("A", 8*day), Pending: nothing},
			"ask: the version labelled AWSPREVIOUS", "", ""},
		{"an orphan makes room for a broken key's replacement", tick,
			State{Keys: []Key{inactive("A", 8*day), active("B", hour).unused()}, Current: version("A", 8*day),
				Pending: nothing, Previous: nothing, Stored: map[string]Fact[*Version]{"B": nothing}},
			"delete", "B", ""},
		{"an orphan that may be about to be staged doesn't", tick,
			State{Keys: []Key{inactive("A", 8*day), active("B", time.Minute).unused()}, Current: version("A", 8*day),
				Pending: nothing, Previous: nothing, Stored: map[string]Fact[*Version]{"B": nothing}},
			"fail", "", RotationBlocked},
		{"a stranger's key in use is left alone even if mail is failing: the dead key's own slot remains, " +
			"if SES refuses that key too", tick,
			State{Keys: []Key{inactive("A", 8*day), active("B", 90*day).used(hour)}, Current: version("A", 8*day),
				Pending: nothing, Previous: nothing,
				Stored: map[string]Fact[*Version]{"B": nothing}}, "verify", "A", ""},
		{"SES does, and the dead key is deleted for its slot", tick,
			State{Keys: []Key{inactive("A", 8*day), active("B", 90*day).used(hour)}, Current: version("A", 8*day),
				Pending: nothing, Previous: nothing,
				Stored: map[string]Fact[*Version]{"B": nothing},
				Done:   verdicts("A", sessmtp.Refused)}, "delete", "A", ""},
		{"a refusal before the last look doesn't count: the key may have been made Active since", tick,
			State{Keys: []Key{inactive("A", 8*day), active("B", 90*day).used(hour)}, Current: version("A", 8*day),
				Pending: nothing, Previous: nothing,
				Stored: map[string]Fact[*Version]{"B": nothing},
				Done:   append(verdicts("A", sessmtp.Refused), deed{what: observed})}, "verify", "A", ""},
		{"SES can't be asked, and the dead key stays: it may be alive", tick,
			State{Keys: []Key{inactive("A", 8*day), active("B", 90*day).used(hour)}, Current: version("A", 8*day),
				Pending: nothing, Previous: nothing,
				Stored: map[string]Fact[*Version]{"B": nothing},
				Done:   verdicts("A", sessmtp.Unknown)}, "fail", "", RotationBlocked},
		{"if no slot is free, a credential without a label whose key is Active is staged again", tick,
			State{Keys: []Key{active("B", 8*day).used(hour), active("C", 8*day).used(hour)},
				Current: version("A", 8*day), Pending: nothing, Previous: nothing,
				Stored: map[string]Fact[*Version]{"B": nothing, "C": seen(version("C", 8*day))}},
			"stage again", "C", ""},
		{"a pending credential that names neither the user nor a key that exists, like an adopted one, is put aside",
			tick,
			State{Keys: oneKey, Current: version("A", 8*day),
				Pending: seen(Version{ID: "v", Logins: version("X", day).Logins})}, "unstage", "@v", ""},
		{"a pending key that is older than the current one is put aside: what staged it came too late", tick,
			State{Keys: []Key{active("A", 8*day), active("B", hour)}, Current: version("B", hour),
				Pending: seen(version("A", 8*day))}, "unstage", "@v-A", ""},
		{"one that couldn't be promoted because AWSCURRENT had moved isn't tried again: whoever moved it may be " +
			"about to delete it", tick,
			State{Keys: []Key{active("A", 8*day), active("B", hour)}, Current: version("A", 8*day),
				Pending: seen(version("B", hour)),
				Done:    History{{what: wasTooLate, key: "B"}}}, "unstage", "@v-B", ""},
		{"if mail is failing, it is replaced by a key that nobody else can have seen, and not by the previous " +
			"credential, which may be deleted as well", tick,
			State{Keys: []Key{active("A", 38*day), active("B", time.Minute)}, Current: version("X", time.Minute),
				Pending:  seen(version("B", time.Minute)),
				Previous: seen(version("A", 38*day)),
				Done:     History{{what: made, key: "B"}, {what: wasTooLate, key: "B"}}}, "fence", "X", ""},
		{"after the fence it is deleted at once: a crash mustn't leave it Inactive in the slot", tick,
			State{Keys: []Key{active("A", 38*day), active("B", time.Minute)}, Current: version("X", time.Minute),
				Pending:  nothing,
				Previous: seen(version("A", 38*day)),
				Done: History{{what: made, key: "B"}, {what: wasTooLate, key: "B"},
					{what: moved, version: version("X", 0).ID}}}, "delete", "B", ""},
		{"one whose key isn't listed stays for as long as an invocation may run: it may have been made after the list",
			tick,
			State{Keys: oneKey, Current: version("A", 8*day), Pending: seen(version("B", time.Minute))},
			"wait", "", ""},
		{"if SES refuses the previous credential for good, the dead key is deleted for its slot", tick,
			State{Keys: []Key{active("A", 40*day).used(hour), inactive("B", 10*day)}, Current: version("B", 10*day),
				Pending:  seen(version("A", time.Minute)),
				Previous: seen(version("A", 40*day)), Stored: map[string]Fact[*Version]{"A": nothing},
				Done: append(verdicts("A", sessmtp.Refused), verdicts("B", sessmtp.Refused)...)}, "delete", "B", ""},
		{"a refused one that was used, and that a person has since replaced with another value, isn't deleted " +
			"but put aside", tick,
			State{Keys: []Key{active("A", 20*day), active("B", 10*day).used(day)}, Current: version("A", day),
				Pending:  seen(version("B", 10*day)),
				Previous: nothing, Done: verdicts("B", sessmtp.Refused)}, "unstage", "@v-B", VerificationFailed},
		{"a pending value that is somebody else's stops nothing: with nothing due, it is left alone", tick,
			State{Keys: oneKey, Current: version("A", 8*day), Pending: seen(Version{ID: "x", Foreign: "text"})},
			"wait", "", ""},
		{"nor does another user's", tick,
			State{Keys: []Key{active("A", 30*day)}, Current: version("A", 30*day),
				Pending: seen(Version{ID: "x", User: "other"})},
			"create", "", ""},
		{"nor, if mail is failing, does one that holds nothing that could be a credential", tick,
			State{Keys: []Key{inactive("A", 8*day)}, Current: version("A", 8*day), Pending: seen(Version{ID: "x"})},
			"create", "", ""},
		{"if there is no credential and no slot, one that is stored without a label is staged again", tick,
			State{Keys: []Key{active("X", day).used(hour), active("Y", day).used(hour)},
				Current: blank, Pending: nothing, Previous: nothing,
				Stored: map[string]Fact[*Version]{"X": nothing, "Y": seen(version("Y", day))}}, "stage again", "Y", ""},
		{"if the current key is broken, an older pending one is finished", tick,
			State{Keys: []Key{active("A", 8*day), inactive("B", hour)}, Current: version("B", hour),
				Pending: seen(version("A", 8*day))}, "verify", "A", ""},
		{"with no slot to free, the previous credential is staged again", tick,
			State{Keys: []Key{inactive("A", 2*day), active("B", 30*day).used(hour)}, Current: version("A", 2*day),
				Pending: nothing, Previous: seen(version("B", 30*day))}, "stage again", "B", ""},

		// 2 unfinished
		{"with another key, AWSPENDING is looked at", tick,
			State{Keys: rotated, Current: version("A", 38*day)}, "ask: the version labelled AWSPENDING", "", ""},
		{"a pending credential is verified", tick,
			State{Keys: rotated, Current: version("A", 38*day), Pending: seen(version("B", time.Minute))},
			"verify", "B", ""},
		{"a verified one is promoted", tick,
			State{Keys: rotated, Current: version("A", 38*day), Pending: seen(version("B", time.Minute)),
				Done: verdicts("B", sessmtp.Accepted)}, "promote", "B", ""},
		{"one that was written before the promotion window is staged again", tick,
			State{Keys: rotated, Current: version("A", 38*day), Pending: seen(version("B", hour)),
				Done: verdicts("B", sessmtp.Accepted)}, "stage again", "B", ""},
		{"a refused one stays pending within the hour", tick,
			State{Keys: rotated, Current: version("A", 38*day), Pending: seen(version("B", hour/2)),
				Done: verdicts("B", sessmtp.Refused)}, "fail", "", VerificationFailed},
		{"one refused for longer is given up", tick,
			State{Keys: []Key{active("A", 38*day), active("B", 2*hour)}, Current: version("A", 38*day),
				Pending: seen(version("B", 2*hour)), Previous: nothing,
				Done: verdicts("B", sessmtp.Refused)}, "fence", "A", ""},
		{"once nobody can promote it any more", tick,
			State{Keys: rotated, Current: version("A", time.Minute), Pending: nothing,
				Done: History{{what: gaveUp, key: "B"}}}, "delete", "B", VerificationFailed},
		{"unless it was current once: then it only isn't pending any more", tick,
			State{Keys: rotated, Current: version("A", day), Pending: seen(version("B", 2*hour)),
				Previous: seen(version("B", 8*day)), Done: verdicts("B", sessmtp.Refused)},
			"unstage", "@v-B", VerificationFailed},
		{"an unreachable SES leaves it pending, however long", tick,
			State{Keys: rotated, Current: version("A", 38*day), Pending: seen(version("B", 9*hour)),
				Done: verdicts("B", sessmtp.Unknown)}, "fail", "", VerificationFailed},
		{"an AWSPENDING that names a key that is gone is taken off", tick,
			State{Keys: oneKey, Current: version("A", 8*day), Pending: seen(version("X", day))}, "unstage", "@v-X", ""},
		{"an AWSPENDING on another version that names the current key is taken off", tick,
			State{Keys: oneKey, Current: version("A", 8*day),
				Pending: seen(Version{ID: "other", User: "sender", Logins: version("A", day).Logins})},
			"unstage", "@other", ""},

		// 3 due
		{"no credential: one is made", tick, State{Current: blank, Pending: nothing}, "create", "", ""},
		{"a key at the rotation interval is rotated", tick,
			State{Keys: []Key{active("A", 30*day)}, Current: version("A", 30*day), Pending: nothing}, "create", "", ""},
		{"a younger one isn't", tick, State{Keys: []Key{active("A", 30*day-time.Second)}, Current: version("A", 29*day),
			Pending: nothing}, "wait", "", ""},
		{"the key's age counts, not the version's", tick,
			State{Keys: []Key{active("A", 31*day)}, Current: version("A", day), Pending: nothing},
			"create", "", ""},
		{"one key and no look at AWSPENDING yet: it is tidied last", tick,
			State{Keys: oneKey, Current: version("A", 8*day)},
			"ask: the version labelled AWSPENDING", "", ""},

		// 4 blocked
		{"two strangers' keys block the first credential", tick,
			State{Keys: []Key{active("X", 90*day).used(hour), active("Y", 90*day).used(hour)},
				Current: blank, Pending: nothing, Previous: nothing,
				Stored: map[string]Fact[*Version]{"X": nothing, "Y": nothing}}, "wait", "", ""},
		{"a superseded key in quarantine makes room when it may go", tick,
			State{Keys: []Key{inactive("A", 90*day).used(20 * day), active("B", 31*day)}, Current: version("B", 31*day),
				Pending: nothing}, "delete", "A", ""},

		// 5 orphan
		{"a young orphan waits", tick, State{Keys: []Key{active("A", 8*day), active("O", 24*hour)},
			Current: version("A", 8*day), Pending: nothing}, "wait", "", ""},
		{"an old one is looked at", tick, State{Keys: []Key{active("A", 8*day), active("O", 25*hour)},
			Current: version("A", 8*day), Pending: nothing}, "ask: when the access key was last used", "O", ""},
		{"never used and unnamed, it is deactivated", tick,
			State{Keys: []Key{active("A", 8*day), active("O", 25*hour).unused()}, Current: version("A", 8*day),
				Pending: nothing, Previous: nothing, Stored: map[string]Fact[*Version]{"O": nothing}},
			"deactivate", "O", ""},
		{"after its quarantine it is deleted", tick,
			State{Keys: []Key{active("A", 8*day), inactive("O", 50*hour).unused()}, Current: version("A", 8*day),
				Pending: nothing, Previous: nothing, Stored: map[string]Fact[*Version]{"O": nothing}},
			"delete", "O", ""},
		{"a used one is a stranger's, and has the grace period", tick,
			State{Keys: []Key{active("A", 8*day), active("O", 25*hour).used(hour)}, Current: version("A", 8*day),
				Pending: nothing}, "wait", "", ""},
		{"one that a version without a label names is no orphan: it may have been current", tick,
			State{Keys: []Key{active("A", 8*day), active("O", 25*hour).unused()}, Current: version("A", 8*day),
				Pending: nothing, Previous: nothing,
				Stored: map[string]Fact[*Version]{"O": seen(version("O", 25*hour))}}, "wait", "", ""},
		{"one that AWSPREVIOUS names is no orphan", tick,
			State{Keys: []Key{active("A", 8*day), active("O", 25*hour).unused()}, Current: version("A", 8*day),
				Pending: nothing, Previous: seen(version("O", 25*hour))}, "wait", "", ""},

		// 6 superseded
		{"in its grace period a superseded key waits", tick,
			State{Keys: []Key{active("A", 37*day), active("B", 7*day)}, Current: version("B", 7*day), Pending: nothing},
			"wait", "", ""},
		{"after it, it is asked whether it is in use", tick,
			State{Keys: rotated, Current: version("B", 8*day), Pending: nothing},
			"ask: when the access key was last used", "A", ""},
		{"out of use, it is deactivated", tick,
			State{Keys: []Key{active("A", 38*day).used(2 * day), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing}, "deactivate", "A", ""},
		{"in use, it stays", tick,
			State{Keys: []Key{active("A", 38*day).used(2 * hour), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing}, "wait", "", ""},
		{"in quarantine it waits", tick,
			State{Keys: []Key{inactive("A", 38*day).used(2 * day), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing}, "wait", "", ""},
		{"after quarantine it is deleted", tick,
			State{Keys: []Key{inactive("A", 39*day).used(3 * day), active("B", 9*day)}, Current: version("B", 9*day),
				Pending: nothing}, "delete", "A", ""},
		{"quarantine counts from when it was last in use", tick,
			State{Keys: []Key{inactive("A", 39*day).used(30 * hour), active("B", 9*day)}, Current: version("B", 9*day),
				Pending: nothing}, "wait", "", ""},
		{"deactivation comes an invocation before deletion", tick,
			State{Keys: []Key{inactive("A", 99*day).used(60 * day), active("B", 20*day)}, Current: version("B", 20*day),
				Pending: nothing,
				Done:    History{{what: deactivated, key: "A"}}}, "wait", "", ""},
		{"a key newer than the current version wasn't superseded by it (a stale read of AWSCURRENT): blocked, and " +
			"untouched", tick,
			State{Keys: []Key{active("A", 38*day), active("B", hour).used(hour)}, Current: version("A", 30*day),
				Pending: nothing}, "wait", "", ""},

		// P8
		{"a secret that isn't ours is refused", tick,
			State{Keys: oneKey, Current: Version{ID: "x", User: "other", Logins: version("X", day).Logins}},
			"fail", "", ConfigurationError},
	} {
		c.check(t)
	}
}

func TestACredentialThatAPersonMovedAWSCURRENTBackToStays(t *testing.T) {
	left := version("B", 5*day)
	left.Labels = []Label{Pending, Previous}
	s := State{User: "sender", Keys: []Key{active("A", 20*day), active("B", 5*day)}, Current: version("A", 20*day),
		Pending: seen(left)}
	if got := Plan(s, policy(), Request{Action: Tick}, now); got.command.kind != fence || got.command.key != "A" {
		t.Errorf("got %+v", got.command)
	}
}

func TestGraceCountsFromTheLatestMomentOfPromotion(t *testing.T) {
	s := State{User: "sender", Keys: []Key{active("A", 37*day).used(3 * day), active("B", 8*day)},
		Current: version("B", 7*day), Pending: nothing}
	got := Plan(s, policy(), Request{Action: Tick}, now)
	if want := ago(7 * day).Add(15*time.Minute + 7*day); !got.Next.At.Equal(want) || got.Next.Kind != Deactivate {
		t.Errorf("next: %+v, want deactivation at %s", got.Next, want)
	}
}

func TestIgnoringLastUseAsksForNone(t *testing.T) {
	p := policy()
	p.InUseWindow = 0
	s := State{User: "sender", Keys: []Key{active("A", 38*day), active("B", 8*day)}, Current: version("B", 8*day),
		Pending: nothing}
	if got := Plan(s, p, Request{Action: Tick}, now); got.command.kind != deactivateKey {
		t.Errorf("got %+v", got.command)
	}
	orphan := State{User: "sender", Keys: []Key{active("A", 8*day), active("O", hour)}, Current: version("A", 8*day),
		Pending: nothing}
	if got := Plan(orphan, p, Request{Action: Tick}, now); got.ask != (ask{aboutLastUse, "O"}) {
		t.Errorf("an unnamed key goes unasked: %+v", got)
	}
}

func BenchmarkPlan(b *testing.B) {
	s := State{User: "sender", Keys: []Key{active("A", 37*day), active("B", 7*day)}, Current: version("B", 7*day),
		Pending: nothing}
	p := policy()
	b.ReportAllocs()
	for b.Loop() {
		Plan(s, p, Request{Action: Tick}, now)
	}
}

// IAM answers with an error if a key is gone, so asking for last use detects a stale list of keys.
// This has to come before AWSPREVIOUS is staged again. If it came after that, P1 would break in
// dozens of states of two invocations at once, and only the proof's explorer would notice.
func TestLastUseIsAskedBeforeThePreviousCredentialIsStagedAgain(t *testing.T) {
	s := State{User: "sender", Keys: []Key{inactive("A", 2*day), active("B", 30*day)}, Current: version("A", 2*day),
		Pending:  nothing,
		Previous: seen(version("B", 30*day))}
	decides(t, Plan(s, policy(), Request{Action: Tick}, now), "ask: when the access key was last used", "B", "")
	s.Keys[1] = s.Keys[1].used(hour)
	decides(t, Plan(s, policy(), Request{Action: Tick}, now), "stage again", "B", "")
}

func TestTheFirstFactThatIsMissingIsAskedFor(t *testing.T) {
	s := State{User: "sender", Keys: []Key{active("A", 8*day), active("O", 25*hour)}, Current: version("A", 8*day)}
	for _, c := range []struct {
		want  string
		learn func(*State)
	}{
		{"ask: the version labelled AWSPENDING", func(s *State) { s.Pending = nothing }},
		{"ask: when the access key was last used", func(s *State) { s.Keys[1] = s.Keys[1].unused() }},
		{"ask: the version labelled AWSPREVIOUS", func(s *State) { s.Previous = nothing }},
		{"ask: a version that names the access key, labelled or not", func(s *State) { s.Stored = storing(nil, "O") }},
		{"deactivate", func(*State) {}},
	} {
		d := Plan(s, policy(), Request{Action: Tick}, now)
		key := "O"
		if d.ask.about == aboutPending || d.ask.about == aboutPrevious {
			key = ""
		}
		decides(t, d, c.want, key, "")
		c.learn(&s)
	}
}

func TestTheMaximumGracePeriodEndsKeysThatWereOurs(t *testing.T) {
	p := policy()
	p.MaxGracePeriod = 8 * day
	s := State{User: "sender", Keys: []Key{active("A", 40*day).used(hour), active("B", 9*day)},
		Current: version("B", 9*day), Pending: nothing}
	for _, c := range []struct {
		name     string
		previous Version
		stored   map[string]Fact[*Version]
		want     string
		about    string
	}{
		{"the previous one", version("A", 40*day), nil, "deactivate", "A"},
		{"one that a version names", version("X", 40*day), storing(map[string]Version{"A": version("A", 40*day)}),
			"deactivate", "A"},
		{"not a stranger's in use", version("X", 40*day), storing(nil, "A"), "wait", ""},
		{"nor one that nobody may look for", version("X", 40*day), map[string]Fact[*Version]{"A": denied}, "wait", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := s
			s.Previous, s.Stored = seen(c.previous), c.stored
			d := Plan(s, p, Request{Action: Tick}, now)
			decides(t, d, c.want, c.about, "")
			if c.want == "wait" && (len(d.Warnings) != 1 || d.Warnings[0].Code != WarnSupersededKeyInUse) {
				t.Errorf("warnings: %+v", d.Warnings)
			}
		})
	}
	s.Keys[0] = inactive("A", 40*day).used(hour)
	if d := Plan(s, p, Request{Action: Tick}, now); d.Next.Kind != Delete ||
		!d.Next.At.Equal(ago(9*day).Add(15*60e9+9*day)) {
		t.Errorf("its quarantine counts from the end of the maximum grace period: %+v", d.Next)
	}
}

// TestAWarningOfAKeyInUseSaysWhatCanFindItsUser: mail over SMTP isn't in CloudTrail ("Logging
// Amazon SES API calls with AWS CloudTrail").
func TestAWarningOfAKeyInUseSaysWhatCanFindItsUser(t *testing.T) {
	s := State{User: "sender", Keys: []Key{active("A", 40*day).used(hour), active("B", 9*day)},
		Current: version("B", 9*day), Pending: nothing}
	d := Plan(s, policy(), Request{Action: Tick}, now)
	if len(d.Warnings) != 1 || d.Warnings[0].Code != WarnSupersededKeyInUse {
		t.Fatalf("warnings: %+v", d.Warnings)
	}
	for _, says := range []string{"access key A ", "CloudTrail doesn't log mail over SMTP",
		"the applications' settings", "the events of a configuration set", "ses:source-ip", "ses:caller-identity"} {
		if !strings.Contains(d.Warnings[0].Message, says) {
			t.Errorf("%q doesn't say %q", d.Warnings[0].Message, says)
		}
	}
}

func TestACredentialIsPromotedAsItShouldBeWritten(t *testing.T) {
	outdated := version("B", time.Minute)
	outdated.Outdated = true
	s := State{User: "sender", Keys: []Key{active("A", 38*day), active("B", time.Minute)},
		Current: version("A", 38*day), Done: verdicts("B", sessmtp.Accepted)}
	s.Pending = seen(outdated)
	decides(t, Plan(s, policy(), Request{Action: Tick}, now), "stage again", "B", "")
	s.Pending, s.Current.Created = seen(version("B", time.Minute)), now // a person has changed the current value since
	decides(t, Plan(s, policy(), Request{Action: Tick}, now), "stage again", "B", "")
	s.Done = append(s.Done, deed{what: restaged, version: "v-B"})
	decides(t, Plan(s, policy(), Request{Action: Tick}, now), "promote", "B", "")
}

func TestWithoutVerificationAPendingCredentialIsPromotedAtOnce(t *testing.T) {
	p := policy()
	p.SkipVerification = true
	s := State{User: "sender", Keys: []Key{active("A", 38*day), active("B", time.Minute)},
		Current: version("A", 38*day), Pending: seen(version("B", time.Minute))}
	decides(t, Plan(s, p, Request{Action: Tick}, now), "promote", "B", "")
	s.Keys[1].Status = Inactive // the rotator never reactivates it
	decides(t, Plan(s, p, Request{Action: Tick}, now), "fail", "", VerificationFailed)
}

func TestAPendingCredentialThatCantServeEveryRegionIsGivenUp(t *testing.T) {
	p := policy()
	p.Regions = []string{"eu-west-1", "us-east-1"}
	s := State{User: "sender", Keys: []Key{active("A", 38*day), active("B", time.Minute)},
		Current: version("A", 38*day), Pending: seen(version("B", time.Minute)), Previous: nothing}
	decides(t, Plan(s, p, Request{Action: Tick}, now), "fence", "A", "")
	s.Keys, s.Pending, s.Current = s.Keys[:1], nothing, version("A", 8*day)
	decides(t, Plan(s, p, Request{Action: Tick}, now), "create", "", "") // the current one too
}

func TestADeadAdoptedCredentialIsMarkedAsThisUsersBeforeItsKeyGoes(t *testing.T) {
	adopted := version("A", 8*day)
	adopted.User = ""
	s := State{User: "sender", Keys: []Key{inactive("A", 8*day), active("B", 90*day).used(hour)},
		Current: adopted, Pending: nothing, Previous: nothing, Stored: storing(nil, "B")}
	decides(t, Plan(s, policy(), Request{Action: Tick}, now), "fence", "A", "")
	s.Done = append(fencedAt(adopted), verdicts("A", sessmtp.Refused)...)
	d := Plan(s, policy(), Request{Action: Tick}, now)
	decides(t, d, "delete", "A", "")
	if d.command.whileCurrent != adopted.ID {
		t.Errorf("it goes even if AWSCURRENT has moved: %+v", d.command)
	}
}

func TestWithNoSlotToFreeItSaysWhoHoldsThem(t *testing.T) {
	s := State{User: "sender", Keys: []Key{active("X", 90*day).used(hour), active("Y", 90*day).used(hour)},
		Current: version("A", 8*day), Pending: nothing, Previous: nothing,
		Stored: storing(nil, "X", "Y")}
	d := Plan(s, policy(), Request{Action: Tick}, now)
	decides(t, d, "fail", "", RotationBlocked)
	for _, part := range []string{"X (Active, last used", "Y (Active", "delete a key that nobody needs"} {
		if !strings.Contains(d.Err.Error(), part) {
			t.Errorf("%v doesn't say %q", d.Err, part)
		}
	}
}

func TestASupersededInactiveKeyMakesRoomForABrokenOnesReplacement(t *testing.T) {
	s := State{User: "sender", Keys: []Key{inactive("B", 20*day).used(10 * day), active("A", 10*day).used(3 * day)},
		Current: version("X", 10*day), Pending: nothing, Previous: nothing,
		Stored: storing(nil, "A")}
	decides(t, Plan(s, policy(), Request{Action: Tick}, now), "delete", "B", "")
	s.Done = History{{what: deactivated, key: "B"}}
	decides(t, Plan(s, policy(), Request{Action: Tick}, now), "deactivate", "A", "")
}

func TestAYoungKeyIsNoOrphanHoweverShortThePromotionWindow(t *testing.T) {
	p := policy()
	p.PromotionWindow = 5 * time.Minute
	s := State{User: "sender", Keys: []Key{inactive("A", 8*day), active("B", 10*time.Minute).unused()},
		Current: version("A", 8*day), Pending: nothing, Previous: nothing}
	if d := Plan(s, p, Request{Action: Tick}, now); d.command.kind == deleteKey {
		t.Errorf("%s is deleted, and the invocation that made it may be about to store it: %+v", d.command.key, d)
	}
	// nor is an older one, while nobody has looked for a version that names it
	s.Keys[1] = active("B", hour).unused()
	decides(t, Plan(s, p, Request{Action: Tick}, now),
		"ask: a version that names the access key, labelled or not", "B", "")
}

func TestTheEndOfTheMaximumGracePeriodIsToldAsWhatItIs(t *testing.T) {
	p := policy()
	p.MaxGracePeriod = 10 * day
	s := State{User: "sender", Keys: []Key{active("A", 38*day).used(time.Hour), active("B", 10*day-2*hour)},
		Current: version("B", 10*day-2*hour), Pending: nothing, Previous: nothing, Stored: storing(nil, "A")}
	d := Plan(s, p, Request{Action: Tick}, now)
	if decides(t, d, "wait", "", ""); !strings.Contains(d.Next.Reason, "maximum grace period ends, whether or not") {
		t.Errorf("the reason is %q", d.Next.Reason)
	}
}
