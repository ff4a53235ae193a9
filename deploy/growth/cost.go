package growth

// What AWS charges a month in US East (N. Virginia), in dollars: "AWS Secrets Manager Pricing",
// "Amazon CloudWatch Pricing". What comes free in each account is left out.
const (
	perSecret    = 0.40
	perAlarm     = 0.10
	perDashboard = 3.00
	// perUse is Lambda, EventBridge, SQS, SNS, logs and API calls, of 760 invocations.
	perUse = 0.06

	metrics = 7 // that are there every hour
)

// metricTiers are the prices of a metric: so many at the first, the next at the second, and so on.
var metricTiers = []struct {
	up    int
	price float64
}{{10_000, 0.30}, {250_000, 0.10}, {1_000_000, 0.05}}

// Cost is what one of so many credentials in an account and Region costs a month, each in such a
// stack.
func Cost(s Stack, credentials int, dashboards bool) float64 {
	each := perSecret + float64(s.Alarms)*perAlarm + perUse
	if dashboards {
		each += perDashboard
	}
	return each + metricCost(credentials*metrics)/float64(credentials)
}

func metricCost(number int) (dollars float64) {
	from := 0
	for _, tier := range metricTiers {
		dollars += float64(max(0, min(number, tier.up)-from)) * tier.price
		from = tier.up
	}
	return dollars
}
