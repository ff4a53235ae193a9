package main

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// accessRole is the role that AWS creates in an organization's member accounts, but not in its
// management account.
const accessRole = "OrganizationAccountAccessRole"

// company is an organization on moto. Its requests go through a proxy that adds what moto lacks:
// roles that can't be assumed, and IAM's action ListServiceSpecificCredentials.
type company struct {
	*testing.T
	cfg     aws.Config
	own     string            // the management account's ID
	members map[string]string // IDs by name

	mu      sync.Mutex
	refuses map[string]string // messages by the account that refuses its role
	assumed []url.Values
	called  []string // actions, written as in policies
}

const stsError = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>` +
	`<Code>AccessDenied</Code><Message>%s</Message></Error><RequestId>1</RequestId></ErrorResponse>`

// found creates an organization with a management account and a member for each name.
func found(t *testing.T, region string, names ...string) *company {
	t.Helper()
	target, err := url.Parse(awstest.Moto(t))
	if err != nil {
		t.Fatal(err)
	}
	c := &company{T: t, members: map[string]string{}, refuses: map[string]string{}}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.pass(proxy, w, r) }))
	t.Cleanup(server.Close)
	profile := filepath.Join(t.TempDir(), "config")
	err = os.WriteFile(profile, []byte("[profile root]\naws_access_key_id = AKIAOPERATOR00000000\n"+
		"aws_secret_access_key = secret\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": region, "AWS_ACCESS_KEY_ID": "AKIAOPERATOR00000000",
		"AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": profile,
		"AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		t.Setenv(name, value)
	}
	if c.cfg, err = (profileFlag{}).config(t.Context(), region); err != nil {
		t.Fatal(err)
	}
	api := organizations.NewFromConfig(c.cfg)
	made, err := api.CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{})
	c.ok(err)
	c.own = *made.Organization.MasterAccountId
	for _, name := range names {
		made, err := api.CreateAccount(t.Context(), &organizations.CreateAccountInput{AccountName: &name,
			Email: aws.String("aws@example.com")})
		c.ok(err)
		c.members[name] = *made.CreateAccountStatus.AccountId
	}
	c.refuses[c.own] = c.denial(c.own)
	return c
}

// denial is AWS's message if an account's role can't be assumed.
func (c *company) denial(id string) string {
	return "User: arn:aws:iam::" + c.own + ":user/moto is not authorized to perform: sts:AssumeRole on resource: " +
		"arn:aws:iam::" + id + ":role/" + accessRole
}

func (c *company) ok(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// pass answers what moto can't, and passes everything else on to it.
func (c *company) pass(proxy http.Handler, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.Error(err)
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	form, _ := url.ParseQuery(string(body))
	switch refusal := c.note(r, form); {
	case refusal != "":
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, stsError, refusal)
	case form.Get("Action") == "ListServiceSpecificCredentials":
		fmt.Fprint(w, `<ListServiceSpecificCredentialsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">`+
			`<ListServiceSpecificCredentialsResult/></ListServiceSpecificCredentialsResponse>`)
	default:
		proxy.ServeHTTP(w, r)
	}
}

// note records the request for the tests. It returns why a role can't be assumed, or an empty text.
func (c *company) note(r *http.Request, form url.Values) (refusal string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	scope := strings.Split(r.Header.Get("Authorization")+"////", "/") // access key, day, Region, service
	c.called = append(c.called, scope[3]+":"+cmp.Or(action, form.Get("Action")))
	if form.Get("Action") != "AssumeRole" {
		return ""
	}
	c.assumed = append(c.assumed, form)
	role, _ := arn.Parse(form.Get("RoleArn"))
	return c.refuses[role.AccountID]
}

// in returns IAM in an account.
func (c *company) in(id string) *iam.Client {
	cfg := c.cfg.Copy()
	if id != c.own {
		cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(c.cfg),
			"arn:aws:iam::"+id+":role/maker"))
	}
	return iam.NewFromConfig(cfg)
}

// user creates a user that may send, with a key.
func (c *company) user(id, name, policy string) {
	c.Helper()
	api := c.in(id)
	_, err := api.CreateUser(c.Context(), &iam.CreateUserInput{UserName: &name})
	c.ok(err)
	_, err = api.PutUserPolicy(c.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("send"),
		PolicyDocument: &policy})
	c.ok(err)
	_, err = api.CreateAccessKey(c.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	c.ok(err)
}

// close suspends an account, as AWS does when it is closed.
func (c *company) close(id string) {
	c.Helper()
	_, err := organizations.NewFromConfig(c.cfg).CloseAccount(c.Context(),
		&organizations.CloseAccountInput{AccountId: &id})
	c.ok(err)
}
