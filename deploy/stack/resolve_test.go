package stack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// deployment is the template with its parameters filled in, as CloudFormation sees it ("Intrinsic
// function reference", AWS CloudFormation User Guide). What the template doesn't use isn't there.
type deployment struct {
	t          *testing.T
	template   node
	parameters map[string]string
	physical   map[string]string // what Ref gives for a resource; by default its name in the template
	arns       map[string]string // what GetAtt gives for its Arn; by default made from that name
	mentioned  map[string]bool   // what was resolved so far
}

const accountID = "123456789012"

var pseudoParameters = map[string]string{
	"AWS::AccountId": accountID,
	"AWS::Partition": "aws",
	"AWS::Region":    "eu-west-1",
	"AWS::StackId":   "arn:aws:cloudformation:eu-west-1:" + accountID + ":stack/mail/0a1b2c3d",
	"AWS::StackName": "mail",
}

// noValue takes away what it is the value of.
type noValue struct{}

// deploy has a default for each parameter; those without one, and others, are given.
func deploy(t *testing.T, template node, parameters map[string]string) *deployment {
	t.Helper()
	d := &deployment{t: t, template: template, parameters: map[string]string{}, physical: map[string]string{},
		arns: map[string]string{}, mentioned: map[string]bool{}}
	for name, p := range template.at("Parameters").fields() {
		if standard := p.at("Default"); standard.value != nil {
			d.parameters[name] = standard.String()
		}
	}
	for name := range parameters {
		if template.at("Parameters", name).value == nil {
			t.Errorf("the template has no parameter %s", name)
		}
	}
	maps.Copy(d.parameters, parameters)
	return d
}

// resource is the properties of one, resolved.
func (d *deployment) resource(name string) node {
	d.t.Helper()
	return node{d.resolve(d.template.at("Resources", name, "Properties").value)}
}

// made are the names of the resources that are there, by the conditions on them.
func (d *deployment) made() (names []string) {
	for name, r := range d.template.at("Resources").fields() {
		if condition := r.at("Condition"); condition.value == nil || d.holds(condition.value) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// before are the resources that CloudFormation makes before this one: those that it mentions, as
// its parameters are.
func (d *deployment) before(name string) []string {
	d.t.Helper()
	clear(d.mentioned)
	d.resource(name)
	for _, other := range d.template.at("Resources", name, "DependsOn").list() {
		d.mentioned[other.String()] = true
	}
	return slices.Sorted(maps.Keys(d.mentioned))
}

func (d *deployment) resolve(value any) any {
	d.t.Helper()
	switch v := value.(type) {
	case []any:
		list := []any{}
		for _, element := range v {
			if e := d.resolve(element); e != (noValue{}) {
				list = append(list, e)
			}
		}
		return list
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					return d.call(name, argument)
				}
			}
		}
		m := map[string]any{}
		for name, field := range v {
			if f := d.resolve(field); f != (noValue{}) {
				m[name] = f
			}
		}
		return m
	}
	return value
}

func (d *deployment) call(function string, argument any) any {
	d.t.Helper()
	switch function {
	case "Ref":
		return d.ref(argument.(string))
	case "Fn::GetAtt":
		if pair, ok := argument.([]any); ok { // as the translation writes it
			argument = fmt.Sprint(pair[0], ".", pair[1])
		}
		return d.attribute(argument.(string))
	case "Fn::Sub":
		if pair, ok := argument.([]any); ok { // with values of its own
			return d.sub(pair[0].(string), node{d.resolve(pair[1])})
		}
		return d.sub(argument.(string), node{})
	case "Fn::If":
		branches := argument.([]any)
		if d.holds(branches[0]) {
			return d.resolve(branches[1])
		}
		return d.resolve(branches[2])
	}
	arguments := d.resolve(argument).([]any)
	switch function {
	case "Fn::Join":
		var parts []string
		for _, p := range arguments[1].([]any) {
			parts = append(parts, fmt.Sprint(p))
		}
		return strings.Join(parts, arguments[0].(string))
	case "Fn::Split":
		list := []any{}
		for part := range strings.SplitSeq(arguments[1].(string), arguments[0].(string)) {
			list = append(list, part)
		}
		return list
	case "Fn::Select":
		var i int
		if _, err := fmt.Sscan(fmt.Sprint(arguments[0]), &i); err != nil {
			d.t.Fatal(err)
		}
		return arguments[1].([]any)[i]
	}
	d.t.Fatalf("the tests don't know %s", function)
	return nil
}

// listOf is a CommaDelimitedList, whose members CloudFormation trims.
func listOf(text string) []any {
	list := []any{}
	for member := range strings.SplitSeq(text, ",") {
		list = append(list, strings.TrimSpace(member))
	}
	return list
}

func (d *deployment) ref(name string) any {
	d.t.Helper()
	if name == "AWS::NoValue" {
		return noValue{}
	}
	if value, ok := pseudoParameters[name]; ok {
		return value
	}
	if value, ok := d.parameters[name]; ok {
		if d.template.at("Parameters", name, "Type").String() == "CommaDelimitedList" {
			return listOf(value)
		}
		return value
	}
	if d.template.at("Resources", name).value == nil {
		d.t.Fatalf("Ref of %s, which isn't there or has no value", name)
	}
	d.mentioned[name] = true
	if physical, ok := d.physical[name]; ok {
		return physical
	}
	return name
}

func (d *deployment) attribute(of string) string {
	d.t.Helper()
	name, attribute, _ := strings.Cut(of, ".")
	if d.template.at("Resources", name).value == nil {
		d.t.Fatalf("GetAtt of %s, which isn't there", name)
	}
	d.mentioned[name] = true
	if arn, ok := d.arns[name]; ok && attribute == "Arn" {
		return arn
	}
	return "arn:aws:::" + of
}

func (d *deployment) sub(text string, own node) string {
	d.t.Helper()
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		if value := own.at(name); value.value != nil {
			out.WriteString(value.String())
		} else if strings.Contains(name, ".") {
			out.WriteString(d.attribute(name))
		} else {
			fmt.Fprint(&out, d.ref(name))
		}
		text = after
	}
}

// broken are the rules that the parameters break.
func (d *deployment) broken() (rules []string) {
	d.t.Helper()
	for name, rule := range d.template.at("Rules").fields() {
		if condition := rule.at("RuleCondition"); condition.value != nil && !d.holds(condition.value) {
			continue
		}
		if slices.ContainsFunc(rule.at("Assertions").list(),
			func(a node) bool { return !d.holds(a.at("Assert").value) }) {
			rules = append(rules, name)
		}
	}
	slices.Sort(rules)
	return rules
}

// holds is the value of a condition, by its name or written out.
func (d *deployment) holds(condition any) bool {
	d.t.Helper()
	if name, ok := condition.(string); ok {
		return d.holds(d.template.at("Conditions", name).value)
	}
	for function, argument := range condition.(map[string]any) {
		switch function {
		case "Condition":
			return d.holds(argument)
		case "Fn::Not":
			return !d.holds(argument.([]any)[0])
		case "Fn::Or":
			return slices.ContainsFunc(argument.([]any), d.holds)
		case "Fn::And":
			return !slices.ContainsFunc(argument.([]any), func(c any) bool { return !d.holds(c) })
		case "Fn::Equals":
			pair := d.resolve(argument).([]any)
			return fmt.Sprint(pair[0]) == fmt.Sprint(pair[1])
		case "Fn::Contains": // only rules have this and the next
			pair := d.resolve(argument).([]any)
			return slices.Contains(pair[0].([]any), pair[1])
		case "Fn::EachMemberEquals":
			pair := d.resolve(argument).([]any)
			return !slices.ContainsFunc(pair[0].([]any), func(member any) bool { return member != pair[1] })
		default:
			d.t.Fatalf("the tests don't know the condition %s", function)
		}
	}
	d.t.Fatalf("the template has no condition %v", condition)
	return false
}
