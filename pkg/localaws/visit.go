package localaws

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// A visit is one connection to one of an endpoint's servers. It ends with the World, or if the
// client says nothing for too long.
type visit struct {
	net.Conn
	world    *World
	endpoint *endpoint
	number   int // among all visits of the World
	server   int
	forget   func() bool

	patience time.Duration
	idle     *time.Timer
	mu       sync.Mutex
	over     net.Conn // where replies go: TLS, or the visit itself; nil before the greeting
}

func (w *World) newVisit(e *endpoint, conn net.Conn) *visit {
	k := e.visits.Add(1) - 1
	v := &visit{Conn: conn, world: w, endpoint: e, number: int(w.visitors.Add(1)), server: int(k % int64(w.servers)),
		patience: w.smtpPatience()}
	v.forget = context.AfterFunc(w.ctx, func() { conn.Close() })
	v.mu.Lock() // timeOut locks it first, so it sees the timer
	defer v.mu.Unlock()
	v.idle = time.AfterFunc(v.patience, v.timeOut)
	return v
}

// Read restarts the client's timeout whenever something comes.
func (v *visit) Read(p []byte) (int, error) {
	n, err := v.Conn.Read(p)
	for v.world.refuseSTARTTLS.Load() && strings.EqualFold(strings.TrimSpace(string(p[:n])), "STARTTLS") {
		v.heard(p[:n])
		fmt.Fprint(v.Conn, "454 TLS not available due to temporary reason\r\n")
		n, err = v.Conn.Read(p)
	}
	v.heard(p[:n])
	if n > 0 && v.idle.Stop() {
		v.idle.Reset(v.patience)
	}
	return n, err
}

// address returns the client's address.
func (v *visit) address() netip.Addr {
	at, _ := netip.ParseAddrPort(v.RemoteAddr().String()) // can't fail for a TCP connection
	return at.Addr().Unmap()
}

// heard passes on to the tap what the client sent.
func (v *visit) heard(sent []byte) {
	if tap := v.world.tap.Load(); tap != nil && len(sent) > 0 {
		(*tap)(v.number, slices.Clone(sent))
	}
}

// Close ends the visit.
func (v *visit) Close() error {
	v.forget()
	v.idle.Stop()
	return v.Conn.Close()
}

// talksOver sets where replies go from now on.
func (v *visit) talksOver(conn net.Conn) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.over = conn
}

// timeOut ends the visit, with SES's words if there was a greeting.
func (v *visit) timeOut() {
	v.mu.Lock()
	over := v.over
	v.mu.Unlock()
	if over != nil {
		over.SetWriteDeadline(time.Now().Add(time.Second))
		fmt.Fprint(over, "451 4.4.2 Timeout waiting for data from client.\r\n")
	}
	v.Close()
}

// suffer drops the connection, or leaves it without an answer until the client or the World ends
// it.
func (v *visit) suffer(reply *SMTPReply) {
	if reply.Hang {
		v.idle.Stop()
		io.Copy(io.Discard, v.Conn)
	}
	v.Close()
}

// visitOf finds the visit under a connection that may use TLS by now.
func visitOf(conn net.Conn) *visit {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	return conn.(*visit)
}
