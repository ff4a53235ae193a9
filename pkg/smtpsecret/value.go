package smtpsecret

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// ErrNoCredential is a value that holds no credential yet: {}, as the stack makes it, or nothing.
var ErrNoCredential = errors.New("there is no credential yet: the function's first rotation writes it")

// ParseValue reads a secret's value as applications need it: all that a login takes has to be there. A value that was made by
// hand may lack its Region, its URL and its Regions, and have its port in quotes. Errors name what is wrong, and quote nothing.
func ParseValue(text string) (Value, error) {
	p, err := parse(text)
	if errors.Is(err, errBlank) {
		return Value{}, ErrNoCredential
	}
	if err != nil {
		return Value{}, err
	}
	primary := p.logins[0]
	v := Value{
		Username: primary.Username, Password: string(primary.Password), Host: primary.Host, Port: primary.Port,
		Region: primary.Region, IAMUser: p.user, Regions: map[string]RegionValue{},
	}
	faults := errors.Join(
		present("username", v.Username), present("password", v.Password), present("host", v.Host), complete(v.Port),
	)
	for _, l := range p.logins {
		if l.Region == "" {
			continue
		}
		one := RegionValue{Host: l.Host, Port: l.Port, Password: string(l.Password)}
		faults = errors.Join(faults, harmless("regions."+l.Region+".host", l.Host), harmless("regions."+l.Region+".password", one.Password))
		v.Regions[l.Region] = one
	}
	if faults != nil {
		return Value{}, faults
	}
	v.URL = primary.URL()
	return v, nil
}

// Login is how to log in to SES in one Region, or in the primary one where none is named.
func (v Value) Login(region string) (sessmtp.Login, error) {
	primary := sessmtp.Endpoint{Region: v.Region, Host: v.Host, Port: v.Port}
	if region == "" || region == v.Region {
		return sessmtp.Login{Endpoint: primary, Username: v.Username, Password: sessmtp.Password(v.Password)}, nil
	}
	one, ok := v.Regions[region]
	if !ok || one.Host == "" || one.Port == 0 {
		return sessmtp.Login{}, fmt.Errorf("the value has no credential for SES in %s", region)
	}
	endpoint := sessmtp.Endpoint{Region: region, Host: one.Host, Port: one.Port}
	return sessmtp.Login{Endpoint: endpoint, Username: v.Username, Password: sessmtp.Password(one.Password)}, nil
}

func present(name, text string) error {
	if text == "" {
		return fmt.Errorf("%q is missing", name)
	}
	return harmless(name, text)
}

func complete(port int) error {
	if port == 0 {
		return errors.New(`"port" is missing`)
	}
	return nil
}

// harmless refuses what could be more than one word of a configuration file, or one line of a protocol.
func harmless(name, text string) error {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return fmt.Errorf("%q has spaces or control characters", name)
	}
	return nil
}
