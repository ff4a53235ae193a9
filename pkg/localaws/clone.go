package localaws

import (
	"maps"
	"slices"
	"time"
)

// Clone returns another World in the same state, with its own clock and its own source of keys. It
// doesn't listen, and gets no faults, calls or mails from the original.
func (w *World) Clone(now func() time.Time, newKey func() (id, secret string)) *World {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := newWorld(Config{Regions: w.regions, Now: now, Servers: w.servers, NewKey: newKey})
	c.offset.Store(w.offset.Load())
	c.mechanisms, c.denied = w.mechanisms, maps.Clone(w.denied)
	c.noSTARTTLS, c.patience = w.noSTARTTLS, w.patience
	c.directory.copy(w.directory)
	c.vault.copy(w.vault)
	c.shelf.copy(&w.shelf)
	return c
}

func (d *directory) copy(from *directory) {
	d.propagation, d.lastUsedDelay, d.listStaleness, d.pageSize = from.propagation, from.lastUsedDelay,
		from.listStaleness, from.pageSize
	d.copyRights(from)
	for name, u := range from.users {
		copied := *u
		copied.keys, copied.listed.entries = nil, slices.Clip(u.listed.entries)
		copied.held.entries = slices.Clip(u.held.entries)
		d.users[name] = &copied
	}
	for _, k := range from.keys {
		copied := *k
		copied.uses, copied.news = slices.Clip(k.uses), slices.Clip(k.news)
		if owner := d.users[k.owner.name]; owner != nil {
			copied.owner = owner
			if k.status != "" {
				owner.keys = append(owner.keys, &copied)
			}
		}
		d.keys = append(d.keys, &copied)
	}
}

// copy shares the versions, which don't change once they are made.
func (v *vault) copy(from *vault) {
	v.staleness = from.staleness
	for name, s := range from.secrets {
		copied := *s
		copied.versions, copied.labels.entries = slices.Clip(s.versions), slices.Clip(s.labels.entries)
		v.secrets[name] = &copied
	}
}

// copy shares the versions, which don't change once they are made.
func (s *shelf) copy(from *shelf) {
	s.staleness = from.staleness
	if len(from.parameters) == 0 {
		return
	}
	s.parameters = make(map[string]history[[]*parameterVersion], len(from.parameters))
	for name, kept := range from.parameters {
		s.parameters[name] = history[[]*parameterVersion]{slices.Clip(kept.entries)}
	}
}
