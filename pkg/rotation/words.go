package rotation

import (
	"fmt"
	"time"
)

// Pieces of the texts that people read in reasons, warnings and errors.

func (pl *planner) currentName() string {
	if pl.broken() {
		return "access key " + pl.Current.AccessKeyID() + ", which can't send"
	}
	if id := pl.Current.AccessKeyID(); id != "" {
		return "access key " + id
	}
	return "no credential"
}

func lastUsed(k Key) string {
	switch {
	case !k.LastUsedKnown:
		return "last use not looked at"
	case k.LastUsed.IsZero():
		return "never seen in use"
	}
	return "last used " + k.LastUsed.UTC().Format(time.RFC3339)
}

func until(next Step) string {
	if next.At.IsZero() {
		return "it goes when a person deletes it, or when there is a credential to take its place"
	}
	return fmt.Sprintf("next step: %s at %s (%s)", next.Kind, next.At.UTC().Format(time.RFC3339), next.Reason)
}
