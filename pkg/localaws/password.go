package localaws

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// SMTPPassword derives the password that SES accepts for an access key in one Region, as AWS
// documents it. It is written for itself, so that tests can hold another implementation against it.
func SMTPPassword(secretAccessKey, region string) string {
	signature := []byte("AWS4" + secretAccessKey)
	for _, step := range []string{"11111111", region, "ses", "aws4_request", "SendRawEmail"} {
		mac := hmac.New(sha256.New, signature)
		mac.Write([]byte(step))
		signature = mac.Sum(nil)
	}
	return base64.StdEncoding.EncodeToString(append([]byte{0x04}, signature...))
}
