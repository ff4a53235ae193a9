package localaws

import "time"

// A history remembers every value that something had, so that a stale answer can be given later on.
type history[T any] struct {
	entries []entry[T]
}

type entry[T any] struct {
	since time.Time
	value T
}

// set records the value from now on. Values are not to be changed afterwards.
func (h *history[T]) set(now time.Time, value T) {
	h.entries = append(h.entries, entry[T]{now, value})
}

// latest is the value now; the zero value where there never was one.
func (h *history[T]) latest() (value T) {
	if n := len(h.entries); n > 0 {
		return h.entries[n-1].value
	}
	return value
}

// at is the value at the time t; the zero value before the first.
func (h *history[T]) at(t time.Time) (value T) {
	for _, e := range h.entries {
		if !e.since.After(t) {
			value = e.value
		}
	}
	return value
}
