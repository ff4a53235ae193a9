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

// An endpoint is where one Region's SMTP servers are reached.
type endpoint struct {
	region                string
	startTLS, implicitTLS string // host:port
	tls                   *tls.Config
	visits                atomic.Int64 // connections so far, over both ports
	usual, stripped       admission    // to servers that offer STARTTLS, and that don't
}

// serveSMTP opens a Region's two ports and serves them until the World closes. The listeners let
// connections in one by one, so that faults can happen to them before go-smtp greets.
func (w *World) serveSMTP(region string) (*endpoint, error) {
	e := &endpoint{region: region, usual: w.newAdmission(), stripped: w.newAdmission()}
	e.tls = &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return w.shown.Load(), nil },
		// Who resumes a session doesn't look at the certificate that is shown now.
		SessionTicketsDisabled: true,
		// Without Go's post-quantum key exchange, which is most of the cost of a test that logs in
		// often.
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

// serveAdmitted lets go-smtp serve connections. It offers STARTTLS if it has a configuration for
// it.
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

// admit greets a connection with the fault that is meant for it, or else passes it on to go-smtp.
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

// An admission is the net.Listener of a go-smtp server: it accepts connections that were let in.
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

// Close does nothing: the World's end ends an admission.
func (a admission) Close() error { return nil }

// Addr is nowhere.
func (a admission) Addr() net.Addr { return &net.TCPAddr{} }
