package sessmtp

import (
	"errors"
	"net"
)

// replyLimit is how many bytes a server may send in one session, TLS included. A session with SES
// takes about 6 kB. The limit keeps a broken server from filling the memory.
const replyLimit = 256 << 10

// limitedConn is a connection that fails after reading a number of bytes.
type limitedConn struct {
	net.Conn
	left int
}

// Read reads until the limit is reached, and then fails.
func (c *limitedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errors.New("the server sends too much: these aren't SMTP replies")
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
