package function

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/secretid"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// config is the function's parsed environment.
type config struct {
	user      string
	secretID  string
	secretIn  string // the Region of the secret
	endpoints []sessmtp.Endpoint
	// deliberate is set if SMTP_ENDPOINT is: the endpoints aren't the default ones.
	deliberate bool
	names      credential.Names
	policy     rotation.Policy
	from       string // sender of the test mail; if it is empty, verification only logs in
	suspected  suspicion
	parameters parameters
}

// These variables name the user and the secret; errors about either name the variable.
const (
	userVariable   = "SMTP_USER_NAME"
	secretVariable = "SECRET_ID"
)

// isAddress reports whether text is an address as in MAIL FROM: without a name or comments.
func isAddress(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	return ok && local != "" && domain != "" && !strings.ContainsFunc(text,
		func(r rune) bool { return r <= ' ' || strings.ContainsRune("<>()\u007f", r) }) &&
		!strings.Contains(domain, "@")
}

// environment reads variables and collects what is wrong with them. An empty variable counts as not
// set.
type environment struct {
	getenv func(string) string
	faults []error
}

func (e *environment) fault(name string, err error) {
	if err != nil {
		e.faults = append(e.faults, fmt.Errorf("%s: %w", name, err))
	}
}

func (e *environment) text(name, standard string) string {
	if v := e.getenv(name); v != "" {
		return v
	}
	return standard
}

func (e *environment) required(name, what string) string {
	v := e.getenv(name)
	if v == "" {
		e.fault(name, errors.New("is required: "+what))
	}
	return v
}

func (e *environment) duration(name string, standard time.Duration) time.Duration {
	text := e.getenv(name)
	if text == "" {
		return standard
	}
	d, err := rotation.ParseDuration(text)
	e.fault(name, err)
	return d
}

// parseConfig reads the whole environment. The error names every faulty variable; the config has
// the values of the others.
func parseConfig(getenv func(string) string) (config, error) {
	e := &environment{getenv: getenv}
	c := config{user: e.required(userVariable, "the name of the IAM user that sends")}
	c.secretID, c.secretIn = e.secret()
	if c.user != "" && !credential.IsUserName(c.user) {
		e.fault(userVariable, fmt.Errorf("%q is not the name of an IAM user (no path, no ARN)", c.user))
	}
	c.policy = e.policy()
	c.endpoints, c.deliberate = e.endpoints(), e.getenv("SMTP_ENDPOINT") != ""
	c.names = e.names()
	c.parameters = e.parameters()
	for _, endpoint := range c.endpoints {
		c.policy.Regions = append(c.policy.Regions, endpoint.Region)
	}
	switch verify := e.text("VERIFY", "login"); verify {
	case "login":
	case "off": // e.policy reads this
	case "send":
		c.from = e.required("VERIFY_FROM", "VERIFY=send needs the address to send from")
		if c.from != "" && !isAddress(c.from) {
			e.fault("VERIFY_FROM", fmt.Errorf("%q is not a mail address", c.from))
		}
	default:
		e.fault("VERIFY", fmt.Errorf("%q is none of login, send and off", verify))
	}
	c.suspected = suspicion(e.text("SUSPECTED_LEAKS", string(suspectedIsEmergency)))
	if c.suspected != suspectedIsEmergency && c.suspected != suspectedIsAlarm {
		e.fault("SUSPECTED_LEAKS", fmt.Errorf("%q is neither emergency nor alarm", c.suspected))
	}
	if err := errors.Join(e.faults...); err != nil {
		return c, rotation.Errorf(rotation.ConfigurationError, "environment: %w", err)
	}
	return c, nil
}

// secret returns the secret's ID and its Region. If the ID can't be a secret's, it returns none, so
// that no call is made about it.
func (e *environment) secret() (id, region string) {
	id = e.required(secretVariable, "the name or ARN of the secret")
	region, err := secretid.Region(id, ownRegion(e.getenv))
	if e.fault(secretVariable, err); err != nil {
		return "", ""
	}
	return id, region
}

func (e *environment) policy() rotation.Policy {
	p := rotation.DefaultPolicy()
	p.SkipVerification = e.getenv("VERIFY") == "off" // VERIFY_TIMEOUT doesn't matter then
	before := len(e.faults)
	for _, one := range periods {
		period := one.of(&p)
		*period = e.duration(one.variable, *period)
	}
	if len(e.faults) == before {
		e.faults = append(e.faults, faultsOf(p)...)
	}
	return p
}

// shortestInUse is the shortest IN_USE_WINDOW that works. IAM records only the first of several
// uses within 15 minutes ("Generate credential reports for your AWS account", IAM User Guide), and
// reports it late: with a shorter window, a key that sends all the time may look unused.
const shortestInUse = time.Hour

// doubts lists settings that are allowed but don't do what people expect.
func (c config) doubts() (doubts []string) {
	if window := c.policy.InUseWindow; window > 0 && window < shortestInUse {
		doubts = append(doubts, fmt.Sprintf("IN_USE_WINDOW: %s is too short to see that a key is in use, because IAM "+
			"reports last use late, and only the first of several uses within 15 minutes: set at least %s, or 0 to "+
			"ignore last use", rotation.Duration(window), rotation.Duration(shortestInUse)))
	}
	return doubts
}

// periods lists the variables that each set one field of the policy.
var periods = []struct {
	variable, field string
	of              func(*rotation.Policy) *time.Duration
}{
	{"ROTATION_INTERVAL", "RotationInterval", func(p *rotation.Policy) *time.Duration { return &p.RotationInterval }},
	{"GRACE_PERIOD", "GracePeriod", func(p *rotation.Policy) *time.Duration { return &p.GracePeriod }},
	{"QUARANTINE_PERIOD", "QuarantinePeriod", func(p *rotation.Policy) *time.Duration { return &p.QuarantinePeriod }},
	{"IN_USE_WINDOW", "InUseWindow", func(p *rotation.Policy) *time.Duration { return &p.InUseWindow }},
	{"MAX_GRACE_PERIOD", "MaxGracePeriod", func(p *rotation.Policy) *time.Duration { return &p.MaxGracePeriod }},
	{"PROMOTION_WINDOW", "PromotionWindow", func(p *rotation.Policy) *time.Duration { return &p.PromotionWindow }},
	{"VERIFY_TIMEOUT", "VerifyTimeout", func(p *rotation.Policy) *time.Duration { return &p.VerifyTimeout }},
}

// faultsOf lists the policy's faults, each with its variable and those that could be changed
// instead.
func faultsOf(p rotation.Policy) (faults []error) {
	for _, fault := range p.Faults() {
		var others []string
		for _, field := range fault.With {
			others = append(others, variableOf(field))
		}
		text := variableOf(fault.Field) + ": " + fault.Text
		if others != nil {
			text += "; see also " + strings.Join(others, ", ")
		}
		faults = append(faults, errors.New(text))
	}
	return faults
}

// variableOf returns the variable that sets a field of the policy.
func variableOf(field string) string {
	for _, one := range periods {
		if one.field == field {
			return one.variable
		}
	}
	return "VERIFY=off" // sets SkipVerification, the only field without a period
}

func (e *environment) names() credential.Names {
	const name = "SECRET_KEYS"
	if e.getenv(name) == "" {
		return nil
	}
	names, err := credential.ParseNames(e.getenv(name))
	e.fault(name, err)
	return names
}

func (e *environment) endpoints() []sessmtp.Endpoint {
	name := "SMTP_REGIONS"
	if e.getenv(name) == "" {
		name = "AWS_REGION" // the default; Lambda sets it
	}
	text := e.required(name, "the SES Regions, comma-separated (SMTP_REGIONS), or the function's own (AWS_REGION)")
	if text == "" {
		return nil
	}
	regions, err := sessmtp.ParseRegions(text)
	if err != nil {
		e.fault(name, err)
		return nil
	}
	spec := e.getenv("SMTP_ENDPOINT")
	endpoints, err := sessmtp.ParseEndpoints(spec, regions)
	if spec != "" {
		name = "SMTP_ENDPOINT"
	}
	e.fault(name, err)
	return endpoints
}
