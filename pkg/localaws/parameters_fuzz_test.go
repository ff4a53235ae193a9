package localaws

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

func FuzzTheJSONProtocolKeepsParameterStoresRules(f *testing.F) {
	for _, requests := range parameterSeeds {
		f.Add(strings.Join(requests, "\n"))
	}
	f.Fuzz(func(t *testing.T, input string) {
		w := newFuzzed(t)
		for line := range w.requestsIn(input) {
			action, body, _ := strings.Cut(line, " ")
			w.parameterCall(action, body)
		}
		for name := range w.shelved() {
			w.checkReading(name)
		}
	})
}

// shelved returns every parameter's versions.
func (f *fuzzed) shelved() map[string][]*parameterVersion {
	all := map[string][]*parameterVersion{}
	for name := range f.shelf.parameters {
		if versions := f.shelf.versions(name, 0); len(versions) > 0 {
			all[name] = versions
		}
	}
	return all
}

// parameterCall sends a body to Parameter Store, and checks the answer and the parameters
// afterwards.
func (f *fuzzed) parameterCall(action, body string) {
	asked := newParametersRequest(action, []byte(body)).in
	before := f.shelved()
	succeeded, answer := f.callOf("AmazonSSM."+action, body)
	after := f.shelved()
	changes := slices.Contains([]string{"PutParameter", "DeleteParameter", "DeleteParameters"}, action)
	if (!succeeded || !changes) && !maps.EqualFunc(before, after, slices.Equal) {
		f.Fatalf("%s %s (success: %t) made %v of %v", action, body, succeeded, after, before)
	}
	for name, versions := range after {
		f.checkParameter(name, versions)
	}
	if succeeded && action == "PutParameter" {
		versions := after[strings.TrimPrefix(strings.Trim(asked.Name, " "), "/")]
		newest := versions[len(versions)-1]
		if newest.Value != asked.Value || float64(newest.Version) != answer["Version"] {
			f.Fatalf("%s was put, answered with %v, and %+v is there", body, answer, newest)
		}
	}
}

// checkParameter checks what must always be true of a parameter.
func (f *fuzzed) checkParameter(name string, versions []*parameterVersion) {
	if strings.HasPrefix(name, "/") || len(versions) > versionsKept {
		f.Fatalf("parameter %q has %d versions", name, len(versions))
	}
	for i, v := range versions {
		if v.Name != versions[0].Name || v.Version != versions[0].Version+int64(i) || v.Value == "" ||
			len(v.Value) > advancedSize || !oneOf(v.Type, secureString, "String", "StringList") ||
			(v.Type == secureString) != (v.KeyID != "") || !qualifiedName.MatchString(v.Name) {
			f.Fatalf("version %d of parameter %q is %+v", i, name, v)
		}
	}
}

// checkReading checks that a parameter can be read as it is, and that a SecureString without
// decryption reads as something else.
func (f *fuzzed) checkReading(name string) {
	versions := f.shelf.versions(name, 0)
	newest := versions[len(versions)-1]
	for _, decrypted := range []bool{false, true} {
		body, _ := json.Marshal(parametersInput{Name: newest.Name, WithDecryption: decrypted})
		_, answer := f.callOf("AmazonSSM.GetParameter", string(body))
		told, _ := answer["Parameter"].(map[string]any)
		if readable := decrypted || newest.Type != secureString; (told["Value"] == newest.Value) != readable {
			f.Fatalf("%+v is read as %v (decrypted: %t)", newest, answer, decrypted)
		}
	}
}

// parameterSeeds are conversations with Parameter Store, each request after its action.
var parameterSeeds = [][]string{
	{
		`PutParameter {"Name":"/a/b","Value":"1","Type":"SecureString"}`,
		`PutParameter {"Name":"/a/b","Value":"2","Type":"SecureString"}`,
		`PutParameter {"Name":"/a/b","Value":"3","Overwrite":true,"KeyId":"k","Tier":"Advanced"}`,
		`PutParameter {"Name":"/a/b","Value":"4","Overwrite":true,"Type":"String"}`,
		`GetParameter {"Name":"/a/b:1","WithDecryption":true}`,
		`GetParameterHistory {"Name":"/a/b","MaxResults":1}`,
		`GetParameterHistory {"Name":"/a/b","MaxResults":1,"NextToken":"1"}`,
		`DeleteParameters {"Names":["/a/b","/a/b"]}`,
		`PutParameter {"Name":"/a/b","Value":"4","Type":"String"}`,
	},
	{
		`PutParameter {"Name":" a ","Value":"1","Type":"String"}`,
		`PutParameter {"Name":"/a","Value":"2","Type":"SecureString","Overwrite":true}`,
		`GetParameters {"Names":["a","/a","b","arn:aws:ssm:eu-west-1:123456789012:parameter/a","a:2","a:x"]}`,
		`GetParameters {"Names":["a","a//b"]}`,
		`GetParameters {"Names":[]}`,
		`DeleteParameter {"Name":"a"}`,
		`DeleteParameter {"Name":"a"}`,
		`GetParameterHistory {"Name":"a"}`,
	},
	{
		`PutParameter {"Name":"aws","Value":"1","Type":"String"}`,
		`PutParameter {"Name":"/aws/a","Value":"1","Type":"String"}`,
		`PutParameter {"Name":"a/b","Value":"1","Type":"String"}`,
		`PutParameter {"Name":"a","Value":"","Type":"String"}`,
		`PutParameter {"Name":"a","Value":"1","Type":"String","KeyId":"k"}`,
		`PutParameter {"Name":"a","Value":"1","Tags":[{"Key":"k","Value":"v"}],"Overwrite":true}`,
		`PutParameter {"Name":"a","Value":"` + strings.Repeat("x", 4097) + `","Type":"String","Tier":"Intelligent-Tiering"}`,
		`PutParameter {"Name":"a","Value":"1","Tier":"Standard","Overwrite":true}`,
		`PutParameter {"Name":7}`,
		`GetParametersByPath {}`,
		`GetParameter null`,
		``,
	},
}
