package proof

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpparameter"
)

// digest stands for a state: 128 bits of its SHA-256.
type digest [16]byte

// add adds another digest; the order of additions doesn't matter.
func (d *digest) add(other digest) {
	for i := range 2 {
		at := d[8*i:]
		binary.LittleEndian.PutUint64(at, binary.LittleEndian.Uint64(at)+binary.LittleEndian.Uint64(other[8*i:]))
	}
}

// writer writes a state out, so that it can be compared: names instead of IDs, in an order that
// doesn't depend on chance.
type writer struct{ b []byte }

func (w *writer) text(t string)  { w.b = append(append(w.b, t...), 0) }
func (w *writer) number(n int64) { w.b = binary.AppendVarint(w.b, n) }
func (w *writer) instant(t time.Time) {
	if t.IsZero() {
		w.number(0)
		return
	}
	w.number(t.Unix())
}

func (w *writer) yes(b bool) {
	if b {
		w.number(1)
		return
	}
	w.number(0)
}

func (w *writer) sum() digest {
	h := sha256.Sum256(w.b)
	return digest(h[:16])
}

// write writes all that the future depends on, except what running invocations know.
func (s *stage) write(w *writer) {
	w.instant(s.now)
	w.text(s.names[s.stranger])
	for _, k := range s.world.Keys(user) {
		w.text(s.names[k.ID] + k.Status)
		w.instant(k.Created)
		w.instant(k.LastUsed)
	}
	named := map[string]bool{}
	for _, v := range s.world.Versions(secret) {
		if len(v.Labels) == 0 { // of those, only the key matters
			named[credentialIn(v.Value).Username] = true
			continue
		}
		w.text(v.ID)
		w.instant(v.Created)
		w.text(v.Value)
		for _, l := range v.Labels {
			w.text(l)
		}
	}
	writeMap(w, s.names, named, w.yes)
	j := s.judge
	if s.copies {
		text, changed := s.copyOf()
		w.text(text)
		w.instant(changed)
		w.text(j.copied.excuse)
	}
	w.text(s.names[j.current] + j.excuse)
	w.yes(j.promoted)
	w.yes(j.overlap)
	w.yes(j.stopped)
	w.yes(j.removed)
	w.yes(s.unsettled != "")
	writeMap(w, s.names, j.since, w.instant)
	writeMap(w, s.names, j.dormant, w.text)
	writeMap(w, s.names, j.revoked, w.yes)
	writeMap(w, s.names, j.byHand, w.instant)
}

// writeMap writes what is known about keys, in the order of their names.
func writeMap[V any](w *writer, names map[string]string, m map[string]V, value func(V)) {
	w.number(int64(len(m)))
	for _, id := range slices.Sorted(maps.Keys(m)) {
		w.text(names[id])
		value(m[id])
	}
}

// writeAnswer writes the answer to a call. If a version was asked for by its ID, its labels don't
// matter.
func (s *stage) writeAnswer(w *writer, byID bool, out any, err error) {
	if err != nil {
		w.text(err.Error())
		return
	}
	switch out := out.(type) {
	case *iam.ListAccessKeysOutput:
		for _, k := range out.AccessKeyMetadata {
			w.text(*k.AccessKeyId + string(k.Status))
			w.instant(*k.CreateDate)
		}
	case *iam.GetAccessKeyLastUsedOutput:
		w.instant(aws.ToTime(out.AccessKeyLastUsed.LastUsedDate))
	case *iam.CreateAccessKeyOutput:
		w.text(*out.AccessKey.AccessKeyId)
		w.instant(*out.AccessKey.CreateDate)
	case *secretsmanager.GetSecretValueOutput:
		w.text(*out.VersionId)
		w.text(aws.ToString(out.SecretString))
		w.instant(*out.CreatedDate)
		if !byID {
			for _, l := range out.VersionStages {
				w.text(l)
			}
		}
	case *secretsmanager.ListSecretVersionIdsOutput:
		for _, v := range out.Versions {
			w.text(*v.VersionId)
		}
	case *secretsmanager.DescribeSecretOutput:
		for _, id := range slices.Sorted(maps.Keys(out.VersionIdsToStages)) {
			w.text(id)
			for _, l := range slices.Sorted(slices.Values(out.VersionIdsToStages[id])) {
				w.text(l)
			}
		}
	case *secretsmanager.PutSecretValueOutput:
		w.text(*out.VersionId)
	case *map[string]smtpparameter.Parameter:
		for _, name := range slices.Sorted(maps.Keys(*out)) {
			w.text(string((*out)[name].Value))
			w.instant((*out)[name].Modified)
		}
	case *[]sessmtp.Result:
		for _, r := range *out {
			w.text(string(r.Meaning))
		}
	}
}

// credential is what the application reads.
type credential struct {
	Username string
	Password string
	Host     string
	Port     int
	Region   string
	URL      string
	IAMUser  string `json:"iam_user"`
	Regions  map[string]struct {
		Host, Password string
		Port           int
	}

	sendings []sending
}

// sending is a way to send that a value offers: where, and as whom.
type sending struct{ region, username, password string }

// offered returns all ways to send that the value offers.
func (c credential) offered() []sending {
	if c.IAMUser == "" { // made by hand: applications that read it know where to send
		return []sending{{region, c.Username, c.Password}}
	}
	all := []sending{{server(c.Region, c.Host, c.Port), c.Username, c.Password}}
	u, err := url.Parse(c.URL)
	if err != nil || u.User == nil {
		return nil
	}
	port, _ := strconv.Atoi(u.Port())
	password, _ := u.User.Password()
	all = append(all, sending{server(c.Region, u.Hostname(), port), u.User.Username(), password})
	for name, r := range c.Regions {
		all = append(all, sending{server(name, r.Host, r.Port), c.Username, r.Password})
	}
	return all
}

// server returns the Region whose server an application reaches, empty if host and port aren't that
// Region's.
func server(name, host string, port int) string {
	if host != "email-smtp."+name+".amazonaws.com" || port != 587 {
		return ""
	}
	return name
}

var credentials sync.Map // by value: they are read again and again

func credentialIn(value string) credential {
	if c, ok := credentials.Load(value); ok {
		return c.(credential)
	}
	var c credential
	_ = json.Unmarshal([]byte(value), &c) // a value that isn't a credential gives an empty one
	c.sendings = c.offered()
	credentials.Store(value, c)
	return c
}

// valueIn returns the credential in an answer to GetSecretValue.
func valueIn(out any) credential {
	return credentialIn(aws.ToString(out.(*secretsmanager.GetSecretValueOutput).SecretString))
}

var secretsByKey sync.Map

// secretsOf returns the secret access key of a key and the passwords that are derived from it.
func secretsOf(id, name string) []string {
	if found, ok := secretsByKey.Load(id); ok {
		return found.([]string)
	}
	sum := sha256.Sum256([]byte(name))
	made := base64.StdEncoding.EncodeToString(sum[:30])
	found := []string{made, localaws.SMTPPassword(made, region), localaws.SMTPPassword(made, second)}
	secretsByKey.Store(id, found)
	return found
}
