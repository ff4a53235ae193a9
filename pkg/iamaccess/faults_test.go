package iamaccess_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// resources maps each action to its resource, as errors name it.
var resources = map[string]string{
	"GetUserPolicy":             "user smtp-sender, policy first",
	"ListGroupPolicies":         "group mail",
	"GetGroupPolicy":            "group mail, policy ofGroup",
	"ListAttachedGroupPolicies": "group mail",
	"GetPolicy":                 "policy " + limit,
	"GetPolicyVersion":          "policy " + limit,
}

func TestADeniedCallIsToldByActionAndResource(t *testing.T) {
	w, client := world(t)
	furnish(t, w)
	api := reflect.TypeFor[iamaccess.API]()
	for i := range api.NumMethod() {
		action := api.Method(i).Name
		t.Run(action, func(t *testing.T) {
			w.Intercept(func(c localaws.Call) *localaws.Fault {
				if c.Action == action {
					return &localaws.Fault{Code: "AccessDenied", Message: "not you"}
				}
				return nil
			})
			resource := resources[action]
			if resource == "" {
				resource = "user smtp-sender"
			}
			r := &iamaccess.Reader{API: client, User: user}
			failsAs(t, r, rotation.AccessDenied, "iam:"+action+" on "+resource+": AccessDenied: not you")
		})
	}
}

func TestAWayInThatIAMCantTellOfIsUnseen(t *testing.T) {
	w, client := world(t)
	for _, action := range []string{"GetLoginProfile", "ListSSHPublicKeys", "ListServiceSpecificCredentials",
		"ListSigningCertificates"} {
		w.Intercept(func(c localaws.Call) *localaws.Fault {
			if c.Action == action {
				return &localaws.Fault{Code: "InvalidAction", Message: "not in this partition", Status: 400}
			}
			return nil
		})
		a, err := (&iamaccess.Reader{API: client, User: user}).Read(t.Context())
		if err != nil || len(a.Unseen) != 1 || !strings.Contains(a.Unseen[0], "iam:"+action) {
			t.Errorf("%s: %v, unseen %v", action, err, a.Unseen)
		}
	}
}

func TestOfManyFaultsTheSameOneIsTold(t *testing.T) {
	w, client := world(t)
	w.Intercept(func(c localaws.Call) *localaws.Fault {
		f := &localaws.Fault{Code: "AccessDenied", Message: "not you"}
		if c.Action == "GetUser" { // the last to answer
			f.Delay = 20 * time.Millisecond
		}
		return f
	})
	for range 5 {
		failsAs(t, &iamaccess.Reader{API: client, User: user}, rotation.AccessDenied, "iam:GetUser on user smtp-sender")
	}
}

func TestWhatIsDeletedWhileItIsReadIsAConflict(t *testing.T) {
	w, client := world(t)
	furnish(t, w)
	for action, resource := range resources {
		w.Intercept(func(c localaws.Call) *localaws.Fault {
			if c.Action == action {
				return &localaws.Fault{Code: "NoSuchEntity", Message: "gone"}
			}
			return nil
		})
		failsAs(t, &iamaccess.Reader{API: client, User: user}, rotation.Conflict, action, resource)
	}
}

func TestAUserThatIsntThereIsAFaultOfTheConfiguration(t *testing.T) {
	_, client := world(t)
	r := &iamaccess.Reader{API: client, User: "nobody"}
	failsAs(t, r, rotation.ConfigurationError, "iam:GetUser on user nobody: ")
	r.UserFrom = "--user"
	failsAs(t, r, rotation.ConfigurationError, "iam:GetUser on user nobody (--user): ")
	if _, err := r.AttachedPolicies(t.Context()); rotation.TypeOf(err) != rotation.ConfigurationError {
		t.Errorf("attached: %v", err)
	}
}

func TestEveryErrorHasAType(t *testing.T) {
	_, client := world(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := (&iamaccess.Reader{API: client, User: user}).Read(ctx)
	if typed, ok := errors.AsType[*rotation.Error](err); !ok || typed.Type != rotation.AWSError ||
		!errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// garbled spoils the documents of one kind.
type garbled struct {
	iamaccess.API
	of string
}

func (g garbled) GetUserPolicy(ctx context.Context, in *iam.GetUserPolicyInput,
	o ...func(*iam.Options)) (*iam.GetUserPolicyOutput, error) {
	out, err := g.API.GetUserPolicy(ctx, in, o...)
	if g.of == "user" {
		out.PolicyDocument = aws.String("%7B%7")
	}
	return out, err
}

func (g garbled) GetGroupPolicy(ctx context.Context, in *iam.GetGroupPolicyInput,
	o ...func(*iam.Options)) (*iam.GetGroupPolicyOutput, error) {
	out, err := g.API.GetGroupPolicy(ctx, in, o...)
	if g.of == "group" {
		out.PolicyDocument = aws.String("100%")
	}
	return out, err
}

func (g garbled) GetPolicyVersion(ctx context.Context, in *iam.GetPolicyVersionInput,
	o ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error) {
	out, err := g.API.GetPolicyVersion(ctx, in, o...)
	switch g.of {
	case "managed":
		out.PolicyVersion.Document = aws.String("%zz")
	case "none":
		out.PolicyVersion = nil
	}
	return out, err
}

func TestADocumentThatCantBeDecodedIsNamed(t *testing.T) {
	w, client := world(t)
	furnish(t, w)
	for of, name := range map[string]string{
		"user":    "the document of user smtp-sender, policy first",
		"group":   "the document of group mail, policy ofGroup",
		"managed": "the document of policy " + limit,
		"none":    "policy " + limit,
	} {
		failsAs(t, &iamaccess.Reader{API: garbled{client, of}, User: user}, rotation.AWSError, name)
	}
}

func TestAFewCallsAreMadeAtOnce(t *testing.T) {
	w, client := world(t)
	want := furnish(t, w)
	for _, name := range strings.Split("abcdefghij", "") {
		check(t, w.PutUserPolicy(user, name, "{}"))
	}
	w.Intercept(func(localaws.Call) *localaws.Fault { return &localaws.Fault{Delay: 10 * time.Millisecond} })
	if a, err := (&iamaccess.Reader{API: client, User: user}).Read(t.Context()); err != nil ||
		len(a.Policies) != len(want.Policies)+10 {
		t.Fatalf("read %+v, %v", a, err)
	}
	most := 0
	all := w.Calls()
	for _, c := range all {
		n := 0
		for _, other := range all {
			if !other.Start.After(c.Start) && other.End.After(c.Start) {
				n++
			}
		}
		most = max(most, n)
	}
	if most < 2 || most > 4 {
		t.Errorf("up to %d calls at once, want up to 4", most)
	}
}
