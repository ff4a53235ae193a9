package credential_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
)

// TestThePagesHaveTheSecretsMembers compares the values that the documents show with the published
// form: README.md shows some of its members, and deploy/docs/secret.md all.
func TestThePagesHaveTheSecretsMembers(t *testing.T) {
	for document, all := range map[string]bool{"README.md": false, "deploy/docs/secret.md": true} {
		text, err := os.ReadFile("../../" + document)
		if err != nil {
			t.Fatal(err)
		}
		_, shown, _ := strings.Cut(string(text), "```json\n")
		shown, _, _ = strings.Cut(shown, "```")
		decoder := json.NewDecoder(strings.NewReader(shown))
		decoder.DisallowUnknownFields()
		var v credential.Value
		if err := decoder.Decode(&v); err != nil {
			t.Errorf("%s: %v", document, err)
		}
		full, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := names(t, shown), names(t, string(full)); all && !slices.Equal(got, want) {
			t.Errorf("%s shows the members %v, want %v", document, got, want)
		}
	}
}

// names are those of an object's members, sorted.
func names(t *testing.T, object string) []string {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(object), &members); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(members))
}
