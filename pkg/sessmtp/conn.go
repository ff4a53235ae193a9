package sessmtp

import (
	"errors"
	"net"
)

// replyLimit is how many bytes a server may send in one session, TLS included. A session with SES
// takes some 6 kB; the limit keeps a broken server from filling the memory.
const replyLimit = 256 << 10

// limitedConn is a connection that stops reading after a number of bytes.
type limitedConn struct {
	net.Conn
	left int
}

// Read reads as long as the limit isn't reached.
func (c *limitedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errors.New("the server sends far more than replies")
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
