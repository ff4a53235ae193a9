package sessmtp

import (
	"encoding/base64"
	"errors"
	"net/textproto"
	"strings"
	"unicode"
)

// ask sends one command and reads the reply, which must have the code wanted.
func (s *session) ask(op string, want int, line string) (string, error) {
	if strings.ContainsAny(line, "\r\n") {
		err := s.failed(op, errors.New("a line break inside a command"))
		err.Meaning = Misused
		return "", err
	}
	if err := s.text.PrintfLine("%s", line); err != nil {
		return "", s.failed(op, err)
	}
	return s.reply(op, want)
}

// reply reads one reply.
func (s *session) reply(op string, want int) (string, error) {
	_, text, err := s.text.ReadResponse(want)
	if err != nil {
		return "", s.failed(op, err)
	}
	return text, nil
}

// failed returns the error of an operation: the server's reply if there is one, otherwise why the
// session ended, otherwise err.
func (s *session) failed(op string, err error) *ReplyError {
	e := &ReplyError{Op: op, Addr: s.addr, Meaning: Unknown, Err: err}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		e.Code, e.Text, e.Err = reply.Code, s.clean(reply.Msg), nil
		if e.Meaning = Classify(op, reply.Code, reply.Msg); e.Meaning == Accepted {
			e.Meaning = Unknown // the code means success, but it isn't the one wanted
		}
	} else if cause := ended(s.ctx); cause != nil {
		e.Err = cause
	} else if garbled, ok := errors.AsType[textproto.ProtocolError](err); ok {
		e.Err = errors.New("not an SMTP reply: " + s.clean(garbled.Error()))
	}
	return e
}

// clean makes a server's text fit for an error: one printable line of limited length. It redacts
// the password, which a server may repeat.
func (s *session) clean(text string) string {
	password := string(s.login.Password)
	for _, secret := range []string{s.plain(), base64.StdEncoding.EncodeToString([]byte(password)), password} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, redacted)
		}
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || unicode.IsSpace(r) {
			return r
		}
		return '?'
	}, text)
	const long = 300
	text = oneLine(text)
	if len(text) > long {
		text = strings.ToValidUTF8(text[:long], "") + "…"
	}
	return text
}
