package main

import (
	"encoding/json"
	"io"
	"log"
	"sync"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/follow"
)

// logger writes lines for people. It leaves out the time if systemd's journal adds it.
func (c *console) logger() *log.Logger {
	flags := log.Lmsgprefix
	if c.getenv("JOURNAL_STREAM") == "" {
		flags |= log.LstdFlags | log.LUTC
	}
	return log.New(c.err, "smtprotate: ", flags)
}

// jsonEvents writes each event on a line of its own.
func jsonEvents(out io.Writer) func(follow.Event) {
	var mu sync.Mutex
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	return func(e follow.Event) {
		mu.Lock()
		defer mu.Unlock()
		_ = lines.Encode(e) // the reader may have gone
	}
}
