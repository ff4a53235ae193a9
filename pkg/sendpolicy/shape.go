package sendpolicy

import (
	"regexp"
	"sync"
)

// shape is a regular expression that is compiled when it is first needed. The Lambda function links
// this package, but most invocations need no shape, so compiling all of them would slow every start
// down.
type shape struct {
	expression string
	once       sync.Once
	compiled   *regexp.Regexp
}

func (s *shape) regexp() *regexp.Regexp {
	s.once.Do(func() { s.compiled = regexp.MustCompile(s.expression) })
	return s.compiled
}

// MatchString is like Regexp.MatchString.
func (s *shape) MatchString(text string) bool { return s.regexp().MatchString(text) }

// FindStringSubmatch is like Regexp.FindStringSubmatch.
func (s *shape) FindStringSubmatch(text string) []string { return s.regexp().FindStringSubmatch(text) }
