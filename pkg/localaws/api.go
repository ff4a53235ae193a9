package localaws

import (
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// silent keeps servers from logging what clients do, because tests close connections on purpose.
var silent = log.New(io.Discard, "", 0)

const maxRequest = 1 << 20

// A request is one decoded call to any of the services.
type request interface {
	about() Call                                         // describes the call, for Calls and Intercept
	effect(w *World) (any, error)                        // does what it asks; w.mu is held
	write(rw http.ResponseWriter, result any, err error) // answers in the service's protocol
}

// answer serves one AWS call: it records the call, does it or its fault, and answers.
func (w *World) answer(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxRequest))
	if err != nil {
		http.Error(rw, "the request can't be read", http.StatusBadRequest)
		return
	}
	req := decode(r, body)
	about := req.about()
	about.Region = signedFor(r.Header.Get("Authorization"))
	call, fault := w.arrived(about)
	result, err := w.perform(req, fault)
	w.answered(call, err)
	if err == errDropped {
		panic(http.ErrAbortHandler)
	}
	rw.Header().Set("X-Amzn-Requestid", newUUID())
	req.write(rw, result, err)
}

// signedFor returns the Region in a signature's scope, key/day/region/service/aws4_request
// ("Elements of an AWS API request signature", IAM User Guide).
func signedFor(authorization string) string {
	_, scope, _ := strings.Cut(authorization, "Credential=")
	scope, _, _ = strings.Cut(scope, ",")
	if parts := strings.Split(scope, "/"); len(parts) >= 5 {
		return parts[len(parts)-3]
	}
	return ""
}

// decode finds out which service a call is for: calls to IAM and STS have no target, and Parameter
// Store's targets have Systems Manager's prefix.
func decode(r *http.Request, body []byte) request {
	target := r.Header.Get("X-Amz-Target")
	if action, ok := strings.CutPrefix(target, "AmazonSSM."); ok {
		return newParametersRequest(action, body)
	}
	if target != "" {
		return newSecretsRequest(strings.TrimPrefix(target, "secretsmanager."), body)
	}
	return newQueryRequest(r, body)
}

// perform does what a call asks, unless its fault prevents that.
func (w *World) perform(req request, fault *Fault) (any, error) {
	switch {
	case fault == nil:
		return w.effect(req)
	case fault.After:
		result, err := w.effect(req)
		w.wait(fault.Delay)
		if fault.slowOnly() {
			return result, err
		}
		return nil, fault.err()
	}
	if w.wait(fault.Delay); fault.slowOnly() {
		return w.effect(req)
	}
	return nil, fault.err()
}

func (w *World) effect(req request) (any, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() != nil {
		return nil, errDropped
	}
	return req.effect(w)
}

// wait waits in real time, but not beyond the World's end.
func (w *World) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.ctx.Done():
	}
}

// page returns the items from the token on, and the token for the next page if there is one. A page
// has up to 100 items, or fewer if size says so.
func page[T any](items []T, token string, size int) (part []T, next string, err error) {
	first := 0
	if token != "" {
		if first, err = strconv.Atoi(token); err != nil {
			return nil, "", err
		}
	}
	if size < 1 || size > 100 {
		size = 100
	}
	first = min(max(first, 0), len(items))
	last := min(first+size, len(items))
	if last < len(items) {
		next = strconv.Itoa(last)
	}
	return items[first:last], next, nil
}
