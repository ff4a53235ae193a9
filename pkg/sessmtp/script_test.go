package sessmtp_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// Things that a script may do at a stage instead of replying:
const (
	cut   = "(cut)"   // close the connection
	hang  = "(hang)"  // say nothing until the client gives up
	flood = "(flood)" // send without end
	echo  = "(echo)"  // repeat the client's line in a 535 reply
)

// usual is what a script says at each stage by default: what SES says when all goes well.
var usual = map[string]string{
	"greeting":   "220 email-smtp.amazonaws.com ESMTP SimpleEmailService-d-EXAMPLE",
	"EHLO":       "250-email-smtp.amazonaws.com\r\n250-8BITMIME\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 Ok",
	"STARTTLS":   "220 Ready to start TLS",
	"handshake":  "",
	"EHLO again": "250-email-smtp.amazonaws.com\r\n250-8BITMIME\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 Ok",
	"AUTH":       "235 Authentication successful.",
	"MAIL":       "250 Ok",
	"RCPT":       "250 Ok",
	"DATA":       "354 End data with <CR><LF>.<CR><LF>",
	"message":    "250 Ok 0102018c0000000-EXAMPLE",
	"QUIT":       "221 Bye",
}

// script is a server with STARTTLS that says something unusual at some stages.
type script map[string]string

// start runs the script for every connection until the test ends, and returns its address.
func (s script) start(t *testing.T, config *tls.Config) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer conn.Close()
				s.play(conn, config)
			})
		}
	})
	t.Cleanup(func() { listener.Close(); group.Wait() })
	return listener.Addr().String()
}

// play plays the script on one connection.
func (s script) play(conn net.Conn, config *tls.Config) {
	lines := bufio.NewScanner(conn)
	if !s.say(conn, "greeting", "") {
		return
	}
	again := ""
	for lines.Scan() {
		stage := strings.ToUpper(strings.Fields(lines.Text() + " ?")[0])
		if stage == "EHLO" {
			stage += again
		}
		if !s.say(conn, stage, lines.Text()) || stage == "QUIT" {
			return
		}
		switch {
		case stage == "STARTTLS":
			if s["handshake"] != "" {
				s.say(conn, "handshake", "")
				return
			}
			conn = tls.Server(conn, config)
			lines, again = bufio.NewScanner(conn), " again"
		case stage == "DATA" && s[stage] == "":
			for lines.Scan() && lines.Text() != "." {
			}
			if !s.say(conn, "message", "") {
				return
			}
		}
	}
}

// say replies to the client's line at a stage, and reports whether to go on.
func (s script) say(conn net.Conn, stage, line string) bool {
	text, departs := s[stage]
	if !departs {
		text = usual[stage]
	}
	switch text {
	case cut:
		return false
	case hang:
		io.Copy(io.Discard, conn)
		return false
	case flood:
		for {
			if _, err := conn.Write(make([]byte, 64<<10)); err != nil {
				return false
			}
		}
	case echo:
		text = "535-You said\r\n535 " + line
	}
	_, err := io.WriteString(conn, text+"\r\n")
	return err == nil
}
