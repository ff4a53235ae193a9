package rotation

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestEffectsChangeWhatIsKnown(t *testing.T) {
	before := State{
		User: "sender", Keys: []Key{active("A", 8*day), active("B", hour)}, Current: version("A", 8*day),
		Pending: seen(version("B", hour)),
		Stored:  map[string]Fact[*Version]{"A": nothing},
	}
	b, again := version("B", hour), version("B", 0).as("again")
	old := before.Current
	fresh := version("C", 0).Logins
	for name, c := range map[string]struct {
		after State
		want  func(*State)
	}{
		"created: the key is there, and its credential to be stored": {before.created(active("C", 0), fresh),
			func(s *State) {
				s.Keys = append(s.Keys, active("C", 0))
				s.Fresh, s.Done = fresh, History{{what: made, key: "C"}}
			}},
		"staged: AWSPENDING is on it": {before.staged(again), func(s *State) { s.Pending = seen(again) }},
		"restaged: and it was written just now": {before.restaged(again), func(s *State) {
			s.Pending, s.Done = seen(again), History{{what: restaged, key: "B", version: "again"}}
		}},
		"unstaged: nothing is pending": {before.unstaged(), func(s *State) { s.Pending = nothing }},
		"moved: the old version is the previous one": {before.moved(b), func(s *State) {
			s.Current, s.Previous, s.Pending = b, known(&old), nothing
			s.Done = History{{what: moved, from: "v-A", version: "v-B"}}
		}},
		"promoted: it is another credential": {before.promoted(b), func(s *State) {
			s.Current, s.Previous, s.Pending = b, known(&old), nothing
			s.Done = History{{what: moved, from: "v-A", version: "v-B"}, {what: promoted, key: "B", version: "v-B"}}
		}},
		"verified": {before.verified("B", Verdict{Meaning: sessmtp.Accepted}), func(s *State) {
			s.Done = History{{what: verified, key: "B", verdict: Verdict{Meaning: sessmtp.Accepted}}}
		}},
		"given up":     {before.gaveUp("B"), func(s *State) { s.Done = History{{what: gaveUp, key: "B"}} }},
		"too late":     {before.tooLate("B"), func(s *State) { s.Done = History{{what: wasTooLate, key: "B"}} }},
		"deactivating": {before.deactivating("B"), func(s *State) { s.Done = History{{what: deactivated, key: "B"}} }},
		"activated": {before.statusSet("B", Inactive).activated("B"), func(s *State) {
			s.Done = History{{what: activated, key: "B"}}
		}},
		"accepted by SES, whatever IAM lists": {
			before.statusSet("B", Inactive).verified("B", Verdict{Meaning: sessmtp.Accepted}),
			func(s *State) {
				s.Done = History{{what: verified, key: "B", verdict: Verdict{Meaning: sessmtp.Accepted}}}
			},
		},
		"status set": {before.statusSet("B", Inactive),
			func(s *State) { s.Keys = []Key{active("A", 8*day), inactive("B", hour)} }},
		"deleted": {before.deleted("B"), func(s *State) {
			s.Keys, s.Done = s.Keys[:1],
				History{{what: deleted, key: "B"}}
		}},

		"looked at AWSPENDING": {before.lookedAtPending(nil), func(s *State) { s.Pending = nothing }},
		"looked at AWSPENDING, which is on AWSCURRENT's version": {before.lookedAtPending(&old),
			func(s *State) { s.Pending = nothing }},
		"looked at AWSPREVIOUS": {before.lookedAtPrevious(&b),
			func(s *State) { s.Previous = seen(b) }},
		"looked at last use": {before.lookedAtLastUse("B", ago(hour)),
			func(s *State) { s.Keys = []Key{active("A", 8*day), active("B", hour).used(hour)} }},
		"looked for a version": {before.lookedForStored("B", &b, nil),
			func(s *State) { s.Stored = map[string]Fact[*Version]{"A": nothing, "B": seen(b)} }},
	} {
		t.Run(name, func(t *testing.T) {
			want := before
			want.Keys = append([]Key(nil), before.Keys...)
			c.want(&want)
			if !reflect.DeepEqual(c.after, want) {
				t.Errorf("got  %+v\nwant %+v", c.after, want)
			}
		})
	}
	if len(before.Keys) != 2 || before.Keys[1].Status != Active || before.Keys[1].LastUsed.Known ||
		len(before.Stored) != 1 {
		t.Errorf("an effect changed the state that it began with: %+v", before)
	}
}

func TestADeniedLookIsKnown(t *testing.T) {
	denial := errors.New("denied")
	if got := (State{}).lookedForStored("A", nil, denial).Stored["A"]; !got.Known || got.Denied != denial ||
		got.Value != nil {
		t.Errorf("%+v", got)
	}
}

func TestALookForgetsWhatWasSeenAndKeepsWhatWasDone(t *testing.T) {
	before := State{User: "sender", Keys: []Key{active("A", day)}, Current: version("A", day),
		Pending: seen(version("B", hour)), Previous: nothing,
		Fresh: version("C", 0).Logins, Done: History{{what: deleted, key: "B"},
			{what: moved, from: "v-0", version: "v-A"}}}
	current := version("A", hour).as("fence")
	got := before.observe([]Key{active("A", day), active("B", day)}, &current)
	want := State{User: "sender", Keys: []Key{active("A", day)}, Current: current, Stored: map[string]Fact[*Version]{},
		Done: History{{what: deleted, key: "B"}, {what: moved, from: "v-0", version: "v-A"}, {what: observed}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	current.Labels = []Label{Current, Pending}
	if got := before.observe(nil, &current); !got.Pending.Known || got.Pending.Value != nil {
		t.Errorf("AWSPENDING is where AWSCURRENT is, and pending is %+v", got.Pending)
	}
	if got := before.observe(nil, nil); got.Current.ID != "" || got.Pending.Known {
		t.Errorf("no version: %+v", got)
	}
}

func TestAHistoryTellsWhatARunDid(t *testing.T) {
	accepted, refused := Verdict{Meaning: sessmtp.Accepted}, Verdict{Meaning: sessmtp.Refused}
	h := History{
		{what: observed}, {what: made, key: "A"}, {what: verified, key: "A", verdict: refused},
		{what: verified, key: "A", verdict: accepted},
		{what: moved, from: "v1", version: "v2"}, {what: promoted, key: "A", version: "v2"},
		{what: restaged, version: "v3"}, {what: restaged, version: "v4"},
		{what: deactivated, key: "B"}, {what: deleted, key: "B"}, {what: wasTooLate, key: "C"},
		{what: gaveUp, key: "D"}, {what: wasMoved, from: "v5"},
	}
	for what, ok := range map[string]bool{
		"A was made": h.made("A"), "B wasn't": !h.made("B"), "B was deactivated": h.deactivated("B"),
		"and deleted": h.deleted("B"), "A wasn't": !h.deleted("A"),
		"C came too late": h.tooLate("C"), "D was given up": h.givenUp() == "D", "one was promoted": h.promoted(),
		"v1 was left": h.left("v1"), "and v5, by another": h.left("v5"),
		"v2 wasn't": !h.left("v2"), "v2 is current by this run": h.currentBy() == "v2",
		"v4 was staged again last":                              h.restaged() == "v4",
		"the last verdict counts":                               h.verdict("A").Meaning == sessmtp.Accepted,
		"of others there is none":                               h.verdict("B").Meaning == "",
		"after a look, somebody else may have moved AWSCURRENT": h.and(deed{what: observed}).currentBy() == "",
		"nothing was done at first": !History(nil).promoted() &&
			History(nil).givenUp() == "" && History(nil).currentBy() == "",
	} {
		if !ok {
			t.Errorf("it doesn't know that %s", what)
		}
	}
}

func TestAHistoryIsAppendedToWithoutTouchingAnother(t *testing.T) {
	h := append(make(History, 0, 4), deed{what: observed})
	one, other := h.and(deed{what: made, key: "A"}), h.and(deed{what: made, key: "B"})
	if !one.made("A") || one.made("B") || !other.made("B") || other.made("A") {
		t.Errorf("%v, %v", one, other)
	}
}

func TestACommandIsPublishedAsAStep(t *testing.T) {
	v := version("A", day)
	for c, want := range map[command]Step{
		cmd(createKey, "", "due"):            {Kind: Create, Reason: "due"},
		cmd(stage, "A", "new").of(&v):        {Kind: Stage, AccessKeyID: "A", VersionID: "v-A", Reason: "new"},
		cmd(restage, "A", "old").of(&v):      {Kind: Stage, AccessKeyID: "A", VersionID: "v-A", Reason: "old"},
		cmd(fence, "A", "so").of(&v):         {Kind: Stage, AccessKeyID: "A", VersionID: "v-A", Reason: "so"},
		cmd(unstage, "", "so").of(&v):        {Kind: Wait, VersionID: "v-A", Reason: "so"},
		cmd(verify, "A", "so").of(&v):        {Kind: Verify, AccessKeyID: "A", VersionID: "v-A", Reason: "so"},
		cmd(promote, "A", "so").of(&v):       {Kind: Promote, AccessKeyID: "A", VersionID: "v-A", Reason: "so"},
		cmd(activateKey, "A", "so"):          {Kind: Activate, AccessKeyID: "A", Reason: "so"},
		cmd(deactivateKey, "A", "%d", 7):     {Kind: Deactivate, AccessKeyID: "A", Reason: "7"},
		cmd(deleteKey, "A", "100 %% %s", ""): {Kind: Delete, AccessKeyID: "A", Reason: "100 % "},
	} {
		if got := c.step(); got != want {
			t.Errorf("%s: %+v, want %+v", c.kind, got, want)
		}
	}
}

func TestAnUnknownCommandIsRefused(t *testing.T) {
	r := run{Rotator: &Rotator{}}
	if err := r.do(t.Context(), command{kind: "dance"}); TypeOf(err) != RequestError {
		t.Error(err)
	}
}

func TestAPlanThatGoesInCirclesEnds(t *testing.T) {
	for name, decide := range map[string]func(*planner) Decision{
		"of commands": func(pl *planner) Decision { return do(cmd(promote, "A", "again").of(pl.currentVersion())) },
		"of looks": func(pl *planner) Decision {
			pl.missing = ask{about: "what no look finds"}
			return Decision{}
		},
	} {
		rules["circle"] = []rule{{name, "", decide}}
		moves := &countedMoves{}
		r := run{Rotator: &Rotator{Secret: moves}, req: Request{Action: "circle"}}
		if _, err := r.follow(t.Context()); TypeOf(err) != RotationBlocked || moves.n > mostDecisions {
			t.Errorf("%s: %v, after %d calls", name, err, moves.n)
		}
	}
	delete(rules, "circle")
}

// countedMoves is a secret whose labels can be moved for ever.
type countedMoves struct {
	Secret
	n int
}

func (m *countedMoves) Move(context.Context, Label, string, string) error { m.n++; return nil }
