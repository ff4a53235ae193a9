package rotation

import "github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"

// History is what one run has done and learnt, in order. It only grows, is kept when the run looks
// at the world again, and ends with the run: nothing of it is stored.
type History []deed

// deed is one entry. What the other fields mean depends on what was done.
type deed struct {
	what    deedKind
	key     string // the access key that it is about
	version string // the version that was written, or that a label came to
	from    string // the version that AWSCURRENT left, or had left already
	verdict Verdict
	err     error // why it failed
}

type deedKind string

const (
	observed    deedKind = "looked at the keys and AWSCURRENT"
	made        deedKind = "made an access key"
	restaged    deedKind = "wrote an older version's credential as a new version"
	verified    deedKind = "logged in, or tried to"
	moved       deedKind = "moved AWSCURRENT"
	promoted    deedKind = "made another credential current than the one that was observed"
	wasMoved    deedKind = "found that another had moved AWSCURRENT"
	wasTooLate  deedKind = "couldn't promote the key, because AWSCURRENT had moved"
	gaveUp      deedKind = "put a fence before a pending key that is to be deleted"
	deactivated deedKind = "made an access key Inactive, or tried to"
	activated   deedKind = "made an access key Active again"
	deleted     deedKind = "deleted an access key"

	failedToCopy  deedKind = "couldn't write a copy of the credential"
	deletedCopies deedKind = "deleted the copies of the credential"
)

// Verdict is what verification found out about a credential.
type Verdict struct {
	Meaning sessmtp.Meaning
	Err     error // details, unless it was accepted
}

// and returns the history with one more entry. It never writes into h's own array, so that two
// states can go on from one.
func (h History) and(d deed) History { return append(h[:len(h):len(h)], d) }

// has reports whether there is an entry of the kind about the key.
func (h History) has(what deedKind, key string) bool {
	for _, d := range h {
		if d.what == what && d.key == key {
			return true
		}
	}
	return false
}

// last returns the newest entry of the kind, the zero deed for none.
func (h History) last(what deedKind) deed {
	for i := len(h) - 1; i >= 0; i-- {
		if h[i].what == what {
			return h[i]
		}
	}
	return deed{}
}

// made reports whether this run made the key: then IAM may not list it yet.
func (h History) made(key string) bool { return h.has(made, key) }

// deleted reports whether this run deleted the key: then IAM may still list it.
func (h History) deleted(key string) bool { return h.has(deleted, key) }

// deactivated reports whether this run made the key Inactive, or may have: then a later run deletes
// it.
func (h History) deactivated(key string) bool { return h.has(deactivated, key) }

// activated reports whether this run made the key Active again and hasn't deactivated it since.
func (h History) activated(key string) bool {
	for i := len(h) - 1; i >= 0; i-- {
		if d := h[i]; d.key == key && (d.what == activated || d.what == deactivated) {
			return d.what == activated
		}
	}
	return false
}

// tooLate reports whether this run couldn't promote the key because AWSCURRENT had moved. The
// invocation that moved it may be about to delete the key, so it isn't tried again.
func (h History) tooLate(key string) bool { return h.has(wasTooLate, key) }

// promoted reports whether this run made another credential current than the one that it observed.
func (h History) promoted() bool { return h.last(promoted).what != "" }

// givenUp returns the pending key that is to be deleted, and that nobody can promote any more.
func (h History) givenUp() string { return h.last(gaveUp).key }

// restaged returns the version that this run last wrote from an older one's content. Once is
// enough, however short the promotion window is.
func (h History) restaged() string { return h.last(restaged).version }

// verdict returns what SES last said about the key's credential.
func (h History) verdict(key string) Verdict {
	for i := len(h) - 1; i >= 0; i-- {
		if h[i].what == verified && h[i].key == key {
			return h[i].verdict
		}
	}
	return Verdict{}
}

// verifiedSinceLook reports whether SES was asked about the key's credential after the last look at
// the world.
func (h History) verifiedSinceLook(key string) bool {
	for i := len(h) - 1; i >= 0 && h[i].what != observed; i-- {
		if h[i].what == verified && h[i].key == key {
			return true
		}
	}
	return false
}

// sinceLook reports whether there is an entry of the kind after the last look at the world.
func (h History) sinceLook(what deedKind) bool {
	for i := len(h) - 1; i >= 0 && h[i].what != observed; i-- {
		if h[i].what == what {
			return true
		}
	}
	return false
}

// left reports whether AWSCURRENT left the version during this run: this run moved it, or couldn't
// because another had. If it is read as current again, that is old news.
func (h History) left(version string) bool {
	for _, d := range h {
		if (d.what == moved || d.what == wasMoved) && d.from == version {
			return true
		}
	}
	return false
}

// currentBy returns the version that this run made current since it last observed, empty for none.
func (h History) currentBy() string {
	for i := len(h) - 1; i >= 0 && h[i].what != observed; i-- {
		if h[i].what == moved {
			return h[i].version
		}
	}
	return ""
}
