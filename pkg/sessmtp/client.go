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

// defaultTimeout is enough for a slow handshake across an ocean, and short enough to leave time for
// several tries.
const defaultTimeout = 15 * time.Second

// Client logs in to SES's SMTP endpoints, with a new connection for each login. The zero value
// works. Several goroutines may use a Client at once.
type Client struct {
	// TLS lets tests and private endpoints set their own root certificates. Nil means the system's.
	// Whatever it says, the client uses TLS 1.2 or later, checks the certificate, and checks that
	// the certificate is for Endpoint.Host.
	TLS *tls.Config

	// Timeout limits one login or one mail, from connecting to the end. The default is 15 seconds.
	Timeout time.Duration

	// LookupHost resolves an endpoint's name. The default is net.DefaultResolver's method.
	LookupHost func(ctx context.Context, host string) ([]string, error)

	// DialContext opens a TCP connection. The default is a net.Dialer's method.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

	// LocalName is the name in EHLO. The default is "localhost". It is also used in place of a name
	// that isn't ASCII, as some machines' names aren't: RFC 5321 allows only ASCII.
	LocalName string
}

func (c *Client) localName() string {
	notInName := func(r rune) bool { return r <= ' ' || r > '~' }
	if c.LocalName == "" || strings.ContainsFunc(c.LocalName, notInName) {
		return "localhost"
	}
	return c.LocalName
}

// Addresses resolves an endpoint's name to all its addresses, each as "ip:port". An IP address
// needs no lookup. Errors are [*ReplyError] values.
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

// Login logs in once and disconnects. It connects to addr, which is one of those that Addresses
// returned, or to l.Addr() if addr is empty. Either way the certificate must be for l.Host. A nil
// error means that the server accepted the credential. Errors are [*ReplyError] values.
func (c *Client) Login(ctx context.Context, l Login, addr string) error {
	s, err := c.open(ctx, l, cmp.Or(addr, l.Addr()))
	if err != nil {
		return err
	}
	s.close(nil)
	return nil
}

// bounded returns ctx with the client's timeout.
func (c *Client) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	timeout := cmp.Or(c.Timeout, defaultTimeout)
	return context.WithTimeoutCause(ctx, timeout,
		fmt.Errorf("no answer within %s: %w", timeout, context.DeadlineExceeded))
}

// ended returns why ctx has ended, or nil. A dialer's or resolver's own timer for ctx's deadline
// may fire a moment before ctx ends, so ended waits for that moment.
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

// tlsConfig returns the client's TLS configuration, with every check enforced that must not be
// weakened.
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
