//go:build linux

package products_test

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// The tests below run the products' mail libraries, set up as the products do it.

func TestGrafana(t *testing.T) {
	s := newStage(t, "grafana")
	program := filepath.Join(t.TempDir(), "grafana-mail")
	out, err := exec.Command("go", "build", "-C", "testdata/grafana", "-o", program, ".").CombinedOutput()
	if err != nil {
		t.Skipf("Grafana's mail library isn't to be had: %v: %s", err, out)
	}
	p := s.library("/usr/local/bin/systemctl", func(id string) error {
		return s.pipe("", "sh", "-ec", "set -a; . /etc/grafana/ses.env; exec "+program+" '"+id+"'")
	})
	p.life()
	p.showsNothing()
	s.World.SetAuthMechanisms("LOGIN") // for PLAIN, Go itself asks for TLS
	p.inTheClear("/etc/grafana/ses.env", "s/MandatoryStartTLS/mandatory/")
}

func TestGitLab(t *testing.T) {
	s := newStage(t, "gitlab")
	s.needs("/usr/lib/ruby/vendor_ruby/mail.rb", "ruby-mail")
	// The first time it saves nothing and ends with 0, as GitLab's task does when it can't save.
	s.put("/usr/local/bin/gitlab-rake", `#!/bin/sh
[ "$1" = gitlab:smtp:secret:write ] || exit 1
[ -e /srv/again ] || { touch /srv/again; echo "Missing encryption key encrypted_settings_key_base." >&2; exit 0; }
cat >/srv/smtp.yaml && echo "File encrypted and saved."
`, "0755")
	p := s.library("/usr/local/bin/gitlab-ctl", func(id string) error {
		return s.pipe("", "ruby", "/srv/mail.rb", "gitlab", "/etc/gitlab/gitlab.rb", id, "/srv/smtp.yaml")
	})
	s.put("/srv/mail.rb", recipe(t, "testdata/mail.rb"), "0644")
	s.commandWrites("/srv/smtp.yaml")
	p.life()
	p.tlsFirstOnly("/etc/gitlab/gitlab.rb")
	p.inTheClear("/etc/gitlab/gitlab.rb", "s/('smtp_tls'. =) true/\\1 false/; s/(starttls_auto'. =) false/\\1 true/")
}

func TestDiscourse(t *testing.T) {
	s := newStage(t, "discourse")
	s.needs("/usr/lib/ruby/vendor_ruby/mail.rb", "ruby-mail")
	s.put("/usr/local/bin/docker", "#!/bin/sh\nexit 0\n", "0755")
	p := s.library("/var/discourse/launcher", func(id string) error {
		return s.pipe("", "ruby", "/srv/mail.rb", "discourse", "/var/discourse/templates/ses.template.yml", id)
	})
	s.put("/srv/mail.rb", recipe(t, "testdata/mail.rb"), "0644")
	p.life()
	p.tlsFirstOnly("/var/discourse/templates/ses.template.yml")
	p.inTheClear("/var/discourse/templates/ses.template.yml", "s/FORCE_TLS: true/FORCE_TLS: false/")
}

func TestNextcloud(t *testing.T) {
	s := newStage(t, "nextcloud")
	s.needs("/usr/share/php/Symfony/Component/Mailer/autoload.php", "php-symfony-mailer")
	p := s.library("", func(id string) error {
		return s.pipe("", "setpriv", "--reuid", "www-data", "--clear-groups",
			"php", "/srv/nextcloud.php", "/var/www/nextcloud/config/ses.config.php", id)
	})
	s.put("/srv/nextcloud.php", recipe(t, "testdata/nextcloud.php"), "0644")
	p.life()
	p.tlsFirstOnly("/var/www/nextcloud/config/ses.config.php")
	p.inTheClear("/var/www/nextcloud/config/ses.config.php", "s/'ssl'/'tls'/")
}

func TestSentry(t *testing.T) {
	s := newStage(t, "sentry")
	s.needs("/usr/lib/python3/dist-packages/django", "python3-django")
	s.runs("mkdir -p /opt/sentry/sentry")
	p := s.library("/usr/local/bin/docker", func(id string) error {
		return s.pipe("", "setpriv", "--reuid", "999", "--clear-groups",
			"/usr/bin/python3", "/srv/sentry.py", "/opt/sentry/sentry/config.yml", id)
	})
	s.put("/srv/sentry.py", recipe(t, "testdata/sentry.py"), "0644")
	p.life()
	p.withoutTLSAt("/opt/sentry/sentry/config.yml")
}

func TestKeycloak(t *testing.T) {
	s := newStage(t, "keycloak")
	const jars = "/usr/share/java/javax.mail.jar:/usr/share/java/javax.activation.jar"
	s.needs("/usr/share/java/javax.mail.jar", "libmail-java")
	s.needs("/usr/bin/javac", "default-jdk-headless")
	p := s.library("/opt/keycloak/bin/kcadm.sh", func(id string) error {
		return s.pipe("", "sh", "-ec", `rm -f /srv/trust
			keytool -importcert -noprompt -alias one -file `+bundle+` -keystore /srv/trust -storepass changeit 2>/dev/null
			exec java -Djavax.net.ssl.trustStore=/srv/trust -Djavax.net.ssl.trustStorePassword=changeit \
				-cp /srv:`+jars+` Keycloak /etc/smtprotate/keycloak.json "$1"`, "sh", id)
	})
	s.put("/srv/Keycloak.java", recipe(t, "testdata/Keycloak.java"), "0644")
	s.runs("javac -cp " + jars + " /srv/Keycloak.java")
	p.life()
	p.tlsFirstOnly("/etc/smtprotate/keycloak.json")
	p.inTheClear("/etc/smtprotate/keycloak.json", `s/(ssl.: .)true/\1false/; s/(starttls.: .)false/\1true/`)
}

func TestMattermost(t *testing.T) {
	s := newStage(t, "mattermost")
	program := filepath.Join(t.TempDir(), "mattermost-mail")
	if out, err := exec.Command("go", "build", "-o", program, "./testdata/mattermost").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const config = "/opt/mattermost/config/config.json"
	s.put("/usr/local/bin/sudo", "#!/bin/sh\n"+
		`[ "$1 $2" = "-u mattermost" ] && shift 2 && exec setpriv --reuid mattermost --clear-groups "$@"`+"\n", "0755")
	s.put(config, "{}", "0600")
	s.runs("chown -R mattermost /opt/mattermost/config")
	s.put("/opt/mattermost/bin/mmctl", "#!/bin/sh\n"+
		`[ "$1 $2 $3" = "--local config patch" ] && exec cp "$4" `+config+"\n", "0755")
	p := s.library("", func(id string) error { return s.pipe("", program, config, id) })
	s.commandWrites(config)
	p.life()
	p.tlsFirstOnly(config)
	for _, security := range []string{"STARTTLS", ""} {
		s.runs(`sed -i -E 's/("ConnectionSecurity": ")[A-Z]*/\1` + security + "/' " + config)
		for _, mechanism := range []string{"PLAIN", "LOGIN"} {
			s.World.SetAuthMechanisms(mechanism)
			p.showsNothing()
		}
	}
}

// library sets up the page of a product that isn't installed: command replaces the program that the
// page has follow run.
func (s *stage) library(command string, send func(id string) error) product {
	s.Helper()
	s.install()
	if command != "" {
		s.put(command, "#!/bin/sh\nexit 0\n", "0755")
	}
	s.follow()
	return product{stage: s, send: send}
}

// commandWrites waits for a file that the page's --run writes.
func (s *stage) commandWrites(file string) {
	s.Helper()
	s.written = append(s.written, file)
	s.followed()
}

// tlsFirstOnly tests a product whose TLS comes first with an untrusted certificate, and with a
// server without TLS. The port is in a file that follow has written.
func (p product) tlsFirstOnly(file string) {
	p.Helper()
	p.withAnyCertificate()
	p.withoutTLSAt(file)
}

func (p product) withoutTLSAt(file string) {
	p.Helper()
	p.runs("pkill -x smtprotate; sed -i s/" + p.tlsFirst() + "/" + p.startTLS() + "/ " + file)
	p.withoutTLS()
}

// inTheClear checks that a setting that the page warns of shows the password if STARTTLS is
// stripped, and so that the tests above would notice.
func (p product) inTheClear(file, sed string) {
	p.Helper()
	// follow writes the file until it has ended.
	p.runs("pkill -x smtprotate || true; while pgrep -x smtprotate >/dev/null; do sleep 0.1; done; sed -i -E \"" +
		sed + "\" " + file)
	p.World.HideSTARTTLS(true)
	defer p.World.HideSTARTTLS(false)
	before := p.World.ClearLogins()
	if err := p.send(p.id()); err == nil {
		p.Errorf("with %s it says that it has sent a mail", sed)
	}
	if p.World.ClearLogins() == before {
		p.Errorf("the page warns of what %s does, and no login came in the clear", sed)
	}
}
