package function

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// origin knows CloudFormation's requests for the function's own stack from those that somebody
// else wrote, who may invoke the function and would have it delete keys, or send something
// somewhere.
type origin struct {
	stackID string   // empty: any stack's
	s3      []string // its names in the function's Region
	testing []string // where AWS is played by something else: its hosts
}

// newOrigin reads STACK_ID, which the template sets. Where there is no stack, "none" refuses all.
func newOrigin(getenv func(string) string) origin {
	o := origin{stackID: getenv("STACK_ID")}
	region := getenv("AWS_REGION")
	if region == "" {
		region = getenv("AWS_DEFAULT_REGION")
	}
	suffix := dnsSuffix(region)
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

// dnsSuffix is what names in the Region's partition end in ("AWS service endpoints", and the
// partitions of the AWS SDKs).
func dnsSuffix(region string) string {
	for prefix, suffix := range map[string]string{
		"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu", "us-iso-": "c2s.ic.gov", "us-isob-": "sc2s.sgov.gov",
		"us-isof-": "csp.hci.ic.gov", "eu-isoe-": "cloud.adc-e.uk",
	} {
		if strings.HasPrefix(region, prefix) {
			return suffix
		}
	}
	return "amazonaws.com"
}

// check refuses what isn't CloudFormation's for the function's stack. There is nobody to answer
// then. CloudFormation takes answers at a presigned URL of S3's in the stack's Region ("Custom
// resource request objects"; "Setting up VPC endpoints for AWS CloudFormation").
func (o origin) check(r cfn.Event) error {
	const untouched = "; nothing was touched, and nobody is answered"
	if o.stackID != "" && r.StackID != o.stackID {
		return rotation.Errorf(rotation.RequestError,
			"StackId: isn't that of the function's stack, %s (STACK_ID)"+untouched, o.stackID)
	}
	to, err := url.Parse(r.ResponseURL)
	if err != nil || !o.answersAt(to) {
		return rotation.Errorf(rotation.RequestError,
			"ResponseURL: isn't https at S3's host in the function's Region, %s"+untouched, o.s3[0])
	}
	return nil
}

func (o origin) answersAt(to *url.URL) bool {
	if slices.Contains(o.testing, hostOf(to)) {
		return to.Scheme == "http" || to.Scheme == "https"
	}
	isS3s := func(name string) bool {
		return to.Hostname() == name || strings.HasSuffix(to.Hostname(), "."+name)
	}
	return to.Scheme == "https" && to.User == nil && (to.Port() == "" || to.Port() == "443") &&
		slices.ContainsFunc(o.s3, isS3s)
}

// hostOf has one name for this machine, whatever it is called by.
func hostOf(u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return "localhost"
	}
	return host
}
