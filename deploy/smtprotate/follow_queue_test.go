//go:build unix

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// currentMoved is AWS's own example, with our secret ("Secret Label Updated event", AWS Secrets
// Manager User Guide).
const currentMoved = `{"version":"0","id":"6a7e8feb-b491-4cf7-a9f1-bf3703467718","detail-type":"Secret Label Updated",` +
	`"source":"aws.secretsmanager","account":"012345678901","time":"2024-02-06T16:43:48Z","region":"eu-west-1",` +
	`"resources":["arn:aws:secretsmanager:eu-west-1:012345678901:secret:mail-a1b2c3"],` +
	`"detail":{"name":"mail","labelUpdated":"AWSCURRENT","versionId":"VERSION"}}`

// TestFollowHearsOfARotationFromItsQueue measures how soon follow hears of a rotation that it would
// otherwise find within the hour.
func TestFollowHearsOfARotationFromItsQueue(t *testing.T) {
	f := newFollowed(t)
	client := sqs.NewFromConfig(awstest.Config(awstest.Moto(t)))
	made, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("mail")})
	if err != nil {
		t.Fatal(err)
	}
	endpoint, _, _ := strings.Cut(*made.QueueUrl, "/123456789012/")
	cmd, said := f.command("--every", "1h", "--queue", *made.QueueUrl, "--", "/bin/sh", "-c",
		"trap 'exit 0' TERM; echo $SMTP_USERNAME >>"+f.named("out")+"; while :; do sleep 0.01; done")
	cmd.Env = append(cmd.Env, "AWS_ENDPOINT_URL_SQS="+endpoint)
	f.runs(cmd)
	f.soon("out", "AKIA1\n")
	f.promote()
	current, _ := f.world.Labelled("mail", "AWSCURRENT")
	began := time.Now()
	message := strings.Replace(currentMoved, "VERSION", current.ID, 1)
	if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: made.QueueUrl,
		MessageBody: &message}); err != nil {
		t.Fatal(err)
	}
	f.soon("out", "AKIA1\nAKIA2\n")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v: %s", took, said)
	} else {
		t.Logf("the program had the new credential after %v", took)
	}
}

// runs starts a command, and stops it at the end of the test.
func (f *followed) runs(cmd *exec.Cmd) {
	f.Helper()
	if err := cmd.Start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

func TestFollowAsksTheQueueInItsOwnRegion(t *testing.T) {
	for queue, want := range map[string]string{
		"https://sqs.us-east-2.amazonaws.com/111122223333/mail": "/us-east-2/sqs/",
		"http://127.0.0.1/111122223333/mail":                    "/" + region + "/sqs/",
	} {
		t.Run(want, func(t *testing.T) {
			f := newFollowed(t)
			var mu sync.Mutex
			var signed, asked string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				mu.Lock()
				signed, asked = r.Header.Get("Authorization"), string(body)
				mu.Unlock()
				_, _ = w.Write([]byte("{}"))
			}))
			t.Cleanup(server.Close)
			cmd, said := f.command(append(f.ordinary(), "--queue", queue)...)
			cmd.Env = append(cmd.Env, "AWS_ENDPOINT_URL_SQS="+server.URL)
			f.runs(cmd)
			for until := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
				mu.Lock()
				ok := strings.Contains(signed, want) && strings.Contains(asked, `"QueueUrl":"`+queue+`"`) &&
					strings.Contains(asked, `"WaitTimeSeconds":20`)
				mu.Unlock()
				if ok {
					return
				}
				if time.Now().After(until) {
					t.Fatalf("signed with %q, it asked %q: %s", signed, asked, said)
				}
			}
		})
	}
}

func TestFollowNamesWhatIsWrongWithItsQueue(t *testing.T) {
	f := newFollowed(t)
	for _, bad := range []string{"mail", "arn:aws:sqs:eu-west-1:111122223333:mail"} {
		f.ends(1, "--queue: give the queue's URL as SQS shows it, such as "+
			"https://sqs.eu-west-1.amazonaws.com/111122223333/mail", append(f.ordinary(), "--queue", bad)...)
	}
}

// TestOnlyTheCommandLineHasSQS checks that SQS makes neither the function nor the library larger.
func TestOnlyTheCommandLineHasSQS(t *testing.T) {
	const client = "github.com/aws/aws-sdk-go-v2/service/sqs\n"
	for folder, want := range map[string]bool{".": true, "../../lambda": false, "../../pkg/smtpcreds": false} {
		out, err := exec.Command("go", "list", "-deps", folder).Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(out), client); got != want {
			t.Errorf("%s depends on SQS's client: %v, want %v", folder, got, want)
		}
	}
}
