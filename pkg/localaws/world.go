package localaws

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const account = "123456789012"

// Config configures a World. The zero value is one Region with one SMTP server, in real time.
type Config struct {
	Regions []string         // SES Regions that serve SMTP; default: eu-west-1. Secrets and parameters are in the first
	Now     func() time.Time // the clock, to which Advance adds; default: time.Now
	Servers int              // SMTP servers behind each Region's endpoint, taken in turn; default: 1
	// NewKey makes the ID and the secret of each access key; default: random ones. Tests that
	// compare whole runs set it.
	NewKey func() (id, secret string)
}

// A World is IAM, STS, Secrets Manager, Parameter Store and SES's SMTP endpoints, serving on
// loopback until Close. Several goroutines may call its methods at once.
type World struct {
	base        func() time.Time
	offset      atomic.Int64
	servers     int
	regions     []string
	endpoints   map[string]*endpoint
	certificate tls.Certificate
	url         string

	shown atomic.Pointer[tls.Certificate] // the certificate that SMTP servers show

	logins, clearLogins atomic.Int64 // AUTH commands, and those without TLS
	visitors            atomic.Int64 // SMTP connections so far
	refuseSTARTTLS      atomic.Bool
	tap                 atomic.Pointer[func(int, []byte)]

	ctx     context.Context // done when the World closes
	cancel  context.CancelFunc
	running sync.WaitGroup // every goroutine that serves

	mu         sync.Mutex // guards the fields below; calls take effect one at a time
	directory  *directory
	vault      *vault
	shelf      shelf
	mails      []Mail
	denied     map[string]string // DATA's answer, by access key ID
	sending    sending
	mechanisms []string
	noSTARTTLS bool          // STARTTLS isn't offered
	patience   time.Duration // how long SMTP servers wait for silent clients
	calls      []*Call
	intercept  func(Call) *Fault
	smtpFault  func(region string, server int, stage, username string) *SMTPReply
}

// Start makes a World that listens on 127.0.0.1 and serves until Close.
func Start(cfg Config) (*World, error) {
	w := New(cfg)
	if err := w.listen(); err != nil {
		w.Close()
		return nil, fmt.Errorf("starting a local AWS: %w", err)
	}
	return w, nil
}

func newWorld(cfg Config) *World {
	w := &World{base: cfg.Now, servers: cfg.Servers, regions: cfg.Regions}
	if w.base == nil {
		w.base = time.Now
	}
	if w.servers < 1 {
		w.servers = 1
	}
	if len(w.regions) == 0 {
		w.regions = []string{"eu-west-1"}
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.endpoints = map[string]*endpoint{}
	w.denied = map[string]string{}
	w.sending.identities = identities{}
	w.patience = smtpPatience
	if cfg.NewKey == nil {
		cfg.NewKey = randomKey
	}
	now := w.Now
	w.directory = newDirectory(now, cfg.NewKey, w.regions, w.servers)
	w.vault = newVault(now, w.regions[0])
	w.shelf = shelf{now: now, region: w.regions[0]}
	w.SetAuthMechanisms()
	return w
}

// listen opens every port and starts to serve.
func (w *World) listen() (err error) {
	if w.certificate, err = newCertificate(w.regions); err != nil {
		return err
	}
	w.shown.Store(&w.certificate)
	for _, region := range w.regions {
		if w.endpoints[region], err = w.serveSMTP(region); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.url = "http://" + listener.Addr().String()
	w.serveHTTP(listener)
	return nil
}

// serveHTTP answers the calls to all services except SMTP until the World closes.
func (w *World) serveHTTP(listener net.Listener) {
	server := &http.Server{Handler: http.HandlerFunc(w.answer), ErrorLog: silent, ConnState: w.countConn}
	context.AfterFunc(w.ctx, func() { server.Close() })
	w.running.Go(func() { server.Serve(listener) })
}

// countConn closes connections with the World, and makes Close wait for those that still have a
// goroutine.
func (w *World) countConn(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		w.running.Add(1)
		context.AfterFunc(w.ctx, func() { conn.Close() })
	case http.StateClosed, http.StateHijacked:
		w.running.Done()
	}
}

// Close ends every listener, connection and goroutine of the World. Its state can still be read.
// Closing it again does nothing.
func (w *World) Close() error {
	w.cancel()
	w.running.Wait()
	return nil
}

// URL returns the URL of IAM, STS, Secrets Manager and Parameter Store, for AWS_ENDPOINT_URL.
func (w *World) URL() string { return w.url }

// SMTP returns the host:port of a Region's servers with STARTTLS, or "" if the Region isn't served.
func (w *World) SMTP(region string) string {
	if e := w.endpoints[region]; e != nil {
		return e.startTLS
	}
	return ""
}

// SMTPS returns the host:port of a Region's servers with TLS from the start, or "" if the Region
// isn't served.
func (w *World) SMTPS(region string) string {
	if e := w.endpoints[region]; e != nil {
		return e.implicitTLS
	}
	return ""
}

// Now returns the World's time: the base clock plus what Advance added.
func (w *World) Now() time.Time { return w.base().Add(time.Duration(w.offset.Load())) }

// Advance moves the World's clock forward.
func (w *World) Advance(d time.Duration) { w.offset.Add(int64(d)) }

// Sleep passes time at once, by Advance, so that programs can use a World as their clock.
func (w *World) Sleep(ctx context.Context, d time.Duration) error {
	w.Advance(d)
	return ctx.Err()
}
