package stack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// canonical is a template's part in the one form that two tools' templates can be compared in.
func canonical(t *testing.T, part any) any {
	t.Helper()
	text, err := json.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // which is as good as its text
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return sameForm(value)
}

// sameForm joins the two parts of Fn::GetAtt, which may stand apart, and makes a list of what
// stands alone in DependsOn.
func sameForm(value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = sameForm(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = sameForm(v[name])
			if parts, is := v[name].([]any); is && name == "Fn::GetAtt" {
				v[name] = fmt.Sprint(parts[0]) + "." + fmt.Sprint(parts[1])
			}
			if one, is := v[name].(string); is && name == "DependsOn" {
				v[name] = []any{one}
			}
		}
	}
	return value
}

// differences are the places where two canonical parts differ, with what is there.
func differences(at string, a, b any) []string {
	x, aMap := a.(map[string]any)
	y, bMap := b.(map[string]any)
	if aMap && bMap {
		names := maps.Clone(x)
		maps.Copy(names, y)
		var all []string
		for _, name := range slices.Sorted(maps.Keys(names)) {
			all = append(all, differences(at+"/"+name, x[name], y[name])...)
		}
		return all
	}
	v, aList := a.([]any)
	w, bList := b.([]any)
	if aList && bList && len(v) == len(w) {
		var all []string
		for i := range v {
			all = append(all, differences(fmt.Sprintf("%s/%d", at, i), v[i], w[i])...)
		}
		return all
	}
	if fmt.Sprint(a) == fmt.Sprint(b) {
		return nil
	}
	return []string{fmt.Sprintf("%s: %.200v and %.200v", strings.TrimPrefix(at, "/"), a, b)}
}

func TestDifferencesAreFound(t *testing.T) {
	a := canonical(t, map[string]any{"a": []any{1, map[string]any{"Fn::GetAtt": "B.C"}}, "d": "e", "f": 1})
	b := canonical(t, map[string]any{"a": []any{1, map[string]any{"Fn::GetAtt": []any{"B", "C"}}}, "d": "g", "h": 1})
	if got := strings.Join(differences("", a, b), "; "); got !=
		"d: e and g; f: 1 and <nil>; h: <nil> and 1" {
		t.Error(got)
	}
}
