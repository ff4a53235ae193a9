// Package smtpparameter keeps copies of the current credential in AWS Systems Manager's Parameter
// Store, for applications that can't read Secrets Manager: rotation's [rotation.Copies].
//
// The copies are SecureString parameters below one path. The methods of [API] are all that it
// calls, so they are also the permissions that it needs on that path.
package smtpparameter

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/internal/awserror"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// API is what this package asks of Parameter Store. [Client] implements it.
type API interface {
	// Get reads parameters, decrypted. Those that don't exist aren't among the answer. It takes up
	// to 10 names ("GetParameters", Systems Manager API reference).
	Get(ctx context.Context, names []string) (map[string]Parameter, error)
	// Put writes a SecureString, in the place of what is there. Without a key it is encrypted with
	// the account's own for Parameter Store.
	Put(ctx context.Context, name, value, kmsKey string) error
	// Delete is idempotent.
	Delete(ctx context.Context, names []string) error
}

// Parameter is one of Parameter Store's, as Get returns it.
type Parameter struct {
	Type     string // SecureString, String or StringList
	Value    string
	Modified time.Time
}

// secureString is the type of a parameter that is encrypted.
const secureString = "SecureString"

// Copies are the parameters below Path.
type Copies struct {
	API  API
	Path string // as in /mail/smtp
	// Members are those of the value that have a parameter of their own, up to nine: [Members].
	Members []string
	// KMSKey encrypts the parameters; empty is the account's own key for Parameter Store.
	KMSKey string
	// Text is the value that a version of the secret holds.
	Text func(rotation.Version) string
}

var _ rotation.Copies = (*Copies)(nil)

// Whole is the parameter that holds the secret's whole value. The others hold one of its members,
// by their names.
const Whole = "credential"

// Members are those of the published value that applications ask for one by one.
var Members = []string{"username", "password", "host", "port", "region", "url", "smtps_url"}

// names are all parameters that there can be.
func (c *Copies) names() []string {
	names := []string{c.Path + "/" + Whole}
	for _, member := range c.Members {
		names = append(names, c.Path+"/"+member)
	}
	return names
}

// wanted is what the parameters are to hold. A member that the value lacks has none.
func (c *Copies) wanted(v rotation.Version) (map[string]string, error) {
	text := c.Text(v)
	found, err := credential.Members(text)
	if err != nil {
		return nil, rotation.Errorf(rotation.ConfigurationError,
			"the secret's value (version %s) can't be copied to parameters: %w", v.ID, err)
	}
	wanted := map[string]string{c.Path + "/" + Whole: text}
	for _, member := range c.Members {
		if value, ok := found[member]; ok && value != "" {
			wanted[c.Path+"/"+member] = fmt.Sprint(value)
		}
	}
	return wanted, nil
}

// Read implements rotation.Copies. A parameter that is there and not wanted any more is a copy,
// too: its credential would stay behind.
func (c *Copies) Read(ctx context.Context, v rotation.Version) ([]rotation.Copy, error) {
	wanted, err := c.wanted(v)
	if err != nil {
		return nil, err
	}
	found, err := c.API.Get(ctx, c.names())
	if err != nil {
		return nil, c.wrap("ssm:GetParameters", c.Path+"/*", err)
	}
	var copies []rotation.Copy
	for _, name := range c.names() {
		value, isWanted := wanted[name]
		p, exists := found[name]
		if !isWanted && !exists {
			continue
		}
		same := isWanted && exists && p.Type == secureString && p.Value == value
		copies = append(copies, rotation.Copy{Name: name, UpToDate: same, Changed: p.Modified})
	}
	return copies, nil
}

// Write implements rotation.Copies.
func (c *Copies) Write(ctx context.Context, name string, v rotation.Version) error {
	wanted, err := c.wanted(v)
	if err != nil {
		return err
	}
	value, ok := wanted[name]
	if !ok {
		return c.wrap("ssm:DeleteParameters", name, c.API.Delete(ctx, []string{name}))
	}
	err = c.API.Put(ctx, name, value, c.KMSKey)
	if awserror.Code(err) == typeMismatch {
		return awserror.Explained(rotation.ConfigurationError, "ssm:PutParameter", "parameter "+name,
			"it exists and isn't a SecureString: delete it, or choose another path", err)
	}
	return c.wrap("ssm:PutParameter", name, without(err, value, wanted[c.Path+"/password"]))
}

// without is the error, if it doesn't repeat a secret: AWS's texts about a value that breaks a rule
// may hold that value.
func without(err error, secrets ...string) error {
	for _, secret := range secrets {
		if err != nil && secret != "" && strings.Contains(err.Error(), secret) {
			return fmt.Errorf("%s, with a text that repeats the value", cmp.Or(awserror.Code(err), "an error"))
		}
	}
	return err
}

// Delete implements rotation.Copies.
func (c *Copies) Delete(ctx context.Context) error {
	return c.wrap("ssm:DeleteParameters", c.Path+"/*", c.API.Delete(ctx, c.names()))
}

// typeMismatch is how Parameter Store refuses to change a parameter's type ("PutParameter", Systems
// Manager API reference).
const typeMismatch = "HierarchyTypeMismatchException"

func (c *Copies) wrap(action, name string, err error) error {
	if err == nil {
		return nil
	}
	return awserror.Wrap(action, "parameter "+name, err)
}

// levels is how deep a parameter's name may be ("PutParameter", Systems Manager API reference).
const levels = 15

var path = regexp.MustCompile(`^(/[A-Za-z0-9_.-]+)+$`)

// CheckPath tells why a path can't be that of parameters ("Requirements and constraints for
// parameter names", Systems Manager User Guide).
func CheckPath(text string) error {
	switch first := strings.ToLower(strings.TrimPrefix(text, "/")); {
	case !path.MatchString(text):
		return fmt.Errorf("%q is not a path of parameters, as in /mail/smtp", text)
	case strings.HasPrefix(first, "aws"), strings.HasPrefix(first, "ssm"):
		return fmt.Errorf("%q begins with aws or ssm, which AWS keeps for itself", text)
	case strings.Count(text, "/") >= levels:
		return fmt.Errorf("%q is too deep: with the parameter's own name, a name has at most %d levels", text, levels)
	case len(text) > longest:
		return fmt.Errorf("it has %d characters, and may have %d", len(text), longest)
	}
	return nil
}

// longest is the length of a path. Names may have 1,011 characters with what AWS puts in front,
// which is the ARN up to the name.
const longest = 900
