//go:build linux

package products_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

func TestAlertmanager(t *testing.T) {
	s := newStage(t, "alertmanager")
	s.needs("/usr/bin/prometheus-alertmanager", "prometheus-alertmanager")
	s.install()
	// The page's waits are minutes, the test's are moments.
	s.runs(`sed -i 's/group_wait: 30s/group_wait: 10ms/' /etc/smtprotate/alertmanager.yml.tmpl
		mkdir -p /var/lib/prometheus/alertmanager && chown prometheus /var/lib/prometheus/alertmanager`)
	api := "127.0.0.1:" + awstest.FreePort(t)
	s.put("/usr/local/bin/systemctl", `#!/bin/sh
# Of systemctl, what the page asks for.
if [ "$1" = reload ]; then pkill -HUP -x prometheus-aler || true; exit 0; fi
exec setsid setpriv --reuid prometheus --clear-groups prometheus-alertmanager --cluster.listen-address= \
	--web.listen-address=`+api+` --storage.path=/var/lib/prometheus/alertmanager >/var/log/alertmanager 2>&1 </dev/null &
`, "0755")
	s.follow()
	s.runs("systemctl start prometheus-alertmanager")
	s.showsLog("/var/log/alertmanager")
	ready := func() bool {
		answer, err := http.Get("http://" + api + "/-/ready")
		return err == nil && answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
	}
	s.soon(time.Minute, "Alertmanager is ready", ready)
	p := product{stage: s, queues: true, repeats: true, send: func(id string) error {
		alert := fmt.Sprintf(`[{"labels":{"alertname":%q}}]`, id)
		answer, err := http.Post("http://"+api+"/api/v2/alerts", "application/json", strings.NewReader(alert))
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("posting an alert: %s", answer.Status)
		}
		return nil
	}}
	p.life()
	p.arrive([]string{p.withoutTLS()})
	// Go reads the machine's certificates once in a process.
	s.runs("pkill -x prometheus-aler; while pgrep -x prometheus-aler; do sleep 0.1; done")
	p.trustOther()
	s.runs("systemctl start prometheus-alertmanager")
	s.soon(time.Minute, "Alertmanager is ready again", ready)
	p.withAnyCertificate()
}
