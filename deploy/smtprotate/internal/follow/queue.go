package follow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Queue is an SQS queue that an EventBridge rule fills with Secrets Manager's events. What it says
// is only a hint to look now: the secret is looked at every so often all the same. So a message
// that is lost, late or doubled does no harm. It has to be this follower's alone, because a message
// reaches only one reader.
type Queue struct {
	API      QueueAPI
	URL      string
	SecretID string // name or ARN of the secret that is followed

	warned bool // of messages that nobody meant for it
}

// QueueAPI is what a Queue asks of SQS, and so the permissions that it needs.
type QueueAPI interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
}

const (
	// longPoll is the longest that SQS lets a reader wait ("Amazon SQS short and long polling",
	// Amazon SQS Developer Guide).
	longPoll = 20 * time.Second
	// listenTimeout ends what SQS answers too late.
	listenTimeout = longPoll + 10*time.Second
	// mostMessages is how many SQS hands out at once.
	mostMessages = 10
	// longestQueueRetry is about a minute: a queue that can't be read is only slower news.
	longestQueueRetry = 6
)

// listen tells heard of each version that the queue says is current, until ctx ends. heard holds
// one version: the latest is what counts.
func (q *Queue) listen(ctx context.Context, every time.Duration, say func(Event), heard chan string) {
	trouble := trouble{
		over: "the queue is read again",
		meanwhile: fmt.Sprintf("The secret is looked at every %v as without a queue, and the queue is tried again",
			every),
	}
	for failures := 0; ctx.Err() == nil; {
		asked := time.Now()
		messages, err := q.receive(ctx)
		err = errors.Join(err, q.take(ctx, messages, say, heard))
		if ctx.Err() != nil {
			return
		}
		trouble.report(say, err)
		wait := firstRetry << min(failures, longestQueueRetry)
		switch {
		case err != nil:
			failures++
		case len(messages) == 0 && time.Since(asked) < firstRetry:
			failures = 0 // and what doesn't let readers wait isn't asked all the time
			wait = firstRetry
		default:
			failures = 0
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(jitter(wait)):
		}
	}
}

// take tells of messages, and deletes them all: what isn't for this follower is for nobody.
func (q *Queue) take(ctx context.Context, messages []types.Message, say func(Event), heard chan string) (err error) {
	for _, m := range messages {
		version, kind := q.read(aws.ToString(m.Body))
		if kind == ours {
			replace(heard, version)
		}
		if kind == noEvent && !q.warned {
			q.warned = true
			say(Event{Kind: Trouble, Message: q.foreign()})
		}
		err = errors.Join(err, q.delete(ctx, m))
	}
	return err
}

// foreign tells of messages that nobody meant for a follower.
func (q *Queue) foreign() string {
	return "the queue " + q.URL + " has messages that are no events of Secrets Manager; they are deleted. A queue " +
		"has to be for this follower alone: check --queue, and what sends to it."
}

// replace puts a version into a channel of one, instead of what nobody has taken yet. There is no
// other sender.
func replace(heard chan string, version string) {
	select {
	case <-heard:
	default:
	}
	heard <- version
}

func (q *Queue) receive(ctx context.Context) ([]types.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, listenTimeout)
	defer cancel()
	got, err := q.API.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &q.URL, MaxNumberOfMessages: mostMessages,
		WaitTimeSeconds: int32(longPoll / time.Second)})
	if err != nil {
		return nil, fmt.Errorf("reading the queue %s: %w%s", q.URL, err, queueAdvice(err))
	}
	return got.Messages, nil
}

// delete keeps a message from coming again. Whatever it is, there is no more to do about it.
func (q *Queue) delete(ctx context.Context, m types.Message) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	_, err := q.API.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.URL, ReceiptHandle: m.ReceiptHandle})
	if err != nil {
		return fmt.Errorf("deleting a message of the queue %s: %w%s", q.URL, err, queueAdvice(err))
	}
	return nil
}

// queueAdvice says what to do.
func queueAdvice(err error) string {
	switch text := err.Error(); {
	case strings.Contains(text, "AccessDenied"):
		return "; it takes sqs:ReceiveMessage and sqs:DeleteMessage on the queue, and kms:Decrypt if a KMS key of " +
			"your own encrypts it"
	case strings.Contains(text, "NonExistentQueue"), strings.Contains(text, "QueueDoesNotExist"):
		return "; check --queue: it takes the URL as SQS shows it"
	}
	return ""
}

// messageKind is what a message is to this follower.
type messageKind int

const (
	noEvent messageKind = iota // not Secrets Manager's
	others                     // of another secret, another label, or another kind of event
	ours
)

// read takes a message as AWS documents it ("Secret Label Updated event", AWS Secrets Manager User
// Guide).
func (q *Queue) read(body string) (version string, kind messageKind) {
	var event struct {
		Source     string   `json:"source"`
		DetailType string   `json:"detail-type"`
		Resources  []string `json:"resources"`
		Detail     struct {
			Name         string `json:"name"`
			LabelUpdated string `json:"labelUpdated"`
			VersionID    string `json:"versionId"`
		} `json:"detail"`
	}
	if err := json.Unmarshal([]byte(body), &event); err != nil || event.Source != "aws.secretsmanager" {
		return "", noEvent
	}
	if event.DetailType != "Secret Label Updated" || event.Detail.LabelUpdated != "AWSCURRENT" ||
		!q.names(event.Detail.Name, event.Resources) {
		return "", others
	}
	return event.Detail.VersionID, ours
}

// names tells whether an event is about the secret that is followed. A copy in another Region is
// the same secret: its ARN differs in the Region alone ("Replicate AWS Secrets Manager secrets
// across Regions", AWS Secrets Manager User Guide), and soon it has the same versions.
func (q *Queue) names(name string, resources []string) bool {
	followed, err := arn.Parse(q.SecretID)
	if err != nil {
		return name == q.SecretID
	}
	return slices.ContainsFunc(resources, func(text string) bool {
		told, err := arn.Parse(text)
		told.Region = followed.Region
		return err == nil && told == followed
	})
}

var (
	queuePath = regexp.MustCompile(`^/\d{12}/[\w-]{1,80}(\.fifo)?$`)
	// queueHost finds the Region in a name of SQS's: sqs.REGION.amazonaws.com and its like for
	// FIPS, IPv6, China and VPC endpoints, and the older REGION.queue.amazonaws.com ("Amazon Simple
	// Queue Service endpoints and quotas", AWS General Reference).
	queueHost = regexp.MustCompile(`(?:^|\.)sqs(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\.|^([a-z]+(?:-[a-z]+)+-\d+)\.queue\.`)
)

// QueueRegion is the Region in a queue's URL. It is empty if the host is somebody else's, such as a
// copy of SQS on this machine.
func QueueRegion(queueURL string) (string, error) {
	u, err := url.Parse(queueURL)
	if err != nil || u.Host == "" || u.User != nil || !queuePath.MatchString(u.Path) || u.RawQuery != "" {
		return "", errors.New("it takes the queue's URL as SQS shows it, such as " +
			"https://sqs.eu-west-1.amazonaws.com/111122223333/mail, and not its name or ARN")
	}
	found := queueHost.FindStringSubmatch(u.Hostname())
	switch {
	case found != nil:
		return found[1] + found[2], nil
	case u.Hostname() == "queue.amazonaws.com":
		return "us-east-1", nil
	}
	return "", nil
}
