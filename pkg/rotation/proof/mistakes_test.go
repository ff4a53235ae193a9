package proof

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// mistake is a mistake that rotators make, and where it must be seen. A part that is nil is
// correct.
type mistake struct {
	name string
	// breaks is the promise that the judge must find broken.
	breaks promise
	seen   []exploration

	clients func(c client) api
	ports   func(p ports, c api) ports
	policy  func(p *rotation.Policy)
}

// exploration is where to look for a mistake.
type exploration struct {
	scene  string
	phases [][]rotation.Request
	budget int
}

// ports are how the Rotator reaches the world.
type ports struct {
	rotation.Keys
	rotation.Secret
	rotation.Verifier
	copies rotation.Copies // nil for none
	answer func(r rotation.Result, err error) (rotation.Result, error)
}

// The requests in which most mistakes show.
var (
	tick      = rotation.Request{Action: rotation.Tick}
	rotate    = rotation.Request{Action: rotation.Rotate}
	emergency = rotation.Request{Action: rotation.Emergency}
	contain   = rotation.Request{Action: rotation.Emergency, ContainFirst: true}
	// that AWSCURRENT doesn't name
	theOther = rotation.Request{Action: rotation.Emergency, AccessKeyID: "the other key"}
	// by name, as an alarm does it
	theCurrent = rotation.Request{Action: rotation.Emergency, AccessKeyID: "the current key"}
	rollback   = rotation.Request{Action: rotation.Rollback}
	remove     = rotation.Request{Action: rotation.Decommission}
)

func alone(req rotation.Request) [][]rotation.Request { return [][]rotation.Request{{req}} }
func twice(req rotation.Request) [][]rotation.Request { return [][]rotation.Request{{req}, {req}} }
func atOnce(a, b rotation.Request) [][]rotation.Request {
	return [][]rotation.Request{{a, b}}
}

var mistakes = []mistake{
	{name: "a retry deletes the live key", breaks: p7, seen: []exploration{{"due", twice(tick), 1}},
		ports: func(p ports, _ api) ports { p.Keys = deletesOldest{p.Keys}; return p }},
	{name: "a failure to store the credential is ignored", breaks: honest, seen: []exploration{{"due", alone(tick), 1}},
		ports: func(p ports, _ api) ports { p.Secret = forgetsFailures{p.Secret}; return p }},
	{name: "AWSCURRENT is moved before verification", breaks: p1,
		seen:   []exploration{{"due, and SES is late", alone(tick), 0}},
		policy: func(p *rotation.Policy) { p.SkipVerification = true }},
	{name: "the old key is never deleted after a failed step, because only labelled versions are searched for keys",
		breaks: p4, seen: []exploration{{"due", alone(tick), 1}},
		ports: func(p ports, _ api) ports { p.Keys = trustsLabels{p.Keys, p.Secret}; return p }},
	{name: "the interval is shorter than the grace period", breaks: p4, seen: []exploration{{"due", alone(tick), 0}},
		ports: func(p ports, _ api) ports { p.Keys = agesKeys{p.Keys, 27 * day}; return p }},
	{name: "a stranger's key is deleted", breaks: p8,
		seen:  []exploration{{"due, blocked by a stranger's key in use", alone(tick), 0}},
		ports: func(p ports, _ api) ports { p.Keys = ignoresUse{p.Keys}; return p }},
	{name: "username and password are written separately", breaks: p1, seen: []exploration{{"due", alone(tick), 0}},
		ports: func(p ports, c api) ports { p.Secret = writesApart{p.Secret, c}; return p }},
	{name: "the previous key is deactivated at once", breaks: p2, seen: []exploration{{"due", alone(tick), 0}},
		policy: func(p *rotation.Policy) { p.GracePeriod, p.InUseWindow = 0, 0 }},
	{name: "CreateAccessKey is retried", breaks: p4, seen: []exploration{{"due", alone(tick), 1}},
		clients: func(c client) api { return createsAgain{c} }},
	{name: "promotion without compare-and-swap", breaks: p1, seen: []exploration{{"due", atOnce(tick, emergency), 0}},
		ports: func(p ports, _ api) ports { p.Secret = movesBlindly{p.Secret}; return p }},
	{name: "no fence before a revocation", breaks: p1,
		seen:  []exploration{{"pending for longer than the promotion window", atOnce(tick, theOther), 0}},
		ports: func(p ports, _ api) ports { p.Secret = setsNoFence{p.Secret, map[string]string{}}; return p }},
	{name: "a key in use is retired", breaks: p2,
		seen:  []exploration{{"superseded, its grace period over, in use", alone(tick), 0}},
		ports: func(p ports, _ api) ports { p.Keys = ignoresUse{p.Keys}; return p }},
	{name: "a key is deleted right after its deactivation", breaks: p3,
		seen:  []exploration{{"superseded, its grace period over", alone(tick), 0}},
		ports: func(p ports, _ api) ports { p.Keys = deletesAtOnce{p.Keys}; return p }},
	{name: "an emergency believes that a key is gone without deleting it", breaks: p5,
		seen:  []exploration{{"fresh", alone(emergency), 0}},
		ports: func(p ports, _ api) ports { p.Keys = revokesInWords{p.Keys, map[string]bool{}}; return p }},
	{name: "a password is in the answer", breaks: p6, seen: []exploration{{"due", alone(tick), 0}},
		ports: func(p ports, _ api) ports { return tellsPasswords(p) }},
	{name: "the secret access key is stored", breaks: p6, seen: []exploration{{"due", alone(tick), 0}},
		clients: func(c client) api { return &keepsSecretKeys{client: c} }},
	{name: "a key that a person deactivated is activated again", breaks: p8,
		seen:  []exploration{{"broken", alone(tick), 0}},
		ports: func(p ports, _ api) ports { p.Keys = reactivates{p.Keys}; return p }},
	{name: "a stale copy isn't rewritten", breaks: p2,
		seen:  []exploration{{"superseded, its grace period over, with a stale copy", alone(tick), 0}},
		ports: func(p ports, _ api) ports { p.copies = leavesCopies{p.copies}; return p }},
	{name: "the grace period doesn't count from when the copy was written", breaks: p2,
		seen:  []exploration{{"superseded, its grace period over, with a stale copy", alone(tick), 0}},
		ports: func(p ports, _ api) ports { p.copies = forgetsWhen{p.copies}; return p }},
	{name: "a credential is copied before SES accepts it", breaks: p1,
		seen:  []exploration{{"due, with a copy, and SES is late", alone(tick), 0}},
		ports: func(p ports, _ api) ports { p.Secret = copiesEarly{p.Secret, p.copies}; return p }},
}

func (m *mistake) client(c client) api {
	if m == nil || m.clients == nil {
		return c
	}
	return m.clients(c)
}

func (m *mistake) wrap(p ports, c api) ports {
	p.answer = func(r rotation.Result, err error) (rotation.Result, error) { return r, err }
	if m == nil || m.ports == nil {
		return p
	}
	return m.ports(p, c)
}

func (m *mistake) edit(p rotation.Policy) rotation.Policy {
	if m != nil && m.policy != nil {
		m.policy(&p)
	}
	return p
}

// deletesOldest makes room for a new key by deleting the oldest, whatever it is.
type deletesOldest struct{ rotation.Keys }

func (k deletesOldest) List(ctx context.Context) ([]rotation.Key, error) {
	keys, err := k.Keys.List(ctx)
	return keys[:min(1, len(keys))], err
}

func (k deletesOldest) Create(ctx context.Context) (rotation.Key, sessmtp.SecretAccessKey, error) {
	made, secretKey, err := k.Keys.Create(ctx)
	if rotation.TypeOf(err) != rotation.Conflict {
		return made, secretKey, err
	}
	keys, err := k.Keys.List(ctx)
	if err != nil {
		return made, "", err
	}
	if err := k.Keys.Delete(ctx, keys[0].ID); err != nil {
		return made, "", err
	}
	return k.Keys.Create(ctx)
}

// agesKeys makes keys look older than they are, so that each is due before the previous one is
// gone. It stands for a policy with too short an interval, which would be refused.
type agesKeys struct {
	rotation.Keys
	by time.Duration
}

func (k agesKeys) List(ctx context.Context) ([]rotation.Key, error) {
	keys, err := k.Keys.List(ctx)
	for i := range keys {
		keys[i].Created = keys[i].Created.Add(-k.by)
	}
	return keys, err
}

// forgetsFailures goes on although a credential couldn't be stored.
type forgetsFailures struct{ rotation.Secret }

func (s forgetsFailures) Stage(ctx context.Context, base rotation.Version, logins []sessmtp.Login,
	at time.Time) (rotation.Version, error) {
	staged, err := s.Secret.Stage(ctx, base, logins, at)
	if err != nil {
		return rotation.Version{ID: "unknown", Created: at, User: user, Logins: logins}, nil
	}
	return staged, nil
}

func (s forgetsFailures) Move(ctx context.Context, label rotation.Label, from, to string) error {
	if err := s.Secret.Move(ctx, label, from, to); to != "unknown" {
		return err
	}
	return nil
}

// trustsLabels knows only keys that a labelled version names.
type trustsLabels struct {
	rotation.Keys
	secret rotation.Secret
}

func (k trustsLabels) List(ctx context.Context) ([]rotation.Key, error) {
	keys, err := k.Keys.List(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, label := range []rotation.Label{rotation.Current, rotation.Pending, rotation.Previous} {
		v, err := k.secret.Read(ctx, label)
		if err != nil {
			return nil, err
		}
		if v != nil {
			known[v.AccessKeyID()] = true
		}
	}
	return slices.DeleteFunc(keys, func(key rotation.Key) bool { return !known[key.ID] }), nil
}

// ignoresUse believes that nobody sends with any key.
type ignoresUse struct{ rotation.Keys }

func (k ignoresUse) LastUsed(ctx context.Context, id string) (time.Time, error) {
	_, err := k.Keys.LastUsed(ctx, id)
	return time.Time{}, err
}

// writesApart makes the new username current before the new password.
type writesApart struct {
	rotation.Secret
	client api
}

func (s writesApart) Move(ctx context.Context, label rotation.Label, from, to string) error {
	if label != rotation.Current {
		return s.Secret.Move(ctx, label, from, to)
	}
	next, err := s.Read(ctx, rotation.Pending)
	if err != nil || next == nil {
		return err
	}
	token := "half-" + to[5:]
	half := `{"username":"` + next.AccessKeyID() + `","password":"of the key before","iam_user":"` + user + `"}`
	_, err = s.client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: aws.String(secret), ClientRequestToken: &token, SecretString: &half,
		VersionStages: []string{string(rotation.Current)},
	})
	if err != nil {
		return err
	}
	return s.Secret.Move(ctx, label, token, to)
}

// createsAgain tries CreateAccessKey again if no answer came.
type createsAgain struct{ client }

func (c createsAgain) CreateAccessKey(ctx context.Context, in *iam.CreateAccessKeyInput,
	opts ...func(*iam.Options)) (*iam.CreateAccessKeyOutput, error) {
	out, err := c.client.CreateAccessKey(ctx, in, opts...)
	if isNoAnswer(err) {
		return c.client.CreateAccessKey(ctx, in, opts...)
	}
	return out, err
}

// movesBlindly moves a label from wherever it is.
type movesBlindly struct{ rotation.Secret }

func (s movesBlindly) Move(ctx context.Context, label rotation.Label, _, to string) error {
	at, err := s.Read(ctx, label)
	if err != nil {
		return err
	}
	from := ""
	if at != nil {
		from = at.ID
	}
	return s.Secret.Move(ctx, label, from, to)
}

// setsNoFence leaves AWSCURRENT where it is before a revocation, but believes that it has moved.
type setsNoFence struct {
	rotation.Secret
	there map[string]string // the version that AWSCURRENT really is on, by the ID of the fence's version
}

func (s setsNoFence) Restage(ctx context.Context, base, v rotation.Version, at time.Time) (rotation.Version, error) {
	if v.ID != base.ID {
		return s.Secret.Restage(ctx, base, v, at)
	}
	really := v.ID
	v.ID = "fence of " + really
	s.there[v.ID] = really
	return v, nil
}

func (s setsNoFence) Read(ctx context.Context, label rotation.Label) (*rotation.Version, error) {
	v, err := s.Secret.Read(ctx, label)
	if v != nil && s.there["fence of "+v.ID] != "" {
		v.ID = "fence of " + v.ID
	}
	return v, err
}

func (s setsNoFence) Move(ctx context.Context, label rotation.Label, from, to string) error {
	if s.there[to] != "" {
		return nil
	}
	if really := s.there[from]; really != "" {
		from = really
	}
	return s.Secret.Move(ctx, label, from, to)
}

// deletesAtOnce deletes a key when it is deactivated.
type deletesAtOnce struct{ rotation.Keys }

func (k deletesAtOnce) SetStatus(ctx context.Context, id string, status rotation.KeyStatus) error {
	if err := k.Keys.SetStatus(ctx, id, status); err != nil || status == rotation.Active {
		return err
	}
	return k.Delete(ctx, id)
}

// revokesInWords believes that a key is gone, but never deletes it.
type revokesInWords struct {
	rotation.Keys
	gone map[string]bool
}

func (k revokesInWords) List(ctx context.Context) ([]rotation.Key, error) {
	keys, err := k.Keys.List(ctx)
	return slices.DeleteFunc(keys, func(key rotation.Key) bool { return k.gone[key.ID] }), err
}

func (k revokesInWords) SetStatus(context.Context, string, rotation.KeyStatus) error { return nil }

func (k revokesInWords) Delete(_ context.Context, id string) error {
	k.gone[id] = true
	return nil
}

// tellsPasswords puts the password that was verified into the answer.
func tellsPasswords(p ports) ports {
	v := &remembers{Verifier: p.Verifier}
	p.Verifier = v
	p.answer = func(r rotation.Result, err error) (rotation.Result, error) {
		r.Warnings = append(r.Warnings, rotation.Warning{Message: "verified with " + v.password})
		return r, err
	}
	return p
}

type remembers struct {
	rotation.Verifier
	password string
}

func (r *remembers) Verify(ctx context.Context, logins []sessmtp.Login) []sessmtp.Result {
	r.password = string(logins[0].Password)
	return r.Verifier.Verify(ctx, logins)
}

// keepsSecretKeys stores the secret access key with the password, so that it can derive others
// later.
type keepsSecretKeys struct {
	client
	made string
}

func (c *keepsSecretKeys) CreateAccessKey(ctx context.Context, in *iam.CreateAccessKeyInput,
	opts ...func(*iam.Options)) (*iam.CreateAccessKeyOutput, error) {
	out, err := c.client.CreateAccessKey(ctx, in, opts...)
	if err == nil {
		c.made = aws.ToString(out.AccessKey.SecretAccessKey)
	}
	return out, err
}

func (c *keepsSecretKeys) PutSecretValue(ctx context.Context, in *secretsmanager.PutSecretValueInput,
	opts ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error) {
	quoted, err := json.Marshal(c.made)
	if err != nil {
		return nil, err
	}
	more := *in
	more.SecretString = aws.String(strings.TrimSuffix(*in.SecretString, "}") + `,"secret_access_key":` +
		string(quoted) + "}")
	return c.client.PutSecretValue(ctx, &more, opts...)
}

// reactivates mends a broken credential by activating its key again.
type reactivates struct{ rotation.Keys }

func (k reactivates) List(ctx context.Context) ([]rotation.Key, error) {
	keys, err := k.Keys.List(ctx)
	for i, key := range keys {
		if key.Status != rotation.Inactive {
			continue
		}
		if err := k.Keys.SetStatus(ctx, key.ID, rotation.Active); err != nil {
			return nil, err
		}
		keys[i].Status = rotation.Active
	}
	return keys, err
}
