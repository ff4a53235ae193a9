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

// config is the function's environment, understood.
type config struct {
	user      string
	secretID  string
	secretIn  string // the secret's Region
	endpoints []sessmtp.Endpoint
	// deliberate: the endpoints were chosen, and aren't the default's.
	deliberate bool
	names      credential.Names
	policy     rotation.Policy
	from       string // sender of the mail that proves sending; empty: log in only
	suspected  suspicion
	parameters parameters
}

// These variables name the user and the secret, so errors about either name the variable.
const (
	userVariable   = "SMTP_USER_NAME"
	secretVariable = "SECRET_ID"
)

// isAddress knows an address as it stands in MAIL FROM: without a name, and without comments.
func isAddress(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	return ok && local != "" && domain != "" && !strings.ContainsFunc(text,
		func(r rune) bool { return r <= ' ' || strings.ContainsRune("<>()\u007f", r) }) &&
		!strings.Contains(domain, "@")
}

// environment reads variables and gathers what is wrong with them. A variable that is set to
// nothing isn't set.
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

// parseConfig reads the whole environment. The error names every faulty variable; the rest is still
// told.
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
	case "off": // as the policy knows already
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

// secret returns the secret's ID and its Region. An ID that can't be a secret's is none at all, so
// that nothing is asked about it.
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

// shortestInUse is the least that IN_USE_WINDOW can tell of. Of several uses within 15 minutes IAM
// records the first ("Generate credential reports for your AWS account", IAM User Guide), and it
// reports them late: a key that sends all the time may look unused for longer than that.
const shortestInUse = time.Hour

// doubts are settings that are allowed, and don't do what people expect of them.
func (c config) doubts() (doubts []string) {
	if window := c.policy.InUseWindow; window > 0 && window < shortestInUse {
		doubts = append(doubts, fmt.Sprintf("IN_USE_WINDOW: %s is too short to see that a key is in use, because IAM "+
			"reports last use late, and of several uses within 15 minutes the first: set at least %s, or 0 if the "+
			"grace period alone is to count", rotation.Duration(window), rotation.Duration(shortestInUse)))
	}
	return doubts
}

// periods are the variables that hold one field of the policy each.
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

// faultsOf names the variable in each fault of the policy, and those that could be changed instead.
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

// variableOf is how the environment sets a field of the policy.
func variableOf(field string) string {
	for _, one := range periods {
		if one.field == field {
			return one.variable
		}
	}
	return "VERIFY=off" // SkipVerification has no period
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
		name = "AWS_REGION" // its default, and set by Lambda
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
