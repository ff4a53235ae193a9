package function

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// origin tells CloudFormation's requests for the function's own stack from forged ones. Anybody who
// may invoke the function could forge one to make it delete keys or send data elsewhere.
type origin struct {
	stackID string   // any stack if empty
	s3      []string // host names of S3 in the function's Region
	testing []string // hosts that replace AWS in tests
}

// newOrigin reads STACK_ID, which the template sets. Without a stack, "none" refuses all requests.
func newOrigin(getenv func(string) string) origin {
	o := origin{stackID: getenv("STACK_ID")}
	region := ownRegion(getenv)
	suffix := sessmtp.DNSSuffix(region)
	for _, name := range []string{"s3." + region, "s3-" + region, "s3.dualstack." + region} {
		o.s3 = append(o.s3, name+"."+suffix)
	}
	if region == "us-east-1" {
		o.s3 = append(o.s3, "s3."+suffix)
	}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_SECRETS_MANAGER"} {
		if u, err := url.Parse(getenv(name)); err == nil && u.Hostname() != "" {
			o.testing = append(o.testing, hostOf(u))
		}
	}
	return o
}

// answerBucket is the prefix of the bucket to which CloudFormation's answers go. The Region
// follows, without its hyphens ("Setting up VPC endpoints for AWS CloudFormation").
const answerBucket = "cloudformation-custom-resource-response-"

// check refuses requests that don't come from CloudFormation for the function's stack. Nobody is
// answered then. CloudFormation takes answers at a presigned URL, in a bucket of its own in the
// stack's Region ("Custom resource request objects"). The errors don't say which stack or URL would
// be accepted: a forger could read it there.
func (o origin) check(r cfn.Event) error {
	const untouched = "; nothing was touched, and no answer was sent"
	if o.stackID != "" && r.StackID != o.stackID {
		return rotation.Errorf(rotation.RequestError,
			"StackId: isn't that of the function's stack, which STACK_ID names"+untouched)
	}
	to, err := url.Parse(r.ResponseURL)
	if err != nil || !o.answersAt(to) {
		return rotation.Errorf(rotation.RequestError,
			"ResponseURL: isn't https at CloudFormation's bucket in the function's Region, %s*.%s"+untouched,
			answerBucket, o.s3[0])
	}
	return nil
}

func (o origin) answersAt(to *url.URL) bool {
	if slices.Contains(o.testing, hostOf(to)) {
		return to.Scheme == "http" || to.Scheme == "https"
	}
	isAt := func(s3 string) bool {
		bucket, ok := strings.CutSuffix(to.Hostname(), "."+s3)
		return ok && isAnswerBucket(bucket)
	}
	return to.Scheme == "https" && to.User == nil && (to.Port() == "" || to.Port() == "443") &&
		slices.ContainsFunc(o.s3, isAt)
}

// isAnswerBucket wants one word after the prefix: a name with dots is another bucket's.
func isAnswerBucket(name string) bool {
	region, ok := strings.CutPrefix(name, answerBucket)
	return ok && region != "" && !strings.Contains(region, ".")
}

// hostOf returns the host of a URL, and the same name for all names of this machine.
func hostOf(u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return "localhost"
	}
	return host
}
