package growth

import (
	"fmt"
	"math"
)

// Prices are what AWS charges a month in US East (N. Virginia), in dollars: "AWS Secrets Manager
// Pricing", "Amazon CloudWatch Pricing", "AWS Lambda Pricing" (arm64), "Amazon EventBridge
// Pricing". What comes free in each account is left out.
const (
	perSecret     = 0.40
	perCall       = 0.05 / 10_000 // of Secrets Manager; IAM's are free
	perAlarm      = 0.10          // for each metric that an alarm looks at
	perMetric     = 0.30          // for a metric that is written in every hour
	perDashboard  = 3.00
	perInvocation = 0.20 / 1e6
	perGBSecond   = 0.0000133334
	perLogGB      = 0.50
	perTrigger    = 1.00 / 1e6 // of a schedule
	perNATHour    = 0.045      // "Amazon VPC pricing"
	// A standard parameter costs nothing, and neither do calls at the standard throughput ("AWS
	// Systems Manager pricing"). Each that is read or written is a request to KMS ("AWS Key
	// Management Service Pricing").
	perKMSRequest = 0.03 / 10_000
)

// What a stack does in a month of 730 hours.
const (
	hours  = 730
	audits = hours / 24.0
	// auditMetrics are written by the daily audit: HighFindings always, and MediumFindings in a
	// stack that doesn't say from where its mail comes. They cost by the hour.
	auditMetrics = 2
	// A tick is a call to Secrets Manager, an audit three, a rotation with what follows a dozen.
	calls = hours + 3*audits + 12
	// Of a tick: longer than lambda/bench measures, and more than it writes.
	secondsEach   = 2
	logBytesEach  = 4_000
	invocationsOf = hours + audits
	// copies are the parameters that the function keeps, which each invocation reads.
	copies = 5
)

// Charge is one line of the bill.
type Charge struct {
	Service, For string
	Dollars      float64
	Optional     bool // not with the parameters' defaults
}

// Bill is what a stack costs a month, each charge in whole cents.
func Bill(s Stack) []Charge {
	use := calls*perCall + invocationsOf*(perInvocation+perTrigger+secondsEach*float64(s.Memory)/1024*perGBSecond) +
		invocationsOf*logBytesEach/1e9*perLogGB
	bill := []Charge{
		{"Secrets Manager", "the secret; each replica costs the same again", float64(s.Secrets) * perSecret, false},
		{"CloudWatch", fmt.Sprintf("%d alarms, at $%.2f for each metric that an alarm uses", s.Alarms, perAlarm),
			float64(s.AlarmMetrics) * perAlarm, false},
		{"CloudWatch",
			fmt.Sprintf("%d metrics of the daily audit; others cost only in hours in which they are published",
				auditMetrics),
			auditMetrics * audits / hours * perMetric, false},
		{"Lambda, EventBridge, logs, API calls",
			fmt.Sprintf("%.0f invocations, %.0f calls to Secrets Manager and %.0f MB of logs", invocationsOf, calls,
				invocationsOf*logBytesEach/1e6), use, false},
		{"CloudWatch", "a dashboard, with `MakeDashboard`", perDashboard, true},
		{"KMS", "your own key, with `KmsKeyArn`; `aws/secretsmanager` is free", 1.00, true},
		{"KMS",
			fmt.Sprintf("about %.0f,000 requests for copies in Parameter Store, with `ParameterPath`; the parameters "+
				"are free", copies*invocationsOf/1000), copies * invocationsOf * perKMSRequest, true},
		{"VPC", "a NAT gateway, with `SubnetIds` in a VPC without one; its traffic costs extra", hours * perNATHour, true},
	}
	for i := range bill {
		bill[i].Dollars = math.Round(100*bill[i].Dollars) / 100
	}
	return bill
}

// Cost is what a stack costs a month with its parameters' defaults.
func Cost(s Stack) (dollars float64) {
	for _, c := range Bill(s) {
		if !c.Optional {
			dollars += c.Dollars
		}
	}
	return dollars
}
