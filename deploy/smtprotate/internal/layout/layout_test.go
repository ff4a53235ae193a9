package layout_test

import (
	"fmt"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
)

func ExampleWrap() {
	for _, line := range layout.Wrap("Mail stops until its replacement  is there, "+
		"arn:aws:iam::111122223333:user/ses-smtp/mailer.", 24) {
		fmt.Println(layout.Pad(line, 24) + "|")
	}
	// Output:
	// Mail stops until its    |
	// replacement is there,   |
	// arn:aws:iam::11112222333|
	// 3:user/ses-smtp/mailer. |
}
