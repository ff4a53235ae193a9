package credential_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

const (
	oldID       = "AKIAIOSFODNN7EXAMPLE"
	oldPassword = "BIjVcTN2+gkVYbxsBLAOUCd4BFPK9j6yB/XgjpuOI+pZ"
	newPassword = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
)

var rotated = []sessmtp.Login{{
	Endpoint: sessmtp.Endpoint{Region: "eu-west-1", Host: "smtp.example.com", Port: 587},
	Username: "AKIAI44QH8DHBEXAMPLE", Password: newPassword,
}}

// fill replaces U! and P! in a form with the old credential, and E! with the password
// percent-encoded, or e! with that in lower case.
func fill(form string) string {
	escaped := strings.NewReplacer("+", "%2B", "/", "%2F").Replace(oldPassword)
	small := strings.NewReplacer("+", "%2b", "/", "%2f").Replace(oldPassword)
	return strings.NewReplacer("U!", oldID, "P!", oldPassword, "E!", escaped, "e!", small).Replace(form)
}

// Each of these is how some program's documents, or people, write it.
var shapes = map[string]string{
	"ours":                                   `{"username":"U!","password":"P!"}`,
	"thoughtbot's Terraform":                 `{"SMTP_USERNAME":"U!","SMTP_PASSWORD":"P!"}`,
	"short":                                  `{"user":"U!","pass":"P!"}`,
	"capitals":                               `{"Username":"U!","Password":"P!"}`,
	"nested":                                 `{"smtp":{"username":"U!","password":"P!"}}`,
	"Nodemailer's":                           `{"host":"smtp.example.com","port":587,"secure":false,"auth":{"user":"U!","pass":"P!"}}`,
	"Laravel's":                              `{"MAIL_USERNAME":"U!","MAIL_PASSWORD":"P!","MAIL_HOST":"smtp.example.com","MAIL_PORT":"587"}`,
	"Django's":                               `{"EMAIL_HOST_USER":"U!","EMAIL_HOST_PASSWORD":"P!"}`,
	"Spring's":                               `{"spring.mail.username":"U!","spring.mail.password":"P!"}`,
	"a password that has another name in it": `{"auth":{"login":"U!","passwd":"P!"}}`,
	"a DSN with small escapes":               `{"MAILER_DSN":"smtp://U!:e!@smtp.example.com:587?verify_peer=1"}`,
	"a DSN":                                  `{"MAILER_DSN":"smtp://U!:E!@smtp.example.com:587?verify_peer=1"}`,
	"a URL":                                  `{"url":"smtp://U!:E!@smtp.example.com:587"}`,
	"with a byte order mark":                 "\ufeff" + `{"username":"U!","password":"P!"}`,
	"with nothing in them":                   `{"username":"U!","password":"P!","port":null,"host":"","region":null}`,
}

func TestACredentialIsReadWhateverItsMembersAreCalled(t *testing.T) {
	for name, form := range shapes {
		c, err := credential.Inspect(fill(form), nil)
		if err != nil || c.Misfit != nil || c.Logins[0].Username != oldID || c.Logins[0].Password != oldPassword {
			t.Errorf("%s: %v, %v, %v", name, c.Logins, err, c.Misfit)
		}
		at := c.Logins[0].Addr()
		if strings.Contains(form, "smtp.example.com") && at != "smtp.example.com:587" {
			t.Errorf("%s: at %s", name, at)
		}
	}
	text, err := credential.Inspect("\ufeff"+oldID+":"+oldPassword+"\n", nil)
	if err != nil || !text.Text || text.Logins[0].Username != oldID || text.Logins[0].Password != oldPassword {
		t.Errorf("text: %+v, %v", text.Logins, err)
	}
}

func TestApplicationsGoOnReadingTheNamesThatTheyKnow(t *testing.T) {
	for name, form := range shapes {
		old, err := credential.Inspect(fill(form), nil)
		if err != nil {
			t.Fatal(err)
		}
		written, err := credential.Compose("user", rotated, old)
		if err != nil {
			t.Fatal(err)
		}
		for _, stale := range []string{oldID, oldPassword, "BIjVcTN2"} {
			if strings.Contains(written, stale) {
				t.Errorf("%s: %s of the old credential is left: %s", name, stale, written)
			}
		}
		var before, after map[string]any
		if err := json.Unmarshal([]byte(strings.TrimPrefix(fill(form), "\ufeff")), &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(written), &after); err != nil {
			t.Fatal(err)
		}
		same(t, name, before, after)
		v, err := credential.Parse(written)
		if err != nil || v.Username != rotated[0].Username || v.Password != newPassword {
			t.Errorf("%s: the published names have %+v, %v", name, v, err)
		}
	}
}

// same checks that the value has what it had, with the new credential in place of the old one.
func same(t *testing.T, name string, before, after map[string]any) {
	t.Helper()
	for key, was := range before {
		now, ok := after[key]
		inner, isObject := was.(map[string]any)
		text, _ := was.(string)
		switch {
		case !ok:
			t.Errorf("%s: %q is gone", name, key)
		case isObject:
			same(t, name, inner, now.(map[string]any))
		case text == oldID && now != rotated[0].Username, text == oldPassword && now != string(rotated[0].Password):
			t.Errorf("%s: %q is %v", name, key, now)
		case key == "MAILER_DSN" && now != rotated[0].URL()+"?verify_peer=1":
			t.Errorf("%s: %q is %v", name, key, now)
		}
	}
}

func TestWhatIsntPlainlyACredentialIsntTakenForOne(t *testing.T) {
	const other = "AKIAI44QH8DHBEXAMPLE"
	for form, want := range map[string]string{
		`{"username":"P!","password":"U!"}`: `"username" and "password" are swapped`,
		`{"username":"P!","password":"x"}`:  `"username" isn't the ID of an access key`,
		`{"SMTP_USERNAME":"U!","SMTP_PASSWORD":"P!","MAIL_USERNAME":"` + other + `","MAIL_PASSWORD":"P!"}`: "several of its members",
		`{"SMTP_USERNAME":"U!","SMTP_PASSWORD":"x"}`:                                                       "none of SMTP_PASSWORD, SMTP_USERNAME is clearly",
		`{"SMTP_USERNAME":"U!","SMTP_SECRET":"P!","AUTH_PASSWORD":"x"}`:                                    "if applications use these names, configure them",
		`{"aws_access_key_id":"U!","aws_secret_access_key":"x"}`:                                           "none of aws_access_key_id, aws_secret_access_key is clearly",
		`{"AWS_ACCESS_KEY_ID":"U!","dbname":"shop","password":"P!"}`:                                       "is clearly",
		`{"access_key_id":"U!","ses_smtp_password_v4":"P!"}`:                                               "if applications use these names, configure them",
		`{"database":{"username":"U!","password":"P!"}}`:                                                   "none of database.password, database.username is clearly",
		`{"username":"admin","password":"x"}`:                                                              `"username" isn't the ID of an access key`,
		`{"api":{"a":{"b":{"c":"x"}}}}`:                                                                    "none of api.a.b is clearly",
		`{"P!":"x"}`:                                                                                       "none of (a name that may be a secret) is clearly",
		`{"MAILER_DSN":"ses+https://U!:E!@email.eu-west-1.amazonaws.com"}`:                                 "none of MAILER_DSN is clearly",
	} {
		c, err := credential.Inspect(fill(form), nil)
		if err != nil || c.Misfit == nil || !strings.Contains(c.Misfit.Error(), want) {
			t.Errorf("%s: %v, %v; want %s", form, err, c.Misfit, want)
			continue
		}
		if c.Logins[0].Username != "" || strings.Contains(c.Misfit.Error(), oldPassword) {
			t.Errorf("%s: username %q, %v", form, c.Logins[0].Username, c.Misfit)
		}
	}
}

func TestAMemberThatDiffersOnlyInCaseIsOurs(t *testing.T) {
	old, err := credential.Inspect(fill(`{"username":"U!","password":"P!","Host":"elsewhere.example.com","HOST":"x",
		"regions":{"EU-WEST-1":{"Host":"elsewhere.example.com","password":"P!","note":"n"}},"Region":"EU-WEST-1"}`), nil)
	if err != nil || old.Logins[0].Region != "eu-west-1" {
		t.Fatalf("%+v, %v", old.Logins, err)
	}
	written, err := credential.Compose("user", rotated, old)
	if err != nil || strings.Contains(written, "elsewhere") || strings.Contains(written, `"x"`) ||
		!strings.Contains(written, `"Host":"smtp.example.com"`) || !strings.Contains(written, `"note":"n"`) {
		t.Errorf("a reader that ignores case is sent elsewhere: %s, %v", written, err)
	}
}

func TestAPortIsReadInEveryFormAndKeepsIts(t *testing.T) {
	for form, want := range map[string]string{`587`: "587", `"587"`: `"587"`, `587.0`: "587", `" 587"`: `"587"`, `null`: "587", `""`: "587"} {
		old, err := credential.Inspect(`{"username":"AKIA","password":"p","port":`+form+`}`, nil)
		if err != nil {
			t.Errorf("%s: %v", form, err)
			continue
		}
		written, err := credential.Compose("user", rotated, old)
		if err != nil || !strings.Contains(written, `"host":"smtp.example.com","port":`+want+`,`) {
			t.Errorf("%s is written as %s, %v", form, written, err)
		}
	}
}

func TestASecretAccessKeyIsntKept(t *testing.T) {
	key := strings.Repeat("s3cr3tK3y+", 4)
	derived := string(sessmtp.DerivePassword(sessmtp.SecretAccessKey(key), "eu-west-1"))
	for form, name := range map[string]string{
		`{"username":"U!","password":"P!","secret_access_key":"x"}`:                                            "secret_access_key",
		`{"username":"U!","password":"P!","iam":{"AWS_SECRET_ACCESS_KEY":"x","n":1}}`:                          "iam.AWS_SECRET_ACCESS_KEY",
		`{"username":"U!","password":"P!","AWS_ACCESS_KEY_ID":"AKIAOTHER","AWS_SECRET_ACCESS_KEY":"X"}`:        "",
		`{"username":"U!","password":"P!","AWS_ACCESS_KEY_ID":"U!","AWS_SECRET_ACCESS_KEY":"x"}`:               "AWS_SECRET_ACCESS_KEY",
		`{"username":"U!","password":"P!","regions":{"eu-west-1":{"secret_access_key":"x"}}}`:                  "regions.eu-west-1.secret_access_key",
		`{"username":"U!","password":"` + derived + `","file":"[default]\naws_secret_access_key=` + key + `"}`: "file",
		`{"username":"U!","password":"` + derived + `","list":[{"k":"` + key + `"}]}`:                          "list",
		`{"username":"U!","password":"` + key + `"}`:                                                           "password",
		`{"username":"U!","password":"P!","smtp":{"AWS_SECRET_ACCESS_KEY":"x","n":1}}`:                         "smtp.AWS_SECRET_ACCESS_KEY",
		`{"username":"U!","password":"` + derived + `","note":"` + key + `","team":"m"}`:                       "note",
		`{"username":"U!","password":"` + derived + `","a":{"b":{"c":{"d":["` + key + `"]}}}}`:                 "a.b.c.d",
	} {
		old, err := credential.Inspect(fill(form), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(old.SecretKeys("eu-west-1"), " "); got != name {
			t.Errorf("%s: the secret access keys are %q, want %q", form, got, name)
		}
		written, err := credential.Compose("user", rotated, old)
		if err != nil || name != "" && (strings.Contains(written, key) || strings.Contains(written, `"x"`)) {
			t.Errorf("it is kept: %s, %v", written, err)
		}
		if strings.Contains(form, `"n":1`) && !strings.Contains(written, `"n":1`) {
			t.Errorf("another member is gone: %s", written)
		}
	}
}

func TestNamesThatAreConfiguredAreWrittenAndRead(t *testing.T) {
	names, err := credential.ParseNames("username=SMTP_USERNAME, password=smtp.pass,url=DSN,port=smtp.port")
	if err != nil {
		t.Fatal(err)
	}
	old, err := credential.Inspect(`{"smtp":{"port":""}}`, names)
	if err != nil {
		t.Fatal(err)
	}
	written, err := credential.Compose("user", rotated, old)
	want := `"DSN":"` + rotated[0].URL() + `","SMTP_USERNAME":"AKIAI44QH8DHBEXAMPLE","smtp":{"pass":"` + newPassword +
		`","port":"587"}}`
	if err != nil || !strings.HasSuffix(written, want) {
		t.Errorf("written: %s, %v\nwant at the end %s", written, err, want)
	}
	if old, err = credential.Inspect(`{"SMTP_USERNAME":"AKIA","smtp":{"pass":"p"}}`, names); err != nil ||
		old.Logins[0].Username != "AKIA" || old.Logins[0].Password != "p" || old.Blocked() != nil {
		t.Errorf("read: %+v, %v, %v", old.Logins, err, old.Blocked())
	}
}

func TestConfiguredNamesTakeNobodysPlace(t *testing.T) {
	names, err := credential.ParseNames("username=DB_USER,password=smtp.pass,port=PORT_")
	if err != nil {
		t.Fatal(err)
	}
	for form, want := range map[string]string{
		`{"username":"U!","password":"P!","smtp":"mail"}`:                                 "smtp.pass",
		`{"username":"U!","password":"P!","smtp":{"pass":{"word":"x"}}}`:                  "smtp.pass",
		`{"username":"U!","password":"P!","DB_USER":"postgres"}`:                          "DB_USER",
		`{"username":"U!","password":"P!","DB_USER":"U!","smtp":{"pass":"P!"}}`:           "",
		`{"username":"U!","password":"P!","port":465,"PORT_":"465","smtp":{"team":"m"}}`:  "",
		`{"username":"U!","password":"P!","port":465,"PORT_":"8080","smtp":{"team":"m"}}`: "PORT_",
	} {
		old, err := credential.Inspect(fill(form), names)
		if err != nil || strings.Join(old.Blocked(), " ") != want {
			t.Errorf("%s: %v is blocked, %v; want %q", form, old.Blocked(), err, want)
		}
		written, err := credential.Compose("user", rotated, old)
		for _, kept := range []string{`"smtp":"mail"`, `{"word":"x"}`, `"postgres"`, `"8080"`, `"team":"m"`} {
			if err != nil || strings.Contains(form, kept) && !strings.Contains(written, kept) {
				t.Errorf("%s: %s is gone: %s, %v", form, kept, written, err)
			}
		}
	}
}

// There are two Regions, and applications read one of them under their own names.
func TestWhatAnApplicationReadsStaysOfOneRegion(t *testing.T) {
	const west, east = "BIjVcTN2+gkVYbxsBLAOUCd4BFPK9j6yB/XgjpuOI+pZ", "BDb2Yc5zDs3wHGDY/Bv2CXbxIxzp4q2U2c2dRXJHgq4S"
	in := func(region, id, password string) sessmtp.Login {
		return sessmtp.Login{Username: id, Password: sessmtp.Password(password),
			Endpoint: sessmtp.Endpoint{Region: region, Host: "email-smtp." + region + ".amazonaws.com", Port: 587}}
	}
	form := `{"username":"U!","password":"` + west + `","host":"email-smtp.eu-west-1.amazonaws.com","port":587,"region":"eu-west-1",
		"regions":{"us-east-1":{"host":"email-smtp.us-east-1.amazonaws.com","port":587,"password":"` + east + `"}},
		"SMTP_USERNAME":"U!","SMTP_PASSWORD":"` + west + `","SMTP_HOST":"email-smtp.eu-west-1.amazonaws.com",
		"DSN":"smtp://U!:` + strings.NewReplacer("/", "%2F", "+", "%2B").Replace(west) + `@email-smtp.eu-west-1.amazonaws.com:587",
		"other":{"pw":"` + east + `","at":"email-smtp.us-east-1.amazonaws.com"}}`
	const newID, newWest, newEast = "AKIAI44QH8DHBEXAMPLE", newPassword, "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"
	for name, c := range map[string]struct {
		logins               []sessmtp.Login
		first, second, other string // the Regions of the members afterwards
	}{
		"as it was": {[]sessmtp.Login{in("eu-west-1", newID, newWest), in("us-east-1", newID, newEast)},
			"eu-west-1", "us-east-1", ""},
		"in another order": {[]sessmtp.Login{in("us-east-1", newID, newEast), in("eu-west-1", newID, newWest)},
			"eu-west-1", "us-east-1", ""},
		"moved": {[]sessmtp.Login{in("us-east-1", newID, newEast)}, "us-east-1", "us-east-1", ""},
	} {
		old, err := credential.Inspect(fill(form), nil)
		if err != nil {
			t.Fatal(err)
		}
		written, err := credential.Compose("user", c.logins, old)
		if err != nil {
			t.Fatal(err)
		}
		passwords := map[string]string{"eu-west-1": newWest, "us-east-1": newEast}
		dsn := in(c.first, newID, passwords[c.first]).URL()
		for _, part := range []string{`"SMTP_PASSWORD":"` + passwords[c.first] + `"`,
			`"SMTP_HOST":"email-smtp.` + c.first + `.amazonaws.com"`, `"DSN":"` + dsn + `"`,
			`"pw":"` + passwords[c.second] + `"`, `"at":"email-smtp.` + c.second + `.amazonaws.com"`} {
			if !strings.Contains(written, part) {
				t.Errorf("%s: %s isn't in %s", name, part, written)
			}
		}
	}
}

func TestADSNFollowsItsEndpoint(t *testing.T) {
	old, err := credential.Inspect(fill(`{"DSN":"smtps://U!:E!@smtp.example.com:465/?x=1","relay":"smtp://U!:E!@relay.internal:25",
		"region":"eu-west-1"}`), nil)
	if err != nil || !old.ImplicitTLS {
		t.Fatalf("%+v, %v", old, err)
	}
	written, err := credential.Compose("user", rotated, old)
	own := "AKIAI44QH8DHBEXAMPLE:" + newPassword
	for _, part := range []string{`"smtp://` + own + `@smtp.example.com:587/?x=1"`, `"smtp://` + own + `@relay.internal:25"`} {
		if err != nil || !strings.Contains(written, part) {
			t.Errorf("%s isn't in %s, %v", part, written, err)
		}
	}
}

func TestAPasswordThatIsntFoundIsTold(t *testing.T) {
	for form, want := range map[string]bool{
		`{"username":"U!"}`: false, `{"username":"U!","team":"mail"}`: false, `{"username":"U!","password":"x","pwd":"y"}`: false,
		`{"username":"U!","passwd":"x"}`: true, `{"username":"U!","value":"P!"}`: true, `{"username":"U!","SMTP_SECRET":"x"}`: true,
	} {
		if c, err := credential.Inspect(fill(form), nil); err != nil || c.Unread != want {
			t.Errorf("%s: %v, %v", form, c.Unread, err)
		}
	}
}

func TestWhatIsSomebodyElsesIsTold(t *testing.T) {
	for form, want := range map[string]string{
		`{"SMTP_USERNAME":"U!","SMTP_PASSWORD":"P!","URL":"https://shop.example.com"}`:            "URL",
		`{"SMTP_USERNAME":"U!","SMTP_PASSWORD":"P!","password":"of-the-admin"}`:                   "password",
		`{"SMTP_USERNAME":"U!","SMTP_PASSWORD":"P!","HOST":"0.0.0.0","PORT":"3000"}`:              "HOST port",
		`{"username":"U!","password":"P!","url":"https://shop.example.com"}`:                      "url",
		`{"username":"U!","password":"P!","Username":"admin"}`:                                    "Username",
		`{"username":"U!","password":"P!","url":"smtp://U!:E!@smtp.example.com:587","port":"25"}`: "",
		`{"auth":{"user":"U!","pass":"P!"},"host":"email-smtp.eu-west-1.amazonaws.com"}`:          "",
	} {
		c, err := credential.Inspect(fill(form), nil)
		if err != nil || c.Misfit != nil || strings.Join(c.Strange, " ") != want {
			t.Errorf("%s: %v, %v, %v; want %q", form, c.Strange, err, c.Misfit, want)
		}
	}
}

func TestNamesThatCantBeAreRefusedByName(t *testing.T) {
	for text, want := range map[string]string{
		"SMTP_USERNAME": "isn't key=name", "user=X": `"user" is none of the keys`, "regions=X": `"regions" is none`,
		"username=": "has no name", "username=a..b": "empty part", "username=X,username=Y": "named twice",
		"username=X,password=X": "is the name of two keys", "username=a,password=a.b": "leads to another",
		"username=a.b,password=a": "leads to another", "username=Password": "is a published key",
		"": "isn't key=name",
	} {
		if _, err := credential.ParseNames(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestEncryptionIsUnderstoodWhereItIsPlain(t *testing.T) {
	for member, want := range map[string][2]bool{
		`"encryption":"ssl"`: {true, false}, `"MAIL_ENCRYPTION":"smtps"`: {true, false}, `"secure":true`: {true, false},
		`"EMAIL_USE_SSL":"True"`: {true, false}, `"encryption":"starttls"`: {false, true}, `"starttls":true`: {false, true},
		`"encryption":"tls"`: {}, `"tls":true`: {}, `"secure":false`: {}, `"insecure":true`: {},
	} {
		c, err := credential.Inspect(`{"username":"AKIA","password":"p",`+member+`}`, nil)
		if err != nil || [2]bool{c.ImplicitTLS, c.StartTLS} != want {
			t.Errorf("%s: %v, %v, %v", member, c.ImplicitTLS, c.StartTLS, err)
		}
	}
}

func TestNoMemberBringsLineBreaksIntoAFile(t *testing.T) {
	form := `{"username":"AKIA","password":"p","host":"h","port":587,"n":1,%}`
	for _, member := range []string{`"region":"a\nb"`, `"iam_user":"a\r"`, `"regions":{"a\nb":{"password":"p"}}`} {
		if _, err := credential.Members(strings.Replace(form, "%", member, 1)); err == nil {
			t.Errorf("%s passes", member)
		}
	}
	for _, member := range []string{`"team":"a\nb"`, `"team":{"er":["a\u0000b"]}`} {
		members, err := credential.Members(strings.Replace(form, "%", member, 1))
		if _, ok := members["team"]; ok || members["n"] == nil || err != nil {
			t.Errorf("%s: %v, %v", member, members, err)
		}
	}
}
