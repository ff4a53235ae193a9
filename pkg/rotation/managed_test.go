package rotation

import (
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestSecretsManagersStepsGoByTheSamePlan(t *testing.T) {
	one := []Key{active("A", 8*day)}
	two := []Key{active("A", 8*day), active("B", time.Minute)}
	its := seen(version("B", time.Minute).as("token"))
	empty := seen(Version{ID: "token", Created: ago(time.Minute), Blank: true})
	for _, c := range []struct {
		name  string
		step  Action
		state State
		want  string
		key   string
		fails ErrorType
	}{
		{"a secret that isn't ours is refused", CreateSecret,
			State{Keys: one, Current: Version{ID: "x", User: "other"}}, "wait", "", ConfigurationError},
		{"what was just made is stored", CreateSecret,
			State{Keys: two, Current: version("A", 8*day), Fresh: version("B", 0).Logins}, "stage", "B", ""},
		{"createSecret makes a key, however young the current one is", CreateSecret,
			State{Keys: one, Current: version("A", 8*day)}, "create", "", ""},
		{"come again, it finds its version", CreateSecret, State{Keys: two, Current: version("A", 8*day), Pending: its},
			"wait", "", ""},
		{"it doesn't overtake another's", CreateSecret,
			State{Keys: two, Current: version("A", 8*day), Pending: seen(version("B", time.Minute))},
			"wait", "", RotationBlocked},
		{"nor cut off a superseded key", CreateSecret,
			State{Keys: []Key{active("A", 8*day), active("B", 40*day)}, Current: version("A", 8*day), Pending: nothing},
			"wait", "", RotationBlocked},
		{"it retires one that is due", CreateSecret,
			State{Keys: []Key{active("A", 20*day), inactive("B", 50*day).used(30 * day)}, Current: version("A", 20*day),
				Pending: nothing}, "delete", "B", ""},
		{"one in quarantine is in the way", CreateSecret,
			State{Keys: []Key{active("A", 7*day), inactive("B", 50*day).used(30 * day)}, Current: version("A", 7*day),
				Pending: nothing}, "wait", "", RotationBlocked},
		{"a tick was quicker", FinishSecret, State{Keys: two, Current: version("B", time.Minute).as("token")},
			"wait", "", ""},
		{"setSecret has nothing to do", SetSecret, State{Keys: two, Current: version("A", 8*day), Pending: its},
			"wait", "", ""},
		{"but needs its version", SetSecret, State{Keys: two, Current: version("A", 8*day), Pending: nothing},
			"wait", "", Conflict},
		{"testSecret logs in", TestSecret, State{Keys: two, Current: version("A", 8*day), Pending: its},
			"verify", "B", ""},
		{"accepted, it is done", TestSecret, State{Keys: two, Current: version("A", 8*day),
			Pending: its, Done: verdicts("B", sessmtp.Accepted)}, "wait", "", ""},
		{"refused, it fails", TestSecret, State{Keys: two, Current: version("A", 8*day),
			Pending: its, Done: verdicts("B", sessmtp.Refused)}, "wait", "", VerificationFailed},
		{"with an empty version it tests what is current", TestSecret,
			State{Keys: one, Current: version("A", 8*day), Pending: empty}, "verify", "A", ""},
		{"which may be nothing yet", TestSecret, State{Current: blank, Pending: empty}, "wait", "", ""},
		{"or dead", TestSecret, State{Current: version("A", 8*day), Pending: empty}, "wait", "", VerificationFailed},
		{"finishSecret logs in itself", FinishSecret, State{Keys: two, Current: version("A", 8*day), Pending: its},
			"verify", "B", ""},
		{"and promotes", FinishSecret, State{Keys: two, Current: version("A", 8*day),
			Pending: its, Done: verdicts("B", sessmtp.Accepted)}, "promote", "B", ""},
		{"once", FinishSecret, State{Keys: two, Current: version("B", 0), Done: History{{what: promoted, key: "B"}}},
			"wait", "", ""},
		{"not another's", FinishSecret, State{Keys: two, Current: version("A", 8*day),
			Pending: seen(version("B", time.Minute))}, "wait", "", Conflict},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.state.User = "sender"
			decides(t, Plan(c.state, policy(), Request{Action: c.step, VersionID: "token"}, now),
				c.want, c.key, c.fails)
		})
	}
}

func TestADecommissionDeletesKeys(t *testing.T) {
	keys := []Key{active("A", 8*day), inactive("B", 40*day)}
	all, some := Request{Action: Decommission}, Request{Action: Decommission, OnlyStored: true}
	for _, c := range []struct {
		name  string
		req   Request
		state State
		want  string
		key   string
		fails ErrorType
	}{
		{"each, current or not", all, State{Keys: keys, Current: version("A", 8*day)}, "delete", "A", ""},
		{"whatever the secret holds", all, State{Keys: keys, Current: Version{ID: "x", Foreign: "text"}},
			"delete", "A", ""},
		{"until none is left", all, State{}, "wait", "", ""},
		{"of a user that stays, those that the secret has are looked for", some, State{Keys: keys},
			"ask: a version that names the access key, labelled or not", "A", ""},
		{"and deleted", some, State{Keys: keys, Stored: storing(map[string]Version{"B": version("B", day)}, "A")},
			"delete", "B", ""},
		{"the others stay", some, State{Keys: keys[:1], Stored: storing(nil, "A")}, "wait", "", ""},
		{"one of which nobody may tell is a failure", some,
			State{Keys: keys[:1], Stored: map[string]Fact[*Version]{"A": denied}}, "wait", "", AccessDenied},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Plan(c.state, policy(), c.req, now)
			decides(t, d, c.want, c.key, c.fails)
			if d.kind == does && !d.command.evenCurrent {
				t.Error("it spares the current key")
			}
		})
	}
}

func TestAnActionWithoutRulesIsRefused(t *testing.T) {
	decides(t, Plan(State{}, policy(), Request{Action: "dance"}, now), "wait", "", RequestError)
}
