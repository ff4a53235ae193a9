package localaws

import "time"

// A Call is one AWS call that was received.
type Call struct {
	N           int    // its place in Calls, from 0
	Service     string // "iam", "sts", "secretsmanager" or "ssm"
	Action      string
	User        string    // the IAM user that it names, if any
	AccessKeyID string    // the access key that it names, if any
	SecretID    string    // the secret as the call names it
	Parameters  string    // the parameters as the call names them, separated by commas
	Region      string    // the Region that it is signed for; empty if it isn't signed
	Start, End  time.Time // real time; End is zero until the answer
	Err         string    // the error code of the answer, "connection dropped", or "" for success
}

// A Fault happens to a call instead of its effect or, with After, instead of its answer. A Fault
// with only a Delay makes the call slow.
type Fault struct {
	After   bool          // the call takes effect, but its answer is lost
	Drop    bool          // the connection is closed without an answer
	Delay   time.Duration // real time, before the effect; with After, between the effect and the answer
	Status  int           // HTTP status; default: the one that AWS sends with Code
	Code    string        // error code; default: InternalFailure
	Message string
}

const dropped = "connection dropped"

// slowOnly reports whether the fault changes neither effect nor answer.
func (f *Fault) slowOnly() bool {
	return f.Delay > 0 && !f.Drop && f.Status == 0 && f.Code == "" && f.Message == ""
}

// err returns the fault's answer.
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

// errDropped stands for an answer that never comes.
var errDropped error = &apiError{Code: dropped}

// Intercept makes every AWS call ask f before it takes effect. The Fault that f returns happens to
// the call; nil means none. f may be called concurrently. A nil f ends this.
func (w *World) Intercept(f func(Call) *Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.intercept = f
}

// Calls returns every AWS call since the start or the last ResetCalls, in order of arrival.
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

// arrived records a call, and asks for its fault.
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
