package sessmtp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultTimeout is enough for a slow handshake over an ocean, and leaves time for several tries.
const defaultTimeout = 15 * time.Second

// Client logs in to SES's SMTP endpoints, each time on a fresh connection. The zero value works. A
// Client may be used by several goroutines at once.
type Client struct {
	// TLS is where tests and private endpoints put their root certificates. Nil means the system's.
	// Whatever it says, TLS is at least version 1.2, the certificate is checked, and so is its
	// name, against Endpoint.Host.
	TLS *tls.Config

	// Timeout bounds one login or one mail, from the connection to the end. The default is 15
	// seconds.
	Timeout time.Duration

	// LookupHost resolves an endpoint's name. The default is net.DefaultResolver's.
	LookupHost func(ctx context.Context, host string) ([]string, error)

	// DialContext opens a TCP connection. The default is a net.Dialer's.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

	// LocalName is how the client introduces itself in EHLO. The default is "localhost", which also
	// stands in for what can't be said there: RFC 5321 has only ASCII, and some machines' names
	// aren't.
	LocalName string
}

func (c *Client) localName() string {
	notInName := func(r rune) bool { return r <= ' ' || r > '~' }
	if c.LocalName == "" || strings.ContainsFunc(c.LocalName, notInName) {
		return "localhost"
	}
	return c.LocalName
}

// Addresses resolves an endpoint's name to all its addresses, each as "ip:port". An endpoint that
// is an IP address needs no lookup. Errors are [*ReplyError] values.
func (c *Client) Addresses(ctx context.Context, e Endpoint) ([]string, error) {
	if _, err := netip.ParseAddr(e.Host); err == nil {
		return []string{e.Addr()}, nil
	}
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	lookup := c.LookupHost
	if lookup == nil {
		lookup = net.DefaultResolver.LookupHost
	}
	hosts, err := lookup(ctx, e.Host)
	if err == nil && len(hosts) == 0 {
		err = errors.New("the name has no addresses")
	}
	if err != nil {
		return nil, &ReplyError{Op: opConnect, Addr: e.Addr(), Meaning: Unknown, Unreachable: true,
			Err: cmp.Or(ended(ctx), err)}
	}
	var addrs []string
	for _, host := range hosts {
		if addr := net.JoinHostPort(host, strconv.Itoa(e.Port)); !slices.Contains(addrs, addr) {
			addrs = append(addrs, addr)
		}
	}
	return addrs, nil
}

// Login logs in once, and says goodbye. The connection goes to addr, an address that Addresses
// returned, or to l.Addr() where addr is empty; the certificate has to be l.Host's either way. Nil
// means that the server accepted the credential. Errors are [*ReplyError] values.
func (c *Client) Login(ctx context.Context, l Login, addr string) error {
	s, err := c.open(ctx, l, cmp.Or(addr, l.Addr()))
	if err != nil {
		return err
	}
	s.close(nil)
	return nil
}

// bounded limits ctx to the client's timeout.
func (c *Client) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	timeout := cmp.Or(c.Timeout, defaultTimeout)
	return context.WithTimeoutCause(ctx, timeout,
		fmt.Errorf("no answer within %s: %w", timeout, context.DeadlineExceeded))
}

// ended is why ctx has ended, or nil. Timers that dialers and resolvers set to the deadline of ctx
// may ring a moment before its own, which is then awaited.
func ended(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		<-ctx.Done()
	}
	return context.Cause(ctx)
}

// dial opens a TCP connection.
func (c *Client) dial(ctx context.Context, addr string) (net.Conn, error) {
	if c.DialContext != nil {
		return c.DialContext(ctx, "tcp", addr)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", addr)
}

// tlsConfig is the client's configuration with everything that may not be weakened put right.
func (c *Client) tlsConfig(host string) *tls.Config {
	config := &tls.Config{}
	if c.TLS != nil {
		config = c.TLS.Clone()
	}
	config.ServerName = host
	config.InsecureSkipVerify = false
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	return config
}
