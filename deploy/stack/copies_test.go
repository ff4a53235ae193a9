package stack

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpparameter"
)

const copiesPage = "../apps/parameter-store.md"

// copyNames are the parameters that the page names, which are those that a value can have.
var copyNames = append([]string{smtpparameter.Whole}, smtpparameter.Members...)

// parameters has a secret in moto, and its copies.
func parameters(p *typist) {
	c := newClient(p.T)
	value := `{"username":"AKIAIOSFODNN7EXAMPLE"}`
	c.run("aws secretsmanager create-secret --name apps/mail --secret-string '" + value + "'")
	for _, name := range copyNames {
		c.run("aws ssm put-parameter --type SecureString --name /mail/smtp/" + name + " --value '" + value + "'")
	}
	for _, read := range []string{"aws ssm get-parameter --with-decryption --name /aws/reference",
		"aws ssm get-parameter --with-decryption --name /mail/smtp"} {
		if got := c.run(p.next([]string{"SECRET", "apps/mail"}, read)); got != value {
			p.Errorf("%s returns %s", read, got)
		}
	}
	list := p.next(nil, "aws ssm get-parameters-by-path")
	names := strings.Fields(c.run(list))
	if want := len(copyNames); len(names) != want {
		p.Errorf("%d parameters are listed, want %d: %v", len(names), want, names)
	}
	c.run(p.all())
	if left := c.run(list); left != "" && left != "None" {
		p.Errorf("left are %s", left)
	}
}

// printedJSON are the blocks of JSON in the page.
func printedJSON(t *testing.T) (found []node) {
	t.Helper()
	for _, match := range regexp.MustCompile("(?ms)^```json\n(.*?)^```$").FindAllStringSubmatch(
		contents(t, copiesPage), -1) {
		var value any
		if err := json.Unmarshal([]byte(match[1]), &value); err != nil {
			t.Fatalf("%v: %s", err, match[1])
		}
		found = append(found, node{value})
	}
	return found
}

// parameterChanged is Parameter Store's event as it is documented ("Amazon EventBridge event
// examples for Systems Manager", AWS Systems Manager User Guide).
func parameterChanged(t *testing.T, name, operation string) map[string]any {
	t.Helper()
	text := strings.NewReplacer("MyExampleParameter", name, "Update", operation).Replace(`{
		"version": "0",
		"id": "9547ef2d-3b7e-4057-b6cb-5fdf09ee7c8f",
		"detail-type": "Parameter Store Change",
		"source": "aws.ssm",
		"account": "123456789012",
		"time": "2024-05-22T16:44:48Z",
		"region": "us-east-2",
		"resources": ["arn:aws:ssm:us-east-2:123456789012:parameter/MyExampleParameter"],
		"detail": {"operation": "Update", "name": "MyExampleParameter", "type": "String",
			"description": "Sample Parameter"}
	}`)
	event := map[string]any{}
	if err := json.Unmarshal([]byte(text), &event); err != nil {
		t.Fatal(err)
	}
	return event
}

func TestAChangeOfACopyIsTold(t *testing.T) {
	printed := printedJSON(t)
	rule := printed[slices.IndexFunc(printed, func(n node) bool { return n.at("detail-type").value != nil })]
	for what, c := range map[string]struct {
		event map[string]any
		told  bool
	}{
		"a rotation":        {parameterChanged(t, "/mail/smtp/credential", "Update"), true},
		"the first copy":    {parameterChanged(t, "/mail/smtp/credential", "Create"), true},
		"the end":           {parameterChanged(t, "/mail/smtp/credential", "Delete"), false},
		"another parameter": {parameterChanged(t, "/mail/smtp/password", "Update"), false},
		"another path":      {parameterChanged(t, "/shop/smtp/credential", "Update"), false},
		"another source": {changed(parameterChanged(t, "/mail/smtp/credential", "Update"), "source", "shop"),
			false},
	} {
		if got := matches(rule, c.event); got != c.told {
			t.Errorf("%s is told: %v, want %v", what, got, c.told)
		}
	}
}

// TestReadersOfCopiesReadWhatTheFunctionWrites: the page's policy is for the ARNs that the stack's
// function has, and reads and decrypts, and nothing else.
func TestReadersOfCopiesReadWhatTheFunctionWrites(t *testing.T) {
	printed := printedJSON(t)
	policy := printed[slices.IndexFunc(printed, func(n node) bool { return n.at("Statement").value != nil })]
	const key = ofKMS + "key/1234abcd-12ab-34cd-56ef-1234567890ab"
	written := strings.Replace(copies, accountID, "111122223333", 1)
	reader := role{}
	reader.add(policy)
	compare(t, reader, role{"ssm:GetParameter": {written}, "ssm:GetParameters": {written}, "kms:Decrypt": {key}})
	const want = "map[StringLike:map[kms:EncryptionContext:PARAMETER_ARN:"
	if got := policy.at("Statement").list()[1].at("Condition").String(); got != want+written+"]]" {
		t.Errorf("the key is for %s", got)
	}
}

// whoHasRead has a CloudTrail that answers in pages, with events as AWS documents them ("Viewing
// recent management events with the AWS CLI", AWS CloudTrail User Guide).
func whoHasRead(p *typist) {
	clientsOnly(p.T)
	for _, program := range []string{"aws", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			p.Skipf("%s isn't installed: %v", program, err)
		}
	}
	const roles = "arn:aws:sts::111122223333:assumed-role/"
	read := func(who, from, at, secret string) map[string]any {
		text, err := json.Marshal(map[string]any{"eventTime": at, "eventName": "GetSecretValue",
			"eventSource": "secretsmanager.amazonaws.com", "sourceIPAddress": from, "userAgent": "a b\tc",
			"userIdentity":      map[string]any{"type": "AssumedRole", "arn": roles + who},
			"requestParameters": map[string]any{"secretId": secret}})
		if err != nil {
			p.Fatal(err)
		}
		return map[string]any{"EventName": "GetSecretValue", "Username": who, "CloudTrailEvent": string(text)}
	}
	pages := []map[string]any{
		{"NextToken": "second", "Events": []any{
			read("shop/i-1", "192.0.2.1", "2026-11-29T12:00:00Z", ofSecrets+"mail-AbCdEf"),
			read("other/i-9", "192.0.2.9", "2026-11-29T11:59:00Z", "database"),
		}},
		{"NextToken": "third", "Events": []any{read("other/i-9", "192.0.2.9", "2026-11-29T11:30:00Z", "database")}},
		{"Events": []any{
			read("shop/i-2", "192.0.2.2", "2026-11-29T11:00:00Z", "mail"),
			read("shop/i-1", "192.0.2.1", "2026-11-29T10:00:00Z", "mail"),
		}},
	}
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".LookupEvents") ||
			!strings.Contains(string(body), `{"AttributeKey": "EventName", "AttributeValue": "GetSecretValue"}`) ||
			!strings.Contains(string(body), `"StartTime": `) || asked == len(pages) {
			http.Error(w, fmt.Sprintf("%s: %s", r.Header.Get("X-Amz-Target"), body), http.StatusBadRequest)
			return
		}
		asked++
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if err := json.NewEncoder(w).Encode(pages[asked-1]); err != nil {
			p.Error(err)
		}
	}))
	p.Cleanup(server.Close)
	c := withoutAWS(p.T)
	c.env = append(c.env, "AWS_ENDPOINT_URL="+server.URL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_DEFAULT_REGION=eu-west-1")
	got := c.run(p.all("SINCE", "2026-11-29T09:00:00Z", "NAME", "mail"))
	want := "2026-11-29T12:00:00Z\t" + roles + "shop/i-1\t192.0.2.1\n2026-11-29T11:00:00Z\t" + roles +
		"shop/i-2\t192.0.2.2"
	if got != want {
		p.Errorf("it says\n%s\nwant\n%s", got, want)
	}
}
