// Command compact writes template.yaml in the form that people deploy: without comments and
// unnecessary white space, and with the function's code in S3. The result depends only on the
// template and the code. The command prints the key under which the new template looks for the
// code.
//
// With -release, the key is the file name that the release gives the code, so that people can
// upload the file as they downloaded it, and the template says which release it belongs to.
package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

var (
	// code is what the compact template adds to template.yaml.
	//
	//go:embed code.yaml
	code []byte

	// application is what a release's template adds to that.
	//
	//go:embed application.yaml
	application []byte
)

// architectures are Lambda's names for Go's.
var architectures = map[string]string{"arm64": "arm64", "amd64": "x86_64"}

// options are what the result depends on, apart from the template's text.
type options struct {
	arch    string // the architecture that the code was built for, in Go's words
	release string // the release that the template belongs to; empty for a build
	key     string // the code's key in S3
}

func main() {
	var o options
	flag.StringVar(&o.arch, "arch", "arm64", "architecture that the package was built for: arm64 or amd64")
	flag.StringVar(&o.release, "release", "", "version of the release, as in the names of its files")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: compact [-arch ARCH] [-release VERSION] TEMPLATE PACKAGE COMPACT")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 3 || architectures[o.arch] == "" {
		flag.Usage()
		os.Exit(2)
	}
	key, err := run(o, flag.Arg(0), flag.Arg(1), flag.Arg(2))
	if err != nil {
		fmt.Fprintln(os.Stderr, "compact:", err)
		os.Exit(1)
	}
	fmt.Println(key)
}

func run(o options, template, function, to string) (key string, err error) {
	text, err := os.ReadFile(template)
	if err != nil {
		return "", err
	}
	zip, err := os.ReadFile(function)
	if err != nil {
		return "", err
	}
	o.key = keyOf(zip)
	if o.release != "" {
		o.key = fmt.Sprintf("ses-smtp-rotator_%s_lambda_%s.zip", o.release, o.arch)
	}
	out, err := compact(text, o)
	if err != nil {
		return "", fmt.Errorf("%s: %w", template, err)
	}
	return o.key, os.WriteFile(to, out, 0o644)
}

// keyOf returns the key of the code in its bucket. Different code must have a different key,
// because that is how CloudFormation notices that the code has changed.
func keyOf(zip []byte) string {
	sum := sha256.Sum256(zip)
	return fmt.Sprintf("ses-smtp-rotator/%x.zip", sum[:8])
}

// compact returns the template with its code at o.key, with one line for each parameter, resource
// and so on.
func compact(template []byte, o options) ([]byte, error) {
	var document, more yaml.Node
	if err := yaml.Unmarshal(template, &document); err != nil {
		return nil, err
	}
	if err := yaml.Unmarshal(bytes.Replace(code, []byte("KEY"), []byte(o.key), 1), &more); err != nil {
		return nil, err
	}
	if document.Kind != yaml.DocumentNode {
		return nil, errors.New("there is no template in the file")
	}
	root := document.Content[0]
	if err := addCode(root, more.Content[0]); err != nil {
		return nil, err
	}
	if err := setArchitecture(root, architectures[o.arch]); err != nil {
		return nil, err
	}
	if o.release != "" {
		if err := addApplication(root); err != nil {
			return nil, err
		}
	}
	return lines(nil, root, 0)
}

func setArchitecture(root *yaml.Node, name string) error {
	list, err := at(root, "Resources", "Function", "Properties", "Architectures")
	if err != nil {
		return err
	}
	if len(list.Content) != 1 {
		return errors.New("Resources.Function.Properties.Architectures isn't a list of one")
	}
	list.Content[0].Value = name
	return nil
}

// addApplication adds to the template which release of which application it is.
func addApplication(root *yaml.Node) error {
	var more yaml.Node
	text := bytes.ReplaceAll(application, []byte("VERSION"), []byte(version.Number))
	if err := yaml.Unmarshal(text, &more); err != nil {
		return err
	}
	metadata, err := at(root, "Metadata")
	if err != nil {
		return err
	}
	metadata.Content = append(metadata.Content, more.Content[0].Content...)
	return nil
}

// addCode replaces the local code file with the code in S3.
func addCode(root, more *yaml.Node) error {
	properties, err := at(root, "Resources", "Function", "Properties")
	if err != nil {
		return err
	}
	local, err := at(properties, "Code")
	if err != nil {
		return err
	}
	inS3, err := at(more, "Code")
	if err != nil {
		return err
	}
	*local = *inS3
	if err := remove(root, "Metadata", "Resources", "Function"); err != nil { // that metadata is about the local file
		return err
	}
	for _, section := range []string{"Parameters", "Conditions"} {
		into, err := at(root, section)
		if err != nil {
			return err
		}
		added, err := at(more, section)
		if err != nil {
			return err
		}
		into.Content = append(into.Content, added.Content...)
	}
	groups, err := at(root, "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups")
	if err != nil {
		return err
	}
	group, err := at(more, "Group")
	groups.Content = append(groups.Content, group)
	return err
}

// at follows names down from n.
func at(n *yaml.Node, names ...string) (*yaml.Node, error) {
next:
	for i, name := range names {
		if n.Kind == yaml.MappingNode {
			for j := 0; j < len(n.Content); j += 2 {
				if n.Content[j].Value == name {
					n = n.Content[j+1]
					continue next
				}
			}
		}
		return nil, fmt.Errorf("it has no %s", strings.Join(names[:i+1], "."))
	}
	return n, nil
}

// remove removes a field from the map that names lead to.
func remove(root *yaml.Node, field string, names ...string) error {
	n, err := at(root, names...)
	if err != nil {
		return err
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == field {
			n.Content = slices.Delete(n.Content, i, i+2)
			return nil
		}
	}
	return fmt.Errorf("%s has no %s", strings.Join(names, "."), field)
}

// linesTo is the depth down to which each field has a line of its own.
const linesTo = 2

// lines appends a map as YAML with a line for each of its fields.
func lines(out []byte, n *yaml.Node, depth int) ([]byte, error) {
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name, err := flow(key)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, strings.Repeat(" ", depth)...), name...), ':')
		if value.Kind == yaml.MappingNode && value.Tag == "!!map" && depth+1 < linesTo {
			if out, err = lines(append(out, '\n'), value, depth+1); err != nil {
				return nil, err
			}
			continue
		}
		text, err := flow(value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, ' '), text...), '\n')
	}
	return out, nil
}

// flow returns n on one line, without comments and white space that mean nothing.
func flow(n *yaml.Node) (string, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return scalar(n)
	case yaml.AliasNode:
		return "", fmt.Errorf("line %d: CloudFormation doesn't support YAML aliases", n.Line)
	}
	parts := make([]string, 0, len(n.Content))
	for _, c := range n.Content {
		part, err := flow(c)
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	var tag string
	if !strings.HasPrefix(n.Tag, "!!") {
		tag = n.Tag + " "
	}
	if n.Kind == yaml.SequenceNode {
		return tag + "[" + strings.Join(parts, ",") + "]", nil
	}
	fields := make([]string, 0, len(parts)/2)
	for i := 0; i < len(parts); i += 2 {
		fields = append(fields, parts[i]+": "+parts[i+1])
	}
	return tag + "{" + strings.Join(fields, ",") + "}", nil
}

// scalar returns a scalar in a form that is valid in a list. Quoted text stays quoted, because
// readers of YAML disagree about what is text without quotes. JSON, such as a dashboard, loses its
// white space.
func scalar(n *yaml.Node) (string, error) {
	one := yaml.Node{Kind: yaml.ScalarNode, Tag: n.Tag, Value: n.Value, Style: n.Style &^ yaml.FoldedStyle}
	if n.Style&yaml.LiteralStyle != 0 {
		one.Style = n.Style&^yaml.LiteralStyle | yaml.DoubleQuotedStyle
		var dense bytes.Buffer
		if json.Compact(&dense, []byte(n.Value)) == nil {
			one.Value = dense.String()
			one.Style = n.Style&^yaml.LiteralStyle | yaml.SingleQuotedStyle
		}
	}
	text, err := yaml.Marshal(&yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: []*yaml.Node{&one}})
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(text), "["), "]\n"), nil
}
