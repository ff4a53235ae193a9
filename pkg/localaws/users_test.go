package localaws_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// tagsOf returns a map as IAM's tags, by key.
func tagsOf(m map[string]string) (tags []types.Tag) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		tags = append(tags, types.Tag{Key: &key, Value: aws.String(m[key])})
	}
	return tags
}

// asMap is the reverse of tagsOf.
func asMap(tags []types.Tag) map[string]string {
	m := map[string]string{}
	for _, t := range tags {
		m[*t.Key] = *t.Value
	}
	return m
}

func TestAUserIsCreatedAtAPathWithTags(t *testing.T) {
	awstest.OnEach(t, func(t *testing.T, cfg aws.Config) {
		client := iam.NewFromConfig(cfg)
		given := map[string]string{"a": "1", "B": "", "c d": "x=&+"}
		created := must(client.CreateUser(t.Context(), &iam.CreateUserInput{
			UserName: sender, Path: aws.String("/ses-smtp/eu/"), Tags: tagsOf(given)}))(t).User
		if *created.Path != "/ses-smtp/eu/" || *created.Arn != "arn:aws:iam::123456789012:user/ses-smtp/eu/sender" {
			t.Errorf("created %s at %s", *created.Arn, *created.Path)
		}
		read := must(client.GetUser(t.Context(), &iam.GetUserInput{UserName: sender}))(t).User
		if !maps.Equal(asMap(created.Tags), given) || !maps.Equal(asMap(read.Tags), given) {
			t.Errorf("tags %v when created, and then %v", asMap(created.Tags), asMap(read.Tags))
		}
		if _, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: sender}); code(err) !=
			"EntityAlreadyExists" {
			t.Errorf("created again: %v", err)
		}
		listed := must(client.ListUserTags(t.Context(), &iam.ListUserTagsInput{UserName: sender}))(t)
		if !maps.Equal(asMap(listed.Tags), given) || listed.IsTruncated {
			t.Errorf("listed %v", asMap(listed.Tags))
		}
		_, err := client.ListUserTags(t.Context(), &iam.ListUserTagsInput{UserName: aws.String("nobody")})
		wantRefusal(t, err, "NoSuchEntity", "The user with name nobody cannot be found.")
	})
}

func TestUsersAreListedByTheBeginningOfTheirPath(t *testing.T) {
	awstest.OnEach(t, func(t *testing.T, cfg aws.Config) {
		client := iam.NewFromConfig(cfg)
		for name, path := range map[string]string{"a": "/", "b": "/ses/", "c": "/ses/x/", "d": "/sesame/"} {
			must(client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name, Path: &path}))(t)
		}
		for prefix, want := range map[string]string{
			"": "abcd", "/": "abcd", "/ses/": "bc", "/ses": "bcd", "/ses/x/": "c", "/other/": "",
		} {
			in := &iam.ListUsersInput{}
			if prefix != "" {
				in.PathPrefix = &prefix
			}
			var got []string
			for _, u := range must(client.ListUsers(t.Context(), in))(t).Users {
				got = append(got, *u.UserName)
			}
			slices.Sort(got)
			if strings.Join(got, "") != want {
				t.Errorf("%q: listed %v, want %s", prefix, got, want)
			}
		}
	})
}

func TestAListOfUsersLeavesOutWhatIAMLeavesOut(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	check(t, w.SetPermissionsBoundary("sender", managed, "{}"))
	check(t, w.TagUser("sender", "a", "b"))
	client := iamClient(t, w)
	listed := must(client.ListUsers(t.Context(), &iam.ListUsersInput{}))(t).Users[0]
	read := must(client.GetUser(t.Context(), &iam.GetUserInput{UserName: sender}))(t).User
	if listed.PermissionsBoundary != nil || listed.Tags != nil {
		t.Errorf("listed with %v and %v", listed.PermissionsBoundary, listed.Tags)
	}
	if read.PermissionsBoundary == nil || len(read.Tags) != 1 {
		t.Errorf("read without: %+v", read)
	}
}

func TestAUserThatCantBeIsRefusedAndNotMade(t *testing.T) {
	w := start(t, localaws.Config{})
	client := iamClient(t, w)
	many := map[string]string{}
	for i := range 51 {
		many[fmt.Sprint("tag", i)] = ""
	}
	const badPath = "The specified value for path is invalid. It must begin and end with / and contain only " +
		"alphanumeric characters and/or / characters."
	for _, c := range []struct {
		in         iam.CreateUserInput
		code, text string
	}{
		{iam.CreateUserInput{Path: aws.String("ses/")}, "ValidationError", badPath},
		{iam.CreateUserInput{Path: aws.String("/ses")}, "ValidationError", badPath},
		{iam.CreateUserInput{Path: aws.String("/s s/")}, "ValidationError", badPath},
		{iam.CreateUserInput{PermissionsBoundary: aws.String(managed)}, "NoSuchEntity",
			"Scope ARN: " + managed + " does not exist or is not attachable."},
		{iam.CreateUserInput{Tags: tagsOf(map[string]string{"a": "1", "A": "2"})}, "InvalidInput",
			"Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		{iam.CreateUserInput{Tags: tagsOf(many)}, "ValidationError", ""},
		{iam.CreateUserInput{Tags: tagsOf(map[string]string{"": "1"})}, "ValidationError", ""},
	} {
		c.in.UserName = sender
		_, err := client.CreateUser(t.Context(), &c.in)
		wantRefusal(t, err, c.code, c.text)
	}
	if users := must(client.ListUsers(t.Context(), &iam.ListUsersInput{}))(t).Users; len(users) != 0 {
		t.Errorf("there are %v", users)
	}
}

func TestAUserWithABoundaryIsCreatedWithIt(t *testing.T) {
	w := start(t, localaws.Config{})
	w.AttachGroupPolicy("g", managed, "{}")
	created := must(iamClient(t, w).CreateUser(t.Context(), &iam.CreateUserInput{
		UserName: sender, PermissionsBoundary: aws.String(managed)}))(t).User
	if b := created.PermissionsBoundary; b == nil || *b.PermissionsBoundaryArn != managed {
		t.Errorf("the boundary is %+v", b)
	}
}

// The list is from "DeleteUser" (IAM API Reference).
func TestAUserThatHasSomethingIsntDeleted(t *testing.T) {
	id := func(_ string, err error) error { return err }
	for first, give := range map[string]func(*localaws.World) error{
		"delete login profile": func(w *localaws.World) error { return w.CreateLoginProfile("sender") },
		"delete access keys": func(w *localaws.World) error {
			_, _, err := w.CreateAccessKey("sender")
			return err
		},
		"delete signing certificates": func(w *localaws.World) error {
			return id(w.AddSigningCertificate("sender", "Active"))
		},
		"delete SSH public keys": func(w *localaws.World) error { return id(w.AddSSHPublicKey("sender", "Active")) },
		"delete service specific credentials": func(w *localaws.World) error {
			return id(w.AddServiceSpecificCredential("sender", "codecommit.amazonaws.com", "Active"))
		},
		"delete MFA device":       func(w *localaws.World) error { return w.AddMFADevice("sender") },
		"delete policies":         func(w *localaws.World) error { return w.PutUserPolicy("sender", "p", "{}") },
		"detach all policies":     func(w *localaws.World) error { return w.AttachUserPolicy("sender", managed, "{}") },
		"remove users from group": func(w *localaws.World) error { return w.AddUserToGroup("sender", "g") },
	} {
		t.Run(first, func(t *testing.T) {
			w := start(t, localaws.Config{})
			w.CreateUser("sender")
			check(t, give(w))
			client := iamClient(t, w)
			_, err := client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: sender})
			wantRefusal(t, err, "DeleteConflict", "Cannot delete entity, must "+first+" first.")
			if status := httpStatus(err); status != http.StatusConflict {
				t.Errorf("HTTP status is %d", status)
			}
			w.DeleteUser("sender")
			if _, err := client.GetUser(t.Context(), &iam.GetUserInput{UserName: sender}); code(err) != "NoSuchEntity" {
				t.Errorf("DeleteUser didn't delete it: %v", err)
			}
		})
	}
}
