package iamaccess_test

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// members reads an account's users, by name.
func members(t *testing.T, api iamaccess.AccountAPI) map[string]iamaccess.Member {
	t.Helper()
	all := map[string]iamaccess.Member{}
	for m, err := range (&iamaccess.Account{API: api}).Members(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := all[m.Access.User]; twice {
			t.Errorf("%s comes twice", m.Access.User)
		}
		all[m.Access.User] = m
	}
	return all
}

func TestAnAccountsPassHasWhatAReaderHasOfEachUser(t *testing.T) {
	w, client := world(t)
	furnish(t, w)
	w.CreateUser("another")
	check(t, w.AddUserToGroup("another", "mail"), w.SetUserPath("another", "/team/"), w.TagUser("another", "a", "b"))
	for _, size := range []int{0, 1, 2, 3} {
		w.SetPageSize(size)
		all := members(t, client)
		if len(all) != 2 {
			t.Fatalf("pages of %d: %d users", size, len(all))
		}
		for name, m := range all {
			want, err := (&iamaccess.Reader{API: client, User: name}).Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := (&iamaccess.Reader{API: client, User: name}).WaysIn(t.Context(), &m.Access); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(m.Access, want) {
				t.Errorf("pages of %d: %s is\n%+v\nwant\n%+v", size, name, m.Access, want)
			}
		}
		m := all["another"]
		if m.Path != "/team/" || m.ARN != "arn:aws:iam::123456789012:user/team/another" ||
			!reflect.DeepEqual(m.Tags, map[string]string{"a": "b"}) || m.Created.IsZero() {
			t.Errorf("another is %+v", m)
		}
	}
}

func TestMotosAccountIsReadAsItsUsersAre(t *testing.T) {
	client := motoClient{Client: iam.NewFromConfig(awstest.Config(awstest.Moto(t)))}
	u := user
	do(t, client.CreateUser, &iam.CreateUserInput{UserName: &u})
	givePolicies(t, client.Client)
	want, err := (&iamaccess.Reader{API: client, User: user}).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := members(t, client)[user].Access; !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// forgetful leaves out a policy, as IAM may leave out an AWS managed policy that is only a
// boundary.
type forgetful struct{ *iam.Client }

func (f forgetful) GetAccountAuthorizationDetails(ctx context.Context, in *iam.GetAccountAuthorizationDetailsInput,
	o ...func(*iam.Options)) (*iam.GetAccountAuthorizationDetailsOutput, error) {
	out, err := f.Client.GetAccountAuthorizationDetails(ctx, in, o...)
	if err == nil {
		out.Policies = nil
	}
	return out, err
}

func TestAPolicyThatThePassLacksIsAskedFor(t *testing.T) {
	w, client := world(t)
	want := furnish(t, w)
	got := members(t, forgetful{client})[user].Access
	if !reflect.DeepEqual(got.Policies, want.Policies) || !reflect.DeepEqual(got.Boundary, want.Boundary) {
		t.Errorf("got %+v", got)
	}
	asked := 0
	for _, c := range w.Calls() {
		if c.Action == "GetPolicyVersion" {
			asked++
		}
	}
	if asked != 2 {
		t.Errorf("%d policies were asked for, want each of 2 once", asked)
	}
}

func TestAnAccountThatMayNotBeReadIsSaidByAction(t *testing.T) {
	w, client := world(t)
	w.Intercept(func(localaws.Call) *localaws.Fault {
		return &localaws.Fault{Code: "AccessDenied", Message: "not you"}
	})
	for _, err := range (&iamaccess.Account{API: client}).Members(t.Context()) {
		if rotation.TypeOf(err) != rotation.AccessDenied ||
			err.Error() != "iam:GetAccountAuthorizationDetails on the account: AccessDenied: not you" {
			t.Errorf("got %v", err)
		}
	}
}

func TestLastUseHasItsServiceAndRegion(t *testing.T) {
	w, client := world(t)
	account := &iamaccess.Account{API: client}
	id, _, err := w.CreateAccessKey(user)
	check(t, err)
	if use, err := account.LastUse(t.Context(), id); err != nil || use != nil {
		t.Errorf("before: %+v, %v", use, err)
	}
	at := w.Now().Truncate(time.Second)
	w.UseKeyFor(id, at, "s3", "us-west-2")
	use, err := account.LastUse(t.Context(), id)
	if err != nil || use == nil || !use.At.Equal(at) || use.Service != "s3" || use.Region != "us-west-2" {
		t.Errorf("got %+v, %v", use, err)
	}
}

func TestTheReportSaysWhatKeysWereUsedFor(t *testing.T) {
	w, client := world(t)
	w.CreateUser("idle")
	first, _, err := w.CreateAccessKey(user)
	check(t, err)
	second, _, err := w.CreateAccessKey(user)
	check(t, err)
	w.UseKey(first, w.Now())
	w.UseKeyFor(second, w.Now(), "s3", "us-west-2")
	waited := 0
	used, err := (&iamaccess.Account{API: client}).UsedServices(t.Context(), func(context.Context) error {
		waited++
		return nil
	})
	if err != nil || waited != 1 || len(used) != 1 || !slices.Equal(used[user], []string{"ses-smtp", "s3"}) {
		t.Errorf("got %v after %d waits, %v", used, waited, err)
	}
}
