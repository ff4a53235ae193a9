package localaws

import "time"

// A Call is one AWS call that came over the wire.
type Call struct {
	N           int    // its place in Calls, from 0
	Service     string // "iam", "sts", "secretsmanager" or "ssm"
	Action      string
	User        string    // the IAM user that it names, if any
	AccessKeyID string    // the access key that it names, if any
	SecretID    string    // the secret that it names, as it names it
	Parameters  string    // the parameters that it names, as it names them, separated by commas
	Region      string    // the Region that it is signed for; empty if it isn't signed
	Start, End  time.Time // real time; End is zero until it was answered
	Err         string    // the error code it was answered with, "connection dropped", or "" for success
}

// A Fault is what happens to a call instead of its effect; with After, what is answered in spite of
// it. One with only a Delay makes the call slow and nothing else.
type Fault struct {
	After   bool          // the effect happens, and its answer is lost
	Drop    bool          // the connection is closed without an answer
	Delay   time.Duration // real time, before the effect; with After, between the effect and the answer
	Status  int           // HTTP status; default: what AWS sends with the Code
	Code    string        // error code; default: InternalFailure
	Message string
}

const dropped = "connection dropped"

// slowOnly reports whether the fault leaves effect and answer as they are.
func (f *Fault) slowOnly() bool {
	return f.Delay > 0 && !f.Drop && f.Status == 0 && f.Code == "" && f.Message == ""
}

// err is the answer that the fault gives.
func (f *Fault) err() error {
	if f.Drop {
		return errDropped
	}
	failure := &apiError{Status: f.Status, Code: f.Code, Message: f.Message}
	if failure.Code == "" {
		failure.Code = "InternalFailure"
	}
	if failure.Status == 0 {
		failure.Status = statusOf(failure.Code)
	}
	return failure
}

// errDropped stands for the answer that never comes.
var errDropped error = &apiError{Code: dropped}

// Intercept has f asked about every AWS call before it takes effect; what f returns happens to that
// call, nil lets it pass. Calls that arrive at once ask at once. A nil f ends it.
func (w *World) Intercept(f func(Call) *Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.intercept = f
}

// Calls is every AWS call since the start, or since ResetCalls, in order of arrival.
func (w *World) Calls() []Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := make([]Call, len(w.calls))
	for i, c := range w.calls {
		calls[i] = *c
	}
	return calls
}

// ResetCalls forgets the calls so far and counts from 0 again.
func (w *World) ResetCalls() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = nil
}

// arrived records a call, and asks what fault is to happen to it.
func (w *World) arrived(about Call) (*Call, *Fault) {
	w.mu.Lock()
	call, ask := &about, w.intercept
	call.N, call.Start = len(w.calls), time.Now()
	w.calls = append(w.calls, call)
	w.mu.Unlock()
	if ask == nil {
		return call, nil
	}
	return call, ask(about)
}

// answered records how a call ended.
func (w *World) answered(call *Call, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	call.End = time.Now()
	if err != nil {
		call.Err = asAPIError(err).Code
	}
}
