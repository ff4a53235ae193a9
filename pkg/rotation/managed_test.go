package rotation

import (
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestSecretsManagersStepsGoByTheSamePlan(t *testing.T) {
	step := func(action Action) Request { return Request{Action: action, VersionID: "token"} }
	createSecret, setSecret, testSecret, finishSecret := step(CreateSecret), step(SetSecret), step(TestSecret),
		step(FinishSecret)
	one := []Key{active("A", 8*day)}
	two := []Key{active("A", 8*day), active("B", time.Minute)}
	its := seen(version("B", time.Minute).as("token"))
	empty := seen(Version{ID: "token", Created: ago(time.Minute), Blank: true})
	for _, c := range []planCase{
		{"a secret that isn't ours is refused", createSecret,
			State{Keys: one, Current: Version{ID: "x", User: "other"}}, "fail", "", ConfigurationError},
		{"a credential that was just made is stored", createSecret,
			State{Keys: two, Current: version("A", 8*day), Fresh: version("B", 0).Logins}, "stage", "B", ""},
		{"createSecret makes a key, however young the current one is", createSecret,
			State{Keys: one, Current: version("A", 8*day), Pending: nothing}, "create", "", ""},
		{"if createSecret is repeated, it finds its version", createSecret,
			State{Keys: two, Current: version("A", 8*day), Pending: its},
			"wait", "", ""},
		{"it fails if another credential is pending", createSecret,
			State{Keys: two, Current: version("A", 8*day), Pending: seen(version("B", time.Minute))},
			"fail", "", RotationBlocked},
		{"it doesn't revoke a superseded key for its slot", createSecret,
			State{Keys: []Key{active("A", 8*day), active("B", 40*day)}, Current: version("A", 8*day), Pending: nothing},
			"fail", "", RotationBlocked},
		{"it retires a key that is due", createSecret,
			State{Keys: []Key{active("A", 20*day), inactive("B", 50*day).used(30 * day)}, Current: version("A", 20*day),
				Pending: nothing}, "delete", "B", ""},
		{"it fails if a key is in quarantine", createSecret,
			State{Keys: []Key{active("A", 7*day), inactive("B", 50*day).used(30 * day)}, Current: version("A", 7*day),
				Pending: nothing}, "fail", "", RotationBlocked},
		{"a tick was quicker", finishSecret, State{Keys: two, Current: version("B", time.Minute).as("token")},
			"wait", "", ""},
		{"setSecret has nothing to do", setSecret, State{Keys: two, Current: version("A", 8*day), Pending: its},
			"wait", "", ""},
		{"but needs its version", setSecret, State{Keys: two, Current: version("A", 8*day), Pending: nothing},
			"fail", "", Conflict},
		{"testSecret logs in", testSecret, State{Keys: two, Current: version("A", 8*day), Pending: its},
			"verify", "B@token", ""},
		{"if SES accepts it, testSecret is done", testSecret, State{Keys: two, Current: version("A", 8*day),
			Pending: its, Done: verdicts("B", sessmtp.Accepted)}, "wait", "", ""},
		{"if SES refuses it, testSecret fails", testSecret, State{Keys: two, Current: version("A", 8*day),
			Pending: its, Done: verdicts("B", sessmtp.Refused)}, "fail", "", VerificationFailed},
		{"with an empty version it tests AWSCURRENT", testSecret,
			State{Keys: one, Current: version("A", 8*day), Pending: empty}, "verify", "A", ""},
		{"if AWSCURRENT is empty, it passes", testSecret, State{Current: blank, Pending: empty}, "wait", "", ""},
		{"if AWSCURRENT is dead, it fails", testSecret,
			State{Current: version("A", 8*day), Pending: empty}, "fail", "", VerificationFailed},
		{"finishSecret logs in itself", finishSecret, State{Keys: two, Current: version("A", 8*day), Pending: its},
			"verify", "B@token", ""},
		{"and promotes", finishSecret, State{Keys: two, Current: version("A", 8*day),
			Pending: its, Done: verdicts("B", sessmtp.Accepted)}, "promote", "B@token", ""},
		{"it promotes once", finishSecret,
			State{Keys: two, Current: version("B", 0), Done: History{{what: promoted, key: "B"}}},
			"wait", "", ""},
		{"it doesn't promote another version", finishSecret, State{Keys: two, Current: version("A", 8*day),
			Pending: seen(version("B", time.Minute))}, "fail", "", Conflict},
	} {
		c.check(t)
	}
}

func TestADecommissionDeletesKeys(t *testing.T) {
	keys := []Key{active("A", 8*day), inactive("B", 40*day)}
	all, some := Request{Action: Decommission}, Request{Action: Decommission, OnlyStored: true}
	for _, c := range []planCase{
		{"every key is deleted, current or not", all,
			State{Keys: keys, Current: version("A", 8*day)}, "delete", "A", ""},
		{"whatever the secret holds", all, State{Keys: keys, Current: Version{ID: "x", Foreign: "text"}},
			"delete", "A", ""},
		{"it is done when no key is left", all, State{}, "wait", "", ""},
		{"if the user stays, the versions are searched for its keys", some, State{Keys: keys},
			"ask: a version that names the access key, labelled or not", "A", ""},
		{"keys that the secret names are deleted", some,
			State{Keys: keys, Stored: storing(map[string]Version{"B": version("B", day)}, "A")},
			"delete", "B", ""},
		{"the others stay", some, State{Keys: keys[:1], Stored: storing(nil, "A")}, "wait", "", ""},
		{"it fails if versions may not be listed", some,
			State{Keys: keys[:1], Stored: map[string]Fact[*Version]{"A": denied}}, "fail", "", AccessDenied},
	} {
		if d := c.check(t); d.kind == does && !d.command.evenCurrent {
			t.Errorf("%s: it spares the current key", c.name)
		}
	}
}

func TestAnActionWithoutRulesIsRefused(t *testing.T) {
	decides(t, Plan(State{}, policy(), Request{Action: "dance"}, now), "fail", "", RequestError)
}
