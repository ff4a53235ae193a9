package follow

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// secretARN is an ARN that the secret could have.
const secretARN = "arn:aws:secretsmanager:" + region + ":012345678901:secret:" + secret + "-a1b2c3"

// labelUpdated returns AWS's own example ("Secret Label Updated event", AWS Secrets Manager User
// Guide), with another secret, label and version.
func labelUpdated(arn, label, version string) string {
	_, name, _ := strings.Cut(arn, ":secret:")
	return strings.NewReplacer(
		"arn:aws:secretsmanager:us-west-2:012345678901:secret:mySecret-a1b2c3", arn,
		`"mySecret"`, `"`+name[:max(0, len(name)-len("-a1b2c3"))]+`"`, "AWSCURRENT", label,
		"a1b2c3d4-5678-90ab-cdef-EXAMPLE11111", version).Replace(`{
  "version": "0",
  "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
  "detail-type": "Secret Label Updated",
  "source": "aws.secretsmanager",
  "account": "012345678901",
  "time": "2024-02-06T16:43:48Z",
  "region": "us-west-2",
  "resources": [
    "arn:aws:secretsmanager:us-west-2:012345678901:secret:mySecret-a1b2c3"
  ],
  "detail": {
    "name": "mySecret",
    "labelUpdated": "AWSCURRENT",
    "versionId": "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111"
  }
}`)
}

// queued is a stage with a queue in moto that the Follower listens to. By itself, the Follower
// reads the secret only once an hour.
type queued struct {
	*stage
	sqs  *sqs.Client
	url  string
	fail atomic.Pointer[http.HandlerFunc] // answers instead of moto
	asks atomic.Int32                     // calls for messages
}

func newQueued(t *testing.T) *queued {
	t.Helper()
	return newQueuedIn(t, awstest.Moto(t))
}

// newQueuedIn creates a queue in a moto that others also use.
func newQueuedIn(t *testing.T, motoURL string) *queued {
	t.Helper()
	moto, err := url.Parse(motoURL)
	if err != nil {
		t.Fatal(err)
	}
	q := &queued{stage: newStage(t)}
	proxy := httputil.NewSingleHostReverseProxy(moto)
	proxy.ErrorLog = log.New(io.Discard, "", 0) // the Follower cancels requests
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") == "AmazonSQS.ReceiveMessage" {
			q.asks.Add(1)
		}
		if fail := q.fail.Load(); fail != nil {
			(*fail)(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	q.sqs = sqs.NewFromConfig(awstest.Config(moto.String()))
	made, err := q.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String(strings.Map(lettersOnly, t.Name()))})
	if err != nil {
		t.Fatal(err)
	}
	q.url = *made.QueueUrl
	listens := awstest.Config(server.URL)
	listens.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	q.follower.Queue = &Queue{API: sqs.NewFromConfig(listens), URL: q.url, SecretID: secret}
	q.follower.Every = time.Hour
	return q
}

// lettersOnly keeps the characters that a queue's name may have.
func lettersOnly(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return -1
}

func (q *queued) send(bodies ...string) {
	q.Helper()
	for _, body := range bodies {
		_, err := q.sqs.SendMessage(q.Context(), &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: &body})
		if err != nil {
			q.Fatal(err)
		}
	}
}

// version returns the current version.
func (q *queued) version() string {
	v, _ := q.world.Labelled(secret, "AWSCURRENT")
	return v.ID
}

// emptied waits until the queue is empty and no reader holds a message that it may give back.
func (q *queued) emptied() {
	q.Helper()
	q.soon("the queue is empty", func() bool {
		got, err := q.sqs.GetQueueAttributes(q.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &q.url,
			AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
		if err != nil {
			q.Fatal(err)
		}
		return got.Attributes["ApproximateNumberOfMessages"] == "0" &&
			got.Attributes["ApproximateNumberOfMessagesNotVisible"] == "0"
	})
}

// reads returns how often the secret was read.
func (q *queued) reads() int { return len(q.world.Calls()) }

func TestAQueueReportsARotationWithinSeconds(t *testing.T) {
	moto := awstest.Moto(t)
	for name, id := range map[string]string{"a name": secret, "an ARN": secretARN,
		"the ARN of a copy": strings.Replace(secretARN, region, "eu-central-1", 1)} {
		t.Run(name, func(t *testing.T) {
			q := newQueuedIn(t, moto)
			q.follower.Queue.SecretID = id
			path := q.file("file", ordinary)
			q.start()
			q.holds(path, line(1))
			q.soon("it listens", func() bool { return q.asks.Load() > 0 })
			q.promote()
			began := time.Now()
			q.send(labelUpdated(secretARN, "AWSCURRENT", q.version()))
			q.holds(path, line(2))
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %v", took)
			} else {
				t.Logf("it took %v, where it looks every %v", took, q.follower.Every)
			}
			q.emptied()
			q.says(1, "the queue says that the secret has another version: reading it now")
			if err := q.ends(); err != nil {
				t.Errorf("stopped while it listens, it ended with %v", err)
			}
		})
	}
}

func TestWhatSecretsManagerDoesNotReturnYetIsLookedForAgain(t *testing.T) {
	q := newQueued(t)
	path := q.file("file", ordinary)
	q.start()
	q.holds(path, line(1))
	q.world.Advance(time.Minute) // the first version has been current for a while
	q.world.SetSecretStaleness(2 * time.Second)
	q.promote()
	q.send(labelUpdated(secretARN, "AWSCURRENT", q.version()))
	q.says(1, "reading it now")
	q.holds(path, line(2))
	if strings.Contains(q.log.String(), "tried again") {
		t.Errorf("it read the secret again because something failed: %s", q.log.String())
	}
	before := q.reads()
	q.send(labelUpdated(secretARN, "AWSCURRENT", q.version())) // sent twice
	q.emptied()
	time.Sleep(1500 * time.Millisecond)
	if more := q.reads() - before; more > 1 {
		t.Errorf("it read the secret %d more times", more)
	}
}

func TestTheVersionOfAnOldEventIsLookedForOnlyAFewTimes(t *testing.T) {
	h := hint{version: "old"}
	var waits []time.Duration
	for range 8 {
		waits = append(waits, h.sooner(time.Hour, "new"))
	}
	for i, wait := range waits {
		want := time.Hour
		if i < 5 {
			want = time.Second << i
		}
		if wait < want*8/10 || wait > want*12/10 {
			t.Errorf("it waits %v, want about %v each time", waits, want)
		}
	}
}

func TestOtherMessagesDoNoHarm(t *testing.T) {
	q := newQueued(t)
	path, ran := q.file("file", ordinary), filepath.Join(q.dir, "ran")
	q.follower.Command = "echo >>" + ran
	q.start()
	q.holds(ran, "\n")
	before := q.reads()
	other := strings.Replace(secretARN, ":secret:"+secret, ":secret:another", 1)
	const password = "pa/ss+w0rd=1" // the first credential's, which must not be logged
	q.send(labelUpdated(other, "AWSCURRENT", "v"), labelUpdated(secretARN, "blue", "v"),
		labelUpdated(secretARN, "AWSPENDING", "v"),
		strings.Replace(labelUpdated(secretARN, "AWSCURRENT", "v"), "Secret Label", "AWS API Call", 1),
		labelUpdated(secretARN, "AWSCURRENT", q.version())) // which it already has
	q.emptied()
	if strings.Contains(q.log.String(), "messages") || strings.Contains(q.log.String(), "reading it now") {
		t.Errorf("it reports Secrets Manager's other events: %s", q.log.String())
	}
	q.send("", "no JSON: "+password, `{"order": 7}`, `[]`, `null`, `"text"`, `{"source": 7}`, `{"detail": "x"}`,
		strings.Replace(labelUpdated(secretARN, "AWSCURRENT", "v"), "aws.secretsmanager", "shop", 1))
	q.emptied()
	q.says(1, "messages that aren't Secrets Manager's events; they are deleted")
	if n := strings.Count(q.log.String(), "aren't Secrets Manager's events"); n != 1 {
		t.Errorf("it says that %d times", n)
	}
	if more := q.reads() - before; more > 1 {
		t.Errorf("the secret was read %d times for them", more)
	}
	if content(path) != line(1) || content(ran) != "\n" {
		t.Errorf("file %q, command %q", content(path), content(ran))
	}
	q.promote()
	q.send(labelUpdated(secretARN, "AWSCURRENT", q.version()))
	q.holds(path, line(2))
}

func TestAQueueThatCannotBeReadIsReportedOnceAndPollingGoesOn(t *testing.T) {
	answer := func(status int, code string) http.HandlerFunc {
		var n atomic.Int32
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Requestid", strings.Repeat(string("abcdef"[n.Add(1)%6]), 8)+"-0b1c")
			w.Header().Set("X-Amzn-Query-Error", code+";Sender")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"__type":"com.amazonaws.sqs#` + code + `","message":"not this time"}`))
		}
	}
	moto := awstest.Moto(t)
	for name, c := range map[string]struct {
		fail http.HandlerFunc
		says []string
	}{
		"no permission": {answer(403, "AccessDeniedException"), []string{"reading the queue ",
			"sqs:ReceiveMessage and sqs:DeleteMessage"}},
		"no queue":     {answer(400, "QueueDoesNotExist"), []string{"check --queue"}},
		"a failure":    {answer(500, "InternalError"), []string{"not this time"}},
		"dropped":      {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, []string{"EOF"}},
		"not SQS":      {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, nil},
		"no long poll": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			q := newQueuedIn(t, moto)
			q.fail.Store(&c.fail)
			q.follower.Every = 20 * time.Millisecond
			path := q.file("file", ordinary)
			q.start()
			q.holds(path, line(1))
			q.promote()
			q.holds(path, line(2))
			if name == "no long poll" {
				time.Sleep(1500 * time.Millisecond)
				if asks := q.asks.Load(); asks > 3 {
					t.Errorf("in a second and a half it asked %d times", asks)
				}
				return
			}
			q.soon("it has asked three times", func() bool { return q.asks.Load() >= 3 })
			q.says(1, "The secret is still read every 20ms, and the queue is tried again.")
			for _, text := range c.says {
				q.says(1, text)
			}
			if n := strings.Count(q.log.String(), "the queue http"); n != 1 {
				t.Errorf("it says that %d times: %s", n, q.log.String())
			}
			q.fail.Store(nil)
			q.send(labelUpdated(secretARN, "blue", "v"))
			q.says(1, "the queue can be read again, after ")
		})
	}
}

func TestAMessageThatCannotBeDeletedIsStillHeard(t *testing.T) {
	q := newQueued(t)
	moto, err := url.Parse(q.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: moto.Scheme, Host: moto.Host})
	fail := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") != "AmazonSQS.DeleteMessage" {
			proxy.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"__type":"com.amazonaws.sqs#AccessDeniedException","message":"no"}`))
	})
	q.fail.Store(&fail)
	path := q.file("file", ordinary)
	q.start()
	q.holds(path, line(1))
	q.promote()
	q.send(labelUpdated(secretARN, "AWSCURRENT", q.version()))
	q.holds(path, line(2))
	q.says(1, "deleting a message of the queue ")
	q.says(1, "sqs:ReceiveMessage and sqs:DeleteMessage")
}

func TestAHintDoesNotShortenTheSplay(t *testing.T) {
	q := newQueued(t)
	ran := filepath.Join(q.dir, "ran")
	path := q.file("file", ordinary)
	q.follower.Command, q.follower.Splay = "echo >>"+ran, 24*365*time.Hour
	q.start()
	q.holds(ran, "\n")
	q.promote()
	q.send(labelUpdated(secretARN, "AWSCURRENT", q.version()))
	q.holds(path, line(2))
	q.says(1, "(--splay)")
	q.emptied()
	if content(ran) != "\n" {
		t.Error("the command didn't wait")
	}
}

func TestTheRegionIsInTheQueuesURL(t *testing.T) {
	for given, want := range map[string]string{
		"https://sqs.eu-west-1.amazonaws.com/111122223333/mail":                       "eu-west-1",
		"https://sqs.us-gov-west-1.amazonaws.com/111122223333/mail.fifo":              "us-gov-west-1",
		"https://sqs-fips.us-east-1.amazonaws.com/111122223333/mail":                  "us-east-1",
		"https://sqs.cn-north-1.amazonaws.com.cn/111122223333/mail":                   "cn-north-1",
		"https://sqs.eu-west-1.api.aws/111122223333/mail":                             "eu-west-1",
		"https://vpce-0a-1b.sqs.eu-west-1.vpce.amazonaws.com/111122223333/mail":       "eu-west-1",
		"https://eu-west-1.queue.amazonaws.com/111122223333/mail":                     "eu-west-1",
		"https://queue.amazonaws.com/111122223333/mail":                               "us-east-1",
		"http://127.0.0.1:5000/111122223333/mail":                                     "",
		"https://sqs.example.com/111122223333/mail":                                   "",
		"https://sqs.eusc-de-east-1.amazonaws.eu/111122223333/notify-Queue-1A2B3C_4D": "eusc-de-east-1",
	} {
		if got, err := QueueRegion(given); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", given, got, err, want)
		}
	}
	for _, bad := range []string{"mail", "", "arn:aws:sqs:eu-west-1:111122223333:mail",
		"https://sqs.eu-west-1.amazonaws.com", "https://sqs.eu-west-1.amazonaws.com/mail",
		"https://sqs.eu-west-1.amazonaws.com/1111/mail",
		"https://sqs.eu-west-1.amazonaws.com/111122223333/mail/",
		"https://a:b@sqs.eu-west-1.amazonaws.com/111122223333/m",
		"https://sqs.eu-west-1.amazonaws.com/111122223333/mail?Action=ReceiveMessage", "\x00"} {
		got, err := QueueRegion(bad)
		if err == nil || !strings.Contains(err.Error(), "such as https://sqs.eu-west-1.amazonaws.com/1111") {
			t.Errorf("%q: %q, %v", bad, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "a:b") {
			t.Errorf("the error contains %v", err)
		}
	}
}
