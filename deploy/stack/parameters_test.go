package stack

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/function"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

func TestEveryParameterIsDescribedInAGroupAndRefusesNonsense(t *testing.T) {
	template := load(t, templateFile)
	var grouped []string
	for _, group := range template.at("Metadata", "AWS::CloudFormation::Interface", "ParameterGroups").list() {
		for _, p := range group.at("Parameters").list() {
			grouped = append(grouped, p.String())
		}
	}
	for name, p := range template.at("Parameters").fields() {
		if i := slices.Index(grouped, name); i < 0 || slices.Contains(grouped[i+1:], name) {
			t.Errorf("%s isn't in one group", name)
		}
		if p.at("Description").value == nil {
			t.Errorf("%s isn't described", name)
		}
		if values := p.at("AllowedValues"); values.value != nil {
			if !slices.ContainsFunc(values.list(),
				func(n node) bool { return n.String() == p.at("Default").String() }) {
				t.Errorf("the default of %s isn't allowed", name)
			}
			continue
		}
		nonsense := "no such thing"
		if name == "FromNames" {
			nonsense = "*" // any name would be sensible
		}
		allowed := regexp.MustCompile(p.at("AllowedPattern").String())
		if p.at("AllowedPattern").value == nil || allowed.MatchString(nonsense) {
			t.Errorf("%s takes anything", name)
		}
		if standard := p.at("Default"); standard.value != nil && !allowed.MatchString(standard.String()) {
			t.Errorf("the default of %s isn't allowed", name)
		}
	}
}

func TestAChangeOfAnySettingIsTriedWithTheUpdate(t *testing.T) {
	resources := load(t, templateFile).at("Resources")
	tried := resources.at("FirstCredential", "Properties", "Settings").list()
	for name, value := range resources.at("Function", "Properties", "Environment", "Variables").fields() {
		if !slices.ContainsFunc(tried, func(n node) bool { return n.String() == value.String() }) {
			t.Errorf("a change of %s isn't", name)
		}
	}
}

func TestTheSecretHasACopyInEachReplicaRegion(t *testing.T) {
	for regions, want := range map[string]string{
		"":                                 "<nil>",
		"us-east-1":                        "[map[Region:us-east-1]]",
		"us-east-1,eu-central-1":           "[map[Region:us-east-1] map[Region:eu-central-1]]",
		"us-east-1,eu-central-1,sa-east-1": "[map[Region:us-east-1] map[Region:eu-central-1] map[Region:sa-east-1]]",
	} {
		template := load(t, templateFile)
		d := deploy(t, template, map[string]string{"IdentityArns": identity, "ReplicaRegions": regions})
		if allowed := regexp.MustCompile(template.at("Parameters", "ReplicaRegions",
			"AllowedPattern").String()); !allowed.MatchString(regions) {
			t.Errorf("%q isn't allowed", regions)
		} else if allowed.MatchString("eu-west-1,eu-west-2,eu-west-3,eu-north-1") {
			t.Error("a fourth Region is allowed, and nothing is done with it")
		}
		if got := d.resource("SmtpSecret").at("ReplicaRegions").String(); got != want {
			t.Errorf("%q: %s, want %s", regions, got, want)
		}
	}
}

// environment is what the function gets where every parameter has its default: the template's
// variables and Lambda's.
func environment(t *testing.T) map[string]string {
	t.Helper()
	template := load(t, templateFile)
	values := map[string]string{"AWS_REGION": "eu-west-1"}
	for name, value := range template.at("Resources", "Function", "Properties", "Environment", "Variables").fields() {
		if branches := value.at("Fn::If").list(); len(branches) > 0 {
			value = branches[1] // by default the stack makes everything itself
		}
		parameter := value.at("Ref").String()
		values[name] = parameter // a resource, whose name may be anything
		if standard := template.at("Parameters", parameter, "Default"); standard.value != nil {
			values[name] = standard.String()
		}
	}
	return values
}

// read is what the function asks of its environment, where that holds values.
func read(values map[string]string) []string {
	names := map[string]bool{}
	f := function.New(function.World{
		Log: slog.New(slog.DiscardHandler),
		Getenv: func(name string) string {
			names[name] = true
			return values[name]
		},
	})
	_, _ = f.Invoke(context.Background(), []byte(`{"action":"none"}`)) // refused, once the environment is read
	return slices.Collect(maps.Keys(names))
}

func TestEveryVariableThatTheFunctionReadsIsSetAndTheReverse(t *testing.T) {
	values := environment(t)
	names := read(values)
	values["VERIFY"] = "send"
	names = append(names, read(values)...)
	for _, name := range names {
		if _, ok := values[name]; !ok && !strings.HasPrefix(name, "AWS_") {
			t.Errorf("the function reads %s, which the template doesn't set", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(names, name) {
			t.Errorf("the template sets %s, which the function doesn't read", name)
		}
	}
}

func TestTheFunctionAcceptsTheDefaults(t *testing.T) {
	values := environment(t)
	f := function.New(function.World{
		Log:    slog.New(slog.DiscardHandler),
		Getenv: func(name string) string { return values[name] },
	})
	// Any faulty variable would be told first.
	_, err := f.Invoke(t.Context(), []byte(`{"action":"none of them"}`))
	var answer messages.InvokeResponse_Error
	if !errors.As(err, &answer) || answer.Type != string(rotation.RequestError) {
		t.Errorf("got %v, want a %s", err, rotation.RequestError)
	}
}

func TestTheDefaultsAreThoseOfTheFunction(t *testing.T) {
	standard := rotation.DefaultPolicy()
	values := environment(t)
	for name, want := range map[string]time.Duration{
		"ROTATION_INTERVAL": standard.RotationInterval,
		"GRACE_PERIOD":      standard.GracePeriod,
		"QUARANTINE_PERIOD": standard.QuarantinePeriod,
		"IN_USE_WINDOW":     standard.InUseWindow,
		"MAX_GRACE_PERIOD":  standard.MaxGracePeriod,
		"PROMOTION_WINDOW":  standard.PromotionWindow,
		"VERIFY_TIMEOUT":    standard.VerifyTimeout,
	} {
		text, unit := values[name], time.Duration(1)
		if days, ok := strings.CutSuffix(text, "d"); ok {
			text, unit = days+"h", 24
		}
		if got, err := time.ParseDuration(text); err != nil || got*unit != want {
			t.Errorf("%s is %q, want %v (%v)", name, values[name], want, err)
		}
	}
}

func TestRulesUseOnlyWhatRulesMayUse(t *testing.T) {
	allowed := []string{"Ref", "Fn::And", "Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::Equals",
		"Fn::If", "Fn::Not",
		"Fn::Or", "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"} // "AWS Rule functions", AWS CloudFormation User Guide
	load(t, templateFile).at("Rules").visit(func(n node) {
		for name := range n.fields() {
			if strings.HasPrefix(name, "Fn::") && !slices.Contains(allowed, name) {
				t.Errorf("%s is used", name)
			}
		}
	})
}
