package localaws

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// SMTPPassword derives the password that SES accepts for an access key in one Region, as AWS
// documents it. It shares no code with the product, so that tests can compare the two.
func SMTPPassword(secretAccessKey, region string) string {
	signature := []byte("AWS4" + secretAccessKey)
	for _, step := range []string{"11111111", region, "ses", "aws4_request", "SendRawEmail"} {
		mac := hmac.New(sha256.New, signature)
		mac.Write([]byte(step))
		signature = mac.Sum(nil)
	}
	return base64.StdEncoding.EncodeToString(append([]byte{0x04}, signature...))
}
