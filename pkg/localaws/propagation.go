package localaws

import (
	"slices"
	"time"
)

// SetPropagation delays changes of keys, in World time: the i-th SMTP server of each Region sees
// them after the i-th duration, and all further servers after the last one. Without durations there
// is no delay. It applies to later changes: new keys, activations, deactivations, deletions.
func (w *World) SetPropagation(perServer ...time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.directory.propagation = slices.Clone(perServer)
}

// news is a change of status on its way to the SMTP servers.
type news struct {
	status string
	heard  []time.Time // when each server gets it
}

// statusOn returns the status that one SMTP server knows: the newest that has reached it.
func (k *accessKey) statusOn(server int, now time.Time) (status string) {
	for _, n := range k.news {
		if !n.heard[server].After(now) {
			status = n.status
		}
	}
	return status
}

// change gives the key a status ("" if it is deleted), and sends it to the lists and the SMTP
// servers.
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
