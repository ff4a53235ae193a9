package sendpolicy

import (
	"regexp"
	"sync"
)

// shape is what a text looks like. It is compiled when it is first needed: the function links this
// package, most of its invocations need no shape, and all of them would start later.
type shape struct {
	expression string
	once       sync.Once
	compiled   *regexp.Regexp
}

func (s *shape) regexp() *regexp.Regexp {
	s.once.Do(func() { s.compiled = regexp.MustCompile(s.expression) })
	return s.compiled
}

// MatchString is that of regexp.Regexp.
func (s *shape) MatchString(text string) bool { return s.regexp().MatchString(text) }

// FindStringSubmatch is that of regexp.Regexp.
func (s *shape) FindStringSubmatch(text string) []string { return s.regexp().FindStringSubmatch(text) }
