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
	}}
	s.Cleanup(func() {
		if s.Failed() {
			s.Log(s.runs("cat /var/log/exim4/*"))
		}
	})
	p.life()
	p.showsNothing()
	s.runs("exim4 -qff")
	s.soon(time.Minute, "nothing waits", func() bool { return s.runs("exim4 -bpc") == "0\n" })
}
