package stack

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// isToTheLetter compares all that a template makes with what it should, but for the words that are
// for people. These templates are short, and each of their lines matters to whom they protect.
func (d *deployment) isToTheLetter(want map[string]string) {
	d.t.Helper()
	if made := d.made(); !slices.Equal(made, slices.Sorted(maps.Keys(want))) {
		d.t.Errorf("it makes %v", made)
	}
	forPeople := regexp.MustCompile(`(Alarm|Group)?Description:.*? (\w+:)`)
	for name, w := range want {
		if got := forPeople.ReplaceAllString(d.resource(name).String(), "$2"); got != w {
			d.t.Errorf("%s is\n\t%s\nwant\n\t%s", name, got, w)
		}
	}
}

func TestTheEndpointIsToTheLetter(t *testing.T) {
	parameters := map[string]string{"PrivateNetworks": "10.0.0.0/8", "VpcId": "vpc-1", "SubnetIds": "subnet-1"}
	open := ""
	for _, port := range smtpPorts {
		open += " map[FromPort:" + port + " IpProtocol:tcp SourcePrefixListId:arn:aws:::Admitted.PrefixListId ToPort:" +
			port + "]"
	}
	deploy(t, load(t, endpointFile), parameters).isToTheLetter(map[string]string{
		"Endpoint": "map[PrivateDnsEnabled:true SecurityGroupIds:[SecurityGroup] " +
			"ServiceName:com.amazonaws.eu-west-1.email-smtp SubnetIds:subnet-1 VpcEndpointType:Interface VpcId:vpc-1]",
		"Admitted": "map[AddressFamily:IPv4 Entries:[map[Cidr:10.0.0.0/8]] MaxEntries:5 PrefixListName:mail-admitted]",
		"SecurityGroup": "map[SecurityGroupEgress:[map[CidrIp:127.0.0.1/32 IpProtocol:-1]] SecurityGroupIngress:[" +
			strings.TrimSpace(open) + "] VpcId:vpc-1]",
	})
}

func TestTheForwardingOfLeaksIsToTheLetter(t *testing.T) {
	const bus = "arn:aws:events:us-east-1:" + accountID + ":event-bus/default"
	alarm := func(dimension, metric, namespace string) string {
		return "map[AlarmActions:[AlarmTopic] ComparisonOperator:GreaterThanOrEqualToThreshold DatapointsToAlarm:1 " +
			"Dimensions:[map[" + dimension +
			"]] EvaluationPeriods:2 MetricName:" + metric + " Namespace:" + namespace +
			" Period:3600 Statistic:Sum Threshold:1 TreatMissingData:notBreaching]"
	}
	deploy(t, load(t, leaksFile), map[string]string{"Regions": "us-east-1",
		"AlarmEmail": "ops@example.com"}).isToTheLetter(map[string]string{
		"Rule": "map[EventPattern:map[$or:[map[detail:map[eventTypeCode:[map[prefix:AWS_RISK_CREDENTIALS_] " +
			"AWS_RISK_IAM_QUARANTINE] service:[RISK]] detail-type:[AWS Health Event] source:[aws.health]] " +
			"map[detail:map[resource:map[accessKeyDetails:map[userType:[IAMUser]]] severity:[map[numeric:[>= 4]]]] " +
			"detail-type:[GuardDuty Finding] source:[aws.guardduty]]] region:[eu-west-1]] Targets:[map[Arn:" + bus +
			" DeadLetterConfig:map[Arn:arn:aws:::LostLeaks.Arn] Id:first " +
			"RetryPolicy:map[MaximumEventAgeInSeconds:900] RoleArn:arn:aws:::Role.Arn]]]",
		"Role": "map[AssumeRolePolicyDocument:map[Statement:[map[Action:sts:AssumeRole " +
			"Condition:map[StringEquals:map[aws:SourceAccount:" + accountID + "]] " +
			"Effect:Allow Principal:map[Service:events.amazonaws.com]]] Version:2012-10-17] " +
			"Policies:[map[PolicyDocument:map[Statement:[map[Action:events:PutEvents " +
			"Effect:Allow Resource:[" + bus + "]]] Version:2012-10-17] PolicyName:forward]]]",
		"LostLeaks": "map[MessageRetentionPeriod:1209600 SqsManagedSseEnabled:true]",
		"LostLeaksPolicy": "map[PolicyDocument:map[Statement:[map[Action:sqs:SendMessage " +
			"Condition:map[ArnEquals:map[aws:SourceArn:arn:aws:::Rule.Arn]] " +
			"Effect:Allow Principal:map[Service:events.amazonaws.com] Resource:arn:aws:::LostLeaks.Arn]] " +
			"Version:2012-10-17] Queues:[LostLeaks]]",
		"AlarmTopic":        "map[DisplayName:Leaked SMTP credential]",
		"AlarmSubscription": "map[Endpoint:ops@example.com Protocol:email TopicArn:AlarmTopic]",
		"LeakLost": alarm("Name:QueueName Value:arn:aws:::LostLeaks.QueueName", "NumberOfMessagesSent",
			"AWS/SQS"),
		"LeakDropped": alarm("Name:RuleName Value:Rule", "InvocationsFailedToBeSentToDlq", "AWS/Events"),
	})
}

func TestEveryTargetOfLeaksIsOfOneKind(t *testing.T) {
	d := deploy(t, load(t, leaksFile), map[string]string{"Regions": "a-b-1,a-b-2,a-b-3,a-b-4,a-b-5"})
	if slices.Contains(d.made(), "AlarmSubscription") {
		t.Error("nobody is named to tell, and there is a subscription")
	}
	ids := map[string]bool{}
	for i, target := range d.resource("Rule").at("Targets").list() {
		ids[target.at("Id").String()] = true
		want := "map[Arn:arn:aws:events:a-b-" + string(rune('1'+i)) + ":" + accountID +
			":event-bus/default DeadLetterConfig:map[Arn:arn:aws:::LostLeaks.Arn] Id:" +
			target.at("Id").String() + " RetryPolicy:map[MaximumEventAgeInSeconds:900] RoleArn:arn:aws:::Role.Arn]"
		if target.String() != want {
			t.Errorf("%s, want %s", target, want)
		}
	}
	if len(ids) != 5 {
		t.Errorf("the targets are called %v", ids)
	}
	if may := d.roleOf("Role")["events:PutEvents"]; len(may) != 5 {
		t.Errorf("it may put events on %v", may)
	}
	// Its own Region, which is eu-west-1 in tests, gets nothing, wherever it is named.
	for _, regions := range []string{"eu-west-1,a-b-2", "a-b-1,eu-west-1", "a-b-1,a-b-2,eu-west-1",
		"a-b-1,a-b-2,a-b-3,eu-west-1", "a-b-1,a-b-2,a-b-3,a-b-4,eu-west-1"} {
		d := deploy(t, load(t, leaksFile), map[string]string{"Regions": regions})
		told := d.resource("Rule").at("Targets").String() + d.resource("Role").String()
		if strings.Contains(told, "eu-west-1") {
			t.Errorf("%s: %s", regions, told)
		}
	}
}

func TestNoTemplateBesideNamesAPartition(t *testing.T) {
	for _, file := range []string{endpointFile, leaksFile, "../apps/ecs/redeploy.yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if literal := regexp.MustCompile(`(?m)^[^#\n]*\barn:aws\b.*`).FindString(string(text)); literal != "" {
			t.Errorf("%s: %s", file, literal)
		}
	}
}
