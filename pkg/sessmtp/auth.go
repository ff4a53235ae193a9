package sessmtp

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
)

// authenticate logs in with AUTH PLAIN (RFC 4616), or with AUTH LOGIN (draft-murchison-sasl-login)
// if that is all the server offers. It must only be called on a connection with TLS.
func (s *session) authenticate() error {
	offered := strings.Fields(s.extensions["AUTH"])
	switch {
	case slices.Contains(offered, "PLAIN"):
		_, err := s.ask(opAuth, 235, "AUTH PLAIN "+s.plain())
		return err
	case slices.Contains(offered, "LOGIN"):
		return s.authLogin()
	}
	err := s.failed(opAuth, errors.New("the server offers neither AUTH PLAIN nor AUTH LOGIN; is this an SES endpoint?"))
	err.Meaning = Misused
	return err
}

// authLogin answers the two challenges, for the name and for the password. Servers word them
// differently, so their text is ignored.
func (s *session) authLogin() error {
	encode := base64.StdEncoding.EncodeToString
	if _, err := s.ask(opAuth, 334, "AUTH LOGIN"); err != nil {
		return err
	}
	if _, err := s.ask(opAuth, 334, encode([]byte(s.login.Username))); err != nil {
		return err
	}
	_, err := s.ask(opAuth, 235, encode([]byte(s.login.Password)))
	return err
}

// plain returns AUTH PLAIN's single message, encoded.
func (s *session) plain() string {
	return base64.StdEncoding.EncodeToString([]byte("\x00" + s.login.Username + "\x00" + string(s.login.Password)))
}
