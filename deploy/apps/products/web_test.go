//go:build linux

package products_test

import (
	"testing"
)

func TestWordPress(t *testing.T) {
	s := newStage(t, "wordpress")
	s.needs("/usr/share/wordpress/wp-settings.php", "wordpress")
	s.needs("/usr/bin/php", "php-cli")
	s.install()
	s.follow()
	s.put("/srv/mail.php", recipe(t, "testdata/wordpress.php"), "0644")
	s.put("/usr/share/wordpress/wp-content/db.php", recipe(t, "testdata/wordpress-db.php"), "0644")
	p := product{stage: s, send: func(id string) error {
		return s.pipe("", "setpriv", "--reuid", "www-data", "--clear-groups", "php", "/srv/mail.php", id)
	}}
	p.life()
	p.withAnyCertificate()
	const plugin = "/usr/share/wordpress/wp-content/mu-plugins/ses-mail.php"
	p.withoutTLSAt(plugin)
	s.runs("sed -i s/\\'ssl\\'/\\'tls\\'/ " + plugin)
	p.withoutTLS()
	p.inTheClear(plugin, "s/'tls'/''/")
}
