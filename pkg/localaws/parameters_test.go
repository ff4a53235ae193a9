package localaws_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// members are the members of a JSON object.
type members map[string]any

// ask calls Systems Manager over HTTP. A refusal is an error.
func ask(t *testing.T, url, action string, in members) (members, error) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AmazonSSM."+action)
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDANYONE/20261123/eu-west-1/ssm/aws4_request, "+
		"SignedHeaders=host;x-amz-date, Signature=0")
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer := members{}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatalf("%s %s is answered with what isn't JSON: %v", action, body, err)
	}
	if response.StatusCode != http.StatusOK {
		code, _ := answer["__type"].(string)
		text, _ := answer["message"].(string)
		if other, ok := answer["Message"].(string); ok {
			text = other
		}
		return answer, &no{response.StatusCode, code, text}
	}
	return answer, nil
}

// no is a refusal that came over HTTP.
type no struct {
	status     int
	code, text string
}

func (n *no) Error() string { return fmt.Sprintf("%d %s: %s", n.status, n.code, n.text) }

// wantNo checks for a refusal with this code and, if text isn't "", with this text.
func wantNo(t *testing.T, err error, code, text string) {
	t.Helper()
	got, ok := err.(*no)
	if !ok || got.code != code || got.status != http.StatusBadRequest {
		t.Fatalf("got error %v, want %s", err, code)
	}
	if text != "" && got.text != text {
		t.Fatalf("got text %q, want %q", got.text, text)
	}
}

// list decodes a JSON list of texts.
func list(texts ...string) []any {
	all := []any{}
	for _, text := range texts {
		all = append(all, text)
	}
	return all
}

const mailParameter = "/mail/smtp"

func TestAParameterIsPutReadAndDeleted(t *testing.T) {
	w := start(t, localaws.Config{})
	in := members{"Name": mailParameter, "Value": "one", "Type": "SecureString"}
	put := must(ask(t, w.URL(), "PutParameter", in))(t)
	if want := (members{"Version": 1.0, "Tier": "Standard"}); !reflect.DeepEqual(put, want) {
		t.Errorf("put: %v, want %v", put, want)
	}
	w.Advance(1500 * time.Millisecond)
	put = must(ask(t, w.URL(), "PutParameter", members{"Name": mailParameter, "Value": "two", "Overwrite": true}))(t)
	if put["Version"] != 2.0 {
		t.Errorf("overwritten: %v", put)
	}
	must(ask(t, w.URL(), "PutParameter", members{"Name": "a", "Value": "1", "Type": "String"}))(t)
	two := map[string]any{"ARN": "arn:aws:ssm:eu-west-1:123456789012:parameter/mail/smtp", "DataType": "text",
		"LastModifiedDate": float64(epoch.Unix()) + 1.5, "Name": mailParameter, "Type": "SecureString", "Value": "two",
		"Version": 2.0}
	a := map[string]any{"ARN": "arn:aws:ssm:eu-west-1:123456789012:parameter/a", "DataType": "text",
		"LastModifiedDate": float64(epoch.Unix()) + 1.5, "Name": "a", "Type": "String", "Value": "1", "Version": 1.0}
	got := must(ask(t, w.URL(), "GetParameters", members{"Names": list("none", "a", mailParameter, "/mail/none"),
		"WithDecryption": true}))(t)
	want := members{"Parameters": []any{two, a}, "InvalidParameters": list("/mail/none", "none")}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	one := must(ask(t, w.URL(), "GetParameter", members{"Name": mailParameter, "WithDecryption": true}))(t)
	if !reflect.DeepEqual(one, members{"Parameter": two}) {
		t.Errorf("got %v\nwant %v", one, two)
	}
	gone := must(ask(t, w.URL(), "DeleteParameters", members{"Names": list("none", mailParameter)}))(t)
	want = members{"DeletedParameters": list(mailParameter), "InvalidParameters": list("none")}
	if !reflect.DeepEqual(gone, want) {
		t.Errorf("deleted %v, want %v", gone, want)
	}
	if left := w.Parameters(); len(left) != 1 || left[0].Name != "a" {
		t.Errorf("left are %v", left)
	}
}

func TestAParameterThatIsNotThereIsNotFound(t *testing.T) {
	w := start(t, localaws.Config{})
	for _, action := range []string{"GetParameter", "DeleteParameter", "GetParameterHistory"} {
		answer, err := ask(t, w.URL(), action, members{"Name": "none"})
		wantNo(t, err, "ParameterNotFound", "")
		if want := (members{"__type": "ParameterNotFound"}); !reflect.DeepEqual(answer, want) {
			t.Errorf("%s: %v, want %v", action, answer, want)
		}
	}
	if err := w.PutParameter("/a/b", "String", "1"); err != nil {
		t.Fatal(err)
	}
	_, err := ask(t, w.URL(), "GetParameter", members{"Name": "/a/b:2"})
	wantNo(t, err, "ParameterVersionNotFound", "Systems Manager could not find version 2 of /a/b. Verify the version "+
		"and try again.")
	got := must(ask(t, w.URL(), "GetParameters", members{"Names": list("/a/b:2", "/a/b:1")}))(t)
	if !reflect.DeepEqual(got["InvalidParameters"], list("/a/b:2")) {
		t.Errorf("got %v", got)
	}
	if p := got["Parameters"].([]any)[0].(map[string]any); p["Name"] != "/a/b" || p["Selector"] != ":1" {
		t.Errorf("got %v", p)
	}
}

func TestASecureStringIsCiphertextUnlessDecrypted(t *testing.T) {
	w := start(t, localaws.Config{})
	for _, kind := range []string{"SecureString", "String"} {
		if err := w.PutParameter(kind, kind, "the value"); err != nil {
			t.Fatal(err)
		}
	}
	value := func(name string, in members) any {
		in["Name"] = name
		return must(ask(t, w.URL(), "GetParameter", in))(t)["Parameter"].(map[string]any)["Value"]
	}
	if got := value("SecureString", members{"WithDecryption": true}); got != "the value" {
		t.Errorf("decrypted: %v", got)
	}
	if got, _ := value("SecureString", members{}).(string); got == "" || strings.Contains(got, "value") {
		t.Errorf("encrypted: %v", got)
	}
	if got := value("String", members{}); got != "the value" {
		t.Errorf("a String is %v", got)
	}
}

func TestOverwritingMustBeAskedForAndKeepsTheType(t *testing.T) {
	w := start(t, localaws.Config{})
	put := func(in members) error {
		t.Helper()
		in["Value"] = "x"
		_, err := ask(t, w.URL(), "PutParameter", in)
		return err
	}
	wantNo(t, put(members{"Name": "a"}), "ValidationException",
		"A parameter type is required when you create a parameter.")
	wantNo(t, put(members{"Name": "a", "Type": "Secret"}), "ValidationException", "")
	for _, name := range []string{"a", "/a/b"} {
		must(name, put(members{"Name": name, "Type": "SecureString", "KeyId": "alias/mine"}))(t)
		wantNo(t, put(members{"Name": name, "Type": "SecureString"}), "ParameterAlreadyExists", "The parameter "+
			"already exists. To overwrite this value, set the overwrite option in the request to true.")
	}
	if p := w.Parameters()[1]; p.KeyID != "alias/mine" || p.Version != 1 {
		t.Errorf("%+v", p)
	}
	must("", put(members{"Name": "a", "Overwrite": true}))(t)
	if p := w.Parameters()[1]; p.Type != "SecureString" || p.KeyID != "alias/aws/ssm" || p.Version != 2 {
		t.Errorf("overwritten without a type and a key: %+v", p)
	}
	must("", put(members{"Name": "a", "Overwrite": true, "Type": "String"}))(t)
	wantNo(t, put(members{"Name": "/a/b", "Overwrite": true, "Type": "String"}), "HierarchyTypeMismatchException", "")
	wantNo(t, put(members{"Name": "c", "Type": "String", "KeyId": "alias/mine"}), "ValidationException",
		"KeyId is required for SecureString type parameter only.")
	wantNo(t, put(members{"Name": "a", "Overwrite": true, "Tags": []members{{"Key": "k", "Value": "v"}}}),
		"ValidationException", "")
}

func TestAParametersNameFollowsTheRules(t *testing.T) {
	w := start(t, localaws.Config{})
	const characters = `Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as a path, it can ` +
		`consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the ` +
		`following 3 symbols .-_`
	const prefix = `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive).`
	for _, test := range []struct{ name, code, text string }{
		{"MyParameter3/L1", "ValidationException", "Parameter name must be a fully qualified name."},
		{"a b", "ValidationException", characters},
		{"/a//b", "ValidationException", characters},
		{"/a/", "ValidationException", characters},
		{"/", "ValidationException", characters},
		{"/a/b@example.com", "ValidationException", characters},
		{"/ssm/a", "ValidationException", characters},
		{"arn:aws:ssm:eu-west-1:123456789012:parameter/a", "ValidationException", characters},
		{"awsTestParameter", "ValidationException", prefix},
		{"SSM-testparameter", "ValidationException", prefix},
		{"/AWSomething", "ValidationException", prefix},
		{"/aws/testparam1", "AccessDeniedException", "No access to reserved parameter name: /aws/testparam1."},
		{"/Level-1/L2/L3/L4/L5/L6/L7/L8/L9/L10/L11/L12/L13/L14/L15/L16/parameter-name",
			"HierarchyLevelLimitExceededException", ""},
		{"/" + strings.Repeat("a", 967), "ValidationException", ""},
		{"", "ValidationException", ""},
	} {
		_, err := ask(t, w.URL(), "PutParameter", members{"Name": test.name, "Value": "x", "Type": "String"})
		if err == nil {
			t.Errorf("%q is taken", test.name)
			continue
		}
		wantNo(t, err, test.code, test.text)
	}
	for _, name := range []string{"MyParameter1", "/MyParameter2", "/Dev/Production/East/Project-ABC/My_Parameter.3",
		"/Level-1/L2/L3/L4/L5/L6/L7/L8/L9/L10/L11/L12/L13/L14/parameter-name", "/" + strings.Repeat("a", 966)} {
		must(ask(t, w.URL(), "PutParameter", members{"Name": name, "Value": "x", "Type": "String"}))(t)
	}
	for _, name := range []string{"MyParameter3/L1", "/a//b", "{test}-test"} { // these names can't be read, either
		_, err := ask(t, w.URL(), "GetParameter", members{"Name": name})
		wantNo(t, err, "ValidationException", characters)
		_, err = ask(t, w.URL(), "GetParameters", members{"Names": list("MyParameter1", name)})
		wantNo(t, err, "ValidationException", characters)
	}
}

func TestTheFirstSlashAndSpacesAroundANameDoNotCount(t *testing.T) {
	w := start(t, localaws.Config{})
	must(ask(t, w.URL(), "PutParameter", members{"Name": " a ", "Value": "x", "Type": "String"}))(t)
	for asked, want := range map[string]string{"a": "a", "/a": "/a", " a ": "a",
		"arn:aws:ssm:eu-west-1:123456789012:parameter/a": "a"} {
		got := must(ask(t, w.URL(), "GetParameter", members{"Name": asked}))(t)["Parameter"].(map[string]any)
		if got["Name"] != want || got["ARN"] != "arn:aws:ssm:eu-west-1:123456789012:parameter/a" {
			t.Errorf("%q: got %v", asked, got)
		}
	}
	_, err := ask(t, w.URL(), "PutParameter", members{"Name": "/a", "Value": "x", "Type": "String"})
	wantNo(t, err, "ParameterAlreadyExists", "")
}

func TestAValueIsAsLongAsItsTierAllows(t *testing.T) {
	w := start(t, localaws.Config{})
	put := func(tier string, size int) error {
		t.Helper()
		_, err := ask(t, w.URL(), "PutParameter", members{"Name": "a", "Value": strings.Repeat("x", size),
			"Type": "String", "Overwrite": true, "Tier": tier})
		return err
	}
	const tooLong = "Standard tier parameters support a maximum parameter value of 4096 characters. To create a " +
		"larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see " +
		"https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
	wantNo(t, put("", 0), "ValidationException", "")
	must("", put("", 4096))(t)
	wantNo(t, put("", 4097), "ValidationException", tooLong)
	wantNo(t, put("Standard", 4097), "ValidationException", tooLong)
	wantNo(t, put("Huge", 1), "ValidationException", "")
	must("", put("Intelligent-Tiering", 1))(t)
	must("", put("Standard", 1))(t)
	must("", put("Intelligent-Tiering", 4097))(t)
	wantNo(t, put("Standard", 1), "ValidationException", "")
	must("", put("", 8192))(t)
	wantNo(t, put("Advanced", 8193), "ValidationException", "")
	wantNo(t, put("Advanced", 32769), "ValidationException", "1 validation error detected: Value at 'value' failed to "+
		"satisfy constraint: Member must have length less than or equal to 32768")
}

func TestTenNamesAtATime(t *testing.T) {
	w := start(t, localaws.Config{})
	var names []string
	for i := range 11 {
		names = append(names, fmt.Sprint("p", i))
	}
	for _, action := range []string{"GetParameters", "DeleteParameters"} {
		must(ask(t, w.URL(), action, members{"Names": names[:10]}))(t)
		_, err := ask(t, w.URL(), action, members{"Names": names})
		wantNo(t, err, "ValidationException", "1 validation error detected: Value '["+strings.Join(names, ", ")+
			"]' at 'names' failed to satisfy constraint: Member must have length less than or equal to 10")
		_, err = ask(t, w.URL(), action, members{})
		wantNo(t, err, "ValidationException", "")
	}
}

func TestAHundredVersionsOfAParameterAreKept(t *testing.T) {
	w := start(t, localaws.Config{})
	for i := range 103 {
		if err := w.PutParameter(mailParameter, "SecureString", fmt.Sprint("value ", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	in := members{"Name": mailParameter, "WithDecryption": true}
	var versions []any
	for range 2 {
		page := must(ask(t, w.URL(), "GetParameterHistory", in))(t)
		versions = append(versions, page["Parameters"].([]any)...)
		in["NextToken"] = page["NextToken"]
	}
	if len(versions) != 100 || in["NextToken"] != nil {
		t.Fatalf("%d versions, and %v", len(versions), in["NextToken"])
	}
	want := map[string]any{"DataType": "text", "KeyId": "alias/aws/ssm", "Labels": list(), "Policies": list(),
		"LastModifiedDate": float64(epoch.Unix()), "Name": mailParameter, "Tier": "Standard", "Type": "SecureString",
		"Value": "value 4", "Version": 4.0}
	if !reflect.DeepEqual(versions[0], want) {
		t.Errorf("the oldest is %v, want %v", versions[0], want)
	}
	_, err := ask(t, w.URL(), "GetParameter", members{"Name": mailParameter + ":3"})
	wantNo(t, err, "ParameterVersionNotFound", "")
	_, err = ask(t, w.URL(), "GetParameterHistory", members{"Name": mailParameter, "NextToken": "x"})
	wantNo(t, err, "InvalidNextToken", "")
}

func TestADeletedParameterBeginsAnewAtVersionOne(t *testing.T) {
	w := start(t, localaws.Config{})
	for range 2 {
		for range 2 {
			if err := w.PutParameter("/a/b", "String", "x"); err != nil {
				t.Fatal(err)
			}
		}
		if all := w.Parameters(); len(all) != 1 || all[0].Version != 2 {
			t.Errorf("%v", all)
		}
		w.DeleteParameter("/a/b")
		w.DeleteParameter("/a/b")
		if all := w.Parameters(); all != nil {
			t.Errorf("%v", all)
		}
	}
	if err := w.PutParameter("/a/b", "SecureString", "x"); err != nil {
		t.Errorf("a type can't be changed by making the parameter anew: %v", err)
	}
	if err := w.PutParameter("/a/b", "Secret", "x"); err == nil {
		t.Error("a type that AWS refuses can be set by hand")
	}
}

func TestStaleReadsSeeParametersAsTheyWere(t *testing.T) {
	w := start(t, localaws.Config{})
	const stale = time.Second
	read := func() any {
		t.Helper()
		got := must(ask(t, w.URL(), "GetParameters", members{"Names": list("/a/b")}))(t)["Parameters"].([]any)
		if len(got) == 0 {
			return nil
		}
		return got[0].(map[string]any)["Value"]
	}
	want := func(before, after any) {
		t.Helper()
		if got := read(); got != before {
			t.Errorf("at once: %v, want %v", got, before)
		}
		w.Advance(stale)
		if got := read(); got != after {
			t.Errorf("later: %v, want %v", got, after)
		}
	}
	w.SetParameterStaleness(stale)
	for i, value := range []string{"one", "two"} {
		if err := w.PutParameter("/a/b", "String", value); err != nil {
			t.Fatal(err)
		}
		if now := w.Parameters()[0]; now.Value != value {
			t.Errorf("the truth is %+v", now)
		}
		want([]any{nil, "one"}[i], value)
	}
	w.DeleteParameter("/a/b")
	want("two", nil)
}

func TestAnUnknownActionOfSystemsManagerIsRefused(t *testing.T) {
	w := start(t, localaws.Config{})
	_, err := ask(t, w.URL(), "DescribeParameters", members{})
	wantNo(t, err, "UnknownOperationException", "")
	_, err = ask(t, w.URL(), "GetParameter", members{"Name": 7})
	wantNo(t, err, "SerializationException", "")
}

// TestParameterStoreAnswersAsMotosDoes makes the same calls to localaws and to moto, which is
// independent of it.
func TestParameterStoreAnswersAsMotosDoes(t *testing.T) {
	awstest.OnEach(t, func(t *testing.T, cfg aws.Config) {
		refused := func(code, text, action string, in members) {
			t.Helper()
			_, err := ask(t, *cfg.BaseEndpoint, action, in)
			wantNo(t, err, code, text)
		}
		answered := func(want, action string, in members) {
			t.Helper()
			if got := brief(must(ask(t, *cfg.BaseEndpoint, action, in))(t)); got != want {
				t.Errorf("%s %v is answered with %s, want %s", action, in, got, want)
			}
		}
		secret := members{"Name": mailParameter, "Value": "one", "Type": "SecureString"}
		answered(`{"Tier":"Standard","Version":1}`, "PutParameter", secret)
		refused("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite "+
			"option in the request to true.", "PutParameter", secret)
		answered(`{"Tier":"Standard","Version":2}`, "PutParameter", members{"Name": mailParameter, "Value": "two",
			"Overwrite": true})
		refused("ValidationException", "A parameter type is required when you create a parameter.", "PutParameter",
			members{"Name": "a", "Value": "x"})
		refused("ValidationException", `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive).`,
			"PutParameter", members{"Name": "SSM-testparameter", "Value": "x", "Type": "String"})
		refused("AccessDeniedException", "No access to reserved parameter name: /aws/a.",
			"PutParameter", members{"Name": "/aws/a", "Value": "x", "Type": "String"})
		refused("ValidationException", "", "GetParameters", members{"Names": strings.Split("abcdefghijk", "")})
		refused("ParameterNotFound", "", "GetParameter", members{"Name": "none"})
		refused("ParameterVersionNotFound", "Systems Manager could not find version 3 of /mail/smtp. Verify the "+
			"version and try again.", "GetParameter", members{"Name": "/mail/smtp:3"})
		answered(`{"InvalidParameters":["none"],"Parameters":["SecureString /mail/smtp two/2"]}`, "GetParameters",
			members{"Names": list("none", mailParameter, mailParameter), "WithDecryption": true})
		answered(`{"Parameter":"SecureString /mail/smtp one/1"}`, "GetParameter",
			members{"Name": mailParameter + ":1", "WithDecryption": true})
		answered(`{"Parameters":["SecureString /mail/smtp one/1","SecureString /mail/smtp two/2"]}`,
			"GetParameterHistory", members{"Name": mailParameter, "WithDecryption": true})
		answered(`{"DeletedParameters":["/mail/smtp"],"InvalidParameters":["none"]}`, "DeleteParameters",
			members{"Names": list("none", mailParameter)})
		answered(`{"InvalidParameters":["/mail/smtp"],"Parameters":[]}`, "GetParameters",
			members{"Names": list(mailParameter)})
	})
}

// brief returns an answer with only the type, name, value and version of each parameter.
func brief(answer members) string {
	shorten := func(p any) any {
		all, ok := p.(map[string]any)
		if !ok {
			return p
		}
		return fmt.Sprintf("%v %v %v/%v", all["Type"], all["Name"], all["Value"], all["Version"])
	}
	short := members{}
	for name, value := range answer {
		if several, ok := value.([]any); ok {
			for i := range several {
				several[i] = shorten(several[i])
			}
		}
		if name != "NextToken" { // moto's may be null
			short[name] = shorten(value)
		}
	}
	text, _ := json.Marshal(short)
	return string(text)
}
