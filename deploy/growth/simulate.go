package growth

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"time"
)

// Fleet is so many stacks in one account and Region.
type Fleet struct {
	Stack
	Credentials int
	// CreatedWithin is how long it took to create them, a month before the simulation begins: so
	// they are due within that time again, and their ticks are spread over the hour as far as that
	// reaches.
	CreatedWithin time.Duration
	// IAM and Secrets are the account's limits. Both services' reads and writes count alike.
	IAM, Secrets Limit
	// Outage is when nothing is called and nothing answers: from and until when.
	Outage [2]time.Duration
	// For is how long to simulate.
	For  time.Duration
	Seed uint64
}

// Report is what happened.
type Report struct {
	Ticks, Failed int // ticks that ended, and those whose tries were used up
	Calls         int
	Throttled     int
	Rotated       int
	Waiting       int // were due at the end, and had been for more than an hour
	// PerSecond and PerMinute are the most calls that there were in one; Median is that of all
	// minutes, per second.
	PerSecond, PerMinute int
	Median               float64
	// BackInOrder is when the last credential was rotated that had become due during the outage,
	// counted from the outage's end.
	BackInOrder time.Duration
	// Late is the longest that any credential waited from being due to being rotated.
	Late time.Duration
}

// stack is one credential. All times are counted from the simulation's beginning.
type stack struct {
	due     time.Duration // when its key reaches the rotation interval
	phase   time.Duration // of its schedule
	waiting bool          // became due during the outage
}

// What one invocation does, call by call. An idle tick looks at both services at once; a rotation
// goes on from there: create the key, stage it, verify it and promote it.
type step struct {
	iam, secrets int
	takes        time.Duration
	once         bool // not tried again: a second CreateAccessKey would be a second key
}

var (
	look   = step{iam: 1, secrets: 1, takes: 50 * time.Millisecond}
	rotate = []step{{iam: 1, takes: 50 * time.Millisecond, once: true}, {secrets: 1, takes: 1500 * time.Millisecond},
		{secrets: 1, takes: 50 * time.Millisecond}}
)

// task is something that happens at a time.
type task struct {
	at time.Duration
	do func(now time.Duration)
	n  int // the order among those of one time
}

// simulation is one run.
type simulation struct {
	Fleet
	Report
	tasks   tasks
	number  int
	random  *rand.Rand
	iam     *bucket
	secrets *bucket
	seconds []int // calls in each second
}

// Simulate plays a fleet.
func Simulate(f Fleet) Report {
	var all []*stack
	s := &simulation{
		Fleet: f, random: rand.New(rand.NewPCG(f.Seed, 1)), iam: newBucket(f.IAM), secrets: newBucket(f.Secrets),
		seconds: make([]int, int(f.For.Seconds())+1),
	}
	for n := range f.Credentials {
		created := time.Duration(float64(f.CreatedWithin) * float64(n) / float64(f.Credentials))
		one := &stack{due: created, phase: created % f.Every}
		all = append(all, one)
		s.schedule(one, one.phase)
	}
	for s.tasks.Len() > 0 {
		t := heap.Pop(&s.tasks).(task)
		if t.at > f.For {
			break
		}
		t.do(t.at)
	}
	for _, one := range all {
		if one.due < f.For-f.Every {
			s.Waiting++
		}
	}
	s.measure()
	return s.Report
}

func (s *simulation) at(when time.Duration, do func(now time.Duration)) {
	s.number++
	heap.Push(&s.tasks, task{when, do, s.number})
}

// schedule is the stack's schedule, from one hour to the next.
func (s *simulation) schedule(one *stack, hour time.Duration) {
	when := hour + time.Duration(s.random.Int64N(int64(s.Window)+1))
	s.at(when, func(now time.Duration) {
		s.schedule(one, hour+s.Every)
		if s.out(now) { // the scheduler keeps trying for a while, and then the event is lost
			if until := s.Outage[1]; until-now <= s.KeptFor {
				s.at(until+time.Duration(s.random.Int64N(int64(5*time.Minute))),
					func(now time.Duration) { s.invoke(one, now, 1) })
			}
			return
		}
		s.invoke(one, now, 1)
	})
}

func (s *simulation) out(now time.Duration) bool { return now >= s.Outage[0] && now < s.Outage[1] }

// invoke is one try of an invocation. Lambda tries again a minute later, and two minutes after
// that.
func (s *simulation) invoke(one *stack, now time.Duration, try int) {
	if s.out(one.due) && now >= s.Outage[1] {
		one.waiting = true
	}
	steps := []step{look}
	if now >= one.due {
		steps = append(steps, rotate...)
	}
	s.run(steps, now, func(now time.Duration, ok bool) {
		switch {
		case !ok && try < s.Invocations:
			s.at(now+time.Duration(try)*time.Minute, func(now time.Duration) { s.invoke(one, now, try+1) })
		case !ok:
			s.Failed++
			s.Ticks++
		default:
			s.Ticks++
			if len(steps) > 1 {
				s.rotated(one, now)
			}
		}
	})
}

func (s *simulation) rotated(one *stack, now time.Duration) {
	s.Rotated++
	s.Late = max(s.Late, now-one.due)
	if one.waiting {
		s.BackInOrder = max(s.BackInOrder, now-s.Outage[1])
		one.waiting = false
	}
	one.due = now + s.RotationInterval
}

// run makes the calls of steps in turn, those of one step at once.
func (s *simulation) run(steps []step, now time.Duration, end func(now time.Duration, ok bool)) {
	if len(steps) == 0 {
		end(now, true)
		return
	}
	first := steps[0]
	left, failed, latest := first.iam+first.secrets, false, now
	done := func(at time.Duration, ok bool) {
		left--
		failed, latest = failed || !ok, max(latest, at)
		switch {
		case left > 0:
		case failed:
			end(latest, false)
		default:
			s.run(steps[1:], latest+first.takes, end)
		}
	}
	try := 1
	if first.once {
		try = s.CallTries
	}
	for range first.iam {
		s.call(s.iam, now, try, done)
	}
	for range first.secrets {
		s.call(s.secrets, now, try, done)
	}
}

// call is one try of a call. What is throttled is tried again after a random part of 1, then 2
// seconds, as the SDK's standard retryer does.
func (s *simulation) call(b *bucket, now time.Duration, try int, done func(at time.Duration, ok bool)) {
	s.Calls++
	if second := int(now.Seconds()); second < len(s.seconds) {
		s.seconds[second]++
	}
	switch {
	case b.take(now):
		done(now, true)
	case try == s.CallTries:
		s.Throttled++
		done(now, false)
	default:
		s.Throttled++
		wait := time.Duration(s.random.Float64() * float64(time.Second) * float64(int(1)<<(try-1)))
		s.at(now+wait, func(now time.Duration) { s.call(b, now, try+1, done) })
	}
}

// measure sums up the calls of seconds.
func (s *simulation) measure() {
	var minutes []int
	for minute := range slices.Chunk(s.seconds, 60) {
		sum := 0
		for _, calls := range minute {
			sum += calls
		}
		minutes = append(minutes, sum)
	}
	s.PerSecond, s.PerMinute = slices.Max(s.seconds), slices.Max(minutes)
	slices.Sort(minutes)
	s.Median = float64(minutes[len(minutes)/2]) / 60
}

// tasks is a heap, the earliest first.
type tasks []task

func (t tasks) Len() int { return len(t) }
func (t tasks) Less(i, j int) bool {
	return t[i].at < t[j].at || t[i].at == t[j].at && t[i].n < t[j].n
}
func (t tasks) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *tasks) Push(x any)   { *t = append(*t, x.(task)) }
func (t *tasks) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	*t = (*t)[:last]
	return x
}
