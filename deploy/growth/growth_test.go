package growth

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

const day = 24 * time.Hour

var update = flag.Bool("update", false, "write the tables of README.md anew")

func theStack(t testing.TB) Stack {
	t.Helper()
	s, err := ReadStack("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fleet is what the page is about: a day and a half of 10,000 credentials. The outage is in the
// middle of when they are due; where that is a quarter of an hour, it begins with it.
func fleet(t testing.TB, rate float64, within time.Duration, outage bool) Fleet {
	t.Helper()
	f := Fleet{
		Stack: theStack(t), Credentials: 10_000, CreatedWithin: within, For: 36 * time.Hour, Seed: 1,
		IAM: Limit{rate, 2 * rate}, Secrets: Limit{50, 100},
	}
	switch {
	case outage && within > time.Hour:
		f.Outage = [2]time.Duration{6 * time.Hour, 12 * time.Hour}
	case outage:
		f.Outage = [2]time.Duration{0, 6 * time.Hour}
	}
	return f
}

// TestThePageSaysWhatTheSimulationDoes compares README.md's tables with the simulation, or writes
// them.
func TestThePageSaysWhatTheSimulationDoes(t *testing.T) {
	if !*update {
		whole.Only(t, "simulates 10,000 credentials sixteen times")
	}
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := replace(string(page), "fleet", fleetTable(t))
	if *update {
		if err := os.WriteFile("README.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != string(page) {
		t.Errorf("README.md says otherwise: go test ./deploy/growth -update\n%s", text)
	}
}

// replace puts a table between its two marks.
func replace(page, name, table string) string {
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, _ := strings.Cut(page, begin)
	_, after, _ := strings.Cut(rest, end)
	return before + begin + table + end + after
}

func fleetTable(t *testing.T) string {
	type row struct {
		rate   float64
		within time.Duration
		outage bool
	}
	var rows []row
	for _, within := range []time.Duration{day, 15 * time.Minute} {
		for _, outage := range []bool{false, true} {
			for _, rate := range []float64{2, 5, 10, 20} {
				rows = append(rows, row{rate, within, outage})
			}
		}
	}
	reports := make([]Report, len(rows))
	var running sync.WaitGroup
	for i, r := range rows {
		f := fleet(t, r.rate, r.within, r.outage)
		running.Go(func() { reports[i] = Simulate(f) })
	}
	running.Wait()
	var out strings.Builder
	out.WriteString("| created within | IAM lets through | outage | calls a second: median, most | throttled | " +
		"ticks that failed | the last one due in the outage is rotated | still waiting after 36 h |\n")
	out.WriteString("|---|---:|---|---:|---:|---:|---:|---:|\n")
	for i, r := range rows {
		got := reports[i]
		outage, back := "none", ""
		if r.outage {
			outage, back = "6 h", strings.TrimSuffix(got.BackInOrder.Round(time.Minute).String(), "0s")+" after it"
			if got.Waiting > 0 {
				back = "not yet"
			}
		}
		fmt.Fprintf(&out, "| %s | %g/s | %s | %.1f, %d | %.1f %% | %.1f %% | %s | %d |\n",
			strings.TrimSuffix(strings.TrimSuffix(r.within.String(), "0s"), "0m"), r.rate, outage,
			got.Median, got.PerSecond, 100*float64(got.Throttled)/float64(got.Calls),
			100*float64(got.Failed)/float64(got.Ticks), back, got.Waiting)
	}
	return out.String()
}

// TestThePageHasTheQuotas compares README.md's table with the template, or writes it.
func TestThePageHasTheQuotas(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := replace(string(page), "quotas", quotaTable(t))
	if *update {
		if err := os.WriteFile("README.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != string(page) {
		t.Error("README.md has other quotas: go test ./deploy/growth -update writes them")
	}
	all, err := ReadQuotas("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	accounts := 0
	for _, q := range all {
		accounts = max(accounts, q.Accounts(10_000))
	}
	if says := fmt.Sprintf("ten thousand credentials are %s accounts at least", []string{"no", "one", "two", "three",
		"four", "five"}[accounts]); !strings.Contains(text, says) {
		t.Errorf("README.md doesn't say that %s", says)
	}
	bench, err := os.ReadFile("../../lambda/bench/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if measured := fmt.Sprintf("**%.1f MB**", functionSize/1e3); !strings.Contains(string(bench), measured) {
		t.Errorf("lambda/bench doesn't measure the function's program as %s", measured)
	}
}

func quotaTable(t *testing.T) string {
	all, err := ReadQuotas("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(all, func(a, b Quota) int { return cmp.Compare(a.Stacks(), b.Stacks()) })
	var out strings.Builder
	out.WriteString("| quota | by default | each stack | stacks |\n|---|---:|---:|---:|\n")
	for _, q := range all {
		each := amount(q, q.Each)
		if q.Optional > 0 {
			each += fmt.Sprintf(", or %d with all that can be asked for", q.Each+q.Optional)
		}
		switch {
		case q.Most > q.Default:
			q.Note += ", up to " + amount(q, q.Most)
		case q.Most > 0:
			q.Note += ", and no more"
		}
		fmt.Fprintf(&out, "| %s | %s%s | %s | %s |\n", q.Of, amount(q, q.Default), q.Note, each, thousands(q.Stacks()))
	}
	return out.String()
}

func amount(q Quota, n int) string {
	switch {
	case q.Kilobytes && n >= 1e6:
		return fmt.Sprintf("%g GB", float64(n)/1e6)
	case q.Kilobytes:
		return fmt.Sprintf("%g MB", float64(n)/1e3)
	}
	return thousands(n)
}

// thousands is a number as people write it.
func thousands(n int) string {
	if n < 1_000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1_000), n%1_000)
}

func TestATemplateWithoutWhatAQuotaCountsIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(path, []byte("Resources: {Rule: {Type: 'AWS::Events::Rule'}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadQuotas(path); err == nil || !strings.Contains(err.Error(), "AWS::IAM::Role") {
		t.Errorf("%v", err)
	}
}

// TestThePagesHaveTheCosts compares the tables of two pages with the template, or writes them.
func TestThePagesHaveTheCosts(t *testing.T) {
	for _, page := range []struct{ file, name, table string }{
		{"README.md", "cost", costTable(t)},
		{"../docs/costs.md", "bill", billTable(t)},
	} {
		text, err := os.ReadFile(page.file)
		if err != nil {
			t.Fatal(err)
		}
		want := replace(string(text), page.name, page.table)
		if *update {
			if err := os.WriteFile(page.file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if want != string(text) {
			t.Errorf("%s has other costs: go test ./deploy/growth -update writes them\n%s", page.file, page.table)
		}
	}
}

// TestTheREADMESaysWhatAStackCosts compares its number with that of the bill.
func TestTheREADMESaysWhatAStackCosts(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("About $%.2f a month", Cost(theStack(t))); !strings.Contains(string(readme), want) {
		t.Errorf("README.md doesn't say %q", want)
	}
}

// TestAStackCostsWhatItMay: this is what the alarms and the secret cost, and five cents.
func TestAStackCostsWhatItMay(t *testing.T) {
	if cost := Cost(theStack(t)); cost > 1.35 {
		t.Errorf("$%.2f", cost)
	}
}

func billTable(t *testing.T) string {
	var out strings.Builder
	stack := theStack(t)
	out.WriteString("| service | for | a month |\n|---|---|---:|\n")
	line := func(c Charge) { fmt.Fprintf(&out, "| %s | %s | $%.2f |\n", c.Service, c.For, c.Dollars) }
	for _, c := range Bill(stack) {
		if !c.Optional {
			line(c)
		}
	}
	fmt.Fprintf(&out, "| **together** | | **$%.2f** |\n", Cost(stack))
	for _, c := range Bill(stack) {
		if c.Optional {
			line(c)
		}
	}
	return out.String()
}

func costTable(t *testing.T) string {
	var out strings.Builder
	each := Cost(theStack(t))
	out.WriteString("| credentials in one account and Region | all, a month | with one dashboard for all | " +
		"with one for each |\n|---:|---:|---:|---:|\n")
	for _, n := range []int{1, 100, 1_000, 10_000} {
		all := each * float64(n)
		fmt.Fprintf(&out, "| %s | $%s | $%s | $%s |\n", thousands(n), thousands(int(all+0.5)),
			thousands(int(all+perDashboard+0.5)), thousands(int(all+perDashboard*float64(n)+0.5)))
	}
	return out.String()
}

func TestAFleetWithoutLimitsRotatesInTheWindowAndIsNeverThrottled(t *testing.T) {
	f := fleet(t, 1e6, day, false)
	f.Credentials = 500
	r := Simulate(f)
	if r.Throttled != 0 || r.Failed != 0 || r.Waiting != 0 || r.Rotated != f.Credentials {
		t.Errorf("%+v", r)
	}
	// It is due at a tick's time, and the tick comes within the window; verification takes a second
	// and a half.
	if r.Late > f.Window+2*time.Second {
		t.Errorf("one was rotated %v late", r.Late)
	}
	if want := 2*r.Ticks + 3*r.Rotated; r.Calls < want-1000 || r.Calls > want+5 {
		t.Errorf("%d calls for %d ticks and %d rotations", r.Calls, r.Ticks, r.Rotated)
	}
}

func TestAnOutageMakesTheDueOnesLateAndNoOthers(t *testing.T) {
	f := fleet(t, 1e6, day, true)
	f.Credentials = 500
	r := Simulate(f)
	if r.Rotated != f.Credentials || r.Waiting != 0 || r.BackInOrder == 0 ||
		r.BackInOrder > time.Hour+f.Window+2*time.Second || r.Late < 5*time.Hour {
		t.Errorf("%+v", r)
	}
}

func TestABucketLetsThroughItsRateAndItsBurst(t *testing.T) {
	b, through := newBucket(Limit{Rate: 5, Burst: 10}), 0
	for ms := range 10_000 {
		if b.take(time.Duration(ms) * time.Millisecond) {
			through++
		}
	}
	if through < 58 || through > 60 {
		t.Errorf("%d calls in ten seconds", through)
	}
}

func BenchmarkSimulate(b *testing.B) {
	for b.Loop() {
		f := fleet(b, 5, day, true)
		f.Credentials = 1000
		Simulate(f)
	}
}

func TestAStackIsReadFromATemplateAndWhatIsMissingThereIsNamed(t *testing.T) {
	want := Stack{
		RotationInterval: 30 * day, Every: time.Hour, Window: 15 * time.Minute, KeptFor: 30 * time.Minute,
		Invocations: 3, CallTries: 3, Alarms: 9, AlarmMetrics: 9, Secrets: 1, Memory: 128,
	}
	if got := theStack(t); got != want {
		t.Errorf("got %+v, want %+v: if template.yaml has changed, check what README.md says of it", got, want)
	}
	path := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(path, []byte("Parameters: {ScheduleExpression: {Default: 'cron(0 * * * ? *)'}}"),
		0o600); err != nil {
		t.Fatal(err)
	}
	_, err := ReadStack(path)
	for _, missing := range []string{`"cron(0 * * * ? *)" is no rate`, "MaximumWindowInMinutes",
		"MaximumEventAgeInSeconds", "MaximumRetryAttempts", "MemorySize"} {
		if err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("no %q in: %v", missing, err)
		}
	}
}
