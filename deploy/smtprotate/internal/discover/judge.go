package discover

import (
	"cmp"
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// old is the age at which a key should have been replaced. idle is the time without use after which
// nobody seems to need a key. Both are from the controls IAM.3 and IAM.8 ("Security Hub controls
// for IAM", AWS Security Hub User Guide).
const (
	old  = 90 * day
	idle = 90 * day
	day  = 24 * time.Hour
)

// Judge returns what is wrong with a user, and what to do about it.
func Judge(f Facts, now time.Time) User {
	f.Access.Now = now
	may := sendpolicy.MaySend(f.Access)
	findings := sendpolicy.Audit(f.Access)
	u := User{Place: f.Place, Name: f.Access.User, ARN: f.ARN, MaySend: may,
		Width: sendpolicy.WidthOf(may, findings), Owner: f.Owner, Secret: f.Secret,
		OtherWays: otherWays(f.Access), Keys: reports(f.Keys, now)}
	if f.Access.Boundary != nil {
		u.Boundary = f.Access.Boundary.Name
	}
	for _, found := range findings {
		u.Quarantined = u.Quarantined || found.Code == sendpolicy.Quarantined
		u.Findings = append(u.Findings, Finding{found.Code, found.Severity, found.Policy, found.Message, found.Risk})
	}
	u.decide(f, findings, now)
	return u
}

func reports(keys []Key, now time.Time) []KeyReport {
	all := []KeyReport{}
	for _, k := range keys {
		r := KeyReport{ID: k.ID, Status: k.Status, Created: k.Created, AgeDays: days(now.Sub(k.Created)),
			UseUnknown: k.Unknown}
		if k.Used != nil {
			r.LastUsed, r.Service, r.Region = &k.Used.At, k.Used.Service, k.Used.Region
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b KeyReport) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return all
}

func otherWays(a sendpolicy.Access) (ways []string) {
	switch {
	case a.Console && a.MFA:
		ways = append(ways, "a password for the console, with MFA")
	case a.Console:
		ways = append(ways, "a password for the console, without MFA")
	}
	ways = append(ways, a.OtherLogins...)
	for _, why := range a.Unseen {
		ways = append(ways, "not known: "+why)
	}
	return ways
}

// byWidth returns how severe a leak of the credential would be.
func (u *User) byWidth() sendpolicy.Severity {
	switch u.Width {
	case sendpolicy.AnySender, sendpolicy.BeyondMail:
		return sendpolicy.High
	case sendpolicy.Anywhere:
		return sendpolicy.Medium
	}
	return sendpolicy.Low
}

func atLeast(a, b sendpolicy.Severity) sendpolicy.Severity {
	if b.AtLeast(a) {
		return b
	}
	return a
}

// worstWayIn returns the worst severity among findings about other ways into AWS, which rotation
// doesn't close.
func worstWayIn(findings []sendpolicy.Finding) sendpolicy.Severity {
	return worstOf(findings, wayIn)
}

func worstOfMail(findings []sendpolicy.Finding) sendpolicy.Severity {
	return worstOf(findings, func(c sendpolicy.Code) bool { return !wayIn(c) })
}

func wayIn(c sendpolicy.Code) bool { return c == sendpolicy.Console || c == sendpolicy.OtherLogins }

func worstOf(findings []sendpolicy.Finding, about func(sendpolicy.Code) bool) (worst sendpolicy.Severity) {
	for _, f := range findings {
		if about(f.Code) {
			worst = atLeast(worst, f.Severity)
		}
	}
	return worst
}
