package function_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

const stackID = "arn:aws:cloudformation:eu-west-1:111122223333:stack/mail/0a1b2c3d"

// requestTo returns CloudFormation's request to delete, with a URL for the answer.
func requestTo(url, stack string) string {
	return fmt.Sprintf(`{"RequestType":"Delete","ResponseURL":%q,"StackId":%q,"RequestId":"r-1",
		"ResourceProperties":{"OnDelete":"decommission"},"PhysicalResourceId":"FirstCredential",
		"ResourceType":"Custom::SmtpCredential","LogicalResourceId":"FirstCredential"}`, url, stack)
}

func TestARequestForAnotherStackIsRefused(t *testing.T) {
	s := newStage(t, map[string]string{"STACK_ID": stackID})
	cf := s.cloudFormation()
	s.must(`{}`, rotation.Rotated)
	id := s.mailFlows().Username
	s.World.ResetCalls()
	for _, other := range []string{"arn:stack", "", stackID + "0", strings.ToUpper(stackID)} {
		s.fails(requestTo(cf.URL+"/answer?Signature=s", other), rotation.RequestError, "StackId", "STACK_ID")
	}
	if told := s.log.String() + s.answers.String(); strings.Contains(told, stackID) {
		t.Errorf("the error says what to forge: %s", told)
	}
	if n := len(s.World.Calls()) + len(cf.answers); n != 0 {
		t.Errorf("%d calls and answers", n)
	}
	if _, err := s.invoke(requestTo(cf.URL+"/answer?Signature=s", stackID)); err != nil || len(cf.answers) != 1 {
		t.Errorf("%v, %d answers", err, len(cf.answers))
	}
	s.keyIs(id, "gone")
}

func TestAnAnswerGoesToS3InTheFunctionsRegionOnly(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	id := s.mailFlows().Username
	s.World.ResetCalls()
	bucket := func(url string) string {
		return fmt.Sprintf(url, "cloudformation-custom-resource-response-euwest1")
	}
	for _, url := range []string{
		"https://example.com/answer", "https://bucket.s3.eu-west-1.amazonaws.com/x",
		bucket("http://%s.s3-eu-west-1.amazonaws.com/x"), bucket("https://%s.s3.us-east-1.amazonaws.com/x"),
		bucket("https://%s.s3.eu-west-1.amazonaws.com.example.com/x"),
		bucket("https://%s.s3.eu-west-1.amazonaws.com:8443/x"),
		bucket("https://user@%s.s3.eu-west-1.amazonaws.com/x"), bucket("https://%s.s3.eu-west-1.amazonaws.com.cn/x"),
		"https://s3.eu-west-1.amazonaws.com@example.com/x", bucket("https://%ss3.eu-west-1.amazonaws.com/x"),
		bucket("https://%s.s3.amazonaws.com/x"), bucket("https://s3.eu-west-1.amazonaws.com/%s/x"),
		"http://169.254.169.254/x", "http://localhost.example.com/x", "https://0.0.0.0/x", "ftp://127.0.0.1/x",
	} {
		s.fails(requestTo(url, stackID), rotation.RequestError, "ResponseURL",
			"cloudformation-custom-resource-response-*.s3.eu-west-1.amazonaws.com")
	}
	if n := len(s.World.Calls()); n != 0 {
		t.Errorf("%d AWS calls were made", n)
	}
	s.keyIs(id, "Active")
	if strings.Contains(s.log.String(), "example.com") {
		t.Error("a URL, which may be signed, is logged")
	}
}

func TestAnAnswerDoesntFollowARedirect(t *testing.T) {
	for _, status := range []int{http.StatusTemporaryRedirect, http.StatusPermanentRedirect, http.StatusFound} {
		s := newSerialStage(t, nil)
		astray := 0
		elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { astray++ }))
		defer elsewhere.Close()
		redirect := httptest.NewServer(http.RedirectHandler(elsewhere.URL, status))
		defer redirect.Close()
		if err := s.within(2*time.Second, requestTo(redirect.URL+"/answer", stackID)); err == nil ||
			!strings.Contains(err.Message, fmt.Sprint(status)) {
			t.Errorf("got %+v", err)
		}
		if astray != 0 {
			t.Errorf("%d answers went elsewhere", astray)
		}
	}
}
