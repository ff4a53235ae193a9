package smtpparameter_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpparameter"
)

// server answers each request with the next of its answers, and records the requests.
type server struct {
	answers []answer
	asked   []map[string]any
	targets []string
	signed  []string
}

type answer struct {
	status int
	body   string
	header string // X-Amzn-Errortype
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	var asked map[string]any
	_ = json.Unmarshal(text, &asked)
	s.asked, s.targets = append(s.asked, asked), append(s.targets, r.Header.Get("X-Amz-Target"))
	s.signed = append(s.signed, r.Header.Get("Authorization"))
	next := s.answers[min(len(s.asked), len(s.answers))-1]
	if next.status == 0 {
		panic(http.ErrAbortHandler)
	}
	if next.header != "" {
		w.Header().Set("X-Amzn-Errortype", next.header)
	}
	w.WriteHeader(next.status)
	_, _ = io.WriteString(w, next.body)
}

func newClient(t *testing.T, answers ...answer) (*smtpparameter.Client, *server) {
	s := &server{answers: answers}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return &smtpparameter.Client{Region: "eu-west-1", Endpoint: h.URL, Config: aws.Config{HTTPClient: h.Client(),
		Credentials:      credentials.NewStaticCredentialsProvider("ASIA", "secret", "session"),
		RetryMaxAttempts: 3}}, s
}

func TestItAsksAsSystemsManagerDocuments(t *testing.T) {
	c, s := newClient(t, answer{200, `{"Parameters":[{"Name":"/m/a","Type":"SecureString","Value":"v","Version":3,
		"LastModifiedDate":1.7952e9,"ARN":"arn:aws:ssm:eu-west-1:111122223333:parameter/m/a","DataType":"text"}],
		"InvalidParameters":["/m/b"]}`, ""}, answer{200, `{"Tier":"Standard","Version":4}`, ""})
	found, err := c.Get(t.Context(), []string{"/m/a", "/m/b"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]smtpparameter.Parameter{"/m/a": {Type: "SecureString", Value: "v",
		Modified: time.Unix(1795200000, 0).UTC()}}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("%+v", found)
	}
	if err := c.Put(t.Context(), smtpparameter.Secure{Name: "/m/a", Value: "v", KMSKey: "key"}); err != nil {
		t.Error(err)
	}
	if err := c.Put(t.Context(), smtpparameter.Secure{Name: "/m/a", Value: "v"}); err != nil {
		t.Error(err)
	}
	if err := c.Delete(t.Context(), []string{"/m/a"}); err != nil {
		t.Error(err)
	}
	wantAsked := []map[string]any{
		{"Names": []any{"/m/a", "/m/b"}, "WithDecryption": true},
		{"Name": "/m/a", "Value": "v", "Type": "SecureString", "Overwrite": true, "KeyId": "key"},
		{"Name": "/m/a", "Value": "v", "Type": "SecureString", "Overwrite": true},
		{"Names": []any{"/m/a"}},
	}
	if !reflect.DeepEqual(s.asked, wantAsked) {
		t.Errorf("%v", s.asked)
	}
	if got := strings.Join(s.targets, " "); got !=
		"AmazonSSM.GetParameters AmazonSSM.PutParameter AmazonSSM.PutParameter AmazonSSM.DeleteParameters" {
		t.Error(got)
	}
	if !strings.Contains(s.signed[0], "/eu-west-1/ssm/aws4_request") ||
		!strings.Contains(s.signed[0], "x-amz-security-token") {
		t.Error(s.signed[0])
	}
}

func TestItTriesAgainAsTheSDKDoes(t *testing.T) {
	ok := answer{200, `{}`, ""}
	for name, c := range map[string]struct {
		answers []answer
		asked   int
		code    string // of the error; empty for success
	}{
		"throttled":         {[]answer{{400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`, ""}, ok}, 2, ""},
		"a server's fault":  {[]answer{{500, `{"__type":"InternalServerError"}`, ""}, ok}, 2, ""},
		"no answer":         {[]answer{{}, ok}, 2, ""},
		"refused":           {[]answer{{400, `{"__type":"AccessDeniedException","message":"no"}`, ""}}, 1, "AccessDeniedException"},
		"with a namespace":  {[]answer{{400, `{"__type":"com.amazonaws.ssm#InvalidKeyId"}`, ""}}, 1, "InvalidKeyId"},
		"in the header":     {[]answer{{400, ``, "InvalidKeyId:http://example.com/"}}, 1, "InvalidKeyId"},
		"something between": {[]answer{{403, `<html>`, ""}}, 1, "403 Forbidden"},
		"again and again":   {[]answer{{503, ``, "ServiceUnavailable"}}, 3, "ServiceUnavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			client, s := newClient(t, c.answers...)
			err := client.Put(t.Context(), smtpparameter.Secure{Name: "/m/a", Value: "v"})
			code := ""
			if said, isAPI := errors.AsType[smithy.APIError](err); isAPI {
				code = said.ErrorCode()
			}
			if len(s.asked) != c.asked || code != c.code || (err == nil) != (c.code == "") {
				t.Errorf("%d tries, %v", len(s.asked), err)
			}
		})
	}
}

// A fleet rotates all at once, but only PutParameter is throttled so much that it takes more tries.
func TestPutParameterIsTriedMoreOften(t *testing.T) {
	throttled := answer{400, `{"__type":"ThrottlingException"}`, ""}
	asIs := func(c *smtpparameter.Client) *smtpparameter.Client { c.Config.RetryMaxAttempts = 0; return c }
	c, s := newClient(t, throttled, throttled, throttled, throttled, answer{200, `{}`, ""})
	err := asIs(c).Put(t.Context(), smtpparameter.Secure{Name: "/m/a", Value: "v"})
	if err != nil || len(s.asked) != 5 {
		t.Errorf("%d tries, %v", len(s.asked), err)
	}
	c, s = newClient(t, throttled)
	if _, err := asIs(c).Get(t.Context(), []string{"/m/a"}); err == nil || len(s.asked) != 3 {
		t.Errorf("%d tries, %v", len(s.asked), err)
	}
}

func TestAPathIsChecked(t *testing.T) {
	for path, want := range map[string]string{
		"/mail/smtp": "", "/a": "", "/Mail_1/x-y.z": "",
		"mail/smtp": "is not a path", "/": "is not a path", "/mail/": "is not a path", "//mail": "is not a path",
		"/mail smtp": "is not a path", "/mail/*": "is not a path", "": "is not a path",
		"/aws/mail": "aws or ssm", "/SSM": "aws or ssm", "/awsome": "aws or ssm",
		strings.Repeat("/a", 14): "", strings.Repeat("/a", 15): "levels", "/" + strings.Repeat("a", 900): "characters",
	} {
		err := smtpparameter.CheckPath(path)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", path, err, want)
		}
	}
}

// AWS's texts about a value that breaks a rule quote all or part of it.
func TestATextThatMayHoldTheValueIsntRepeated(t *testing.T) {
	c, _ := newClient(t, answer{400, `{"__type":"ValidationException","message":"Value 'Bx9...' failed"}`, ""})
	err := c.Put(t.Context(), smtpparameter.Secure{Name: "/m/a", Value: "Bx9y"})
	if err == nil || strings.Contains(err.Error(), "Bx9") || !strings.Contains(err.Error(), "ValidationException") {
		t.Error(err)
	}
	c, _ = newClient(t, answer{400, `{"__type":"AccessDeniedException","Message":"User: arn:x is not authorized"}`, ""})
	err = c.Put(t.Context(), smtpparameter.Secure{Name: "/m/a", Value: "Bx9y"})
	if err == nil || !strings.Contains(err.Error(), "is not authorized") {
		t.Error(err)
	}
}
