package main_test

import (
	"fmt"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// scene is a moment in the life of a credential: what leads up to it, and the event that comes
// then.
type scene struct {
	name string
	play func(a *account) (event string)
	// askedAgain is set if a person waits for the answer, and asks again if there is none. All else
	// is left to the next tick.
	askedAgain bool
}

var scenes = []scene{
	{name: "first credential", play: func(a *account) string { return `{}` }},
	{name: "rotation by age", play: func(a *account) string {
		a.credentialMade(30 * day)
		return `{}`
	}},
	{name: "rotation by request", play: func(a *account) string {
		a.credentialMade(time.Hour)
		return `{"action":"rotate"}`
	}},
	{name: "rotation by age, with copies", play: func(a *account) string {
		a.keepsCopies()
		a.credentialMade(30 * day)
		return `{}`
	}},
	{name: "emergency, with copies", askedAgain: true, play: func(a *account) string {
		a.keepsCopies()
		a.leaked = a.credentialMade(time.Hour)
		return `{"action":"emergency"}`
	}},
	{name: "deactivation", play: func(a *account) string {
		a.credentialMade(40 * day)
		a.wanted = a.rotated(8 * day)
		return `{}`
	}},
	{name: "deletion", play: func(a *account) string {
		a.credentialMade(40 * day)
		a.wanted = a.rotated(10 * day)
		a.ago(2 * day)
		a.must(`{}`, rotation.Retired)
		return `{}`
	}},
	{name: "deactivation of an orphan", play: func(a *account) string {
		a.wanted = a.credentialMade(3 * day)
		a.orphanMade(2 * day)
		return `{}`
	}},
	{name: "deletion of an orphan", play: func(a *account) string {
		a.wanted = a.credentialMade(5 * day)
		a.orphanMade(4 * day)
		a.ago(2 * day)
		a.must(`{}`, rotation.Retired)
		return `{}`
	}},
	{name: "broken current key", play: func(a *account) string {
		a.deactivatedByAPerson(a.credentialMade(time.Hour))
		return `{}`
	}},
	{name: "broken current key with its predecessor Active", play: func(a *account) string {
		a.wanted = a.credentialMade(2 * time.Hour)
		a.deactivatedByAPerson(a.rotated(time.Hour))
		return `{}`
	}},
	{name: "emergency", askedAgain: true, play: func(a *account) string {
		a.leaked = a.credentialMade(time.Hour)
		return `{"action":"emergency"}`
	}},
	{name: "emergency with a superseded key", askedAgain: true, play: func(a *account) string {
		a.credentialMade(2 * time.Hour)
		a.leaked = a.rotated(time.Hour)
		return `{"action":"emergency"}`
	}},
	{name: "emergency that contains first", askedAgain: true, play: func(a *account) string {
		a.leaked = a.credentialMade(time.Hour)
		a.watch.contains.Store(true)
		return `{"action":"emergency","contain":"first"}`
	}},
	{name: "emergency for a superseded key", askedAgain: true, play: func(a *account) string {
		a.leaked = a.credentialMade(2 * time.Hour)
		a.wanted = a.rotated(time.Hour)
		return fmt.Sprintf(`{"action":"emergency","access_key_id":"%s"}`, a.leaked)
	}},
	{name: "rollback", askedAgain: true, play: func(a *account) string {
		a.wanted = a.credentialMade(2 * time.Hour)
		a.rotated(time.Hour)
		return `{"action":"rollback"}`
	}},
	{name: "rollback to a deactivated key", askedAgain: true, play: func(a *account) string {
		a.wanted = a.credentialMade(10 * day)
		a.rotated(7*day + 12*time.Hour)
		a.ago(6 * time.Hour)
		a.must(`{}`, rotation.Retired)
		return `{"action":"rollback"}`
	}},
	{name: "Region added", play: func(a *account) string {
		a.credentialMade(time.Hour)
		a.SetRegions(awstest.Region, otherRegion)
		return `{}`
	}},
	{name: "adoption of a user with a key in use", play: func(a *account) string {
		a.keyMadeByHand(60 * day)
		return `{}`
	}},
	{name: "adoption of a secret made by hand", play: func(a *account) string {
		id, password := a.keyMadeByHand(60 * day)
		value := fmt.Sprintf(`{"username":"%s","password":"%s"}`, id, password)
		if _, err := a.World.PutSecretValue(secret, value); err != nil {
			a.Fatal(err)
		}
		return `{}`
	}},
}

// credentialMade makes the first credential, that long before now. So do the functions below.
func (a *account) credentialMade(ago time.Duration) (keyID string) {
	a.Helper()
	a.ago(ago)
	return a.must(`{}`, rotation.Rotated)
}

func (a *account) rotated(ago time.Duration) (keyID string) {
	a.Helper()
	a.ago(ago)
	return a.must(`{"action":"rotate"}`, rotation.Rotated)
}

// orphanMade loses IAM's answer to CreateAccessKey.
func (a *account) orphanMade(ago time.Duration) {
	a.Helper()
	a.ago(ago)
	a.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if a.watch.look(c); c.Action == "CreateAccessKey" {
			return &localaws.Fault{Drop: true, After: true}
		}
		return nil
	})
	defer a.watch.onlyLook()
	if _, err := a.Invoke(a.Context(), `{"action":"rotate"}`); err == nil || len(a.World.Keys(user)) != 2 {
		a.Fatalf("no orphan was made: %v", err)
	}
}

// deactivatedByAPerson stops mail until another credential is current.
func (a *account) deactivatedByAPerson(keyID string) {
	a.Helper()
	a.watch.outage.Store(true)
	if err := a.World.SetKeyStatus(keyID, "Inactive"); err != nil {
		a.Fatal(err)
	}
}

// keyMadeByHand makes a key as people do. It is still in use.
func (a *account) keyMadeByHand(ago time.Duration) (id, password string) {
	a.Helper()
	a.ago(ago)
	id, key, err := a.World.CreateAccessKey(user)
	if err != nil {
		a.Fatal(err)
	}
	a.ago(time.Hour)
	a.World.UseKey(id, a.World.Now())
	return id, localaws.SMTPPassword(key, awstest.Region)
}
