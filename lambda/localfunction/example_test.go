package localfunction_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
)

func Example() {
	d, err := localfunction.Start(localfunction.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	for range 2 {
		answer, err := d.Invoke(context.Background(), `{}`)
		if err != nil {
			log.Fatal(err)
		}
		current, err := d.Current()
		fmt.Println(answer.Outcome, current.Accepted, d.Unsettled(), err)
	}
	d.World.Advance(31 * 24 * time.Hour) // more than the rotation interval
	answer, err := d.Invoke(context.Background(), `{}`)
	fmt.Println(answer.Outcome, err)
	// Output:
	// rotated true <nil> <nil>
	// waiting true <nil> <nil>
	// rotated <nil>
}

func TestWhatIsUnsettledIsNamed(t *testing.T) {
	d, err := localfunction.Start(localfunction.Config{Regions: []string{"eu-west-1", "us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	wants := func(parts ...string) {
		t.Helper()
		err := d.Unsettled()
		if (err == nil) != (len(parts) == 0) {
			t.Errorf("got %v, want %q", err, parts)
		}
		for _, part := range parts {
			if err != nil && !strings.Contains(err.Error(), part) {
				t.Errorf("no %q in: %v", part, err)
			}
		}
	}
	wants(`AWSCURRENT names "", and SES doesn't accept it`, "keys left: []")
	d.SetRegions("us-east-1", "eu-west-1")
	if _, err := d.Invoke(t.Context(), `{}`); err != nil {
		t.Fatal(err)
	}
	wants()
	if _, err := d.World.PutSecretValue(localfunction.Secret, "{}", "AWSPENDING"); err != nil {
		t.Fatal(err)
	}
	wants("is still pending")
	if _, err := d.World.PutSecretValue(localfunction.Secret, "text", "AWSCURRENT"); err != nil {
		t.Fatal(err)
	}
	wants("which is AWSCURRENT: it isn't a JSON object")
}
