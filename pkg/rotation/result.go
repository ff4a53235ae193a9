package rotation

import "time"

// Result is what an invocation did and found: its answer, and a line of its log.
type Result struct {
	Action     Action      `json:"action"`
	Outcome    Outcome     `json:"outcome,omitempty"` // none if there was an error
	Steps      []Step      `json:"steps"`
	Credential *Credential `json:"credential,omitempty"`
	Keys       []KeyReport `json:"keys"`
	// Copies are missing if none are configured, or nobody looked.
	Copies   []CopyReport `json:"copies,omitempty"`
	Next     *Step        `json:"next,omitempty"`
	Warnings []Warning    `json:"warnings"`
}

// Credential names what is current. Created is when its version was written.
type Credential struct {
	AccessKeyID string    `json:"access_key_id"`
	VersionID   string    `json:"version_id"`
	Created     time.Time `json:"created"`
}

// KeyReport is one of the user's access keys. LastUsed is missing if it never was, or nobody
// looked.
type KeyReport struct {
	AccessKeyID string    `json:"access_key_id"`
	Status      KeyStatus `json:"status"`
	Role        Role      `json:"role"`
	Created     time.Time `json:"created"`
	LastUsed    time.Time `json:"last_used,omitzero"`
}

// CopyReport is one copy of the credential. Modified is missing if it doesn't exist; Current says
// whether it holds what AWSCURRENT holds.
type CopyReport struct {
	Parameter string    `json:"parameter"`
	Modified  time.Time `json:"modified,omitzero"`
	Current   bool      `json:"current"`
}

// After adds an earlier request's result to r, the result of the request that was served next. The
// steps and warnings are both's; everything else is r's.
func (r Result) After(earlier Result) Result {
	r.Steps = append(earlier.Steps, r.Steps...)
	r.Warnings = append(earlier.Warnings, r.Warnings...)
	if r.Outcome == Waiting {
		r.Outcome = earlier.Outcome
	}
	return r
}

// report fills in what the state shows.
func (r *Result) report(s State) {
	if s.hasCredential() {
		r.Credential = &Credential{s.Current.AccessKeyID(), s.Current.ID, s.Current.Created.UTC()}
	}
	r.Keys = []KeyReport{}
	for _, k := range s.Keys {
		r.Keys = append(r.Keys, KeyReport{k.ID, k.Status, s.role(k), k.Created.UTC(), k.LastUsed.Value.UTC()})
	}
	r.Copies = nil
	for _, c := range s.Copies.Value {
		r.Copies = append(r.Copies, CopyReport{c.Name, c.Changed.UTC(), c.UpToDate})
	}
}

// role returns what a key is, as far as anybody has looked: if its last use is unknown, a key that
// is newer than the current credential counts as an orphan, because nothing can have superseded it.
func (s *State) role(k Key) Role {
	switch _, pending, ok := s.knownPending(); {
	case k.ID == s.Current.AccessKeyID():
		return RoleCurrent
	case ok && pending.ID == k.ID:
		return RolePending
	case s.knownPrevious(k.ID) || !k.LastUsed.Value.IsZero():
		return RoleSuperseded
	case s.Previous.Known && k.LastUsed.Known, !s.hasCredential(), k.Created.After(s.Current.Created):
		return RoleOrphan
	}
	return RoleSuperseded
}

// outcomes are those of actions whose outcome is simply that they were done. The others have a
// tick's outcomes.
var outcomes = map[Action]Outcome{
	Status: Reported, Preview: Planned, Emergency: Revoked, Rollback: RolledBack, Decommission: Decommissioned,
}

// outcome returns the action's own outcome if it has one, and otherwise the most important thing
// that was done.
func outcome(req Request, steps []Step, d Decision, done History) Outcome {
	if req.Action == Emergency && len(d.Warnings) > 0 && d.Warnings[0].Code == WarnKeyNotOurs {
		return Waiting
	}
	if named, ok := outcomes[req.Action]; ok {
		return named
	}
	if done.promoted() {
		return Rotated
	}
	came := Waiting
	if d.Blocked {
		came = Blocked
	}
	for _, step := range steps {
		switch step.Kind {
		case Delete:
			return Deleted
		case Deactivate:
			came = Retired
		}
	}
	return came
}
