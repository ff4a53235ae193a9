package discover_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// keyOf returns an access key of this age in days, last used so many days ago for a service. A
// negative use means never.
func keyOf(id, status string, age, used int, service string) discover.Key {
	k := discover.Key{ID: id, Status: status, Created: today.Add(-time.Duration(age) * day)}
	if used >= 0 {
		k.Used = &iamaccess.Use{At: today.Add(-time.Duration(used) * day), Service: service, Region: "eu-west-1"}
	}
	return k
}

// TestOfSeveralKeysTheActiveOnesCount covers what the survey's kinds don't: two keys that differ,
// and users of stacks to whom something happened.
func TestOfSeveralKeysTheActiveOnesCount(t *testing.T) {
	const a, b = "AKIAAAAAAAAAAAAAAAAA", "AKIABBBBBBBBBBBBBBBB"
	const active, inactive, smtp = "Active", "Inactive", "ses-smtp"
	leaked := []sendpolicy.Policy{{Name: "q", ARN: quarantine, From: "attached", Text: denying}}
	owner := &discover.Owner{Stack: "mail", By: "a secret"}
	for name, c := range map[string]struct {
		keys   []discover.Key
		more   []sendpolicy.Policy
		owner  *discover.Owner
		advice discover.Advice
		says   string
	}{
		"one sends, one is for something else": {keys: []discover.Key{keyOf(a, active, 90, 1, smtp),
			keyOf(b, active, 90, 1, "s3")}, advice: discover.Adopt, says: "It sends mail"},
		"one sent long ago, one is for something else": {keys: []discover.Key{keyOf(a, active, 900, 300, smtp),
			keyOf(b, active, 90, 1, "s3")}, advice: discover.Separate, says: "last used for s3 on 28 Nov 2026"},
		"one was never used": {keys: []discover.Key{keyOf(a, active, 900, -1, ""), keyOf(b, active, 90, 1, smtp)},
			advice: discover.Adopt, says: "which is 2.5 years old"},
		"the API is mail, too": {keys: []discover.Key{keyOf(a, active, 10, 1, "ses")}, advice: discover.Adopt,
			says: "It sends mail"},
		"an Inactive one sent yesterday": {keys: []discover.Key{keyOf(a, inactive, 900, 1, smtp),
			keyOf(b, active, 90, -1, "")}, advice: discover.Deactivate, says: "Nobody has ever used its key"},
		"one isn't known": {keys: []discover.Key{{ID: a, Status: active, Created: today, Unknown: true}},
			advice: discover.Look, says: "allow iam:GetAccessKeyLastUsed"},
		"both are Inactive": {keys: []discover.Key{keyOf(b, inactive, 90, 1, smtp), keyOf(a, inactive, 90, 1, smtp)},
			advice: discover.Delete, says: "Delete " + a + " and " + b},
		"leaked, and Inactive": {keys: []discover.Key{keyOf(a, inactive, 90, 1, smtp)}, more: leaked,
			advice: discover.Revoke, says: "All its keys are Inactive: answer the case"},
		"leaked, of a stack": {keys: []discover.Key{keyOf(a, active, 9, 1, smtp)}, more: leaked, owner: owner,
			advice: discover.Revoke, says: "smtprotate emergency --key " + a},
		"leaked, of a stack with two": {keys: []discover.Key{keyOf(a, active, 9, 1, smtp),
			keyOf(b, active, 2, 1, smtp)}, more: leaked, owner: owner, advice: discover.Revoke, says: a + " and " + b},
	} {
		f := ofConsoleSince("shop", today)
		f.Keys, f.Owner = c.keys, c.owner
		f.Access.Policies = append(f.Access.Policies, c.more...)
		if c.owner != nil {
			f.Access.Policies[0].Text = narrow
		}
		u := discover.Judge(f, today)
		if strings.Contains(u.Todo, "other ways in") {
			t.Errorf("%s: it has no other ways in, but it says %s", name, u.Todo)
		}
		if u.Advice != c.advice || !strings.Contains(u.Todo, c.says) {
			t.Errorf("%s: %s, %s; want %s, %q", name, u.Advice, u.Todo, c.advice, c.says)
		}
	}
}
