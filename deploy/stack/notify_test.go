package stack

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
)

const (
	notifyFile = "../notify.yaml"
	toldOf     = "arn:aws:secretsmanager:eu-west-1:" + accountID + ":secret:mail-AbCdEf"
)

// labelUpdated is Secrets Manager's event as it is documented, with the members that AWS's example
// has ("Secret Label Updated event", AWS Secrets Manager User Guide).
func labelUpdated(t *testing.T, arn, label, version string) map[string]any {
	t.Helper()
	_, name, _ := strings.Cut(arn, ":secret:")
	text := strings.NewReplacer(
		"arn:aws:secretsmanager:us-west-2:012345678901:secret:mySecret-a1b2c3", arn,
		`"mySecret"`, `"`+name[:len(name)-len("-AbCdEf")]+`"`, "AWSCURRENT", label,
		"a1b2c3d4-5678-90ab-cdef-EXAMPLE11111", version).Replace(`{
		"version": "0",
		"id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
		"detail-type": "Secret Label Updated",
		"source": "aws.secretsmanager",
		"account": "012345678901",
		"time": "2024-02-06T16:43:48Z",
		"region": "us-west-2",
		"resources": ["arn:aws:secretsmanager:us-west-2:012345678901:secret:mySecret-a1b2c3"],
		"detail": {"name": "mySecret", "labelUpdated": "AWSCURRENT",
			"versionId": "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111"}
	}`)
	event := map[string]any{}
	if err := json.Unmarshal([]byte(text), &event); err != nil {
		t.Fatal(err)
	}
	return event
}

// changed is an event with another value in one place.
func changed(event map[string]any, name string, value any) map[string]any {
	event[name] = value
	return event
}

func TestThePromotionOfOneSecretIsTold(t *testing.T) {
	d := deploy(t, load(t, notifyFile), map[string]string{"SecretArn": toldOf})
	rule := d.resource("Rule").at("EventPattern")
	var printed any
	output := fmt.Sprint(d.resolve(d.template.at("Outputs", "RulePattern", "Value").value))
	if err := json.Unmarshal([]byte(output), &printed); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if all := differences("", canonical(t, rule.value), canonical(t, printed)); len(all) != 0 {
		t.Errorf("the output has another pattern than the rule:\n%s", strings.Join(all, "\n"))
	}
	const version = "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111"
	if event := labelUpdated(t, toldOf, "AWSCURRENT", version); !matches(rule, event) {
		t.Errorf("nobody is told of %v", event)
	}
	promotion := func() map[string]any { return labelUpdated(t, toldOf, "AWSCURRENT", version) }
	of := func(old, other string) map[string]any {
		return labelUpdated(t, strings.Replace(toldOf, old, other, 1), "AWSCURRENT", version)
	}
	for what, event := range map[string]map[string]any{
		"AWSPENDING":            labelUpdated(t, toldOf, "AWSPENDING", version),
		"a label of one's own":  labelUpdated(t, toldOf, "blue", version),
		"another secret":        of("mail", "shop"),
		"a namesake, made anew": of("AbCdEf", "GhIjKl"),
		"another Region":        of("eu-west-1", "us-east-1"),
		"another source":        changed(promotion(), "source", "shop"),
		"a call in CloudTrail":  changed(promotion(), "detail-type", "AWS API Call via CloudTrail"),
		"no resources":          changed(promotion(), "resources", nil),
	} {
		if matches(rule, event) {
			t.Errorf("%s is told of as well", what)
		}
	}
}

func TestTheNoticesAreToTheLetter(t *testing.T) {
	const sends = "Effect:Allow Principal:map[Service:events.amazonaws.com]"
	topic := "map[Arn:Topic Id:topic InputTransformer:map[InputPathsMap:map[region:$.region secret:$.detail.name " +
		"time:$.time version:$.detail.versionId] InputTemplate:\"rotated: secret <secret> in <region>, at <time>. " +
		"Its current version is <version>.\"\n\"Applications that read it once have to read it again: restart or " +
		"deploy them within the grace period. After an emergency there is none, and the old credential is refused " +
		"already.\"]]"
	rule := func(targets string) string {
		return "map[EventPattern:map[detail:map[labelUpdated:[AWSCURRENT]] detail-type:[Secret Label Updated] " +
			"resources:[" + toldOf + "] source:[aws.secretsmanager]] Targets:[" + targets + "]]"
	}
	want := map[string]string{
		"Rule":  rule(topic),
		"Topic": "map[DisplayName:SES SMTP credential rotated]",
		"TopicPolicy": "map[PolicyDocument:map[Statement:[map[Action:sns:Publish " + sends +
			" Resource:Topic]] Version:2012-10-17] Topics:[Topic]]",
	}
	template := load(t, notifyFile)
	deploy(t, template, map[string]string{"SecretArn": toldOf}).isToTheLetter(want)
	want["Rule"] = rule("map[Arn:arn:aws:::Queue.Arn Id:queue] " + topic)
	want["Subscription"] = "map[Endpoint:ops@example.com Protocol:email TopicArn:Topic]"
	want["Queue"] = "map[MessageRetentionPeriod:3600 ReceiveMessageWaitTimeSeconds:20 SqsManagedSseEnabled:true]"
	want["QueuePolicy"] = "map[PolicyDocument:map[Statement:[map[Action:sqs:SendMessage " +
		"Condition:map[ArnEquals:map[aws:SourceArn:arn:aws:::Rule.Arn]] " + sends +
		" Resource:arn:aws:::Queue.Arn]] Version:2012-10-17] Queues:[Queue]]"
	deploy(t, template, map[string]string{"SecretArn": toldOf, "NoticeEmail": "ops@example.com",
		"MakeQueue": "yes"}).isToTheLetter(want)
	for name, output := range template.at("Outputs").fields() {
		if ofQueue := strings.HasPrefix(name, "Queue"); ofQueue != (output.at("Condition").String() == "HasQueue") {
			t.Errorf("the output %s is there with %s", name, output.at("Condition"))
		}
	}
}

// TestANoticeIsReadable fills in the notice as EventBridge does ("Amazon EventBridge input
// transformation", Amazon EventBridge User Guide).
func TestANoticeIsReadable(t *testing.T) {
	d := deploy(t, load(t, notifyFile), map[string]string{"SecretArn": toldOf})
	transformer := d.resource("Rule").at("Targets").list()[0].at("InputTransformer")
	event := labelUpdated(t, toldOf, "AWSCURRENT", "a1b2c3d4")
	notice := transformer.at("InputTemplate").String()
	for name, path := range transformer.at("InputPathsMap").fields() {
		value := node{event}.at(strings.Split(strings.TrimPrefix(path.String(), "$."), ".")...)
		if value.value == nil {
			t.Errorf("the event has no %s", path)
		}
		notice = strings.ReplaceAll(notice, "<"+name+">", value.String())
	}
	want := "\"rotated: secret mail in us-west-2, at 2024-02-06T16:43:48Z. Its current version is a1b2c3d4.\"\n" +
		"\"Applications that read it once have to read it again: "
	if !strings.HasPrefix(notice, want) || strings.ContainsAny(notice, "<>") {
		t.Errorf("the notice is %s", notice)
	}
	for line := range strings.Lines(notice) { // as EventBridge wants text of several lines
		if err := json.Unmarshal([]byte(line), new(string)); err != nil {
			t.Errorf("%v: %s", err, line)
		}
	}
}

// theSameNotices: the module's rule, targets, queue and policies are the template's.
func theSameNotices(t *testing.T, planned map[string]node) {
	t.Helper()
	d := deploy(t, load(t, notifyFile), map[string]string{"SecretArn": toldOf, "MakeQueue": "yes"})
	for _, address := range []string{"told.aws_cloudwatch_event_rule.rule", "quiet.aws_cloudwatch_event_rule.rule"} {
		got := document(t, planned[address].at("event_pattern")).String()
		if want := d.resource("Rule").at("EventPattern").String(); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	target := d.resource("Rule").at("Targets").list()[1].at("InputTransformer")
	got := planned["told.aws_cloudwatch_event_target.topic"].at("input_transformer").list()[0]
	if got.at("input_template").String() != target.at("InputTemplate").String() ||
		got.at("input_paths").String() != target.at("InputPathsMap").String() {
		t.Errorf("the notice is %v, want %v", got, target)
	}
	queue := planned["told.aws_sqs_queue.queue[0]"]
	for ours, theirs := range map[string]string{
		"message_retention_seconds": "MessageRetentionPeriod",
		"receive_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
		"sqs_managed_sse_enabled":   "SqsManagedSseEnabled",
	} {
		if got, want := queue.at(ours).String(), d.resource("Queue").at(theirs).String(); got != want {
			t.Errorf("the queue's %s is %s, want %s", ours, got, want)
		}
	}
	for _, resource := range []string{"aws_sqs_queue.queue[0]", "aws_sqs_queue_policy.queue[0]",
		"aws_cloudwatch_event_target.queue[0]", "aws_sns_topic_subscription.notice[0]"} {
		if _, ok := planned["told."+resource]; !ok {
			t.Errorf("%s isn't planned", resource)
		}
		if _, ok := planned["quiet."+resource]; ok {
			t.Errorf("nobody asked for %s", resource)
		}
	}
	if _, ok := planned["beside.aws_sns_topic_policy.topic"]; !ok {
		t.Error("nothing is planned for a secret that isn't there yet")
	}
}

// noticesAndAQueue carries the event of a rotation from the event bus to a follower that looks by
// itself only once in an hour. The secret is localaws's, bus and queue are moto's. Moto has no
// outputs of a stack that comes by a change set, and sends nothing to topics.
func noticesAndAQueue(p *typist) {
	c := newClient(p.T)
	_, d := shell(p.T)
	copyFile(p.T, notifyFile, c.folder+"/deploy/notify.yaml")
	arn := secretARN(p.T, d.World, localfunction.Secret)
	c.run(p.next([]string{"ARN", arn}, "aws cloudformation"))
	topic := c.run("aws sns list-topics --query 'Topics[0].TopicArn' --output text")
	c.run(p.next([]string{"ALARM-TOPIC-ARN", topic}, "aws sns"))
	queue := c.run("aws --endpoint-url " + c.moto + " sqs list-queues --query 'QueueUrls[0]' --output text")
	c.run("aws events remove-targets --ids topic --rule $(aws events list-rules --query 'Rules[0].Name' --output text)")

	folder := p.TempDir()
	write(p.T, folder+"/gunicorn", "#!/bin/sh\ntrap 'exit 0' TERM\necho $SMTP_USERNAME >>"+folder+"/has\n"+
		"while :; do sleep 0.05; done\n")
	if err := os.Chmod(folder+"/gunicorn", 0o755); err != nil {
		p.Fatal(err)
	}
	build := exec.CommandContext(p.Context(), "go", "build", "-o", folder+"/smtprotate", "../smtprotate")
	if out, err := build.CombinedOutput(); err != nil {
		p.Fatalf("%v\n%s", err, out)
	}
	follow := exec.CommandContext(p.Context(), "bash", "-ec", "exec "+p.all("--secret ARN", "--every 1h --secret "+arn,
		"QUEUE-URL", queue))
	follow.Env = append(c.env, "PATH="+folder+":"+os.Getenv("PATH"), "AWS_ENDPOINT_URL="+d.World.URL(),
		"AWS_ENDPOINT_URL_SQS="+c.moto)
	log, err := os.Create(folder + "/log")
	if err != nil {
		p.Fatal(err)
	}
	defer log.Close()
	follow.Stderr = log
	if err := follow.Start(); err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = follow.Process.Signal(os.Interrupt); _ = follow.Wait() })
	has := func(names ...string) {
		p.Helper()
		want := strings.Join(names, "\n") + "\n"
		for until := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if text, _ := os.ReadFile(folder + "/has"); string(text) == want {
				return
			} else if time.Now().After(until) {
				p.Fatalf("the program had\n%s\nwant\n%s: %s", text, want, contents(p.T, folder+"/log"))
			}
		}
	}
	first, err := d.Current()
	if err != nil {
		p.Fatal(err)
	}
	has(first.Username)
	if _, err := d.Invoke(p.Context(), `{"action":"rotate"}`); err != nil {
		p.Fatal(err)
	}
	second, err := d.Current()
	if err != nil {
		p.Fatal(err)
	}
	current, _ := d.World.Labelled(localfunction.Secret, "AWSCURRENT")
	for _, label := range []string{"AWSPENDING", "AWSCURRENT"} {
		event := labelUpdated(p.T, arn, label, current.ID)
		detail, err := json.Marshal(event["detail"])
		if err != nil {
			p.Fatal(err)
		}
		entries, err := json.Marshal([]map[string]any{{"Source": event["source"], "DetailType": event["detail-type"],
			"Resources": event["resources"], "Detail": string(detail)}})
		if err != nil {
			p.Fatal(err)
		}
		c.run("aws events put-events --entries '" + string(entries) + "'")
	}
	has(first.Username, second.Username)
}
