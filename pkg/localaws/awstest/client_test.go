package awstest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

func TestLargeAnswersAreAskedForOnce(t *testing.T) {
	w, err := localaws.Start(localaws.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	for i := range 20 {
		name := fmt.Sprintf("user-%d", i)
		w.CreateUser(name)
		if err := w.PutUserPolicy(name, "p", strings.Repeat("x", 500)); err != nil {
			t.Fatal(err)
		}
	}
	client := iam.NewFromConfig(awstest.Config(w.URL()))
	const times = 300
	for range times {
		in := &iam.GetAccountAuthorizationDetailsInput{}
		if _, err := client.GetAccountAuthorizationDetails(t.Context(), in); err != nil {
			t.Error(err)
		}
	}
	if n := len(w.Calls()); n != times {
		t.Errorf("%d calls came, and there were %d", n, times)
	}
}
