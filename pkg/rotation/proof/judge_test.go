package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// promise is one of the README's promises, by its number.
type promise int

const (
	honest promise = iota // not one of the README's: the answer is true
	p1
	p2
	p3
	p4
	p5
	p6
	p7
	p8
	promises
)

func (p promise) String() string {
	if p == honest {
		return "the answer"
	}
	return fmt.Sprintf("P%d", int(p))
}

// violation is a broken promise.
type violation struct {
	promise promise
	text    string
}

// judge is the outside view: an application that logs in after every effect, and the history of the
// keys and labels.
type judge struct {
	current  string               // the key that AWSCURRENT names
	version  string               // the version that AWSCURRENT is on
	promoted bool                 // a credential was current once
	since    map[string]time.Time // the keys that were ever current: until when
	dormant  map[string]string    // the Inactive keys: who deactivated them
	revoked  map[string]bool      // keys that an emergency answered to have revoked
	cut      map[string]bool      // keys that a person deactivated or deleted; in a hostile world, an emergency as well
	byHand   map[string]time.Time // keys that a person activated, or took AWSCURRENT from: when
	moved    time.Time            // when another credential became current
	hostile  bool                 // reads may be late, so AWSCURRENT may come to name one of those keys
	// excuse is why AWSCURRENT may be dead: a person or an emergency has cut it off. It ends when
	// mail flows again.
	excuse string
	// overlap means that a rollback overlaps an emergency or a retirement: AWSCURRENT may be dead
	// until both have answered.
	overlap bool
	// frail means that AWSCURRENT was broken at the start. Then the key that mends it may be the
	// one that an emergency revokes.
	frail   bool
	removed bool // the user is being decommissioned, and mail ends
	// stopped means that mail has been stopped since the running invocations began, and that they
	// may act on that.
	stopped bool

	copied copied // what an application that reads the copy finds

	checks [promises]int
	broken []violation
}

func newJudge() *judge {
	return &judge{since: map[string]time.Time{}, dormant: map[string]string{}, revoked: map[string]bool{},
		cut: map[string]bool{}, byHand: map[string]time.Time{}}
}

func (j *judge) clone() *judge {
	c := *j
	c.since, c.dormant, c.revoked, c.cut = maps.Clone(j.since), maps.Clone(j.dormant), maps.Clone(j.revoked),
		maps.Clone(j.cut)
	c.byHand = maps.Clone(j.byHand)
	c.checks, c.broken = [promises]int{}, nil
	return &c
}

func (j *judge) must(p promise, ok bool, format string, args ...any) {
	j.checks[p]++
	if !ok {
		j.broken = append(j.broken, violation{p, fmt.Sprintf(format, args...)})
	}
}

// Causes that aren't calls.
var (
	byTime   = &call{action: "time passes"}
	byPerson = &call{action: "a person acts"}
)

// look logs in with AWSCURRENT, as the application does, after an effect of an invocation, of a
// person or of time.
func (s *stage) look(by *invocation, cause *call) {
	j := s.judge
	v, c := s.current()
	j.must(p4, len(s.world.Keys(user)) <= 2, "there are more than two keys")
	if s.foreign != "" {
		j.must(p8, v.Value == s.foreign, "another's secret is overwritten, after: %s", s.tell(by, cause))
	}
	if s.leftover.ID != "" {
		j.must(p8, slices.ContainsFunc(s.world.Versions(secret), func(v localaws.Version) bool {
			return v.ID == s.leftover.ID && v.Value == s.leftover.Value
		}), "another rotator's value is gone, after: %s", s.tell(by, cause))
	}
	s.lookUnsettled(by, cause, v)
	defer s.lookAtCopy(by, cause)
	if j.current != "" && j.current != c.Username {
		j.since[j.current] = s.now
		delete(j.byHand, j.current)
		j.moved = s.now
	}
	// All grace counts from when AWSCURRENT's version was written, which is long ago if a person
	// moves the label to an old one.
	if cause == byPerson && v.ID != j.version && s.now.Sub(v.Created) > s.policy.PromotionWindow {
		for _, k := range s.world.Keys(user) {
			j.byHand[k.ID] = s.now
		}
	}
	j.version = v.ID
	j.current = c.Username
	j.promoted = j.promoted || c.Username != ""
	for id := range j.revoked {
		k, _ := s.key(id)
		j.must(p5, k.Status != "Active", "%s, which was revoked, is Active again after: %s", s.names[id],
			s.tell(by, cause))
	}
	alive := c.Username != "" && s.accepts(c)
	j.stopped = j.stopped || !alive
	switch {
	case alive:
		j.excuse = ""
		j.checks[p1]++
	case !j.promoted || j.removed || j.overlap && by != nil:
	case cause == byPerson || j.hostile && j.cut[c.Username]:
		j.excuse = "a person"
	case by != nil && by.req.Action == rotation.Emergency && cause.label == string(rotation.Current) && s.onlyLate(c):
		j.excuse = sesIsLate
	default:
		j.must(p1, j.excuse != "" && (j.excuse != sesIsLate || s.onlyLate(c)),
			"AWSCURRENT names %q, which SES doesn't accept, after: %s", s.names[c.Username], s.tell(by, cause))
	}
}

// lookUnsettled checks the value that a person wrote and that applications send with: only an
// emergency, or a run that replaces a dead key, may overwrite it.
func (s *stage) lookUnsettled(by *invocation, cause *call, v localaws.Version) {
	if s.unsettled == "" || strings.Contains(v.Value, s.unsettled) {
		return
	}
	s.judge.must(p8, by == nil || by.req.Action == rotation.Emergency || s.judge.stopped,
		"%s, which applications send with, is overwritten after: %s", s.unsettled, s.tell(by, cause))
	s.unsettled = ""
}

// sesIsLate is an excuse only as long as nothing else is wrong.
const sesIsLate = "SES is late"

// accepts reports whether SES accepts the credential on every server and in every way that it
// names, and its key is Active.
func (s *stage) accepts(c credential) bool {
	if k, ok := s.key(c.Username); !ok || k.Status != "Active" {
		return false
	}
	return len(c.sendings) > 0 && !slices.ContainsFunc(c.sendings,
		func(l sending) bool { return !s.world.Accepts(l.region, l.username, l.password) })
}

// onlyLate reports whether SES will accept the credential once it knows the key. If mail is stopped
// anyway, such a credential may be promoted.
func (s *stage) onlyLate(c credential) bool {
	later := s.clone()
	later.now = later.now.Add(2 * hour) // the latest that SES is in any scene
	return later.accepts(c)
}

// begin is called when invocations begin.
func (s *stage) begin() {
	_, c := s.current()
	s.judge.stopped = !s.accepts(c)
}

// asked judges a call when it is made, whether or not it takes effect.
func (s *stage) asked(by *invocation, c *call) {
	if c.action == createKey {
		s.judge.must(p4, !by.unknown, "CreateAccessKey is tried again, although the first try may have made a key")
	}
	if k, ok := s.key(c.key); ok && c.action == deleteKey && by.req.Action != rotation.Emergency &&
		by.req.Action != rotation.Decommission {
		s.deletesNew(by, k)
	}
}

// deletesNew judges the deletion of keys that never were current. An invocation may not delete such
// a key while it works, unless it made the key itself or mail is stopped. In a hostile world it may
// not know yet that things have changed.
func (s *stage) deletesNew(by *invocation, k localaws.Key) {
	if _, ever := s.judge.since[k.ID]; ever || k.ID == s.judge.current || s.judge.hostile {
		return
	}
	its := strings.HasPrefix(s.names[k.ID], by.name+".")
	who := s.judge.dormant[k.ID]
	dormant := who != by.name && (k.Status == "Inactive" || who != "") // it may not know that k is Active again
	s.judge.must(p3, dormant || its || s.judge.stopped || s.useless(k.ID),
		"%s, which never was current, is deleted while it is Active", s.names[k.ID])
}

// before judges what is about to be done to a key.
func (s *stage) before(by *invocation, c *call) {
	j := s.judge
	k, ok := s.key(c.key)
	if c.action == activate && by.beside { // another may have seen it Inactive and be about to delete it
		j.byHand[c.key] = s.now
	}
	if c.action == activate {
		j.must(p8, by.req.Action == rotation.Rollback || by.deactivated == c.key,
			"%s is activated, although a person had deactivated it", s.names[c.key])
	}
	if !ok || c.action != deactivate && c.action != deleteKey {
		return
	}
	j.overlap = j.overlap || by.other == rotation.Rollback
	dead := k.Status == "Inactive" // its slot may be the last one to take
	switch by.req.Action {
	case rotation.Decommission:
		j.removed = true
		return
	case rotation.Emergency:
		if c.key == by.leaked {
			if c.key == s.stranger {
				s.stranger = "" // whose key leaked
			}
			j.cut[c.key] = j.hostile
			if c.key == j.current && (c.action == deactivate && by.req.ContainFirst || j.frail) {
				j.excuse = "an emergency"
			}
			return
		}
		j.must(p7, c.key != j.current || j.overlap || dead || s.oldNews(c.key),
			"an emergency revokes %s, which AWSCURRENT names", s.names[k.ID])
		j.must(p8, k.Status != "Active" || !s.strange(k) || !s.inUse(k),
			"an emergency revokes %s, which is a stranger's and in use", s.names[k.ID])
		return
	}
	j.must(p7, c.key != j.current || j.overlap || dead || s.oldNews(c.key),
		"%s is deactivated or deleted while AWSCURRENT names it", s.names[k.ID])
	j.must(p8, !s.strange(k) || !s.inUse(k), "%s is deactivated or deleted; it is a stranger's and in use",
		s.names[k.ID])
	s.beforeRetirement(by, c, k)
	j.must(p2, c.key != j.copied.key || c.action != deactivate || dead,
		"%s is deactivated while applications that read the copy send with it", s.names[k.ID])
}

// oldNews reports whether, in a hostile world, Secrets Manager may still return the AWSCURRENT from
// before it came to name the key. Reading it again doesn't help then, so the judge doesn't demand
// it.
func (s *stage) oldNews(id string) bool {
	j := s.judge
	if !j.hostile || id != j.current || s.now.Sub(j.moved) > secretStale {
		return false
	}
	j.excuse = "AWSCURRENT was read as it had been"
	return true
}

// beforeRetirement judges what is done to keys without an emergency.
func (s *stage) beforeRetirement(by *invocation, c *call, k localaws.Key) {
	j := s.judge
	if c.action == deactivate {
		j.dormant[k.ID], by.deactivated = by.name, k.ID
	}
	if _, ok := j.byHand[k.ID]; ok { // nothing shows when a label moved, and IAM's list may be late
		return
	}
	until, wasCurrent := j.since[k.ID]
	if wasCurrent && k.Status == "Active" {
		grace := s.now.Sub(until)
		j.must(p2, grace >= s.policy.GracePeriod, "%s is retired %v after it was current; the grace period is %v",
			s.names[k.ID], grace, s.policy.GracePeriod)
		over := s.policy.MaxGracePeriod > 0 && grace >= s.policy.MaxGracePeriod
		// a rollback's login is use
		j.must(p2, over || by.other == rotation.Rollback || !s.inUse(k), "%s is retired while it is in use",
			s.names[k.ID])
	}
	if wasCurrent && c.action == deleteKey {
		j.must(p3, k.Status == "Inactive", "%s is deleted while it is Active", s.names[k.ID])
		j.must(p3, k.Status != "Inactive" || j.dormant[k.ID] != by.name,
			"%s is deleted by the invocation that deactivated it", s.names[k.ID])
	}
}

// useless reports whether the key has a credential that SES doesn't accept or that doesn't serve
// every Region.
func (s *stage) useless(id string) bool {
	named := false
	for _, v := range s.world.Versions(secret) {
		c := credentialIn(v.Value)
		if c.Username != id {
			continue
		}
		named = true
		served := func(name string) bool {
			return slices.ContainsFunc(c.sendings, func(l sending) bool { return l.region == name })
		}
		if s.accepts(c) && !slices.ContainsFunc(s.policy.Regions, func(name string) bool { return !served(name) }) {
			return false
		}
	}
	return named
}

// strange reports whether a person made the key and no version of the secret names it.
func (s *stage) strange(k localaws.Key) bool {
	if !strings.HasPrefix(s.names[k.ID], "person") {
		return false
	}
	for _, v := range s.world.Versions(secret) {
		if credentialIn(v.Value).Username == k.ID {
			return false
		}
	}
	return true
}

// inUse reports whether IAM shows the key as in use.
func (s *stage) inUse(k localaws.Key) bool {
	ago := s.now.Sub(k.LastUsed)
	return !k.LastUsed.IsZero() && ago >= s.lateUse && ago < s.policy.InUseWindow
}

// answered compares an answer with the world.
func (s *stage) answered(by *invocation, a answer) {
	j := s.judge
	told := a.text()
	for _, k := range s.world.Keys(user) {
		for _, never := range secretsOf(k.ID, s.names[k.ID]) {
			j.must(p6, !strings.Contains(told, never), "the answer has a secret of %s", s.names[k.ID])
		}
	}
	if a.err != nil {
		return
	}
	if a.result.Outcome == rotation.Revoked {
		k, _ := s.key(by.leaked)
		j.must(p5, k.Status != "Active", "the emergency has answered, but %s can still send", s.names[by.leaked])
		j.revoked[by.leaked] = true
	}
	if !by.beside { // otherwise another may have changed things since it looked
		s.honest(a)
	}
}

// honest checks that the answer is true.
func (s *stage) honest(a answer) {
	j, got := s.judge, a.result.Credential
	if a.result.Outcome == rotation.Decommissioned {
		j.must(p4, len(s.world.Keys(user)) == 0, "the user is decommissioned, but has keys")
		return
	}
	j.must(honest, got == nil || got.AccessKeyID == j.current,
		"the answer doesn't name the key that AWSCURRENT names, %s", s.names[j.current])
	if o := a.result.Outcome; o == rotation.Revoked || o == rotation.RolledBack {
		k, _ := s.key(j.current)
		j.must(honest, k.Status == "Active", "it answers %s, but the key that AWSCURRENT names is %q", o, k.Status)
	}
	if a.result.Outcome == rotation.Rotated {
		j.must(honest, got != nil && j.excuse == "", "it answers rotated, but no new credential is current")
	}
}

// allAnswered is called when two invocations at once have both answered: nothing may be dead any
// more, unless one was killed, or SES is late.
func (s *stage) allAnswered(excused bool) {
	if !s.judge.overlap {
		return
	}
	s.judge.overlap = false
	if _, c := s.current(); excused {
		s.judge.excuse = "killed while it overlapped a rollback"
	} else if s.onlyLate(c) {
		s.judge.excuse = sesIsLate
	}
	s.look(nil, byTime)
}

// mended is called when an emergency or a rollback, and what ran at the same time, have answered
// that they are done.
func (s *stage) mended() {
	if !s.judge.promoted || s.judge.removed {
		return
	}
	_, c := s.current()
	s.judge.must(p1, s.accepts(c) || s.onlyLate(c),
		"all have answered that they are done, but AWSCURRENT names %q, which SES doesn't accept", s.names[c.Username])
}

// mostCalls is more than any invocation needs.
const mostCalls = 250

// patient reports whether the invocation may make another call: too many calls mean that it goes in
// circles.
func (s *stage) patient(by *invocation) bool {
	by.calls++
	s.judge.must(p4, by.calls <= mostCalls, "%s goes in circles: it has made %d calls", by.name, by.calls)
	return by.calls <= mostCalls
}

// stored looks for secret access keys in all versions of the secret.
func (s *stage) stored() {
	for id, name := range s.names {
		if !strings.HasPrefix(id, "AKIA") {
			continue
		}
		for _, v := range s.world.Versions(secret) {
			s.judge.must(p6, !strings.Contains(v.Value, secretsOf(id, name)[0]),
				"the secret access key of %s is stored", name)
		}
	}
}

// tell says what was done, for people.
func (s *stage) tell(by *invocation, c *call) string {
	text := c.action
	if by != nil {
		text = fmt.Sprintf("%s (%s): %s", by.name, by.req.Action, c.action)
	}
	if c.key != "" {
		text += " " + s.names[c.key]
	}
	return strings.TrimSpace(text + " " + s.names[c.version] + " " + c.label)
}
