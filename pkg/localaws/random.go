package localaws

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
)

const (
	idAlphabet     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	suffixAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// randomText returns n characters of the alphabet.
func randomText(n int, alphabet string) string {
	text := make([]byte, n)
	rand.Read(text)
	for i, b := range text {
		text[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(text)
}

func randomKey() (id, secret string) {
	return "AKIA" + randomText(16, idAlphabet), newSecretAccessKey()
}

// newSecretAccessKey returns 40 characters of base64. Each secret has a "/" and a "+", so that
// programs that don't encode them fail in tests.
func newSecretAccessKey() string {
	for {
		raw := make([]byte, 30)
		rand.Read(raw)
		secret := base64.StdEncoding.EncodeToString(raw)
		if strings.Contains(secret, "/") && strings.Contains(secret, "+") {
			return secret
		}
	}
}

// newUUID makes IDs for requests, mails, and versions that were put without a token.
func newUUID() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
