//go:build linux

package products_test

import (
	"testing"
	"time"
)

func TestExim(t *testing.T) {
	s := newStage(t, "exim")
	s.needs("/usr/sbin/exim4", "exim4-daemon-light")
	s.needs("/etc/exim4/conf.d/main", "exim4-config")
	s.install()
	s.runs("echo '  self = send' >>/etc/exim4/conf.d/router/190_ses") // the endpoint is on this machine
	s.put("/etc/exim4/update-exim4.conf.conf", "dc_eximconfig_configtype='internet'\ndc_other_hostnames=''\n"+
		"dc_local_interfaces='127.0.0.1'\ndc_use_split_config='true'\ndc_localdelivery='mail_spool'\n", "0644")
	s.runs(`mkdir -p /var/spool/exim4 /var/log/exim4 /var/lib/exim4
		chown -R Debian-exim:Debian-exim /var/spool/exim4 /var/log/exim4
		echo app.example.com >/etc/mailname`)
	s.follow()
	s.runs("update-exim4.conf")
	p := product{stage: s, queues: true, send: func(id string) error {
		return s.pipe(hello(id), "exim4", "-i", "you@example.net")
	}, flush: func() { s.runs("exim4 -qf") }}
	s.showsLog("/var/log/exim4/*")
	p.life()
	waiting := p.showsNothing()
	p.flush()
	p.arrive(waiting)
}

func TestOpenSMTPD(t *testing.T) {
	s := newStage(t, "opensmtpd")
	s.needs("/usr/sbin/smtpd", "opensmtpd")
	s.install()
	s.runs(`mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd
		chmod 0711 /var/spool/smtpd
		chgrp opensmtpq /usr/sbin/smtpctl && chmod 2555 /usr/sbin/smtpctl
		ln -sf smtpctl /usr/sbin/sendmail`)
	s.put("/usr/local/bin/systemctl", `#!/bin/sh
# Of systemctl, what the page asks for.
if old=$(pgrep -o -x smtpd); then
	kill "$old"
	while kill -0 "$old"; do sleep 0.1; done 2>/dev/null
elif [ "$1" = try-restart ]; then
	exit 0
fi
exec setsid smtpd -d >>/var/log/smtpd.log 2>&1 </dev/null &
`, "0755")
	s.follow()
	s.runs("systemctl start opensmtpd")
	s.soon(time.Minute, "OpenSMTPD is ready", func() bool { return s.in("smtpctl", "show", "status").Run() == nil })
	s.showsLog("/var/log/smtpd.log")
	p := product{stage: s, queues: true, repeats: true, send: func(id string) (err error) {
		for range 20 {
			if err = s.pipe(hello(id), "sendmail", "-i", "you@example.net"); err == nil {
				return nil
			}
			time.Sleep(100 * time.Millisecond) // the page says that a restart can refuse a mail
		}
		return err
	}, flush: func() { s.runs("systemctl restart opensmtpd") }}
	p.life()
	waiting := p.showsNothing()
	p.flush()
	p.arrive(waiting)
}

// showsLog makes a failing test print the product's log.
func (s *stage) showsLog(files string) {
	s.Cleanup(func() {
		if s.Failed() {
			s.Log(s.runs("cat " + files))
		}
	})
}

// TestDma and TestSsmtp run two products that their pages warn of, and check that the warning is
// true.
func TestDma(t *testing.T) {
	s := newStage(t, "dma")
	s.needs("/usr/sbin/dma", "dma")
	s.install()
	s.runs(`mkdir -p /var/spool/dma
		chown root:mail /var/spool/dma
		chmod 2775 /var/spool/dma
		echo app.example.com >/etc/mailname`)
	s.follow()
	p := product{stage: s, queues: true, send: func(id string) error {
		return s.pipe(hello(id), "dma", "you@example.net")
	}}
	sent := p.rotations()
	p.leak(&sent)
	lost := sent[len(sent)-1]
	s.soon(time.Minute, "nothing waits", func() bool {
		return s.runs("dma -q; ls /var/spool/dma | grep -c ^Q || true") == "0\n"
	})
	if p.arrived(lost) != 0 {
		t.Error("the page says that a refused login loses the mail, and it came")
	}
	p.withoutTLS()
	p.believesAnyCertificate()
}

func TestSsmtp(t *testing.T) {
	s := newStage(t, "ssmtp")
	s.needs("/usr/sbin/ssmtp", "ssmtp")
	s.install()
	s.follow()
	p := product{stage: s, send: func(id string) error {
		return s.pipe(hello(id), "ssmtp", "you@example.net")
	}}
	p.life()
	p.withoutTLS()
	p.believesAnyCertificate()
}

// believesAnyCertificate checks that the product logs in at a server with an untrusted certificate.
func (p product) believesAnyCertificate() {
	p.Helper()
	p.trustOther()
	defer p.trust(p.World.CertPEM())
	before := p.World.Logins()
	if err := p.send(p.id()); err != nil {
		p.Error(err)
	}
	p.soon(time.Minute, "it logs in, as the page says", func() bool { return p.World.Logins() > before })
}
