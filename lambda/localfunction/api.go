package localfunction

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/lambda/messages"
)

// API serves Lambda's Invoke ("Invoke", Lambda API reference) for the function under the given
// name, for programs that call it over HTTP. It knows no other function.
func (d *Deployment) API(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, rest, _ := strings.Cut(r.URL.Path, "/functions/")
		asked, invokes := strings.CutSuffix(rest, "/invocations")
		if asked, _ = url.PathUnescape(asked); asked != name || !invokes {
			w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprintf(w, `{"Type":"User","Message":"Function not found: %s"}`, asked)
			return
		}
		payload, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer, err := d.Function.Invoke(r.Context(), payload)
		if err != nil {
			var failed messages.InvokeResponse_Error
			if !errors.As(err, &failed) {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			answer, _ = json.Marshal(failed)
		}
		_, _ = w.Write(answer)
	})
}
