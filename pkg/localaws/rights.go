package localaws

import (
	"slices"
	"strings"
	"time"
)

// rights holds the policies of a user or a group.
type rights struct {
	inline   []inlinePolicy
	attached []string // the ARNs of managed policies
}

type inlinePolicy struct{ name, document string }

// put adds an inline policy, or replaces the one of that name.
func (r *rights) put(name, document string) {
	r.remove(name)
	r.inline = append(r.inline, inlinePolicy{name, document})
}

// remove removes the inline policy of that name.
func (r *rights) remove(name string) {
	r.inline = slices.DeleteFunc(slices.Clone(r.inline), func(p inlinePolicy) bool { return p.name == name })
}

func (r *rights) attach(arn string) {
	if !slices.Contains(r.attached, arn) {
		r.attached = append(slices.Clip(r.attached), arn)
	}
}

func (r *rights) names() (names []string) {
	for _, p := range r.inline {
		names = append(names, p.name)
	}
	return names
}

// find returns the inline policy of that name. whose is "user" or "group", for the error.
func (r *rights) find(whose, name string) (inlinePolicy, error) {
	for _, p := range r.inline {
		if p.name == name {
			return p, nil
		}
	}
	return inlinePolicy{}, refuse("NoSuchEntity", "The %s policy with name %s cannot be found.", whose, name)
}

// ways holds a user's ways into AWS other than access keys.
type ways struct {
	password     time.Time // when the console's password was set; zero if there is none
	mfa          []device
	sshKeys      []login
	services     []login
	certificates []login
}

type device struct {
	serial  string
	enabled time.Time
}

// A login is an SSH key, a service-specific credential or a signing certificate.
type login struct {
	id, status string
	service    string // the service, if it is a service-specific credential
	created    time.Time
}

type group struct {
	name, id string
	created  time.Time
	rights   rights
	held     history[rights]
}

func (d *directory) group(name string) (*group, error) {
	if g := d.groups[name]; g != nil {
		return g, nil
	}
	return nil, refuse("NoSuchEntity", "The group with name %s cannot be found.", name)
}

// groupNamed finds or makes the group.
func (d *directory) groupNamed(name string) *group {
	if d.groups[name] == nil {
		d.groups[name] = &group{name: name, id: "AGPA" + randomText(17, idAlphabet), created: d.time()}
	}
	return d.groups[name]
}

// A managedPolicy has the documents of its versions in order. The last one is the default.
type managedPolicy struct {
	arn, id string
	created time.Time
	updated time.Time
	texts   []string
	told    history[string] // the text of the default version
}

// policyName returns the part of an ARN after the path.
func policyName(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

func (d *directory) policy(arn string) (*managedPolicy, error) {
	if p := d.policies[arn]; p != nil {
		return p, nil
	}
	return nil, refuse("NoSuchEntity", "Policy %s was not found.", arn)
}

// putPolicy makes a managed policy, or a new version if the document differs from the last one.
func (d *directory) putPolicy(arn, document string) {
	p := d.policies[arn]
	if p == nil {
		p = &managedPolicy{arn: arn, id: "ANPA" + randomText(17, idAlphabet), created: d.time()}
		d.policies[arn] = p
	}
	if n := len(p.texts); n == 0 || p.texts[n-1] != document {
		p.texts, p.updated = append(slices.Clip(p.texts), document), d.time()
		p.told.set(d.now(), document)
	}
}

// copyRights shares the slices, which are never written to.
func (d *directory) copyRights(from *directory) {
	for name, g := range from.groups {
		copied := *g
		copied.held.entries = slices.Clip(g.held.entries)
		d.groups[name] = &copied
	}
	for arn, p := range from.policies {
		copied := *p
		copied.told.entries = slices.Clip(p.told.entries)
		d.policies[arn] = &copied
	}
}

// time returns the time now, as IAM stores it.
func (d *directory) time() time.Time { return d.now().UTC().Truncate(time.Second) }
