// Package live shows what happens to an SMTP credential in a web browser, while it happens.
//
// [Serve] listens only on this machine's loopback address. Only somebody who knows the URL sees
// anything: its path is a secret of 128 bits, new each time. The page loads only the events, which
// come as server-sent events ("HTML Living Standard", 9.2), each with the picture so far. A page
// that is opened late, or again, gets every event since the start.
package live

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
)

// Page is a web page that shows events. Close it afterwards.
type Page struct {
	URL string

	host, token string
	server      *http.Server

	watched, complete, closed chan struct{}
	firstWatch, firstComplete sync.Once
	firstClose                sync.Once

	mu      sync.Mutex
	events  []timeline.Event
	changed chan struct{} // closed when the next event comes
}

// Serve starts serving a page, and returns it with its URL.
func Serve() (*Page, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serving the page: %w", err)
	}
	p := &Page{
		host: listener.Addr().String(), token: rand.Text(),
		watched: make(chan struct{}), complete: make(chan struct{}), closed: make(chan struct{}),
		changed: make(chan struct{}),
	}
	p.URL = "http://" + p.host + "/" + p.token + "/"
	p.server = &http.Server{Handler: p.handler(), ReadHeaderTimeout: 10 * time.Second}
	go p.server.Serve(listener) // until Close
	return p, nil
}

// Watched is closed when a browser listens to the events.
func (p *Page) Watched() <-chan struct{} { return p.watched }

// Complete is closed when a browser has got the last event.
func (p *Page) Complete() <-chan struct{} { return p.complete }

// Show adds an event.
func (p *Page) Show(e timeline.Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
	close(p.changed)
	p.changed = make(chan struct{})
	return nil
}

// soFar returns the events so far, and a channel that is closed when there are more.
func (p *Page) soFar() ([]timeline.Event, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clip(p.events), p.changed
}

// grace is how long Close waits for browsers to take what has been sent.
const grace = time.Second

// Close stops serving, after browsers have received what was sent to them.
func (p *Page) Close() error {
	p.firstClose.Do(func() { close(p.closed) })
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	err := p.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) { // a browser that doesn't read
		err = p.server.Close()
	}
	return err
}
