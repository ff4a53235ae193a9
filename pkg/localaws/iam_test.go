package localaws_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

var sender = aws.String("sender")

func TestAUserIsCreatedReadAndDeleted(t *testing.T) {
	w := start(t, localaws.Config{})
	client := iamClient(t, w)
	created := must(client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: sender}))(t)
	if arn := aws.ToString(created.User.Arn); arn != "arn:aws:iam::123456789012:user/sender" {
		t.Errorf("ARN is %s", arn)
	}
	_, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: sender})
	wantRefusal(t, err, "EntityAlreadyExists", "User with name sender already exists.")
	read := must(client.GetUser(t.Context(), &iam.GetUserInput{UserName: sender}))(t)
	if *read.User.UserId != *created.User.UserId || !read.User.CreateDate.Equal(epoch) {
		t.Errorf("read %+v, created %+v", read.User, created.User)
	}
	must(client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: sender}))(t)
	_, err = client.GetUser(t.Context(), &iam.GetUserInput{UserName: sender})
	wantRefusal(t, err, "NoSuchEntity", "The user with name sender cannot be found.")
}

func TestAnAccessKeyLooksLikeOneOfIAM(t *testing.T) {
	w := start(t, localaws.Config{Now: func() time.Time { return epoch.Add(789 * time.Millisecond) }})
	w.CreateUser("sender")
	key := must(iamClient(t, w).CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: sender}))(t).AccessKey
	if !regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`).MatchString(*key.AccessKeyId) {
		t.Errorf("ID is %s", *key.AccessKeyId)
	}
	secret := *key.SecretAccessKey
	if len(secret) != 40 || !strings.Contains(secret, "/") || !strings.Contains(secret, "+") {
		t.Errorf("secret is %s", secret)
	}
	if key.Status != types.StatusTypeActive || !key.CreateDate.Equal(epoch) || *key.UserName != "sender" {
		t.Errorf("key is %+v", key)
	}
	truth := w.Keys("sender")
	if len(truth) != 1 || truth[0] != (localaws.Key{ID: *key.AccessKeyId, Status: "Active", Created: epoch}) {
		t.Errorf("truth is %+v", truth)
	}
}

func TestAUserHasTwoAccessKeysAtMost(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	client := iamClient(t, w)
	for range 2 {
		must(client.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: sender}))(t)
	}
	_, err := client.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: sender})
	wantRefusal(t, err, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
	if status := httpStatus(err); status != http.StatusConflict {
		t.Errorf("HTTP status is %d", status)
	}
	if _, _, err := w.CreateAccessKey("sender"); err == nil {
		t.Error("a third key was made by hand")
	}
	_, err = client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: sender})
	wantRefusal(t, err, "DeleteConflict", "Cannot delete entity, must delete access keys first.")
}

func TestAnAccessKeyIsListedDeactivatedAndDeleted(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	id, _, err := w.CreateAccessKey("sender")
	if err != nil {
		t.Fatal(err)
	}
	client := iamClient(t, w)
	update := &iam.UpdateAccessKeyInput{UserName: sender, AccessKeyId: &id, Status: types.StatusTypeInactive}
	must(client.UpdateAccessKey(t.Context(), update))(t)
	listed := must(client.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: sender}))(t)
	if len(listed.AccessKeyMetadata) != 1 || listed.IsTruncated {
		t.Fatalf("listed %+v", listed)
	}
	if key := listed.AccessKeyMetadata[0]; *key.AccessKeyId != id || key.Status != types.StatusTypeInactive {
		t.Errorf("listed %+v", key)
	}
	must(client.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: sender, AccessKeyId: &id}))(t)
	if keys := w.Keys("sender"); len(keys) != 0 {
		t.Errorf("left behind %+v", keys)
	}
}

func TestWhatIsWrongWithAnAccessKeyIsSaidAsIAMSaysIt(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	w.CreateUser("other")
	id, _, _ := w.CreateAccessKey("other")
	client := iamClient(t, w)
	_, err := client.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: sender, AccessKeyId: &id})
	wantRefusal(t, err, "NoSuchEntity", "The Access Key with id "+id+" cannot be found.")
	if status := httpStatus(err); status != http.StatusNotFound {
		t.Errorf("HTTP status is %d", status)
	}
	_, err = client.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{
		UserName: aws.String("other"), AccessKeyId: &id, Status: "on",
	})
	wantRefusal(t, err, "ValidationError", "")
	_, err = client.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: aws.String("nobody")})
	wantRefusal(t, err, "NoSuchEntity", "The user with name nobody cannot be found.")
	_, err = client.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{})
	wantRefusal(t, err, "ValidationError", "Must specify userName when calling with non-User credentials")
	_, err = client.ListRoles(t.Context(), &iam.ListRolesInput{})
	wantRefusal(t, err, "InvalidAction", "Could not find operation ListRoles for version 2010-05-08")
}

func TestListsOfAccessKeysCanBeReadPageByPage(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	first, _, _ := w.CreateAccessKey("sender")
	second, _, _ := w.CreateAccessKey("sender")
	pages := iam.NewListAccessKeysPaginator(iamClient(t, w), &iam.ListAccessKeysInput{
		UserName: sender, MaxItems: aws.Int32(1),
	})
	var ids []string
	for pages.HasMorePages() {
		part := must(pages.NextPage(t.Context()))(t)
		if len(part.AccessKeyMetadata) != 1 {
			t.Fatalf("a page of %d", len(part.AccessKeyMetadata))
		}
		ids = append(ids, *part.AccessKeyMetadata[0].AccessKeyId)
	}
	if len(ids) != 2 || ids[0] != first || ids[1] != second {
		t.Errorf("read %v, want %s and %s", ids, first, second)
	}
}

func TestLastUseIsNotAvailableUntilThereIsOne(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	id, _, _ := w.CreateAccessKey("sender")
	client := iamClient(t, w)
	lastUsed := func() *types.AccessKeyLastUsed {
		in := &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id}
		return must(client.GetAccessKeyLastUsed(t.Context(), in))(t).AccessKeyLastUsed
	}
	if used := lastUsed(); used.LastUsedDate != nil || *used.ServiceName != "N/A" || *used.Region != "N/A" {
		t.Errorf("never used, but %+v", used)
	}
	w.SetLastUsedDelay(time.Hour)
	w.UseKey(id, epoch)
	if used := lastUsed(); used.LastUsedDate != nil {
		t.Errorf("use shows before its time: %+v", used)
	}
	w.Advance(time.Hour)
	if used := lastUsed(); !used.LastUsedDate.Equal(epoch) || *used.ServiceName != "ses-smtp" ||
		*used.Region != region {
		t.Errorf("used, but %+v", used)
	}
}

// The recording is localstack's test_access_key_errors of 2026-02-24, which ran against IAM.
func TestTheLastUseOfAKeyThatIsGoneIsDeniedByTheKeysName(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	id, _, _ := w.CreateAccessKey("sender")
	w.DeleteAccessKey(id)
	for _, gone := range []string{id, "AKIAIOSFODNN7EXAMPLE"} {
		_, err := iamClient(t, w).GetAccessKeyLastUsed(t.Context(), &iam.GetAccessKeyLastUsedInput{AccessKeyId: &gone})
		wantRefusal(t, err, "AccessDenied", "User: arn:aws:sts::123456789012:assumed-role/rotator/session is not "+
			"authorized to perform iam:GetAccessKeyLastUsed on resource: access key "+gone)
		if status := httpStatus(err); status != http.StatusForbidden {
			t.Errorf("HTTP status is %d", status)
		}
	}
}

func TestOnlyTheFirstUseInAQuarterOfAnHourIsRecorded(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	id, _, _ := w.CreateAccessKey("sender")
	for _, c := range []struct{ use, recorded time.Duration }{
		{0, 0}, {14 * time.Minute, 0}, {15*time.Minute - 1, 0}, {15 * time.Minute, 15 * time.Minute},
		{29 * time.Minute, 15 * time.Minute}, {time.Hour, time.Hour},
	} {
		w.UseKey(id, epoch.Add(c.use))
		w.Advance(time.Hour)
		in := &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id}
		used := must(iamClient(t, w).GetAccessKeyLastUsed(t.Context(), in))(t).AccessKeyLastUsed
		if !used.LastUsedDate.Equal(epoch.Add(c.recorded)) || !w.Keys("sender")[0].LastUsed.Equal(*used.LastUsedDate) {
			t.Errorf("used after %v: last used %v, want %v later than %v", c.use, used.LastUsedDate, c.recorded, epoch)
		}
	}
}

func TestAMarkerThatIAMDidNotGiveIsRefused(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	_, err := iamClient(t, w).ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{
		UserName: sender, Marker: aws.String("invalid-marker")})
	wantRefusal(t, err, "ValidationError", "Invalid Marker.")
}

func TestStaleListsShowWhatWas(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	w.SetListStaleness(time.Minute)
	client := iamClient(t, w)
	listed := func() []types.AccessKeyMetadata {
		in := &iam.ListAccessKeysInput{UserName: sender}
		return must(client.ListAccessKeys(t.Context(), in))(t).AccessKeyMetadata
	}
	id, _, _ := w.CreateAccessKey("sender")
	if keys := listed(); len(keys) != 0 {
		t.Errorf("a key shows at once: %+v", keys)
	}
	w.Advance(time.Minute)
	w.SetKeyStatus(id, "Inactive")
	if keys := listed(); len(keys) != 1 || keys[0].Status != types.StatusTypeActive {
		t.Errorf("a minute later: %+v", keys)
	}
	w.Advance(time.Minute)
	w.DeleteAccessKey(id)
	if keys := listed(); len(keys) != 1 || keys[0].Status != types.StatusTypeInactive {
		t.Errorf("two minutes later: %+v", keys)
	}
	w.SetListStaleness(0)
	if keys := listed(); len(keys) != 0 {
		t.Errorf("without staleness: %+v", keys)
	}
}

func httpStatus(err error) int {
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return response.HTTPStatusCode()
	}
	return 0
}
