package localaws

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/emersion/go-smtp"
)

const (
	smtpDomain = "email-smtp.amazonaws.com"
	maxMail    = 40 << 20
)

// An endpoint is one Region's SMTP endpoint.
type endpoint struct {
	region                string
	startTLS, implicitTLS string // host:port
	tls                   *tls.Config
	visits                atomic.Int64 // connections so far, on both ports
	usual, stripped       admission    // to servers with and without STARTTLS
}

// serveSMTP opens a Region's two ports and serves them until the World closes. It admits each
// connection itself, so that faults can happen before go-smtp's greeting.
func (w *World) serveSMTP(region string) (*endpoint, error) {
	e := &endpoint{region: region, usual: w.newAdmission(), stripped: w.newAdmission()}
	e.tls = &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return w.shown.Load(), nil },
		// A client that resumes a session doesn't check the certificate that is shown now.
		SessionTicketsDisabled: true,
		// Go's post-quantum key exchange would be most of the cost of a test that logs in often.
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256},
	}
	var err error
	if e.startTLS, err = w.openPort(e, false); err != nil {
		return nil, err
	}
	if e.implicitTLS, err = w.openPort(e, true); err != nil {
		return nil, err
	}
	w.serveAdmitted(e.usual, e.tls)
	w.serveAdmitted(e.stripped, nil)
	return e, nil
}

// serveAdmitted makes go-smtp serve connections. It offers STARTTLS if startTLS isn't nil.
func (w *World) serveAdmitted(a admission, startTLS *tls.Config) {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return newSession(w, c), nil
	}))
	server.Domain, server.TLSConfig, server.ErrorLog = smtpDomain, startTLS, silent
	server.MaxMessageBytes = maxMail
	server.AllowInsecureAuth = true // go-smtp passes AUTH on, and the session refuses it in SES's words
	w.running.Go(func() {
		server.Serve(a)
		server.Shutdown(context.Background())
	})
}

func (w *World) openPort(e *endpoint, implicitTLS bool) (address string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	context.AfterFunc(w.ctx, func() { listener.Close() })
	w.running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			v := w.newVisit(e, conn)
			w.running.Go(func() { w.admit(v, implicitTLS) })
		}
	})
	return listener.Addr().String(), nil
}

// admit greets a connection with its fault, or else passes it on to go-smtp.
func (w *World) admit(v *visit, implicitTLS bool) {
	reply := w.smtpReply(v, "connect", "")
	if reply != nil && (reply.Drop || reply.Hang) {
		v.suffer(reply)
		return
	}
	var conn net.Conn = v
	if implicitTLS {
		secured := tls.Server(v, v.endpoint.tls)
		if err := secured.HandshakeContext(w.ctx); err != nil {
			v.Close()
			return
		}
		conn = secured
	}
	if reply != nil {
		fmt.Fprintf(conn, "%s\r\n", reply)
		conn.Close()
		return
	}
	v.talksOver(conn)
	to := v.endpoint.usual
	if w.hidesSTARTTLS() {
		to = v.endpoint.stripped
	}
	select {
	case to.conns <- conn:
	case <-w.ctx.Done():
		conn.Close()
	}
}

// An admission is the net.Listener of a go-smtp server. It accepts the connections that were
// admitted.
type admission struct {
	conns chan net.Conn
	done  <-chan struct{}
}

func (w *World) newAdmission() admission { return admission{make(chan net.Conn), w.ctx.Done()} }

// Accept waits for the next connection.
func (a admission) Accept() (net.Conn, error) {
	select {
	case conn := <-a.conns:
		return conn, nil
	case <-a.done:
		return nil, net.ErrClosed
	}
}

// Close does nothing, because an admission ends with the World.
func (a admission) Close() error { return nil }

// Addr returns no real address.
func (a admission) Addr() net.Addr { return &net.TCPAddr{} }
