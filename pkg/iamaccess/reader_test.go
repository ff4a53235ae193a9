package iamaccess_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

const (
	user   = "smtp-sender"
	shared = "arn:aws:iam::123456789012:policy/Shared"
	limit  = "arn:aws:iam::123456789012:policy/limits/Limit"
)

// document returns a policy with every character that an encoding may spoil. Its Sid identifies it.
func document(sid string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"` + sid + `","Effect":"Allow","Action":"ses:SendRawEmail",` +
		`"Resource":"*","Condition":{"StringLike":{"ses:FromAddress":["a+b@example.com","*@example.com"],"ses:FromDisplayName":"Zoë & Co / 50"}}}]}`
}

// world returns a localaws with the user, and a client of it.
func world(t *testing.T) (*localaws.World, *iam.Client) {
	t.Helper()
	w, err := localaws.Start(localaws.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	w.CreateUser(user)
	return w, iam.NewFromConfig(awstest.Config(w.URL()))
}

// check ends the test if err isn't nil.
func check(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// furnish gives the user one of each thing, and more where that makes a difference. It returns what
// should be read.
func furnish(t *testing.T, w *localaws.World) sendpolicy.Access {
	t.Helper()
	check(t,
		w.PutUserPolicy(user, "second", document("s")), w.PutUserPolicy(user, "first", document("f")),
		w.AttachUserPolicy(user, shared, document("old")), w.AttachUserPolicy(user, shared, document("shared")),
		w.AddUserToGroup(user, "ops"), w.AddUserToGroup(user, "mail"),
		w.SetPermissionsBoundary(user, limit, document("limit")),
		w.CreateLoginProfile(user), w.AddMFADevice(user),
	)
	w.PutGroupPolicy("mail", "ofGroup", document("g"))
	w.AttachGroupPolicy("mail", shared, document("shared"))
	w.AttachGroupPolicy("ops", shared, document("shared"))
	ids := map[string]string{}
	for _, status := range []string{"Active", "Inactive"} {
		ssh, err1 := w.AddSSHPublicKey(user, status)
		service, err2 := w.AddServiceSpecificCredential(user, "codecommit.amazonaws.com", status)
		certificate, err3 := w.AddSigningCertificate(user, status)
		check(t, err1, err2, err3)
		ids["ssh "+status], ids["service "+status], ids["certificate "+status] = ssh, service, certificate
	}
	a := everything()
	a.OtherLogins = []string{
		"an SSH key for CodeCommit (" + ids["ssh Active"] + ")",
		"a service-specific credential for codecommit.amazonaws.com (" + ids["service Active"] + ")",
		"a signing certificate (" + ids["certificate Active"] + ")",
	}
	return a
}

// everything is what furnish makes, without the logins, whose IDs are random.
func everything() sendpolicy.Access {
	return sendpolicy.Access{
		User: user, Console: true, MFA: true,
		Boundary: &sendpolicy.Policy{Name: "Limit", ARN: limit, From: "boundary", Text: document("limit")},
		Policies: []sendpolicy.Policy{
			{Name: "first", From: "inline", Text: document("f")},
			{Name: "second", From: "inline", Text: document("s")},
			{Name: "Shared", ARN: shared, From: "attached", Text: document("shared")},
			{Name: "ofGroup", From: "group mail", Text: document("g")},
			{Name: "Shared", ARN: shared, From: "group mail", Text: document("shared")},
			{Name: "Shared", ARN: shared, From: "group ops", Text: document("shared")},
		},
	}
}

func TestEverythingIsReadInThePlaceWhereItBelongs(t *testing.T) {
	w, client := world(t)
	want := furnish(t, w)
	r := &iamaccess.Reader{API: client, User: user}
	for range 5 { // whichever answer comes first
		readsAs(t, r, want)
	}
}

func TestAllPagesOfEveryListAreRead(t *testing.T) {
	w, client := world(t)
	want := furnish(t, w)
	const arn = "arn:aws:iam::aws:policy/Another"
	check(t, w.AttachUserPolicy(user, arn, "{}"), w.AddMFADevice(user))
	w.PutGroupPolicy("mail", "another", "{}")
	w.AttachGroupPolicy("mail", arn, "{}")
	another := sendpolicy.Policy{Name: "Another", ARN: arn, From: "attached", Text: "{}"}
	ofGroup := another
	ofGroup.From = "group mail"
	inline := sendpolicy.Policy{Name: "another", From: "group mail", Text: "{}"}
	p := want.Policies
	want.Policies = []sendpolicy.Policy{p[0], p[1], another, p[2], inline, p[3], ofGroup, p[4], p[5]}
	w.SetPageSize(1)
	readsAs(t, &iamaccess.Reader{API: client, User: user}, want)
	turned := map[string]int{}
	for _, c := range w.Calls() {
		turned[c.Action]++
	}
	for action, want := range map[string]int{
		"ListUserPolicies": 2, "ListAttachedUserPolicies": 2, "ListGroupsForUser": 2, "ListMFADevices": 2,
		"ListSSHPublicKeys":              2,
		"ListServiceSpecificCredentials": 2, "ListSigningCertificates": 2,
		"ListGroupPolicies": 3, "ListAttachedGroupPolicies": 3, // two for one group, one for the other
	} {
		if turned[action] != want {
			t.Errorf("%s was called %d times, want %d", action, turned[action], want)
		}
	}
}

func TestAManagedPolicyIsFetchedOnce(t *testing.T) {
	w, client := world(t)
	furnish(t, w)
	check(t, w.SetPermissionsBoundary(user, shared, document("shared"))) // for the fourth time
	a, err := (&iamaccess.Reader{API: client, User: user}).Read(t.Context())
	if err != nil || a.Boundary == nil || a.Boundary.Text != document("shared") {
		t.Fatalf("read %+v, %v", a, err)
	}
	for _, action := range []string{"GetPolicy", "GetPolicyVersion"} {
		if n := len(calls(w, action)); n != 1 {
			t.Errorf("%d calls of %s", n, action)
		}
	}
}

func TestNoPasswordForTheConsoleMeansNoLookForMFA(t *testing.T) {
	w, client := world(t)
	check(t, w.AddMFADevice(user))
	readsAs(t, &iamaccess.Reader{API: client, User: user}, sendpolicy.Access{User: user})
	if n := len(calls(w, "ListMFADevices")); n != 0 {
		t.Errorf("%d calls", n)
	}
	check(t, w.CreateLoginProfile(user))
	readsAs(t, &iamaccess.Reader{API: client, User: user}, sendpolicy.Access{User: user, Console: true, MFA: true})
}

func TestAttachedPoliciesAreListedInOneCall(t *testing.T) {
	w, client := world(t)
	furnish(t, w)
	const quarantine = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
	check(t, w.AttachUserPolicy(user, quarantine, "{}"))
	got, err := (&iamaccess.Reader{API: client, User: user}).AttachedPolicies(t.Context())
	want := []sendpolicy.Policy{
		{Name: "AWSCompromisedKeyQuarantineV3", ARN: quarantine, From: "attached"},
		{Name: "Shared", ARN: shared, From: "attached"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if n := len(w.Calls()); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func readsAs(t *testing.T, r *iamaccess.Reader, want sendpolicy.Access) {
	t.Helper()
	got, err := r.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v, boundary %+v\nwant\n%+v, boundary %+v", got, got.Boundary, want, want.Boundary)
	}
}

// calls counts the calls of one action.
func calls(w *localaws.World, action string) (found []localaws.Call) {
	for _, c := range w.Calls() {
		if c.Action == action {
			found = append(found, c)
		}
	}
	return found
}

// failsAs checks the error of a failed reading, and that nothing is returned with it.
func failsAs(t *testing.T, r *iamaccess.Reader, want rotation.ErrorType, words ...string) {
	t.Helper()
	a, err := r.Read(t.Context())
	if err == nil || rotation.TypeOf(err) != want || !reflect.DeepEqual(a, sendpolicy.Access{}) {
		t.Errorf("read %+v, %v; want a %s", a, err, want)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q doesn't say %q", err, word)
		}
	}
}
