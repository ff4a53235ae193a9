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

// Queue is an SQS queue that an EventBridge rule fills with Secrets Manager's events. A message is
// only a hint to read the secret now. The secret is also read regularly, so a message that is lost,
// late or duplicated does no harm. Each follower needs a queue of its own, because a message
// reaches only one reader.
type Queue struct {
	API      QueueAPI
	URL      string
	SecretID string // name or ARN of the secret to follow

	warned bool // it has reported messages that aren't events
}

// QueueAPI is the part of *sqs.Client that a Queue uses, and so the list of permissions that it
// needs.
type QueueAPI interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
}

const (
	// longPoll is the longest wait for messages that SQS allows ("Amazon SQS short and long
	// polling", Amazon SQS Developer Guide).
	longPoll = 20 * time.Second
	// listenTimeout is when a call that SQS doesn't answer is given up.
	listenTimeout = longPoll + 10*time.Second
	// mostMessages is how many messages SQS returns at most.
	mostMessages = 10
	// longestQueueRetry limits the wait after failures to about a minute. Without the queue, news
	// is only slower.
	longestQueueRetry = 6
)

// listen sends each version that the queue says is current to heard, until ctx ends. heard holds
// one version, because only the latest counts.
func (q *Queue) listen(ctx context.Context, every time.Duration, say func(Event), heard chan string) {
	trouble := trouble{
		over: "the queue can be read again",
		meanwhile: fmt.Sprintf("The secret is still read every %v, and the queue is tried again",
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
			failures = 0 // a server that doesn't do long polling isn't asked all the time
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

// take passes on what messages say, and deletes all of them: nobody else needs those that aren't
// for this follower.
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

// foreign explains messages that aren't Secrets Manager's events.
func (q *Queue) foreign() string {
	return "the queue " + q.URL + " has messages that aren't Secrets Manager's events; they are deleted. A follower " +
		"needs a queue of its own: check --queue, and what sends to that queue."
}

// replace puts a version into a channel that holds one, and drops a version that nobody has taken
// yet. There must be no other sender.
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

// delete keeps a message from coming again. No message needs more than one look.
func (q *Queue) delete(ctx context.Context, m types.Message) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	_, err := q.API.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.URL, ReceiptHandle: m.ReceiptHandle})
	if err != nil {
		return fmt.Errorf("deleting a message of the queue %s: %w%s", q.URL, err, queueAdvice(err))
	}
	return nil
}

// queueAdvice says what to do about an error.
func queueAdvice(err error) string {
	switch text := err.Error(); {
	case strings.Contains(text, "AccessDenied"):
		return "; allow sqs:ReceiveMessage and sqs:DeleteMessage on the queue, and kms:Decrypt if a KMS key of " +
			"your own encrypts it"
	case strings.Contains(text, "NonExistentQueue"), strings.Contains(text, "QueueDoesNotExist"):
		return "; check --queue: it must be the URL that SQS shows"
	}
	return ""
}

// messageKind is what a message means to this follower.
type messageKind int

const (
	noEvent messageKind = iota // not an event of Secrets Manager
	others                     // an event about another secret or label, or of another kind
	ours
)

// read reads a message, in the form that AWS documents ("Secret Label Updated event", AWS Secrets
// Manager User Guide).
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

// names reports whether an event is about the followed secret. A replica in another Region counts
// as the same secret: its ARN differs only in the Region ("Replicate AWS Secrets Manager secrets
// across Regions", AWS Secrets Manager User Guide), and it soon has the same versions.
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
	// queueHost finds the Region in a host name of SQS: sqs.REGION.amazonaws.com, its variants for
	// FIPS, IPv6, China and VPC endpoints, and the older REGION.queue.amazonaws.com ("Amazon Simple
	// Queue Service endpoints and quotas", AWS General Reference).
	queueHost = regexp.MustCompile(`(?:^|\.)sqs(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\.|^([a-z]+(?:-[a-z]+)+-\d+)\.queue\.`)
)

// QueueRegion returns the Region in a queue's URL. It is empty if the host isn't SQS's, for example
// a local copy of SQS.
func QueueRegion(queueURL string) (string, error) {
	u, err := url.Parse(queueURL)
	if err != nil || u.Host == "" || u.User != nil || !queuePath.MatchString(u.Path) || u.RawQuery != "" {
		return "", errors.New("give the queue's URL as SQS shows it, such as " +
			"https://sqs.eu-west-1.amazonaws.com/111122223333/mail, not its name or ARN")
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
