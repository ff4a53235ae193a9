package localaws

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// newCertificate makes the certificate of the SMTP servers, which is its own authority. It is valid
// in real time, because clients don't know the World's clock.
func newCertificate(regions []string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a key for the SMTP certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: smtpDomain},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(1, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		DNSNames:              []string{"localhost"},
	}
	for _, region := range regions {
		template.DNSNames = append(template.DNSNames, "email-smtp."+region+".amazonaws.com")
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making the SMTP certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("reading back the SMTP certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// A Certificate is one that SMTP servers show.
type Certificate int

const (
	// TheirOwn is valid for localhost, 127.0.0.1 and SES's names, and signed by CertPEM.
	TheirOwn Certificate = iota
	// OfNobody has the right names, but an unknown signer.
	OfNobody
	// OfAnother is signed by CertPEM, but for another host.
	OfAnother
)

// ShowCertificate says which certificate servers show on new connections. Somebody in the middle
// would show one of the others.
func (w *World) ShowCertificate(which Certificate) error {
	shown := w.certificate
	var err error
	switch which {
	case OfNobody:
		shown, err = newCertificate(w.regions)
	case OfAnother:
		shown, err = w.certificateOfAnother()
	}
	if err != nil {
		return err
	}
	w.shown.Store(&shown)
	return nil
}

// certificateOfAnother makes a certificate for another host.
func (w *World) certificateOfAnother() (tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "mail.example.net"},
		NotBefore: w.certificate.Leaf.NotBefore, NotAfter: w.certificate.Leaf.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"mail.example.net"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, w.certificate.Leaf, w.certificate.Leaf.PublicKey,
		w.certificate.PrivateKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a certificate for another host: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: w.certificate.PrivateKey}, nil
}

// CertPool returns a pool that trusts only the certificate of the SMTP servers.
func (w *World) CertPool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(w.certificate.Leaf)
	return pool
}

// CertPEM returns the certificate of the SMTP servers as PEM, for the file that SSL_CERT_FILE
// names.
func (w *World) CertPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.certificate.Leaf.Raw})
}
