// Sends one mail as Grafana does (pkg/services/notifications/smtp.go): with its library, a dialer
// made of its settings, which are in the environment, and one connection a mail.
package main

import (
	"crypto/tls"
	"log"
	"net"
	"os"
	"strconv"

	"gopkg.in/mail.v2"
)

func main() {
	host, port, err := net.SplitHostPort(os.Getenv("GF_SMTP_HOST"))
	if err != nil {
		log.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		log.Fatal(err)
	}
	d := mail.NewDialer(host, number, os.Getenv("GF_SMTP_USER"), os.Getenv("GF_SMTP_PASSWORD"))
	d.TLSConfig = &tls.Config{ServerName: host}
	switch os.Getenv("GF_SMTP_STARTTLS_POLICY") {
	case "NoStartTLS":
		d.StartTLSPolicy = mail.NoStartTLS
	case "MandatoryStartTLS":
		d.StartTLSPolicy = mail.MandatoryStartTLS
	default:
		d.StartTLSPolicy = mail.OpportunisticStartTLS
	}
	m := mail.NewMessage()
	m.SetHeader("From", os.Getenv("GF_SMTP_FROM_ADDRESS"))
	m.SetHeader("To", "you@example.net")
	m.SetHeader("Subject", os.Args[1])
	m.SetBody("text/plain", "Hello.")
	if err := d.DialAndSend(m); err != nil {
		log.Fatal(err)
	}
}
