package glob

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestAPatternMatchesAsIAMSays(t *testing.T) {
	arns, variables := Wildcards{Segments: true}, Wildcards{Variables: Variables{"aws:userid": "a*b"}}
	for _, c := range []struct {
		how           Wildcards
		pattern, text string
		want          bool
	}{
		{Wildcards{}, "", "", true},
		{Wildcards{}, "", "a", false},
		{Wildcards{}, "*", "", true},
		{Wildcards{}, "a*c", "abcbc", true},
		{Wildcards{}, "a*c", "abcb", false},
		{Wildcards{}, "a?c", "ac", false},
		{Wildcards{}, "**a", "ba", true},
		{Wildcards{}, "ZOË?", "ZOËé", true},
		{Wildcards{}, "ab", "AB", false},
		{Wildcards{Fold: true}, "aB*", "AbC", true},
		{Wildcards{None: true}, "a*", "ab", false},
		{Wildcards{None: true}, "a*", "a*", true},
		{variables, "${*}${?}${$}", "*?$", true},
		{variables, "${*}", "a", false},
		{variables, "${aws:username}@example.com", "anybody@example.com", true},
		{variables, "${aws:username, 'nobody'}@example.com", "a@example.org", false},
		{variables, "${", "${", true},
		{variables, "${aws:UserId}*", "a*bc", true},
		{variables, "${aws:UserId}*", "acbc", false},
		{Wildcards{}, "${aws:username}", "${aws:username}", true},
		{Wildcards{}, "${aws:username}", "mailer", false},
		{arns, "*", "arn:aws:ses:eu-west-1:111122223333:identity/example.com", true},
		{arns, "arn:aws:ses:*", "arn:aws:ses:eu-west-1:111122223333:identity/example.com", true},
		{arns, "arn:aws:ses:e*t-1:111122223333:*", "arn:aws:ses:eu-west-1:111122223333:identity/example.com", true},
		{arns, "arn:aws:ses:e*/example.com", "arn:aws:ses:eu-west-1:111122223333:identity/example.com", false},
		{arns, "arn:aws:ses:?:1:identity/a", "arn:aws:ses:::1:identity/a", false},
		{arns, "arn:aws:ses:eu:1:identity/*.example.com", "arn:aws:ses:eu:1:identity/mail.example.com", true},
	} {
		if got := c.how.Read(c.pattern).Matches(c.text); got != c.want {
			t.Errorf("%q matches %q: %v (%+v)", c.pattern, c.text, got, c.how)
		}
	}
}

// letters are few, so that every text can be tried. # isn't in any pattern.
var letters = []string{"a", "A", "b", ":", "#"}

// texts are all texts of up to five letters.
var texts = func() (all []string) {
	all = []string{""}
	for from := 0; len(all[len(all)-1]) < 5; {
		end := len(all)
		for _, text := range all[from:end] {
			for _, l := range letters {
				all = append(all, text+l)
			}
		}
		from = end
	}
	return all
}()

// TestPossibleIsWhatTryingSays: with patterns this short, if a text exists at all, a short one
// does.
func TestPossibleIsWhatTryingSays(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	counts := map[bool]int{}
	for range 3000 {
		w := Wildcards{Segments: random.IntN(2) == 0, Fold: random.IntN(4) == 0}
		var demands []Demand
		var written string
		for range 1 + random.IntN(3) {
			d := Demand{Like: random.IntN(2) == 0}
			for range 1 + random.IntN(2) {
				pattern := ""
				for range random.IntN(4) {
					pattern += []string{"a", "b", ":", "A", "?", "*", "*"}[random.IntN(7)]
				}
				d.Patterns = append(d.Patterns, w.Read(pattern))
				written += fmt.Sprintf(" %v %q", d.Like, pattern)
			}
			demands = append(demands, d)
		}
		want, witness := false, ""
		for _, text := range texts {
			if meets(demands, text) {
				want, witness = true, text
				break
			}
		}
		counts[want]++
		if got := Possible(demands); got != want {
			t.Fatalf("%+v%s: possible %v, tried %v %q", w, written, got, want, witness)
		}
	}
	if counts[true] < 300 || counts[false] < 300 {
		t.Errorf("one of the answers is rare: %v", counts)
	}
}

func meets(demands []Demand, text string) bool {
	for _, d := range demands {
		if !d.Meets(text) {
			return false
		}
	}
	return true
}

func like(w Wildcards, pattern string) []Demand {
	return []Demand{{Patterns: w.All([]string{pattern}), Like: true}}
}

func likeARN(pattern string) []Demand { return like(Wildcards{Segments: true}, pattern) }

func TestANameIsNewIfNobodyWroteItsDomain(t *testing.T) {
	for pattern, want := range map[string]bool{
		"*": true, "*example.com": true, "ex?mple.com": true, "example.*": true, "*.com": true, "*.co.uk": true,
		"*@*": true, "*e*": true, "boss@*": true, "*.example.c?m": true, "boss@*.com": true, "*@mail*.com": true,
		"*@*example.co.uk": true,
		"example.com":      false, "*.example.com": false, "*@example.com": false, "*@*.example.com": false,
		"*.example.co.uk": false, "?oss@example.com": false, "*mail.example.com": false, "": false,
	} {
		if got := Possible(like(Wildcards{}, pattern), NewName{}); got != want {
			t.Errorf("%s lets new names in: %v", pattern, got)
		}
		if got := Possible(likeARN("arn:aws:ses:eu-west-1:1:identity/"+pattern), Identity(NewName{})); got != want {
			t.Errorf("an ARN with %s lets new names in: %v", pattern, got)
		}
	}
}

func TestKindsOfResourcesAreToldApart(t *testing.T) {
	const identity, set = "arn:aws:ses:eu-west-1:1:identity/", "arn:aws:ses:eu-west-1:1:configuration-set/"
	for _, c := range []struct {
		pattern string
		kinds   []Kind
		want    bool
	}{
		{identity + "example.com", []Kind{Identity(AnyName{})}, true},
		{identity + "example.com", []Kind{ConfigurationSet(AnyName{})}, false},
		{set + "*", []Kind{Identity(AnyName{})}, false},
		{set + "*", []Kind{ConfigurationSet(AnyName{})}, true},
		{"arn:aws:ses:eu-west-1:1:*", []Kind{Identity(AnyName{})}, true},
		{"arn:aws:s3:::*", []Kind{Identity(AnyName{})}, false},
		{"arn:aws-us-gov:ses:*:1:identity/a", []Kind{Identity(AnyName{})}, true},
		{identity + "example.com", []Kind{Identity(AnyName{}), Elsewhere{}}, false},
		{"arn:aws:ses:*:1:identity/a", []Kind{Identity(AnyName{}), Elsewhere{}}, true},
		{"arn:aws:ses:eu-west-1:*:identity/a", []Kind{Identity(AnyName{}), Elsewhere{}}, true},
		{"arn:aws:ses:eu-west-1:1:identity/*", []Kind{Identity(AnyName{}), Elsewhere{}}, false},
	} {
		if got := Possible(likeARN(c.pattern), c.kinds...); got != c.want {
			t.Errorf("%s is of the kinds %+v: %v", c.pattern, c.kinds, got)
		}
	}
	for pattern, want := range map[string]bool{
		"*": true, "a@b": true, "a@*": true, "a": false, "*@": false, "@b": false,
	} {
		if got := Possible(like(Wildcards{}, pattern), Address{}); got != want {
			t.Errorf("%s has addresses: %v", pattern, got)
		}
	}
}

func TestATextIsOfAKindByItself(t *testing.T) {
	const identity = "arn:aws:ses:eu-west-1:1:identity/"
	for text, want := range map[string]bool{
		identity + "example.com": true, identity + "a@example.com": true, identity: false,
		identity + "@example.com":                     false,
		"arn:aws:ses:eu-west-1:1:configuration-set/a": false, "*": false, "": false, identity + "a:b": false,
	} {
		if got := Is(text, Resource{}, Identity(AnyName{})); got != want {
			t.Errorf("%q is an identity: %v", text, got)
		}
	}
}

// A variable's value isn't known, so it lets everything in and keeps nothing out.
func TestAVariableIsWhatHelpsAThief(t *testing.T) {
	p := []*Pattern{Wildcards{Variables: Variables{}}.Read("${aws:SourceIp}")}
	for _, is := range []bool{true, false} {
		if !Possible([]Demand{{Patterns: p, Like: is}}, NewText{}) {
			t.Errorf("like %v: nothing is possible", is)
		}
	}
}
