package proof

import "github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"

// mistake is one that other rotators make, put in on purpose. What is nil is as it should be.
type mistake struct {
	name       string
	wrapClient func(c client) api
	wrapKeys   func(k rotation.Keys) rotation.Keys
	wrapSecret func(s rotation.Secret) rotation.Secret
	wrapVerify func(v rotation.Verifier) rotation.Verifier
	edit       func(p *rotation.Policy)
	lie        func(r rotation.Result, err error) (rotation.Result, error)
}

func (m *mistake) orNone() *mistake {
	if m == nil {
		return &mistake{}
	}
	return m
}

func (m *mistake) client(c client) api {
	if m.wrapClient == nil {
		return c
	}
	return m.wrapClient(c)
}

func (m *mistake) keys(k rotation.Keys) rotation.Keys {
	if m.wrapKeys == nil {
		return k
	}
	return m.wrapKeys(k)
}

func (m *mistake) secret(s rotation.Secret) rotation.Secret {
	if m.wrapSecret == nil {
		return s
	}
	return m.wrapSecret(s)
}

func (m *mistake) verifier(v rotation.Verifier) rotation.Verifier {
	if m.wrapVerify == nil {
		return v
	}
	return m.wrapVerify(v)
}

func (m *mistake) policy(p rotation.Policy) rotation.Policy {
	if m.edit != nil {
		m.edit(&p)
	}
	return p
}

func (m *mistake) answer(r rotation.Result, err error) (rotation.Result, error) {
	if m.lie == nil {
		return r, err
	}
	return m.lie(r, err)
}
