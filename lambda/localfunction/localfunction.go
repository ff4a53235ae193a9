// Package localfunction runs the function on this machine, for the demo and for tests: the deployed
// code, in this process, acting on a localaws.World. User and Secret exist there as the template
// creates them, without a credential.
//
//	d, err := localfunction.Start(localfunction.Config{})
//	defer d.Close()
//	answer, err := d.Invoke(ctx, `{}`) // the first credential
//	current, err := d.Current()        // what applications read
package localfunction

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/lambda/function"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// The function's user, secret and Region.
const (
	User   = "smtp-sender"
	Secret = "smtp/credential"
	Region = "eu-west-1"
)

// Config configures a Deployment. The zero value works.
type Config struct {
	// Regions are the SES Regions of World. The default is Region. The credential is for the first
	// one, until SetRegions changes that.
	Regions []string
	// Now is the clock; World.Advance sets the World's time ahead of it. The default is time.Now.
	Now func() time.Time
	// Env changes and extends the function's environment.
	Env map[string]string
	// Log gets what the function logs. The default drops it.
	Log slog.Handler
}

// Deployment is the function and the AWS that it acts on. Several goroutines may call Invoke and
// Current at once.
type Deployment struct {
	World *localaws.World
	// Env is the function's environment. A change takes effect after Restart.
	Env map[string]string
	// Function is the function since the last Restart.
	Function *function.Function

	log *slog.Logger
	dir string // with World's certificate; empty until Environ writes it
}

// Start starts a World with the function in it. Close the Deployment afterwards.
func Start(cfg Config) (*Deployment, error) {
	if len(cfg.Regions) == 0 {
		cfg.Regions = []string{Region}
	}
	if cfg.Log == nil {
		cfg.Log = slog.DiscardHandler
	}
	world, err := localaws.Start(localaws.Config{Regions: cfg.Regions, Now: cfg.Now})
	if err != nil {
		return nil, err
	}
	world.CreateUser(User)
	world.CreateSecret(Secret, "{}")
	d := &Deployment{World: world, log: slog.New(cfg.Log), Env: map[string]string{
		"AWS_REGION":            cfg.Regions[0],
		"AWS_ENDPOINT_URL":      world.URL(),
		"AWS_ACCESS_KEY_ID":     "ASIAFUNCTIONROLE0000",
		"AWS_SECRET_ACCESS_KEY": "the role's",
		"SMTP_USER_NAME":        User,
		"SECRET_ID":             Secret,
		"SMTP_ENDPOINT":         world.SMTP(cfg.Regions[0]),
	}}
	maps.Copy(d.Env, cfg.Env)
	d.Restart()
	return d, nil
}

// Close closes World and removes the file that Environ wrote.
func (d *Deployment) Close() error {
	err := d.World.Close()
	if d.dir != "" {
		err = errors.Join(err, os.RemoveAll(d.dir))
	}
	return err
}

// Restart replaces the function with a new one, as Lambda does: it reads Env anew and remembers
// nothing.
func (d *Deployment) Restart() {
	env := maps.Clone(d.Env)
	d.Function = function.New(function.World{
		Getenv:  func(name string) string { return env[name] },
		Log:     d.log,
		Now:     d.World.Now,
		RootCAs: d.World.CertPool(),
	})
}

// SetRegions changes the Regions of the credential, the primary one first, and restarts the
// function. Config.Regions must have all of them.
func (d *Deployment) SetRegions(regions ...string) {
	endpoints := make([]string, len(regions))
	for i, region := range regions {
		endpoints[i] = region + "=" + d.World.SMTP(region)
	}
	d.Env["SMTP_REGIONS"], d.Env["SMTP_ENDPOINT"] = strings.Join(regions, ","), strings.Join(endpoints, ",")
	d.Restart()
}

// Environ returns Env for a process that runs the built function. The process trusts only World's
// certificate, which is in a file until Close.
func (d *Deployment) Environ() ([]string, error) {
	if d.dir == "" {
		dir, err := os.MkdirTemp("", "localfunction-")
		if err != nil {
			return nil, err
		}
		d.dir = dir
	}
	roots := filepath.Join(d.dir, "roots.pem")
	if err := os.WriteFile(roots, d.World.CertPEM(), 0o600); err != nil {
		return nil, err
	}
	env := []string{"SSL_CERT_FILE=" + roots, "SSL_CERT_DIR=" + d.dir}
	for _, name := range slices.Sorted(maps.Keys(d.Env)) {
		env = append(env, name+"="+d.Env[name])
	}
	return env, nil
}

// Answer is what the function answers.
type Answer struct {
	event.Answer
	Text string // as it was sent
}

// Invoke hands the function an event, as Lambda does. If the function fails, the error is a
// messages.InvokeResponse_Error: what Lambda's callers see.
func (d *Deployment) Invoke(ctx context.Context, event string) (Answer, error) {
	text, err := d.Function.Invoke(ctx, []byte(event))
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Text: string(text)}
	return answer, json.Unmarshal(text, &answer.Answer)
}

// Credential is the value of a version.
type Credential struct {
	credential.Value
	// Accepted is whether SES accepts it now, in every Region that it is for.
	Accepted bool
}

// Current reads AWSCURRENT. Without a credential yet, the username is empty; a value made by hand
// may also lack host, port and Region, which applications can know by themselves.
func (d *Deployment) Current() (Credential, error) {
	version, ok := d.World.Labelled(Secret, "AWSCURRENT")
	if !ok {
		return Credential{}, errors.New("no version is AWSCURRENT")
	}
	found, err := credential.Inspect(version.Value, nil)
	if err != nil && !errors.Is(err, credential.ErrNone) {
		return Credential{}, fmt.Errorf("version %s, which is AWSCURRENT: %w", version.ID, err)
	}
	c := Credential{Value: valueOf(found)}
	c.Accepted = d.accepts(c.Value)
	return c, nil
}

func valueOf(found credential.Content) credential.Value {
	v := credential.Value{IAMUser: found.IAMUser, Regions: map[string]credential.Region{}}
	for i, l := range found.Logins {
		if i == 0 {
			v.Username, v.Password, v.Region = l.Username, string(l.Password), l.Region
			v.Host, v.Port, v.URL, v.SMTPSURL = l.Host, l.Port, l.URL(), l.SMTPSURL()
		}
		if l.Region != "" {
			v.Regions[l.Region] = credential.Region{Host: l.Host, Port: l.Port, Password: string(l.Password)}
		}
	}
	return v
}

func (d *Deployment) accepts(v credential.Value) bool {
	for region, r := range v.Regions {
		if !d.World.Accepts(region, v.Username, r.Password) {
			return false
		}
	}
	primary := v.Region
	if primary == "" { // made by hand
		primary = d.Env["AWS_REGION"]
	}
	return d.World.Accepts(primary, v.Username, v.Password)
}

// Unsettled returns what is left to do. It returns nil if the user has exactly one access key,
// which is Active and named by AWSCURRENT, SES accepts it, and nothing is pending.
func (d *Deployment) Unsettled() error {
	c, err := d.Current()
	if err != nil {
		return err
	}
	if !c.Accepted {
		err = fmt.Errorf("AWSCURRENT names %q, and SES doesn't accept it", c.Username)
	}
	keys := d.World.Keys(User)
	if len(keys) != 1 || keys[0].ID != c.Username || keys[0].Status != "Active" {
		err = errors.Join(err, fmt.Errorf("keys left: %+v; AWSCURRENT names %q", keys, c.Username))
	}
	current, _ := d.World.Labelled(Secret, "AWSCURRENT")
	if pending, ok := d.World.Labelled(Secret, "AWSPENDING"); ok && pending.ID != current.ID {
		err = errors.Join(err, fmt.Errorf("version %s is still pending", pending.ID))
	}
	return err
}
