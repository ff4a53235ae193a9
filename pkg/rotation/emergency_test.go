package rotation

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// moved is the history of a run that has set a fence since it observed.
func fencedAt(v Version) History {
	return History{{what: observed}, {what: moved, from: "v0", version: v.ID}}
}

func TestAnEmergencyReplacesTheKeyAndThenRevokesIt(t *testing.T) {
	one := []Key{active("A", 8*day)}
	two := []Key{active("A", 8*day), active("B", time.Minute)}
	superseded := []Key{active("A", 40*day), active("B", 8*day)}
	leaked := Request{Action: Emergency, AccessKeyID: "A"}
	first := Request{Action: Emergency, AccessKeyID: "A", ContainFirst: true}
	other := Request{Action: Emergency, AccessKeyID: "B"}
	alarm := Request{Action: Emergency, AccessKeyID: "X", IfOurs: true}
	for _, c := range []planCase{
		{"a secret that isn't ours is refused", leaked,
			State{Keys: one, Current: Version{ID: "x", User: "other"}}, "fail", "", ConfigurationError},
		{"a foreign value that is pending stops nothing", leaked,
			State{Keys: one, Current: version("A", 8*day), Pending: seen(Version{ID: "x", Foreign: "text"})},
			"create", "", ""},
		{"a credential that was just made is stored first", leaked,
			State{Keys: two, Current: version("A", 8*day), Fresh: version("B", 0).Logins}, "stage", "B", ""},

		// contain
		{"with contain first, the key is deactivated before its replacement exists", first,
			State{Keys: one, Current: version("A", 8*day)}, "deactivate", "A", ""},
		{"after that it is replaced", first,
			State{Keys: []Key{inactive("A", 8*day)}, Current: version("A", 8*day), Pending: nothing}, "create", "", ""},

		// replace
		{"the current key is replaced first", leaked,
			State{Keys: one, Current: version("A", 8*day), Pending: nothing}, "create", "", ""},
		{"with another key, AWSPENDING is read", leaked,
			State{Keys: two, Current: version("A", 8*day)}, "ask: the version labelled AWSPENDING", "", ""},
		{"a pending credential is the replacement", leaked,
			State{Keys: two, Current: version("A", 8*day), Pending: seen(version("B", time.Minute))},
			"verify", "B", ""},
		{"if SES accepts it, it is promoted", leaked,
			State{Keys: two, Current: version("A", 8*day), Pending: seen(version("B", time.Minute)),
				Done: verdicts("B", sessmtp.Accepted)}, "promote", "B", ""},
		{"if SES refuses it, it is promoted anyway: the leaked key has to go", leaked,
			State{Keys: two, Current: version("A", 8*day), Pending: seen(version("B", time.Minute)),
				Done: verdicts("B", sessmtp.Refused)}, "promote", "B", ""},
		{"if SES can't be asked about it, too", leaked,
			State{Keys: two, Current: version("A", 8*day), Pending: seen(version("B", time.Minute)),
				Done: verdicts("B", sessmtp.Unknown)}, "promote", "B", ""},
		{"if it was staged long ago, it is staged again first", leaked,
			State{Keys: []Key{active("A", 8*day), active("B", hour)}, Current: version("A", 8*day),
				Pending: seen(version("B", hour)), Done: verdicts("B", sessmtp.Refused)}, "stage again", "B", ""},
		{"if it was refused for longer than an hour, it is no replacement", leaked,
			State{Keys: []Key{active("A", 8*day), active("B", 2*hour)}, Current: version("A", 8*day),
				Pending: seen(version("B", 2*hour)), Done: verdicts("B", sessmtp.Refused)}, "fence", "A", ""},
		{"a credential that doesn't serve every Region isn't either", leaked,
			State{Keys: two, Current: version("A", 8*day),
				Pending: seen(Version{ID: "v", Created: ago(time.Minute), User: "sender",
					Logins: []sessmtp.Login{{Endpoint: sessmtp.Endpoint{Region: "eu-north-1"}, Username: "B"}}})},
			"fence", "A", ""},

		// the slot for the replacement
		{"a superseded key's slot is freed, after a fence", Request{Action: Emergency, AccessKeyID: "B"},
			State{Keys: superseded, Current: version("B", 8*day), Pending: nothing,
				Previous: seen(version("A", 40*day))}, "fence", "B", ""},
		{"after the fence, the key is deactivated", other,
			State{Keys: superseded, Current: version("B", 8*day), Pending: nothing,
				Previous: seen(version("A", 40*day)),
				Done:     fencedAt(version("B", 0))}, "deactivate", "A", ""},
		{"and deleted", other,
			State{Keys: []Key{inactive("A", 40*day), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing, Previous: seen(version("A", 40*day)),
				Done: fencedAt(version("B", 0))}, "delete", "A", ""},
		{"for a key that AWSPREVIOUS doesn't name, last use is read", other,
			State{Keys: superseded, Current: version("B", 8*day), Pending: nothing, Previous: nothing},
			"ask: when the access key was last used", "A", ""},
		{"if it is out of use, it is revoked", other,
			State{Keys: []Key{active("A", 40*day).used(2 * day), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing, Previous: nothing}, "fence", "B", ""},
		{"if it is in use, the versions are searched for it", other,
			State{Keys: []Key{active("A", 40*day).used(hour), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing, Previous: nothing},
			"ask: a version that names the access key, labelled or not", "A", ""},
		{"if it is in use but was ours, it is revoked", other,
			State{Keys: []Key{active("A", 40*day).used(hour), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing, Previous: nothing,
				Stored: storing(map[string]Version{"A": version("A", 40*day)})}, "fence", "B", ""},
		{"a stranger's key in use stays, and nothing is touched", other,
			State{Keys: []Key{active("A", 40*day).used(hour), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing, Previous: nothing,
				Stored: storing(nil, "A")}, "fail", "", RotationBlocked},
		{"so does a key in use if versions may not be listed", other,
			State{Keys: []Key{active("A", 40*day).used(hour), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing, Previous: nothing,
				Stored: map[string]Fact[*Version]{"A": denied}}, "fail", "", RotationBlocked},
		{"a leaked key that can't send is deleted for its slot, if the other can send", other,
			State{Keys: []Key{active("A", 40*day).used(hour), inactive("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing}, "fence", "B", ""},

		// mend first, revoke
		{"if mail is failing, the pending credential comes before the revocation", leaked,
			State{Keys: []Key{active("A", 8*day), active("C", time.Minute)}, Current: version("gone", 8*day),
				Pending: seen(version("C", time.Minute))}, "verify", "C", ""},
		{"a leaked key that isn't current is revoked, after a fence", leaked,
			State{Keys: superseded, Current: version("B", 8*day), Pending: nothing}, "fence", "B", ""},
		{"at once, if nothing is current", leaked, State{Keys: one, Current: Version{}}, "deactivate", "A", ""},

		// known
		{"for a key that isn't listed, AWSPENDING is read", alarm, State{Keys: one, Current: version("A", day)},
			"ask: the version labelled AWSPENDING", "", ""},
		{"and AWSPREVIOUS", alarm, State{Keys: one, Current: version("A", day), Pending: nothing},
			"ask: the version labelled AWSPREVIOUS", "", ""},
		{"and all versions", alarm, State{Keys: one, Current: version("A", day),
			Pending: nothing, Previous: nothing},
			"ask: a version that names the access key, labelled or not", "X", ""},
		{"an alarm about a stranger's key is ignored", alarm,
			State{Keys: one, Current: version("A", day), Pending: nothing, Previous: nothing,
				Stored: storing(nil, "X")}, "wait", "", ""},
		{"a person's request about a stranger's key fails", Request{Action: Emergency, AccessKeyID: "X"},
			State{Keys: one, Current: version("A", day), Pending: nothing, Previous: nothing,
				Stored: storing(nil, "X")}, "fail", "", RequestError},
		{"a key that was current is known, and gone", other,
			State{Keys: one, Current: version("A", day), Pending: nothing, Previous: seen(version("B", 8*day))},
			"wait", "", ""},
		{"so is a key that this run deleted", other,
			State{Keys: one, Current: version("A", day), Done: History{{what: deleted, key: "B"}}}, "wait", "", ""},

		// mend
		{"if the leaked key is gone and nothing is current, a key is made", other,
			State{Keys: nil, Current: Version{}, Pending: nothing, Previous: seen(version("B", day))},
			"create", "", ""},
		{"if the current key is dead, it is replaced", other,
			State{Keys: []Key{inactive("A", day)}, Current: version("A", day),
				Pending: nothing, Previous: seen(version("B", day))}, "create", "", ""},
		{"by the pending credential", other,
			State{Keys: []Key{active("C", time.Minute)}, Current: version("B", day),
				Pending: seen(version("C", time.Minute))}, "verify", "C", ""},

		// revoke unseen
		{"a key so new that IAM may not list it yet is deleted by its ID", other,
			State{Keys: one, Current: version("A", day), Pending: nothing, Previous: seen(version("B", time.Minute)),
				Done: fencedAt(version("A", 0))}, "delete", "B", ""},
		{"after a fence", other,
			State{Keys: one, Current: version("A", day), Pending: nothing, Previous: seen(version("B", time.Minute))},
			"fence", "A", ""},
		{"also if versions may not be listed", other,
			State{Keys: one, Current: version("A", day), Pending: nothing, Previous: nothing,
				Stored: map[string]Fact[*Version]{"B": denied}, Done: fencedAt(version("A", 0))},
			"delete", "B", ""},
	} {
		c.check(t)
	}
}

func TestAnUnverifiedReplacementIsWarnedOf(t *testing.T) {
	s := State{User: "sender", Keys: []Key{active("A", 8*day), active("B", time.Minute)}, Current: version("A", 8*day),
		Pending: seen(version("B", time.Minute)), Done: verdicts("B", sessmtp.Refused)}
	d := Plan(s, policy(), Request{Action: Emergency, AccessKeyID: "A"}, now)
	if len(d.Warnings) != 1 || d.Warnings[0].Code != WarnPromotedUnverified ||
		!strings.Contains(d.Warnings[0].Message, "535") {
		t.Errorf("warnings: %+v", d.Warnings)
	}
}

func TestALeakedKeyIsTouchedEvenWhileItIsCurrent(t *testing.T) {
	s := State{User: "sender", Keys: []Key{active("A", 8*day)}, Current: version("A", 8*day)}
	if d := Plan(s, policy(), Request{Action: Emergency, AccessKeyID: "A", ContainFirst: true},
		now); !d.command.evenCurrent {
		t.Errorf("%+v spares the current key", d.command)
	}
	s.Keys = []Key{active("B", 40*day), inactive("A", 8*day)}
	s.Pending, s.Done = nothing, fencedAt(s.Current)
	d := Plan(s, policy(), Request{Action: Emergency, AccessKeyID: "A"}, now)
	decides(t, d, "delete", "A", "")
	if !d.command.evenCurrent {
		t.Errorf("%+v spares the current key", d.command)
	}
}

func TestWhatAnEmergencyLeavesIsSaidWithoutAnotherLook(t *testing.T) {
	s := State{User: "sender", Keys: []Key{active("A", 37*day), active("B", 7*day)}, Current: version("B", 7*day),
		Done: History{{what: deleted, key: "X"}}}
	emergency := Request{Action: Emergency, AccessKeyID: "X"}
	if d := Plan(s, policy(), emergency, now); d.Next.Kind != Deactivate || d.Next.AccessKeyID != "A" {
		t.Errorf("in the grace period: %+v", d.Next)
	}
	s.Keys[0], s.Current = s.Keys[0].used(3*day), version("B", 9*day)
	if d := Plan(s, policy(), emergency, now); d.kind != waits || d.Next.Kind != Deactivate {
		t.Errorf("after it: %+v", d)
	}
	s.Keys[0] = active("A", 37*day)
	if d := Plan(s, policy(), emergency, now); d.kind != waits || d.Next.Kind != "" {
		t.Errorf("with last use unknown: %+v", d)
	}
}
