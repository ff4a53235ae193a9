package sendpolicy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Document is a policy ("IAM JSON policy elements reference", IAM User Guide).
type Document struct {
	Version    string      `json:"Version,omitempty"`
	ID         string      `json:"Id,omitempty"`
	Statements []Statement `json:"Statement"`
}

// Statement allows or denies.
type Statement struct {
	Sid         string     `json:"Sid,omitempty"`
	Effect      string     `json:"Effect"`
	Action      Texts      `json:"Action,omitempty"`
	NotAction   Texts      `json:"NotAction,omitempty"`
	Resource    Texts      `json:"Resource,omitempty"`
	NotResource Texts      `json:"NotResource,omitempty"`
	Condition   Conditions `json:"Condition,omitempty"`
}

// Conditions are values by operator and key. All conditions must hold.
type Conditions map[string]map[string]Texts

// Texts is a list of texts. In JSON a list of one may be written without brackets.
type Texts []string

// MarshalJSON writes a single element without brackets.
func (t Texts) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return written(t[0])
	}
	return written([]string(t))
}

// written returns a value's JSON, with characters such as & unescaped.
func written(value any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(value)
	return asIAMTakesIt(bytes.TrimSpace(out.Bytes())), err
}

// UnmarshalJSON reads one element or a list. In conditions, numbers and truth values are allowed
// too.
func (t *Texts) UnmarshalJSON(text []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		list = []json.RawMessage{text}
	}
	*t = nil
	for _, element := range list {
		var s string
		switch err := json.Unmarshal(element, &s); {
		case string(element) == "null" || err != nil && bytes.ContainsAny(element, "{["):
			return fmt.Errorf("%s is neither text nor a list of text", element)
		case err != nil:
			s = string(element)
		}
		*t = append(*t, s)
	}
	return nil
}

// Parse reads an identity-based policy. Anything that it doesn't know is an error, so that nothing
// is overlooked.
func Parse(text string) (Document, error) {
	var raw struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if err := decode([]byte(text), &raw); err != nil {
		return Document{}, err
	}
	d := Document{Version: raw.Version, ID: raw.ID}
	statements := bytes.TrimSpace(raw.Statement)
	if len(statements) == 0 {
		return Document{}, errors.New("the policy has no Statement")
	}
	if statements[0] != '[' {
		statements = slices.Concat([]byte("["), statements, []byte("]"))
	}
	if err := decode(statements, &d.Statements); err != nil {
		return Document{}, err
	}
	for i, s := range d.Statements {
		if err := s.check(); err != nil {
			return Document{}, fmt.Errorf("statement %d: %w", i+1, err)
		}
	}
	return d, nil
}

// decode reads JSON. It refuses unknown names, and a name that occurs twice in one object, because
// JSON doesn't define which of the two counts (RFC 8259, 4).
func decode(text []byte, into any) error {
	if json.Valid(text) {
		if name := twice(json.NewDecoder(bytes.NewReader(text))); name != "" {
			return fmt.Errorf("not a policy: %q occurs twice in one object", name)
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("not a policy: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("not a policy: there is more after its end")
	}
	return nil
}

// twice returns a name that an object has twice, or "". The text must be valid JSON: in a list that
// is cut off, More stays true.
func twice(d *json.Decoder) string {
	t, _ := d.Token()
	open, ok := t.(json.Delim)
	if !ok {
		return ""
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			key, _ := d.Token()
			name, _ := key.(string)
			if seen[name] {
				return name
			}
			seen[name] = true
		}
		if name := twice(d); name != "" {
			return name
		}
	}
	_, _ = d.Token() // the end
	return ""
}

func (s Statement) check() error {
	switch {
	case s.Effect != allow && s.Effect != deny:
		return fmt.Errorf("its Effect is %q; it must be Allow or Deny", s.Effect)
	case (len(s.Action) > 0) == (len(s.NotAction) > 0):
		return errors.New("it needs either Action or NotAction")
	case (len(s.Resource) > 0) == (len(s.NotResource) > 0):
		return errors.New("it needs either Resource or NotResource")
	}
	return nil
}

const (
	allow = "Allow"
	deny  = "Deny"
)

// String returns the policy as indented JSON.
func (d Document) String() string {
	var out bytes.Buffer
	text, err := written(d)
	if err == nil {
		err = json.Indent(&out, text, "", "  ")
	}
	if err != nil {
		return err.Error() // never happens: texts and lists of texts can always be written
	}
	return out.String()
}

// each calls f for every operator and key, in order.
func (c Conditions) each(f func(operator, key string, values Texts)) {
	for _, operator := range slices.Sorted(maps.Keys(c)) {
		for _, key := range slices.Sorted(maps.Keys(c[operator])) {
			f(operator, key, c[operator][key])
		}
	}
}

// has reports whether there is a condition on the key, with the given operator if it isn't empty.
func (c Conditions) has(operator, key string) (found bool) {
	c.each(func(o, k string, _ Texts) {
		found = found || strings.EqualFold(k, key) && (operator == "" || strings.EqualFold(o, operator))
	})
	return found
}

func (c Conditions) add(operator, key string, values ...string) {
	if len(values) == 0 {
		return
	}
	if c[operator] == nil {
		c[operator] = map[string]Texts{}
	}
	c[operator][key] = append(c[operator][key], values...)
}
