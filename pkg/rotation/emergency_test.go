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
		{"a foreign value that is pending is no hindrance", leaked,
			State{Keys: one, Current: version("A", 8*day), Pending: seen(Version{ID: "x", Foreign: "text"})},
			"create", "", ""},
		{"what was just made is stored first", leaked,
			State{Keys: two, Current: version("A", 8*day), Fresh: version("B", 0).Logins}, "stage", "B", ""},

		// contain
		{"contained first, the key is deactivated before its replacement exists", first,
			State{Keys: one, Current: version("A", 8*day)}, "deactivate", "A", ""},
		{"once it can't send, it is replaced", first,
			State{Keys: []Key{inactive("A", 8*day)}, Current: version("A", 8*day), Pending: nothing}, "create", "", ""},

		// replace
		{"the current key is replaced first", leaked,
			State{Keys: one, Current: version("A", 8*day), Pending: nothing}, "create", "", ""},
		{"beside another key, it matters what is pending", leaked,
			State{Keys: two, Current: version("A", 8*day)}, "ask: the version labelled AWSPENDING", "", ""},
		{"a pending credential is the replacement", leaked,
			State{Keys: two, Current: version("A", 8*day), Pending: seen(version("B", time.Minute))},
			"verify", "B", ""},
		{"accepted, it is promoted", leaked,
			State{Keys: two, Current: version("A", 8*day), Pending: seen(version("B", time.Minute)),
				Done: verdicts("B", sessmtp.Accepted)}, "promote", "B", ""},
		{"refused, it is promoted all the same: the leaked key has to go", leaked,
			State{Keys: two, Current: version("A", 8*day), Pending: seen(version("B", time.Minute)),
				Done: verdicts("B", sessmtp.Refused)}, "promote", "B", ""},
		{"one that SES can't be asked about, too", leaked,
			State{Keys: two, Current: version("A", 8*day), Pending: seen(version("B", time.Minute)),
				Done: verdicts("B", sessmtp.Unknown)}, "promote", "B", ""},
		{"staged long ago, it is staged anew", leaked,
			State{Keys: []Key{active("A", 8*day), active("B", hour)}, Current: version("A", 8*day),
				Pending: seen(version("B", hour)), Done: verdicts("B", sessmtp.Refused)}, "stage again", "B", ""},
		{"refused for longer than an hour, it is no replacement", leaked,
			State{Keys: []Key{active("A", 8*day), active("B", 2*hour)}, Current: version("A", 8*day),
				Pending: seen(version("B", 2*hour)), Done: verdicts("B", sessmtp.Refused)}, "fence", "A", ""},
		{"nor is one that doesn't serve every Region", leaked,
			State{Keys: two, Current: version("A", 8*day),
				Pending: seen(Version{ID: "v", Created: ago(time.Minute), User: "sender",
					Logins: []sessmtp.Login{{Endpoint: sessmtp.Endpoint{Region: "eu-north-1"}, Username: "B"}}})},
			"fence", "A", ""},

		// the slot for the replacement
		{"a superseded key's slot is taken, behind a fence", Request{Action: Emergency, AccessKeyID: "B"},
			State{Keys: superseded, Current: version("B", 8*day), Pending: nothing,
				Previous: seen(version("A", 40*day))}, "fence", "B", ""},
		{"behind it, the key can't send any more", other,
			State{Keys: superseded, Current: version("B", 8*day), Pending: nothing,
				Previous: seen(version("A", 40*day)),
				Done:     fencedAt(version("B", 0))}, "deactivate", "A", ""},
		{"and goes", other,
			State{Keys: []Key{inactive("A", 40*day), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing, Previous: seen(version("A", 40*day)),
				Done: fencedAt(version("B", 0))}, "delete", "A", ""},
		{"a key that AWSPREVIOUS doesn't name is asked about its use", other,
			State{Keys: superseded, Current: version("B", 8*day), Pending: nothing, Previous: nothing},
			"ask: when the access key was last used", "A", ""},
		{"out of use, it goes", other,
			State{Keys: []Key{active("A", 40*day).used(2 * day), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing, Previous: nothing}, "fence", "B", ""},
		{"in use, it is looked for among the versions", other,
			State{Keys: []Key{active("A", 40*day).used(hour), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing, Previous: nothing},
			"ask: a version that names the access key, labelled or not", "A", ""},
		{"in use, and ours once, it goes", other,
			State{Keys: []Key{active("A", 40*day).used(hour), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing, Previous: nothing,
				Stored: storing(map[string]Version{"A": version("A", 40*day)})}, "fence", "B", ""},
		{"a stranger's in use stays, and nothing is touched", other,
			State{Keys: []Key{active("A", 40*day).used(hour), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing, Previous: nothing,
				Stored: storing(nil, "A")}, "fail", "", RotationBlocked},
		{"so does one of which nobody may tell", other,
			State{Keys: []Key{active("A", 40*day).used(hour), active("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing, Previous: nothing,
				Stored: map[string]Fact[*Version]{"A": denied}}, "fail", "", RotationBlocked},
		{"a leaked key that can't send gives its own slot, if the other can", other,
			State{Keys: []Key{active("A", 40*day).used(hour), inactive("B", 8*day)}, Current: version("B", 8*day),
				Pending: nothing}, "fence", "B", ""},

		// mend first, revoke
		{"where mail is failing, what is pending comes before the revocation", leaked,
			State{Keys: []Key{active("A", 8*day), active("C", time.Minute)}, Current: version("gone", 8*day),
				Pending: seen(version("C", time.Minute))}, "verify", "C", ""},
		{"a leaked key that isn't current is revoked, behind a fence", leaked,
			State{Keys: superseded, Current: version("B", 8*day), Pending: nothing}, "fence", "B", ""},
		{"at once, where nothing is current", leaked, State{Keys: one, Current: Version{}}, "deactivate", "A", ""},

		// known
		{"a key that isn't listed is looked for", alarm, State{Keys: one, Current: version("A", day)},
			"ask: the version labelled AWSPENDING", "", ""},
		{"and among the previous", alarm, State{Keys: one, Current: version("A", day), Pending: nothing},
			"ask: the version labelled AWSPREVIOUS", "", ""},
		{"and among all versions", alarm, State{Keys: one, Current: version("A", day),
			Pending: nothing, Previous: nothing},
			"ask: a version that names the access key, labelled or not", "X", ""},
		{"an alarm about a stranger's is ignored", alarm,
			State{Keys: one, Current: version("A", day), Pending: nothing, Previous: nothing,
				Stored: storing(nil, "X")}, "wait", "", ""},
		{"a person who names a stranger's hears that", Request{Action: Emergency, AccessKeyID: "X"},
			State{Keys: one, Current: version("A", day), Pending: nothing, Previous: nothing,
				Stored: storing(nil, "X")}, "fail", "", RequestError},
		{"one that was current is known, and gone", other,
			State{Keys: one, Current: version("A", day), Pending: nothing, Previous: seen(version("B", 8*day))},
			"wait", "", ""},
		{"one that this run deleted is", other,
			State{Keys: one, Current: version("A", day), Done: History{{what: deleted, key: "B"}}}, "wait", "", ""},

		// mend
		{"with the leaked key gone and nothing current, one is made", other,
			State{Keys: nil, Current: Version{}, Pending: nothing, Previous: seen(version("B", day))},
			"create", "", ""},
		{"with a dead one current, it is replaced", other,
			State{Keys: []Key{inactive("A", day)}, Current: version("A", day),
				Pending: nothing, Previous: seen(version("B", day))}, "create", "", ""},
		{"by what is pending", other,
			State{Keys: []Key{active("C", time.Minute)}, Current: version("B", day),
				Pending: seen(version("C", time.Minute))}, "verify", "C", ""},

		// revoke unseen
		{"a key so new that IAM may not list it yet is deleted by its ID", other,
			State{Keys: one, Current: version("A", day), Pending: nothing, Previous: seen(version("B", time.Minute)),
				Done: fencedAt(version("A", 0))}, "delete", "B", ""},
		{"behind a fence", other,
			State{Keys: one, Current: version("A", day), Pending: nothing, Previous: seen(version("B", time.Minute))},
			"fence", "A", ""},
		{"and where nobody may tell, as well", other,
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
