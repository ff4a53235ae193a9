package localaws

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// requestsPerInput limits what an input costs: a target reads that many of its lines, each a
// request.
const requestsPerInput = 12

// birth is the time at which the clocks of fuzzed Worlds stand still.
var birth = time.Date(2026, 11, 23, 15, 12, 1, 0, time.UTC)

// A fuzzed World serves an input's requests one after the other, without a socket.
type fuzzed struct {
	*testing.T
	*World
	made []string // IDs in the order of their making; an input writes them as @1 to @9
}

// newFuzzed makes a World whose access keys are the same each time.
func newFuzzed(t *testing.T) *fuzzed {
	f := &fuzzed{T: t}
	f.World = newWorld(Config{Now: func() time.Time { return birth }, NewKey: func() (id, secret string) {
		id = fmt.Sprintf("AKIA%016d", len(f.made)+1)
		return id, "secret of " + id
	}})
	return f
}

// requestsIn returns an input's lines with IDs filled in, each when it is wanted.
func (f *fuzzed) requestsIn(input string) iter.Seq[string] {
	return func(yield func(string) bool) {
		lines := strings.SplitN(input, "\n", requestsPerInput+1)
		for _, line := range lines[:min(len(lines), requestsPerInput)] {
			if !yield(f.fillIn(line)) {
				return
			}
		}
	}
}

// fillIn replaces placeholders with IDs, which an input can't guess.
func (f *fuzzed) fillIn(text string) string {
	for i, id := range f.made[:min(len(f.made), 9)] {
		text = strings.ReplaceAll(text, fmt.Sprintf("@%d", i+1), id)
	}
	return text
}

// post returns the answer to a request. If it isn't a success, it must be the client's fault.
func (f *fuzzed) post(header http.Header, body string) (succeeded bool, answer []byte) {
	recorder := httptest.NewRecorder()
	f.answer(recorder, &http.Request{Method: http.MethodPost, Header: header,
		Body: io.NopCloser(strings.NewReader(body))})
	switch status := recorder.Code; {
	case status == http.StatusOK:
		succeeded = true
	case status < 400 || status > 499:
		f.Fatalf("%q is answered with HTTP status %d: %s", body, status, recorder.Body)
	}
	return succeeded, recorder.Body.Bytes()
}

func FuzzTheQueryProtocolKeepsIAMsRules(f *testing.F) {
	for _, requests := range iamSeeds {
		f.Add("AWS4-HMAC-SHA256 Credential=@1/20261123/us-east-1/iam/aws4_request", strings.Join(requests, "\n"))
	}
	f.Add("", "Action=GetUser")
	f.Fuzz(func(t *testing.T, authorization, input string) {
		w := newFuzzed(t)
		w.furnish()
		for form := range w.requestsIn(input) {
			w.query(w.fillIn(authorization), form)
		}
	})
}

// furnish makes what can only be made by hand: the user z has one of each, some of it from group g.
func (f *fuzzed) furnish() {
	const managed, document = "arn:aws:iam::aws:policy/m", `{"Statement":"100% <&> + ☃"}`
	f.CreateUser("z")
	f.PutUserPolicy("z", "p", document)
	f.AttachUserPolicy("z", managed, document)
	f.SetPermissionsBoundary("z", managed, document)
	f.AddUserToGroup("z", "g")
	f.PutGroupPolicy("g", "p", document)
	f.AttachGroupPolicy("g", managed, document)
	f.CreateLoginProfile("z")
	f.AddMFADevice("z")
	for range 2 {
		f.AddSSHPublicKey("z", active)
		f.AddServiceSpecificCredential("z", "codecommit.amazonaws.com", active)
		f.AddSigningCertificate("z", inactive)
	}
}

// iamEffects lists the actions of IAM that change something, and by how many they change users and
// keys.
var iamEffects = map[string]struct{ users, keys int }{
	"CreateUser":      {users: 1},
	"DeleteUser":      {users: -1},
	"CreateAccessKey": {keys: 1},
	"DeleteAccessKey": {keys: -1},
	"UpdateAccessKey": {},
}

// query sends a form to IAM, and checks the answer and the users and keys afterwards.
func (f *fuzzed) query(authorization, form string) {
	action := newQueryRequest(&http.Request{}, []byte(form)).about().Action
	before := f.usersAndKeys()
	succeeded, answer := f.post(http.Header{"Authorization": {authorization}}, form)
	after := f.usersAndKeys()
	f.wellFormed(action, succeeded, answer, before, after)
	effect, changes := iamEffects[action]
	if succeeded && (len(after)-len(before) != effect.users || after.keys()-before.keys() != effect.keys) ||
		(!succeeded || !changes) && !maps.EqualFunc(before, after, slices.Equal) {
		f.Fatalf("%q (success: %t) made %+v of %+v", form, succeeded, after, before)
	}
	f.checkKeys(after)
	for _, k := range f.directory.keys[len(f.made):] {
		f.made = append(f.made, k.id)
	}
}

// accounts returns every user's access keys.
type accounts map[string][]Key

func (f *fuzzed) usersAndKeys() accounts {
	all := accounts{}
	for name, u := range f.directory.users {
		all[name] = u.list()
	}
	return all
}

func (a accounts) keys() (n int) {
	for _, keys := range a {
		n += len(keys)
	}
	return n
}

// checkKeys checks what must always be true of users and access keys.
func (f *fuzzed) checkKeys(all accounts) {
	owner := map[string]string{}
	for name, keys := range all {
		if len(keys) > 2 {
			f.Fatalf("user %q has %d access keys", name, len(keys))
		}
		for _, k := range keys {
			if k.Status != "Active" && k.Status != "Inactive" {
				f.Fatalf("access key %s is %q", k.ID, k.Status)
			}
			if other, taken := owner[k.ID]; taken {
				f.Fatalf("access key %s is both %q's and %q's", k.ID, other, name)
			}
			owner[k.ID] = name
		}
	}
}

// wellFormed checks that an answer is XML of the right kind, and that it describes users as they
// are.
func (f *fuzzed) wellFormed(action string, succeeded bool, answer []byte, before, after accounts) {
	texts := f.readXML(answer)
	root := "ErrorResponse"
	if succeeded {
		root = action + "Response"
	}
	if code := strings.Join(texts["Code"], ""); texts[root] == nil || succeeded != (code == "") ||
		texts["RequestId"] == nil {
		f.Fatalf("%s (success: %t) is answered with %s", action, succeeded, answer)
	}
	for _, name := range texts["UserName"] {
		if before[name] == nil && after[name] == nil {
			f.Fatalf("%s is answered with the user %q, and there is none: %s", action, name, answer)
		}
	}
}

// readXML returns the text in each element, by the element's name.
func (f *fuzzed) readXML(answer []byte) map[string][]string {
	texts := map[string][]string{}
	text := ""
	for decoder := xml.NewDecoder(bytes.NewReader(answer)); ; {
		token, err := decoder.Token()
		if err == io.EOF {
			return texts
		}
		if err != nil {
			f.Fatalf("%v in %s", err, answer)
		}
		switch token := token.(type) {
		case xml.StartElement:
			text = ""
		case xml.CharData:
			text += string(token)
		case xml.EndElement:
			texts[token.Name.Local] = append(texts[token.Name.Local], text)
		}
	}
}

func FuzzTheJSONProtocolKeepsSecretsManagersRules(f *testing.F) {
	for _, requests := range secretsSeeds {
		f.Add(strings.Join(requests, "\n"))
	}
	f.Fuzz(func(t *testing.T, input string) {
		w := newFuzzed(t)
		for line := range w.requestsIn(input) {
			action, body, _ := strings.Cut(line, " ")
			w.target(action, body)
		}
		w.readEverythingBack()
	})
}

// readsOnly lists the actions of Secrets Manager that change nothing.
var readsOnly = []string{"DescribeSecret", "GetSecretValue", "ListSecretVersionIds"}

// target sends a body to Secrets Manager, and checks the answer and the secrets afterwards.
func (f *fuzzed) target(action, body string) {
	asked := newSecretsRequest(action, []byte(body)).in
	before := f.secrets()
	succeeded, answer := f.call(action, body)
	after := f.secrets()
	if (!succeeded || slices.Contains(readsOnly, action)) && !maps.EqualFunc(before, after, vaulted.equal) {
		f.Fatalf("%s %s (success: %t) made %+v of %+v", action, body, succeeded, after, before)
	}
	for s, now := range after {
		f.checkSecret(now)
		f.checkChange(before[s], now, asked)
	}
	switch {
	case succeeded && action == "PutSecretValue":
		f.checkPut(asked)
	case succeeded && action == "DeleteSecret" && !asked.ForceDeleteWithoutRecovery:
		f.checkWindow(answer)
	}
}

// call returns Secrets Manager's answer to a request.
func (f *fuzzed) call(action, body string) (succeeded bool, answer map[string]any) {
	return f.callOf("secretsmanager."+action, body)
}

// callOf returns the answer to a request, which must be JSON, and have a code if it is an error.
func (f *fuzzed) callOf(target, body string) (succeeded bool, answer map[string]any) {
	succeeded, text := f.post(http.Header{"X-Amz-Target": {target}}, body)
	if err := json.Unmarshal(text, &answer); err != nil || answer == nil {
		f.Fatalf("%s %s is answered with %s (%v)", target, body, text, err)
	}
	if code, _ := answer["__type"].(string); succeeded != (code == "") {
		f.Fatalf("%s %s (success: %t) is answered with %s", target, body, succeeded, text)
	}
	return succeeded, answer
}

// vaulted is the state of a secret at some moment.
type vaulted struct {
	versions []version
	labels   map[string]string
	deleted  time.Time
}

func (f *fuzzed) secrets() map[*secret]vaulted {
	all := map[*secret]vaulted{}
	for _, s := range f.vault.secrets {
		now := vaulted{labels: s.labels.latest(), deleted: s.deleted}
		for _, v := range s.versions {
			now.versions = append(now.versions, *v)
			if !slices.Contains(f.made, v.id) {
				f.made = append(f.made, v.id)
			}
		}
		all[s] = now
	}
	return all
}

func (v vaulted) equal(other vaulted) bool {
	return slices.Equal(v.versions, other.versions) && maps.Equal(v.labels, other.labels) &&
		v.deleted.Equal(other.deleted)
}

// checkSecret checks what must always be true of a secret. That a label is on one version at most
// follows from how labels are stored here; readEverythingBack checks what the answers say about it.
func (f *fuzzed) checkSecret(now vaulted) {
	ids := map[string]bool{}
	for _, v := range now.versions {
		if ids[v.id] {
			f.Fatalf("two versions are %s", v.id)
		}
		ids[v.id] = true
	}
	for label, at := range now.labels {
		if !ids[at] || label == "" || utf8.RuneCountInString(label) > 256 {
			f.Fatalf("label %q is on version %q", label, at)
		}
	}
	if ids[now.labels[current]] != (len(ids) > 0) {
		f.Fatalf("of %d versions, %q is AWSCURRENT", len(ids), now.labels[current])
	}
}

// checkChange checks what a request did to a secret: versions are added and never change, and
// AWSPREVIOUS goes where AWSCURRENT was, or else only where the request put it.
func (f *fuzzed) checkChange(before, after vaulted, asked secretsInput) {
	if kept := len(before.versions); kept > len(after.versions) ||
		!slices.Equal(before.versions, after.versions[:kept]) {
		f.Fatalf("versions were %+v, and are %+v", before.versions, after.versions)
	}
	want := before.labels[previous]
	if left := before.labels[current]; left != "" && left != after.labels[current] {
		want = left
	} else if asked.VersionStage == previous || slices.Contains(asked.VersionStages, previous) {
		return
	}
	if got := after.labels[previous]; got != want {
		f.Fatalf("AWSPREVIOUS is on %q, want %q: labels were %v, and are %v", got, want, before.labels, after.labels)
	}
}

// checkPut checks that a token names what was put with it.
func (f *fuzzed) checkPut(asked secretsInput) {
	if asked.ClientRequestToken == "" {
		return
	}
	s, _ := f.vault.find(asked.SecretID)
	put, _, _ := asked.content()
	if v := s.version(asked.ClientRequestToken); v == nil || v.content != put {
		f.Fatalf("%+v was put, and version %s is %+v", put, asked.ClientRequestToken, v)
	}
}

// checkWindow checks that a deleted secret can be restored for 7 to 30 days.
func (f *fuzzed) checkWindow(deleted map[string]any) {
	seconds, _ := deleted["DeletionDate"].(float64)
	if days := (seconds - float64(birth.Unix())) / (24 * 60 * 60); days < 7 || days > 30 {
		f.Fatalf("deleted in %v days", days)
	}
}

// readEverythingBack checks that every secret is described, and every version read, correctly.
func (f *fuzzed) readEverythingBack() {
	for s, now := range f.secrets() {
		f.checkDescription(s.name, now)
		for _, v := range now.versions {
			if now.deleted.IsZero() {
				f.checkValue(s.name, v)
			}
		}
	}
}

func (f *fuzzed) checkDescription(name string, now vaulted) {
	succeeded, answer := f.call("DescribeSecret", fmt.Sprintf(`{"SecretId":%q}`, name))
	told := map[string]string{}
	stages, _ := answer["VersionIdsToStages"].(map[string]any)
	for id, labels := range stages {
		for _, label := range labels.([]any) {
			told[label.(string)] += id
		}
	}
	if !succeeded || !maps.Equal(told, now.labels) {
		f.Fatalf("secret %q has the labels %v, and is described as %v", name, now.labels, answer)
	}
}

func (f *fuzzed) checkValue(name string, v version) {
	body, _ := json.Marshal(map[string]string{"SecretId": name, "VersionId": v.id})
	succeeded, answer := f.call("GetSecretValue", string(body))
	text, isText := answer["SecretString"]
	_, isBinary := answer["SecretBinary"]
	if !succeeded || isText == isBinary || isText && text != v.content.value {
		f.Fatalf("version %q holds %+v, and reads as %v", v.id, v.content, answer)
	}
}

// iamSeeds are conversations in the Query protocol, with each action, right and wrong.
var iamSeeds = [][]string{
	{
		"Action=CreateUser&UserName=a&Version=2010-05-08",
		"Action=GetUser&UserName=a",
		"Action=GetUser&UserName=b",
		"Action=DeleteUser&UserName=a",
	},
	{
		"Action=CreateUser&UserName=a",
		"Action=CreateUser&UserName=a",
		"Action=CreateUser",
		"Action=CreateUser&UserName=a%00%3Cb",
		"Action=DeleteUser",
	},
	{
		"Action=CreateUser&UserName=a",
		"Action=CreateAccessKey&UserName=a",
		"Action=CreateAccessKey&UserName=a",
		"Action=CreateAccessKey&UserName=a",
		"Action=ListAccessKeys&UserName=a",
	},
	{
		"Action=CreateUser&UserName=a",
		"Action=CreateAccessKey&UserName=a",
		"Action=CreateAccessKey",
		"Action=GetUser",
		"Action=ListAccessKeys&MaxItems=1",
		"Action=ListAccessKeys&MaxItems=1&Marker=1",
		"Action=ListAccessKeys&Marker=x",
	},
	{
		"Action=CreateUser&UserName=a",
		"Action=CreateAccessKey&UserName=a",
		"Action=UpdateAccessKey&UserName=a&AccessKeyId=@1&Status=Inactive",
		"Action=UpdateAccessKey&AccessKeyId=@1&Status=on",
		"Action=DeleteUser&UserName=a",
		"Action=DeleteAccessKey&UserName=a&AccessKeyId=@1",
		"Action=DeleteAccessKey&UserName=a&AccessKeyId=@1",
		"Action=DeleteUser&UserName=a",
	},
	{
		"Action=CreateUser&UserName=a",
		"Action=CreateUser&UserName=b",
		"Action=CreateAccessKey&UserName=a",
		"Action=DeleteAccessKey&UserName=b&AccessKeyId=@1",
		"Action=GetAccessKeyLastUsed&AccessKeyId=@1",
		"Action=GetAccessKeyLastUsed",
		"Action=UpdateAccessKey&UserName=b",
	},
	{
		"Action=CreateUser&UserName=a&Path=%2Fp%2F&Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.2.Key=K",
		"Action=CreateUser&UserName=a&Path=%2Fp%2F&Tags.member.1.Key=k&Tags.member.1.Value=v",
		"Action=ListUsers&PathPrefix=%2Fp",
		"Action=ListUserTags&UserName=a",
		"Action=PutUserPolicy&UserName=a&PolicyName=p&PolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C" +
			"%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%7D",
		"Action=PutUserPolicy&UserName=a&PolicyName=p&PolicyDocument=%7B%7D",
		"Action=DeleteUser&UserName=a",
		"Action=DeleteUserPolicy&UserName=a&PolicyName=p",
		"Action=DeleteUserPolicy&UserName=a&PolicyName=p",
		"Action=DeleteUser&UserName=a",
		"Action=GetCallerIdentity&Version=2011-06-15",
		"Action=DeleteUser&UserName=z&Version=2011-06-15",
	},
	{
		"Action=GetUser&UserName=z",
		"Action=ListUserPolicies&UserName=z",
		"Action=GetUserPolicy&UserName=z&PolicyName=p",
		"Action=GetUserPolicy&UserName=z&PolicyName=q",
		"Action=ListAttachedUserPolicies&UserName=z",
		"Action=ListGroupsForUser&UserName=z",
		"Action=ListUserPolicies&UserName=b",
		"Action=ListUserPolicies",
	},
	{
		"Action=ListGroupPolicies&GroupName=g",
		"Action=GetGroupPolicy&GroupName=g&PolicyName=p",
		"Action=GetGroupPolicy&GroupName=h&PolicyName=p",
		"Action=ListAttachedGroupPolicies&GroupName=g&MaxItems=1",
		"Action=GetPolicy&PolicyArn=arn:aws:iam::aws:policy/m",
		"Action=GetPolicyVersion&PolicyArn=arn:aws:iam::aws:policy/m&VersionId=v1",
		"Action=GetPolicyVersion&PolicyArn=arn:aws:iam::aws:policy/m&VersionId=v2",
		"Action=GetPolicyVersion&PolicyArn=m&VersionId=v1",
	},
	{
		"Action=GetLoginProfile&UserName=z",
		"Action=ListMFADevices&UserName=z",
		"Action=ListSSHPublicKeys&UserName=z&MaxItems=1",
		"Action=ListSSHPublicKeys&UserName=z&MaxItems=1&Marker=1",
		"Action=ListServiceSpecificCredentials&UserName=z",
		"Action=ListSigningCertificates&UserName=z&Marker=x",
		"Action=CreateUser&UserName=a",
		"Action=GetLoginProfile&UserName=a",
	},
	{
		"",
		"Action=ListUsers",
		"Action",
		"&&;=%",
		"Action=GetUser;UserName=a",
		`{"Action":"GetUser"}`,
	},
}

// secretsSeeds are conversations in the JSON protocol, each request after its action.
var secretsSeeds = [][]string{
	{
		`CreateSecret {"Name":"a","SecretString":"{}","Description":"d","ClientRequestToken":"tttttttttttttttttttttttttttttttt"}`,
		`CreateSecret {"Name":"a","SecretString":"{}","ClientRequestToken":"tttttttttttttttttttttttttttttttt"}`,
		`CreateSecret {"Name":"a","SecretString":"x","ClientRequestToken":"tttttttttttttttttttttttttttttttt"}`,
		`CreateSecret {"Name":"a"}`,
		`CreateSecret {"Name":"a b"}`,
	},
	{
		`CreateSecret {"Name":"a"}`,
		`GetSecretValue {"SecretId":"a"}`,
		`PutSecretValue {"SecretId":"a","SecretString":"1","VersionStages":["AWSPENDING"]}`,
		`DescribeSecret {"SecretId":"a"}`,
		`DescribeSecret {"SecretId":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:a"}`,
	},
	{
		`CreateSecret {"Name":"a","SecretBinary":"AP8="}`,
		`PutSecretValue {"SecretId":"a","SecretBinary":"AA==","ClientRequestToken":"tttttttttttttttttttttttttttttttt"}`,
		`PutSecretValue {"SecretId":"a","SecretString":"\u0000","ClientRequestToken":"tttttttttttttttttttttttttttttttt"}`,
		`PutSecretValue {"SecretId":"a","SecretString":"1","SecretBinary":"AA=="}`,
		`PutSecretValue {"SecretId":"a"}`,
		`PutSecretValue {"SecretId":"a","SecretString":"1","ClientRequestToken":"short"}`,
	},
	{
		`CreateSecret {"Name":"a","SecretString":"1"}`,
		`PutSecretValue {"SecretId":"a","SecretString":"2","VersionStages":["AWSPENDING"]}`,
		`UpdateSecretVersionStage {"SecretId":"a","VersionStage":"AWSCURRENT","MoveToVersionId":"@2","RemoveFromVersionId":"@1"}`,
		`UpdateSecretVersionStage {"SecretId":"a","VersionStage":"AWSPENDING","RemoveFromVersionId":"@2"}`,
		`GetSecretValue {"SecretId":"a","VersionStage":"AWSPREVIOUS"}`,
		`GetSecretValue {"SecretId":"a","VersionId":"@1","VersionStage":"AWSCURRENT"}`,
	},
	{
		`CreateSecret {"Name":"a","SecretString":"1"}`,
		`PutSecretValue {"SecretId":"a","SecretString":"2","VersionStages":["AWSPREVIOUS","AWSCURRENT","x"]}`,
		`UpdateSecretVersionStage {"SecretId":"a","VersionStage":"AWSCURRENT","RemoveFromVersionId":"@2"}`,
		`UpdateSecretVersionStage {"SecretId":"a","VersionStage":"AWSCURRENT","MoveToVersionId":"@1"}`,
		`UpdateSecretVersionStage {"SecretId":"a","VersionStage":"x"}`,
		`UpdateSecretVersionStage {"SecretId":"a","MoveToVersionId":"@1"}`,
		`UpdateSecretVersionStage {"SecretId":"a","VersionStage":"` + strings.Repeat("z", 257) +
			`","MoveToVersionId":"@1"}`,
		`UpdateSecretVersionStage {"SecretId":"a","VersionStage":"y","MoveToVersionId":"oooooooooooooooooooooooooooooooo"}`,
	},
	{
		`CreateSecret {"Name":"a","SecretString":"1"}`,
		`PutSecretValue {"SecretId":"a","SecretString":"2"}`,
		`PutSecretValue {"SecretId":"a","SecretString":"3"}`,
		`ListSecretVersionIds {"SecretId":"a"}`,
		`ListSecretVersionIds {"SecretId":"a","IncludeDeprecated":true,"MaxResults":2}`,
		`ListSecretVersionIds {"SecretId":"a","IncludeDeprecated":true,"NextToken":"2"}`,
		`ListSecretVersionIds {"SecretId":"a","NextToken":"x"}`,
	},
	{
		`CreateSecret {"Name":"a","SecretString":"1"}`,
		`DeleteSecret {"SecretId":"a","RecoveryWindowInDays":7}`,
		`GetSecretValue {"SecretId":"a"}`,
		`PutSecretValue {"SecretId":"a","SecretString":"2"}`,
		`DescribeSecret {"SecretId":"a"}`,
		`CreateSecret {"Name":"a"}`,
		`DeleteSecret {"SecretId":"a"}`,
		`DeleteSecret {"SecretId":"a","ForceDeleteWithoutRecovery":true}`,
		`CreateSecret {"Name":"a","SecretString":"2"}`,
		`DeleteSecret {"SecretId":"b"}`,
	},
	{
		`CreateSecret {"Name":"a"}`,
		`DeleteSecret {"SecretId":"a","RecoveryWindowInDays":-1}`,
		`CreateSecret {"Name":"b"}`,
		`DeleteSecret {"SecretId":"b","RecoveryWindowInDays":9223372036854775807}`,
	},
	{
		`CreateSecret {"Name":"a","SecretString":"1"}`,
		`PutSecretValue {"SecretId":"a","SecretString":"2","VersionStages":["AWSCURRENT","AWSPREVIOUS"]}`,
	},
	{
		``,
		`ListSecrets {}`,
		`GetSecretValue`,
		`GetSecretValue null`,
		`GetSecretValue {"SecretId":7}`,
		`PutSecretValue {"SecretId":"a"`,
		`DescribeSecret []`,
	},
}
