package sessmtp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// version is the first byte of a password made by the current algorithm. Version 2 (0x02) was the same in all
// Regions and is no longer accepted in most; it is never produced here.
const version = 0x04

// DerivePassword computes the SMTP password that belongs to an IAM user's secret access key in a Region. The
// SMTP username is the access key's ID. Every Region has its own password for the same key.
//
// The algorithm is AWS's: "Obtaining Amazon SES SMTP credentials" in the SES guide, version 4. It signs a
// constant text with a Signature Version 4 key whose date is a constant as well, so a password doesn't expire.
func DerivePassword(secret SecretAccessKey, region string) Password {
	signature := []byte("AWS4" + string(secret))
	for _, text := range []string{"11111111", region, "ses", "aws4_request", "SendRawEmail"} {
		mac := hmac.New(sha256.New, signature)
		mac.Write([]byte(text))
		signature = mac.Sum(nil)
	}
	return Password(base64.StdEncoding.EncodeToString(append([]byte{version}, signature...)))
}
