package localaws

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
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
	visits                atomic.Int64  // connections so far, over both ports
	admitted              chan net.Conn // connections on their way to go-smtp
	done                  <-chan struct{}
}

// serveSMTP opens a Region's two ports and serves them until the World closes. The listeners let connections in
// one by one, so that faults can happen to them before go-smtp greets.
func (w *World) serveSMTP(region string) (*endpoint, error) {
	e := &endpoint{region: region, admitted: make(chan net.Conn), done: w.ctx.Done()}
	e.tls = &tls.Config{
		Certificates: []tls.Certificate{w.certificate}, MinVersion: tls.VersionTLS12,
		// Without Go's post-quantum key exchange, which is most of the cost of a test that logs in often.
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256},
	}
	var err error
	if e.startTLS, err = w.openPort(e, false); err != nil {
		return nil, err
	}
	if e.implicitTLS, err = w.openPort(e, true); err != nil {
		return nil, err
	}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return newSession(w, c), nil
	}))
	server.Domain, server.TLSConfig, server.ErrorLog = smtpDomain, e.tls, silent
	server.MaxMessageBytes = maxMail
	server.AllowInsecureAuth = true // go-smtp passes AUTH on, and the session refuses it in SES's words
	w.running.Go(func() {
		server.Serve(e)
		server.Shutdown(context.Background())
	})
	return e, nil
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
	select {
	case v.endpoint.admitted <- conn:
	case <-w.ctx.Done():
		conn.Close()
	}
}

// Accept, Close and Addr make an endpoint the net.Listener that go-smtp serves.
func (e *endpoint) Accept() (net.Conn, error) {
	select {
	case conn := <-e.admitted:
		return conn, nil
	case <-e.done:
		return nil, net.ErrClosed
	}
}

func (e *endpoint) Close() error   { return nil }
func (e *endpoint) Addr() net.Addr { return &net.TCPAddr{} }

// A visit is one connection to one of an endpoint's servers. It ends with the World.
type visit struct {
	net.Conn
	endpoint *endpoint
	server   int
	forget   func() bool
}

func (w *World) newVisit(e *endpoint, conn net.Conn) *visit {
	k := e.visits.Add(1) - 1
	v := &visit{Conn: conn, endpoint: e, server: int(k % int64(w.servers))}
	v.forget = context.AfterFunc(w.ctx, func() { conn.Close() })
	return v
}

func (v *visit) Close() error {
	v.forget()
	return v.Conn.Close()
}

// suffer drops the connection, or leaves it without an answer until the client or the World ends it.
func (v *visit) suffer(reply *SMTPReply) {
	if reply.Hang {
		io.Copy(io.Discard, v.Conn)
	}
	v.Close()
}

// visitOf finds the visit underneath a connection that may have been secured since.
func visitOf(conn net.Conn) *visit {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	return conn.(*visit)
}
