package localaws

import (
	"slices"
	"time"
)

// SetPropagation makes changes of keys reach the i-th SMTP server of each Region that long after
// they are made, in World time; the last duration holds for all further servers, none means at
// once. It applies to changes made from now on: new keys, activations, deactivations, deletions.
func (w *World) SetPropagation(perServer ...time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.directory.propagation = slices.Clone(perServer)
}

// News is a change of status on its way to the SMTP servers.
type news struct {
	status string
	heard  []time.Time // per server
}

// statusOn is the status that one SMTP server knows of: the newest that has reached it.
func (k *accessKey) statusOn(server int, now time.Time) (status string) {
	for _, n := range k.news {
		if !n.heard[server].After(now) {
			status = n.status
		}
	}
	return status
}

// change gives the key a status ("" for deleted), and lets the lists and the SMTP servers hear of
// it.
func (d *directory) change(k *accessKey, status string) {
	now := d.now()
	k.status = status
	heard := make([]time.Time, d.servers)
	for i := range heard {
		heard[i] = now
		if n := len(d.propagation); n > 0 {
			heard[i] = now.Add(d.propagation[min(i, n-1)])
		}
	}
	k.news = append(k.news, news{status, heard})
	k.owner.listed.set(now, k.owner.list())
}
