// Package smtpparameter keeps copies of the current credential in AWS Systems Manager's Parameter
// Store, for applications that can't read Secrets Manager: it implements [rotation.Copies].
//
// The copies are SecureString parameters below one path. It calls no methods but those of [API], so
// they are also the permissions that it needs on that path.
package smtpparameter

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/internal/awserror"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// API is the part of Parameter Store that this package uses. [Client] implements it.
type API interface {
	// Get reads parameters, decrypted. It leaves out those that don't exist. It takes up to 10
	// names ("GetParameters", Systems Manager API reference).
	Get(ctx context.Context, names []string) (map[string]Parameter, error)
	// Put writes a SecureString, and replaces what is there.
	Put(ctx context.Context, secure Secure) error
	// Delete deletes parameters. It is idempotent.
	Delete(ctx context.Context, names []string) error
}

// Parameter is a parameter, as Get returns it.
type Parameter struct {
	Type     string           // SecureString, String or StringList
	Value    sessmtp.Password // never printed
	Modified time.Time
}

// Secure is a SecureString to write. Without a KMS key it is encrypted with the account's own key
// for Parameter Store, whatever the key was before ("PutParameter", Systems Manager API reference).
type Secure struct {
	Name   string
	Value  sessmtp.Password
	KMSKey string
}

// secureString is the type of a parameter that is encrypted.
const secureString = "SecureString"

// Copies manages the parameters below Path.
type Copies struct {
	API  API
	Path string // as in /mail/smtp
	// PathFrom is the setting that Path comes from, such as an environment variable. Errors about
	// these parameters name it, if it isn't empty.
	PathFrom string
	User     string // the IAM user whose credential it is
	// Members names the value's members that get a parameter each, at most nine: see [Members].
	Members []string
	// KMSKey encrypts the parameters; empty is the account's own key for Parameter Store.
	KMSKey string
}

var _ rotation.Copies = (*Copies)(nil)

// Whole is the name of the parameter that holds the whole published value, as JSON. Each of the
// others holds one of its members, and has the member's name.
const Whole = "credential"

// Members names the members of the published value that change with it.
var Members = []string{"username", "password", "url", "smtps_url"}

func (c *Copies) name(last string) string { return c.Path + "/" + last }

// names returns all parameters that there can be, the whole one first.
func (c *Copies) names() []string {
	names := []string{c.name(Whole)}
	for _, member := range c.Members {
		names = append(names, c.name(member))
	}
	return names
}

// wanted returns what the parameters should hold: the published form of the credential, even if
// people wrote another one, without what they added. A member that the value lacks gets no
// parameter.
func (c *Copies) wanted(v rotation.Version) map[string]string {
	whole, err := credential.Compose(c.User, v.Logins, credential.Content{})
	if err != nil {
		return nil
	}
	value, err := credential.Parse(whole)
	if err != nil {
		return nil
	}
	wanted := map[string]string{c.name(Whole): whole}
	for member, text := range map[string]string{"username": value.Username, "password": value.Password,
		"url": value.URL, "smtps_url": value.SMTPSURL} {
		if slices.Contains(c.Members, member) && text != "" {
			wanted[c.name(member)] = text
		}
	}
	return wanted
}

// Read implements rotation.Copies. A parameter that exists but is no longer wanted counts as a
// copy, too, or its credential would stay behind.
func (c *Copies) Read(ctx context.Context, v rotation.Version) ([]rotation.Copy, error) {
	found, err := c.ours(ctx)
	if err != nil {
		return nil, err
	}
	wanted := c.wanted(v)
	var copies []rotation.Copy
	for _, name := range c.names() {
		value, isWanted := wanted[name]
		p, exists := found[name]
		if !isWanted && !exists {
			continue
		}
		same := isWanted && exists && p.Type == secureString && string(p.Value) == value
		copies = append(copies, rotation.Copy{Name: name, UpToDate: same, Unwanted: !isWanted, Changed: p.Modified})
	}
	return copies, nil
}

// ours returns the parameters that exist. Either all of those below the path are the rotator's, or
// none, and then they are left alone. The rotator writes the whole one first, and it names the
// user.
func (c *Copies) ours(ctx context.Context) (map[string]Parameter, error) {
	found, err := c.API.Get(ctx, c.names())
	if err != nil {
		return nil, c.wrap("ssm:GetParameters", c.Path+"/*", err)
	}
	whole, exists := found[c.name(Whole)]
	value, err := credential.Parse(string(whole.Value))
	if len(found) == 0 || exists && err == nil && value.IAMUser == c.User {
		return found, nil
	}
	return nil, rotation.Errorf(rotation.ConfigurationError, "these parameters exist already and aren't copies of "+
		"user %s's credential: %s; nothing was touched: choose another path, or delete them", c.User,
		awserror.Configured(strings.Join(slices.Sorted(maps.Keys(found)), ", "), c.PathFrom))
}

// Write implements rotation.Copies.
func (c *Copies) Write(ctx context.Context, name string, v rotation.Version) error {
	value, ok := c.wanted(v)[name]
	if !ok {
		return c.wrap("ssm:DeleteParameters", name, c.API.Delete(ctx, []string{name}))
	}
	if len(value) > mostBytes {
		return rotation.Errorf(rotation.ConfigurationError, "%s: the credential for %d Regions has %d bytes, and a "+
			"standard parameter holds %d: configure fewer Regions, or read the secret itself",
			awserror.Configured("parameter "+name, c.PathFrom), len(v.Logins), len(value), mostBytes)
	}
	return c.wrap("ssm:PutParameter", name, c.API.Put(ctx, Secure{name, sessmtp.Password(value), c.KMSKey}))
}

// mostBytes is the size limit of a standard parameter ("Managing parameter tiers", Systems Manager
// User Guide).
const mostBytes = 4096

// Delete implements rotation.Copies.
func (c *Copies) Delete(ctx context.Context) error {
	found, err := c.ours(ctx)
	if rotation.TypeOf(err) == rotation.ConfigurationError || err == nil && len(found) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return c.wrap("ssm:DeleteParameters", c.Path+"/*", c.API.Delete(ctx, slices.Sorted(maps.Keys(found))))
}

func (c *Copies) wrap(action, name string, err error) error {
	if err == nil {
		return nil
	}
	return awserror.Wrap(action, awserror.Configured("parameter "+name, c.PathFrom), err)
}

// levels is how deep a parameter's name may be nested ("PutParameter", Systems Manager API
// reference).
const levels = 15

var path = regexp.MustCompile(`^(/[A-Za-z0-9_.-]+)+$`)

// CheckPath says why text can't be a path of parameters, or returns nil ("Requirements and
// constraints for parameter names", Systems Manager User Guide).
func CheckPath(text string) error {
	switch first := strings.ToLower(strings.TrimPrefix(text, "/")); {
	case !path.MatchString(text):
		return fmt.Errorf("%q is not a path of parameters, as in /mail/smtp", text)
	case strings.HasPrefix(first, "aws"), strings.HasPrefix(first, "ssm"):
		return fmt.Errorf("%q begins with aws or ssm, which AWS reserves", text)
	case strings.Count(text, "/") >= levels:
		return fmt.Errorf("%q is too deep: with the parameter's own name, a name has at most %d levels", text, levels)
	case len(text) > longest:
		return fmt.Errorf("it has %d characters; at most %d are allowed", len(text), longest)
	}
	return nil
}

// longest is the greatest length of a path. A name may have 1,011 characters, including the start
// of the ARN that AWS puts before it.
const longest = 900
