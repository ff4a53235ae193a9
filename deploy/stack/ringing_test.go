package stack

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"testing"
)

// measured is what was written at a minute.
type measured struct {
	at    int
	value float64
}

// change is when an alarm went into ALARM, or out of it.
type change struct {
	at    int
	rings bool
}

// further is how many periods before those that it evaluates CloudWatch looks for data where some
// are missing: two in AWS's example ("Configuring how CloudWatch alarms treat missing data", Amazon
// CloudWatch User Guide). How many they are for other periods isn't published, so what holds here
// has to hold with any number.
var further = []int{0, 2, 24}

// watches tells what an alarm does in so many minutes.
func (a alarm) watches(t *testing.T, minutes int, points []measured) []change {
	t.Helper()
	answer := a.watchesWith(t, minutes, points, further[0])
	for _, more := range further[1:] {
		if other := a.watchesWith(t, minutes, points, more); !slices.Equal(other, answer) {
			t.Errorf("%s: what it tells depends on how far back CloudWatch looks: %v, %v", a.name, answer, other)
			break
		}
	}
	return answer
}

// watchesWith evaluates the alarm every minute over a window that slides ("Alarm evaluation
// window", Amazon CloudWatch User Guide): all real points count, and missing ones as few times as
// possible.
func (a alarm) watchesWith(t *testing.T, minutes int, points []measured, further int) (all []change) {
	t.Helper()
	period, periods, enough := a.number(t, a.period)/60, a.number(t, a.periods), a.number(t, a.datapoints)
	rings := false
	for now := 1; now <= minutes; now++ {
		var looked []float64 // the latest first
		for i := range periods + further {
			looked = append(looked, a.over(t, points, now-(i+1)*period, now-i*period))
		}
		if next := a.evaluate(t, looked, periods) >= enough; next != rings {
			rings = next
			all = append(all, change{now, rings})
		}
	}
	return all
}

// evaluate counts the periods that breach.
func (a alarm) evaluate(t *testing.T, looked []float64, periods int) (breaching int) {
	t.Helper()
	threshold := float64(a.number(t, a.threshold))
	filled := a.expression == "FILL(measured, 0)" &&
		slices.ContainsFunc(looked, func(v float64) bool { return !math.IsNaN(v) })
	seen := 0
	for _, value := range looked {
		if filled && math.IsNaN(value) {
			value = 0
		}
		if math.IsNaN(value) || seen == periods {
			continue
		}
		seen++
		if value >= threshold && a.comparison == "GreaterThanOrEqualToThreshold" ||
			value < threshold && a.comparison == "LessThanThreshold" {
			breaching++
		}
	}
	switch a.missing {
	case "breaching":
		breaching += periods - seen
	case "notBreaching":
	default:
		t.Fatalf("%s: missing data is %s", a.name, a.missing)
	}
	return breaching
}

// over is the alarm's statistic of what was measured after one minute and until another.
func (a alarm) over(t *testing.T, points []measured, from, to int) float64 {
	t.Helper()
	first := sort.Search(len(points), func(i int) bool { return points[i].at > from })
	last := sort.Search(len(points), func(i int) bool { return points[i].at > to })
	if first == last {
		return math.NaN()
	}
	result := points[first].value
	for _, p := range points[first+1 : last] {
		switch a.statistic {
		case "Sum":
			result += p.value
		case "Maximum":
			result = max(result, p.value)
		default:
			t.Fatalf("what is %s of %s?", a.statistic, a.name)
		}
	}
	return result
}

func (a alarm) number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const anHour, aDay = 60, 24 * 60

// ticks are the minutes of so many of them: one an hour, within a quarter of an hour.
func ticks(seed uint64, number int) (all []int) {
	random := rand.New(rand.NewPCG(seed, 0))
	for k := range number {
		all = append(all, k*anHour+random.IntN(16))
	}
	return all
}

// attempts are the minutes in which Lambda tries a tick that fails ("How Lambda handles errors and
// retries with asynchronous invocation").
func attempts(tick int) []int { return []int{tick, tick + 1, tick + 3} }

// errorsOf measures failures; whether Lambda writes 0 for a success isn't documented.
func errorsOf(ticks []int, fails func(i int) bool, zeros bool) (all []measured) {
	for i, at := range ticks {
		switch {
		case fails(i):
			for _, at := range attempts(at) {
				all = append(all, measured{at, 1})
			}
		case zeros:
			all = append(all, measured{at, 0})
		}
	}
	return all
}

const seeds = 3

func TestTheAlarmNoTickTellsAfterThreeHours(t *testing.T) {
	a := alarmOf(alarms(t)["NoTick"])
	for seed := range uint64(seeds) {
		all := ticks(seed, 5*24)
		var points []measured
		for _, at := range all {
			points = append(points, measured{at + 1, 1})
		}
		started := func(changes []change) []change { // what there was before the first invocation
			return slices.DeleteFunc(changes, func(c change) bool { return c.at <= points[0].at })
		}
		if got := started(a.watches(t, 5*aDay, points)); len(got) != 0 {
			t.Errorf("seed %d: ticks come, and it tells %v", seed, got)
		}
		stop := points[49].at
		points = append(points[:50:50], points[90:]...)
		got := started(a.watches(t, 5*aDay, points))
		if want := []change{{stop + 3*anHour, true}, {points[50].at, false}}; !slices.Equal(got, want) {
			t.Errorf("seed %d: it tells %v, want %v", seed, got, want)
		}
	}
	if got := a.watches(t, aDay, nil); !slices.Equal(got, []change{{1, true}}) {
		t.Errorf("nothing ever invokes the function, and it tells %v", got)
	}
}

func TestTheAlarmInvocationsFailTellsOfThreeTicksOnce(t *testing.T) {
	a := alarmOf(alarms(t)["InvocationsFail"])
	for seed := range uint64(seeds) {
		all := ticks(seed, 5*24)
		for _, zeros := range []bool{true, false} {
			tells := func(fails func(i int) bool) []change {
				return a.watches(t, 5*aDay, errorsOf(all, fails, zeros))
			}
			for name, fails := range map[string]func(int) bool{
				"none": func(int) bool { return false }, "every fifth": func(i int) bool { return i%5 == 0 },
				"two in a row": func(i int) bool { return i == 50 || i == 51 },
				"one that fails, one that doesn't, one that fails": func(i int) bool { return i == 50 || i == 52 },
			} {
				if got := tells(fails); len(got) != 0 {
					t.Errorf("seed %d: %s failed, and it tells %v", seed, name, got)
				}
			}
			got := tells(func(i int) bool { return i >= 50 && i < 53 })
			if len(got) != 2 || got[0].at != all[52]+3 || got[1].at > all[52]+4*anHour+3 {
				t.Errorf("seed %d: three in a row failed, and it tells %v", seed, got)
			}
			got = tells(func(i int) bool { return i >= 50 })
			if len(got) != 1 || got[0].at != all[52]+3 {
				t.Errorf("seed %d: all failed from one on, and it tells %v", seed, got)
			}
		}
	}
}

// TestAlarmsAboutOneNumberTellAtOnceAndLastTwoHours: ticks are up to an hour and a quarter apart,
// so one hour wouldn't do.
func TestAlarmsAboutOneNumberTellAtOnceAndLastTwoHours(t *testing.T) {
	for name, p := range alarms(t) {
		if slices.Contains([]string{"NoTick", "InvocationsFail", "PolicyTooWide"}, name) {
			continue
		}
		a := alarmOf(p)
		bad := float64(a.number(t, a.threshold))
		for seed := range uint64(seeds) {
			all := ticks(seed, 5*24)
			for _, lasts := range []int{1, 2, 48} {
				var points []measured
				for _, at := range all[10 : 10+lasts] {
					points = append(points, measured{at, bad})
				}
				first, last := points[0].at, points[lasts-1].at
				want := []change{{first, true}, {last + 2*anHour, false}}
				if got := a.watches(t, 5*aDay, points); !slices.Equal(got, want) {
					t.Errorf("%s, seed %d, told by %d ticks: %v, want %v", name, seed, lasts, got, want)
				}
			}
		}
		if got := a.watches(t, aDay, []measured{{100, bad - 1}}); len(got) != 0 {
			t.Errorf("%s tells of nothing: %v", name, got)
		}
	}
}

// TestTheAuditsAlarmLastsThirtyHours after the last audit that found something. Audits come once a
// day, within a quarter of an hour.
func TestTheAuditsAlarmLastsThirtyHours(t *testing.T) {
	a := alarmOf(alarms(t)["PolicyTooWide"])
	const lasts = 30 * anHour
	for name, c := range map[string]struct {
		audits []measured
		want   []change
	}{
		"nothing":    {[]measured{{10, 0}, {10 + aDay, 0}}, nil},
		"found once": {[]measured{{10, 1}, {5 + aDay, 0}}, []change{{10, true}, {10 + lasts, false}}},
		"a late audit": {[]measured{{10, 1}, {5 + aDay, 0}, {25 + 2*aDay, 0}},
			[]change{{10, true}, {10 + lasts, false}}},
		"found every day": {[]measured{{10, 1}, {25 + aDay, 2}, {20 + 2*aDay, 1}},
			[]change{{10, true}, {20 + 2*aDay + lasts, false}}},
		"another audit, run by hand": {[]measured{{10, 1}, {100, 0}}, []change{{10, true}, {10 + lasts, false}}},
	} {
		if got := a.watches(t, 5*aDay, c.audits); !slices.Equal(got, c.want) {
			t.Errorf("%s: it tells %v, want %v", name, got, c.want)
		}
	}
}
