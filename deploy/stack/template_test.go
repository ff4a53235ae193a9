package stack

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const templateFile = "../../template.yaml"

// node is a part of the template: a map, a list or text, with CloudFormation's short forms written
// out, so that !Ref X and {Ref: X} are the same.
type node struct{ value any }

// load reads a template.
func load(t *testing.T, file string) node {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return node{plain(document.Content[0])}
}

func plain(n *yaml.Node) any {
	value := untagged(n)
	tag, short := strings.CutPrefix(n.Tag, "!")
	switch {
	case !short || strings.HasPrefix(n.Tag, "!!"):
		return value
	case tag == "Ref" || tag == "Condition":
		return map[string]any{tag: value}
	}
	return map[string]any{"Fn::" + tag: value}
}

func untagged(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, plain(c))
		}
		return list
	}
	return n.Value
}

// at follows names down from n; what isn't there is an empty node.
func (n node) at(names ...string) node {
	for _, name := range names {
		m, _ := n.value.(map[string]any)
		n = node{m[name]}
	}
	return n
}

func (n node) fields() map[string]node {
	fields := map[string]node{}
	m, _ := n.value.(map[string]any)
	for name, value := range m {
		fields[name] = node{value}
	}
	return fields
}

// list is n's elements; one thing by itself is a list of one, as in IAM's policies.
func (n node) list() []node {
	switch v := n.value.(type) {
	case nil:
		return nil
	case []any:
		var elements []node
		for _, e := range v {
			elements = append(elements, node{e})
		}
		return elements
	}
	return []node{n}
}

// String writes text as it is and references as map[Ref:X] or map[Fn::GetAtt:X.Arn].
func (n node) String() string { return fmt.Sprint(n.value) }

// visit calls f for n and for everything in it.
func (n node) visit(f func(node)) {
	f(n)
	if _, isMap := n.value.(map[string]any); isMap {
		for _, field := range n.fields() {
			field.visit(f)
		}
		return
	}
	if _, isList := n.value.([]any); isList {
		for _, element := range n.list() {
			element.visit(f)
		}
	}
}
