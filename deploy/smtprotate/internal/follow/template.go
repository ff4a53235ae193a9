package follow

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"
	"unicode"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// Template is a text in the language of Go's text/template, filled in with the secret's value:
// {{.username}}, {{.password}}, {{(index .regions "us-east-1").password}}, and whatever people
// added to the value. A field that doesn't exist is an error. In addition to Go's functions there
// are json, which quotes, and base64.
type Template struct{ parsed *template.Template }

var functions = template.FuncMap{
	"json": func(v any) (string, error) {
		text, err := json.Marshal(v)
		return string(text), err
	},
	"base64": func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) },
}

// ParseTemplate parses a template with the usual delimiters. The name is used in errors.
func ParseTemplate(name, text string) (*Template, error) { return Delimiters{}.Parse(name, text) }

// Delimiters are the marks around a template's fields: {{ and }} if empty. Files in which these
// mean something else need others.
type Delimiters struct{ Left, Right string }

// ParseDelimiters reads two delimiters, separated by a comma, such as [[,]].
func ParseDelimiters(text string) (d Delimiters, err error) {
	left, right, ok := strings.Cut(text, ",")
	if !ok || left == "" || right == "" || strings.ContainsFunc(text, unicode.IsSpace) {
		return d, fmt.Errorf("%q: give two delimiters, separated by a comma and no space, such as '[[,]]'", text)
	}
	return Delimiters{left, right}, nil
}

// Parse parses a template that uses these delimiters.
func (d Delimiters) Parse(name, text string) (*Template, error) {
	parsed, err := template.New(name).Delims(d.Left, d.Right).Option("missingkey=error").Funcs(functions).Parse(text)
	if err != nil {
		return nil, err
	}
	return &Template{parsed}, nil
}

func (t *Template) render(c current) ([]byte, error) {
	var out bytes.Buffer
	if err := t.parsed.Execute(&out, c.members); err != nil {
		return nil, fmt.Errorf("rendering the template %s", c.redact(err.Error()))
	}
	return out.Bytes(), nil
}

// current is the secret's current credential.
type current struct {
	credential.Value
	version string
	members map[string]any // the value's members, for templates
}

func parse(v smtpcreds.Version) (current, error) {
	value, err := credential.Parse(v.Value)
	if errors.Is(err, credential.ErrNone) {
		return current{}, fmt.Errorf("the secret's value (version %s): %w", v.ID, err)
	}
	if err != nil {
		return current{}, fmt.Errorf("the secret's value (version %s) isn't an SMTP credential: %w", v.ID, err)
	}
	members, err := credential.Members(v.Value)
	if err != nil {
		return current{}, fmt.Errorf("the secret's value (version %s): %w", v.ID, err)
	}
	return current{Value: value, version: v.ID, members: members}, nil
}

// redact removes passwords from a message.
func (c current) redact(message string) string {
	secrets := []string{c.URL, c.Password}
	for _, name := range slices.Sorted(maps.Keys(c.Regions)) {
		secrets = append(secrets, c.Regions[name].Password)
	}
	for _, secret := range secrets {
		if secret != "" {
			message = strings.ReplaceAll(message, secret, "[redacted]")
		}
	}
	return message
}
