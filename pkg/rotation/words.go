package rotation

import (
	"fmt"
	"time"
)

// Pieces of the texts that people read in reasons, warnings and errors.

// currentName says what applications go on with.
func (pl *planner) currentName() string {
	if pl.broken() {
		return "access key " + pl.Current.AccessKeyID() + ", which can't send"
	}
	if id := pl.Current.AccessKeyID(); id != "" {
		return "access key " + id
	}
	return "no credential"
}

// lastUsed says what is known about a key's last use.
func lastUsed(k Key) string {
	switch {
	case !k.LastUsed.Known:
		return "last use unknown"
	case k.LastUsed.Value.IsZero():
		return "never seen in use"
	}
	return "last used " + k.LastUsed.Value.UTC().Format(time.RFC3339)
}

// unnamed says that no version names the key, or that this isn't known.
func (pl *planner) unnamed(id string) string {
	if _, denied := pl.stored(id); denied != nil {
		return fmt.Sprintf("a version may name it (%v)", denied)
	}
	return "no version names it"
}

// until says when a slot comes free.
func until(next Step) string {
	if next.At.IsZero() {
		return "it stays until a person deletes it, or until a credential takes its place"
	}
	return fmt.Sprintf("next step: %s at %s (%s)", next.Kind, next.At.UTC().Format(time.RFC3339), next.Reason)
}
