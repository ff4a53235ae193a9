package localaws_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// still makes a World that doesn't listen, and whose clock only Advance moves.
func still() *localaws.World {
	return localaws.New(localaws.Config{Now: func() time.Time { return epoch }})
}

func TestParametersArePutReadAndDeletedWithinTheProcess(t *testing.T) {
	w := still()
	store := w.ParameterStore()
	must("", store.Put(t.Context(), localaws.Parameter{Name: mailParameter, Value: "one", KeyID: "alias/mine"}))(t)
	w.Advance(time.Minute)
	must("", store.Put(t.Context(), localaws.Parameter{Name: mailParameter, Value: "two"}))(t)
	must("", store.Put(t.Context(), localaws.Parameter{Name: "a", Value: "1", Type: "String"}))(t)
	got := must(store.Get(t.Context(), mailParameter, "/none", "a"))(t)
	later := epoch.Add(time.Minute)
	want := map[string]localaws.Parameter{
		mailParameter: {Name: mailParameter, Value: "two", Type: "SecureString", Version: 2, Modified: later},
		"a":           {Name: "a", Value: "1", Type: "String", Version: 1, Modified: later},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	must("", store.Delete(t.Context(), mailParameter, "/none"))(t)
	if left := w.Parameters(); len(left) != 1 || left[0] != want["a"] {
		t.Errorf("left are %+v", left)
	}
	_, err := store.Get(t.Context(), strings.Split("0123456789a", "")...)
	wantRefusal(t, err, "ValidationException", "")
	wantRefusal(t, store.Put(t.Context(), localaws.Parameter{Name: "a/b", Value: "x"}), "ValidationException",
		"Parameter name must be a fully qualified name.")
}

func TestACallOfParameterStoreIsRecordedAndSuffersFaults(t *testing.T) {
	w := still()
	store := w.ParameterStore()
	var seen []localaws.Call
	var fault *localaws.Fault
	w.Intercept(func(c localaws.Call) *localaws.Fault {
		seen = append(seen, c)
		return fault
	})
	put := func(value string) error {
		return store.Put(t.Context(), localaws.Parameter{Name: "a", Value: value})
	}
	must("", put("one"))(t)
	fault = &localaws.Fault{Code: "ThrottlingException", Message: "Rate exceeded"}
	wantRefusal(t, put("two"), "ThrottlingException", "Rate exceeded")
	fault = &localaws.Fault{After: true, Drop: true}
	if err := put("three"); err == nil || code(err) != "" {
		t.Errorf("got %v for an answer that was lost", err)
	}
	fault = nil
	if got := must(store.Get(t.Context(), "b", "a"))(t)["a"]; got.Value != "three" || got.Version != 2 {
		t.Errorf("got %+v", got)
	}
	must("", store.Delete(t.Context(), "b", "a"))(t)
	var calls []string
	for i, c := range w.Calls() {
		calls = append(calls, c.Service+" "+c.Action+" "+c.Parameters+" "+c.Err)
		if c.Action != seen[i].Action || c.Parameters != seen[i].Parameters {
			t.Errorf("%+v was intercepted as %+v", c, seen[i])
		}
	}
	want := []string{"ssm PutParameter a ", "ssm PutParameter a ThrottlingException",
		"ssm PutParameter a connection dropped", "ssm GetParameters b,a ", "ssm DeleteParameters b,a "}
	if !reflect.DeepEqual(calls, want) {
		t.Errorf("calls are %q, want %q", calls, want)
	}
}

func TestACloneHasParametersOfItsOwn(t *testing.T) {
	w := still()
	for range 3 {
		must("", w.PutParameter("a", "SecureString", "one"))(t)
	}
	must("", w.PutParameter("b", "SecureString", "one"))(t)
	w.SetParameterStaleness(time.Second)
	w.Advance(time.Second)
	first := w.Clone(func() time.Time { return epoch }, nil)
	second := w.Clone(func() time.Time { return epoch }, nil)
	must("", first.PutParameter("a", "", "two"))(t)
	must("", second.PutParameter("a", "", "three"))(t)
	first.DeleteParameter("b")
	must("", w.PutParameter("c", "String", "four"))(t)
	for i, test := range []struct {
		world *localaws.World
		want  string
	}{{w, "a=one/3 b=one/1 c=four/1"}, {first, "a=two/4"}, {second, "a=three/4 b=one/1"}} {
		var all []string
		for _, p := range test.world.Parameters() {
			all = append(all, fmt.Sprintf("%s=%s/%d", p.Name, p.Value, p.Version))
		}
		if got := strings.Join(all, " "); got != test.want {
			t.Errorf("World %d has %s, want %s", i, got, test.want)
		}
		stale := must(test.world.ParameterStore().Get(t.Context(), "a", "b", "c"))(t)
		if len(stale) != 2 || stale["a"].Value != "one" || stale["b"].Value != "one" {
			t.Errorf("World %d reads %+v", i, stale)
		}
	}
	past := w.Clone(func() time.Time { return epoch.Add(-time.Hour) }, nil)
	if all := past.Parameters(); len(all) != 3 {
		t.Errorf("a World with an earlier clock has %+v", all)
	}
}

// Without parameters, a Clone must not cost more than it did before there was Parameter Store:
// tests make millions of them.
func TestACloneWithoutParametersCostsNothingMore(t *testing.T) {
	w := still()
	clone := func() float64 {
		return testing.AllocsPerRun(100, func() { w.Clone(func() time.Time { return epoch }, nil) })
	}
	without := clone()
	must(w.ParameterStore().Get(t.Context(), "a"))(t)
	must("", w.ParameterStore().Delete(t.Context(), "a"))(t)
	if got := clone(); got != without {
		t.Errorf("%v allocations after a read, %v before", got, without)
	}
	must("", w.PutParameter("a", "String", "x"))(t)
	if got := clone(); got <= without {
		t.Errorf("%v allocations with a parameter, %v without: this measures nothing", got, without)
	}
}

// TestBothFacesOfParameterStoreAgree makes the same random calls to a World over HTTP and to one
// within the process.
func TestBothFacesOfParameterStoreAgree(t *testing.T) {
	wire, direct := start(t, localaws.Config{}), still()
	store := direct.ParameterStore()
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	name := func() string {
		return pick("a", "/a", "b", "/m/smtp", "/m/smtp", "/m/other", "x/y", "aws1", "/aws/x", "c d", "a:1", "")
	}
	sameError := func(step string, overWire, within error) {
		t.Helper()
		got, ok := overWire.(*no)
		switch {
		case overWire == nil && within == nil:
		case !ok || got.code != code(within):
			t.Fatalf("%s: over the wire %v, within the process %v", step, overWire, within)
		default:
			wantRefusal(t, within, got.code, got.text)
		}
	}
	for range 2000 {
		wire.Advance(time.Second)
		direct.Advance(time.Second)
		switch names := []string{name(), name()}; random.IntN(5) {
		case 0, 1:
			p := localaws.Parameter{Name: names[0], Value: pick("", "1", "2", strings.Repeat("3", 4097)),
				Type: pick("String", "SecureString", "SecureString", "Secret"), KeyID: pick("", "", "alias/mine")}
			_, err := ask(t, wire.URL(), "PutParameter", members{"Name": p.Name, "Value": p.Value, "Type": p.Type,
				"KeyId": p.KeyID, "Overwrite": true})
			sameError(fmt.Sprintf("put %+v", p), err, store.Put(t.Context(), p))
		case 2, 3:
			answer, err := ask(t, wire.URL(), "GetParameters", members{"Names": names, "WithDecryption": true})
			got, within := store.Get(t.Context(), names...)
			sameError(fmt.Sprintf("get %q", names), err, within)
			if err == nil {
				sameParameters(t, answer["Parameters"].([]any), got)
			}
		default:
			_, err := ask(t, wire.URL(), "DeleteParameters", members{"Names": names})
			sameError(fmt.Sprintf("delete %q", names), err, store.Delete(t.Context(), names...))
		}
		if a, b := wire.Parameters(), direct.Parameters(); !reflect.DeepEqual(a, b) {
			t.Fatalf("over the wire there are %+v, within the process %+v", a, b)
		}
	}
}

func sameParameters(t *testing.T, overWire []any, within map[string]localaws.Parameter) {
	t.Helper()
	found := map[string]localaws.Parameter{}
	for _, each := range overWire {
		p := each.(map[string]any)
		found[p["Name"].(string)] = localaws.Parameter{Name: p["Name"].(string), Value: p["Value"].(string),
			Type: p["Type"].(string), Version: int64(p["Version"].(float64)),
			Modified: time.UnixMilli(int64(p["LastModifiedDate"].(float64) * 1000)).UTC()}
	}
	if !reflect.DeepEqual(found, within) {
		t.Fatalf("over the wire %+v, within the process %+v", found, within)
	}
}

// The services share a server: each call goes to its own service.
func TestAParameterIsNoSecret(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateSecret("mail/smtp", "the secret")
	must("", w.PutParameter("/mail/smtp", "SecureString", "the parameter"))(t)
	secret := must(secretsClient(t, w).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{
		SecretId: mailSecret}))(t)
	read := must(ask(t, w.URL(), "GetParameter", members{"Name": mailParameter, "WithDecryption": true}))(t)
	if value := read["Parameter"].(map[string]any)["Value"]; aws.ToString(secret.SecretString) != "the secret" ||
		value != "the parameter" {
		t.Errorf("the secret is %q, the parameter %q", aws.ToString(secret.SecretString), value)
	}
}
