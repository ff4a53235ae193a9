package sessmtp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// version is the first byte of passwords made with the current algorithm. Version 2 (0x02) gave the
// same password in all Regions and is no longer accepted in most; this package never makes it.
const version = 0x04

// DerivePassword computes the SMTP password that belongs to an IAM user's secret access key in a
// Region. The SMTP username is the access key's ID. The same key has another password in each
// Region.
//
// The algorithm is AWS's version 4: "Obtaining Amazon SES SMTP credentials" in the SES guide. It
// signs a constant text with a Signature Version 4 key for a constant date, so a password doesn't
// expire.
func DerivePassword(secret SecretAccessKey, region string) Password {
	key := append(make([]byte, 0, len("AWS4")+len(secret)), "AWS4"...)
	key = append(key, secret...)
	text := make([]byte, 0, 32)
	signed := make([]byte, 1, 1+sha256.Size)
	signed[0] = version
	for _, next := range [...]string{"11111111", region, "ses", "aws4_request", "SendRawEmail"} {
		mac := hmac.New(sha256.New, key)
		text = append(text[:0], next...)
		mac.Write(text)
		signed = mac.Sum(signed[:1])
		key = signed[1:]
	}
	var password [(1 + sha256.Size) / 3 * 4]byte
	base64.StdEncoding.Encode(password[:], signed)
	return Password(password[:])
}
