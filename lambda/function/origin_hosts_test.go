package function

import (
	"testing"

	"github.com/aws/aws-lambda-go/cfn"
)

// The URLs have CloudFormation's forms, as in events of real stacks. A host on this machine is only
// allowed if AWS is on it: in Lambda, the runtime's own API is there.
func TestCloudFormationIsAnsweredInEveryPartition(t *testing.T) {
	t.Parallel()
	const prefix = "cloudformation-custom-resource-response-"
	const bucket = "https://" + prefix
	for _, c := range []struct {
		url, region, endpoint string
		ok                    bool
	}{
		{bucket + "useast1.s3.amazonaws.com/x", "us-east-1", "", true},
		{bucket + "useast1.s3.us-east-1.amazonaws.com/x", "us-east-1", "", true},
		{bucket + "euwest1.s3-eu-west-1.amazonaws.com/x", "eu-west-1", "", true},
		{bucket + "euwest1.s3.eu-west-1.amazonaws.com:443/x", "eu-west-1", "", true},
		{bucket + "euwest1.s3.dualstack.eu-west-1.amazonaws.com/x", "eu-west-1", "", true},
		{bucket + "eusouth1.s3.eu-south-1.amazonaws.com/x", "eu-south-1", "", true},
		{bucket + "apnortheast1.s3-ap-northeast-1.amazonaws.com/x", "ap-northeast-1", "", true},
		{"https://s3.eu-west-1.amazonaws.com/bucket/x", "eu-west-1", "", false},
		{"https://s3.eu-west-1.amazonaws.com/" + prefix + "euwest1/x", "eu-west-1", "", false},
		{"https://thiefs.s3.eu-west-1.amazonaws.com/x", "eu-west-1", "", false},
		{"https://my-" + prefix + "euwest1.s3.eu-west-1.amazonaws.com/x", "eu-west-1", "", false},
		{bucket + ".s3.eu-west-1.amazonaws.com/x", "eu-west-1", "", false},
		{bucket + "euwest1.thiefs.s3.eu-west-1.amazonaws.com/x", "eu-west-1", "", false},
		{"https://user:pw@" + prefix + "euwest1.s3.eu-west-1.amazonaws.com/x", "eu-west-1", "", false},
		{bucket + "euwest1.s3.eu-west-1.amazonaws.com:8443/x", "eu-west-1", "", false},
		{bucket + "usgovwest1.s3-us-gov-west-1.amazonaws.com/x", "us-gov-west-1", "", true},
		{bucket + "cnnorth1.s3.cn-north-1.amazonaws.com.cn/x", "cn-north-1", "", true},
		{bucket + "cnnorth1.s3.cn-north-1.amazonaws.com/x", "cn-north-1", "", false},
		{bucket + "euscdeeast1.s3.eusc-de-east-1.amazonaws.eu/x", "eusc-de-east-1", "", true},
		{"http://127.0.0.1:1/x", "eu-west-1", "", false},
		{"http://127.0.0.1:1/x", "eu-west-1", "https://vpce-1.iam.us-east-1.vpce.amazonaws.com", false},
		{"http://localhost:1/x", "eu-west-1", "http://127.0.0.1:2", true},
		{"http://[::1]:1/x", "eu-west-1", "http://localhost:2", true},
		{"http://aws:1/x", "eu-west-1", "http://aws:4566", true},
	} {
		for _, in := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
			for _, at := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IAM"} {
				env := map[string]string{in: c.region, at: c.endpoint}
				o := newOrigin(func(name string) string { return env[name] })
				if err := o.check(cfn.Event{ResponseURL: c.url}); (err == nil) != c.ok {
					t.Errorf("%s with %v: %v", c.url, env, err)
				}
			}
		}
	}
}
