package localaws

import "time"

// A history remembers every value of something, so that stale answers can be given later.
type history[T any] struct {
	entries []entry[T]
}

type entry[T any] struct {
	since time.Time
	value T
}

// set records the value from now on. The value mustn't be changed afterwards.
func (h *history[T]) set(now time.Time, value T) {
	h.entries = append(h.entries, entry[T]{now, value})
}

// latest returns the value now, or the zero value if there never was one.
func (h *history[T]) latest() (value T) {
	if n := len(h.entries); n > 0 {
		return h.entries[n-1].value
	}
	return value
}

// at returns the value at t, or the zero value before the first one.
func (h *history[T]) at(t time.Time) (value T) {
	for _, e := range h.entries {
		if !e.since.After(t) {
			value = e.value
		}
	}
	return value
}
