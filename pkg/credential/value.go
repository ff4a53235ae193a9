package credential

import (
	"errors"
	"fmt"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Empty is the value of a secret that has no credential yet. The stack creates the secret with it.
const Empty = "{}"

// ErrNone means that a value has no credential yet: it is Empty, or no text at all.
var ErrNone = errors.New("there is no credential yet: the function's first rotation writes it")

// Value is the secret's value in its published form. The first fields describe the primary Region.
type Value struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Region   string `json:"region"`
	// URL has the username, password, host and port, percent-encoded.
	URL string `json:"url"`
	// SMTPSURL is URL with TLS from the start, for programs that take a URL: with smtp, many of
	// them log in in the clear if STARTTLS isn't offered. It is empty if the endpoint has no known
	// port for that (see [sessmtp.Endpoint.FromTheStart]).
	SMTPSURL string `json:"smtps_url,omitempty"`
	// IAMUser is the user that the rotator made the credential for; a value made by hand lacks it.
	IAMUser string `json:"iam_user"`
	// Regions has one entry for each SES Region, the primary included.
	Regions map[string]Region `json:"regions"`
}

// Region says how to log in to SES in one Region, with the value's username.
type Region struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Password string `json:"password"`
}

// Login returns the login for SES in a Region, or in the primary one if region is empty.
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
