package rotation

import (
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestARollbackMakesThePreviousCredentialCurrentAgain(t *testing.T) {
	keys := []Key{active("A", 30*day).used(hour), active("B", day)}
	quarantined := []Key{inactive("A", 38*day).used(9 * day), active("B", 8*day)}
	undo := Request{Action: Rollback, AccessKeyID: "A"} // as the Rotator notes it
	left := version("A", 30*day)
	left.Labels = []Label{Pending, Previous}
	for _, c := range []planCase{
		{"a secret that isn't ours is refused", undo, State{Keys: keys, Current: Version{ID: "x", User: "other"}},
			"fail", "", ConfigurationError},
		{"a credential that was just made is stored first", undo,
			State{Keys: keys, Current: version("B", day), Fresh: version("B", 0).Logins}, "stage", "B", ""},
		{"a foreign value that is pending stops nothing", undo,
			State{Keys: quarantined, Current: version("B", 8*day), Pending: seen(Version{ID: "x", Foreign: "text"}),
				Previous: seen(version("A", 38*day))}, "activate", "A", ""},
		{"AWSPREVIOUS says which key it is about", Request{Action: Rollback},
			State{Keys: keys, Current: version("B", day), Pending: nothing},
			"ask: the version labelled AWSPREVIOUS", "", ""},
		{"last use says until when the key exists", undo,
			State{Keys: []Key{active("A", 30*day), active("B", day)}, Current: version("B", day), Pending: nothing,
				Previous: seen(version("A", 30*day))},
			"ask: when the access key was last used", "A", ""},
		{"AWSPENDING may be on it already", undo,
			State{Keys: keys, Current: version("B", day), Previous: seen(version("A", 30*day))},
			"ask: the version labelled AWSPENDING", "", ""},
		{"the previous credential is staged again", undo,
			State{Keys: keys, Current: version("B", day), Pending: nothing, Previous: seen(version("A", 30*day))},
			"stage again", "A", ""},
		{"also if it still has AWSPENDING from before", undo,
			State{Keys: keys, Current: version("B", day), Pending: seen(left), Previous: seen(left)},
			"stage again", "A", ""},
		{"a key in quarantine is activated first", undo,
			State{Keys: quarantined, Current: version("B", 8*day), Pending: nothing,
				Previous: seen(version("A", 38*day))}, "activate", "A", ""},
		{"once staged, it is verified", undo,
			State{Keys: keys, Current: version("B", day), Pending: seen(version("A", 0).as("again")),
				Previous: seen(version("A", 30*day))}, "verify", "A@again", ""},
		{"if SES accepts it, it is promoted", undo,
			State{Keys: keys, Current: version("B", day), Pending: seen(version("A", 0).as("again")),
				Previous: seen(version("A", 30*day)),
				Done:     verdicts("A", sessmtp.Accepted)}, "promote", "A@again", ""},
		{"if SES refuses it, it isn't, and nothing stays pending that a tick could promote later", undo,
			State{Keys: keys, Current: version("B", day), Pending: seen(version("A", 0).as("again")),
				Previous: seen(version("A", 30*day)),
				Done:     verdicts("A", sessmtp.Refused)}, "unstage", "@again", VerificationFailed},

		// done
		{"then it is done", undo, State{Keys: keys, Current: version("A", 0), Previous: seen(version("B", day))},
			"wait", "", ""},
		{"a run that promoted is done, whatever is current", undo,
			State{Keys: keys, Current: version("B", day), Done: History{{what: promoted, key: "A"}}}, "wait", "", ""},
		{"a retry, after a lost answer, undoes nothing", Request{Action: Rollback},
			State{Keys: keys, Current: version("A", time.Minute), Pending: nothing, Previous: seen(version("B", day))},
			"wait", "", ""},
		{"a quarter of an hour later it is a new request", Request{Action: Rollback},
			State{Keys: keys, Current: version("A", hour), Pending: nothing, Previous: seen(version("B", day))},
			"ask: when the access key was last used", "B", ""},

		// mend
		{"if an emergency revoked the key meanwhile, it is replaced", undo,
			State{Keys: []Key{active("B", day)}, Current: version("A", 0)},
			"ask: the version labelled AWSPENDING", "", ""},
		{"by a new key", undo,
			State{Keys: []Key{active("B", day)}, Current: version("A", 0), Pending: nothing}, "create", "", ""},
		{"or by the pending credential", undo,
			State{Keys: []Key{active("B", day)}, Current: version("A", hour), Pending: seen(version("B", 0))},
			"verify", "B", ""},
		{"even before SES accepts it, because AWSCURRENT is dead", undo,
			State{Keys: []Key{active("B", day)}, Current: version("A", hour), Pending: seen(version("B", 0)),
				Done: verdicts("B", sessmtp.Unknown)}, "promote", "B", ""},

		// possible
		{"no previous version, no rollback", undo,
			State{Keys: keys, Current: version("B", day), Pending: nothing, Previous: nothing},
			"fail", "", RotationBlocked},
		{"nor with a key that is gone", undo,
			State{Keys: keys[1:], Current: version("B", day), Pending: nothing, Previous: seen(version("A", 30*day))},
			"fail", "", RotationBlocked},
		{"nor with the current one", Request{Action: Rollback},
			State{Keys: keys, Current: version("B", day), Pending: nothing,
				Previous: seen(version("B", day).as("earlier"))}, "fail", "", RotationBlocked},
		{"nor to a value that isn't ours", undo,
			State{Keys: keys, Current: version("B", day), Pending: nothing,
				Previous: seen(Version{ID: "x", Foreign: "odd", Logins: version("A", day).Logins})},
			"fail", "", RotationBlocked},
		{"nor with a key that may be deleted within a quarter of an hour", undo,
			State{Keys: []Key{inactive("A", 39*day).used(20 * day), active("B", 8*day)},
				Current: version("B", 8*day-5*time.Minute+15*time.Minute), Pending: nothing,
				Previous: seen(version("A", 39*day))}, "fail", "", RotationBlocked},
	} {
		c.check(t)
	}
}
