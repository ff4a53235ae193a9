package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// graces runs smtprotate grace against functions with various settings.
func graces(t *testing.T, wantCode int, wants string, args ...string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter,
		r *http.Request) { // "GetFunctionConfiguration" of the Lambda API reference
		switch r.URL.Path {
		case "/2015-03-31/functions/patient/configuration":
			fmt.Fprint(w, `{"FunctionName":"patient","Environment":{"Variables":{"GRACE_PERIOD":"30d"}}}`)
		case "/2015-03-31/functions/ordinary/configuration":
			fmt.Fprint(w, `{"FunctionName":"ordinary"}`)
		default:
			w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"Message":"Function not found"}`)
		}
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_LAMBDA": server.URL, "AWS_REGION": region, "AWS_ACCESS_KEY_ID": "AKIAOPERATOR00000000",
		"AWS_SECRET_ACCESS_KEY": "the operator's",
		"AWS_CONFIG_FILE":       "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_MAX_ATTEMPTS": "1",
	} {
		t.Setenv(name, value)
	}
	var out strings.Builder
	code := run(t.Context(), append([]string{"grace"}, args...), &console{out: &out, err: &out})
	if got := strings.Join(strings.Fields(out.String()), " "); code != wantCode || !strings.Contains(got, wants) {
		t.Errorf("%q: exit code %d, want %d:\n%s\nwant %q", args, code, wantCode, out.String(), wants)
	}
}

func TestGraceTellsWhoUsesAnOldValueForTooLong(t *testing.T) {
	graces(t, 0, "shop uses an old value for up to 5m: 6d23h55m to spare", "--grace-period", "7d", "shop=5m")
	graces(t, 3, "shop uses an old value for up to 5m + 7d = 7d5m: TOO LONG, its mail may be refused",
		"--grace-period", "7d", "shop=5m+7d", "relay=1m")
	graces(t, 3, "Set GRACE_PERIOD (GracePeriod) to more than 7d,", "--grace-period", "7d", "exactly=7d")
	graces(t, 0, "grace period 30d (GRACE_PERIOD of patient) shop", "--function", "patient", "shop=5m + 7d")
	graces(t, 0, "grace period 7d (the default: ordinary doesn't set GRACE_PERIOD)",
		"--function", "ordinary", "shop=5m")
}

func TestGraceNamesWhatItCannotUnderstand(t *testing.T) {
	graces(t, 1, `shop: "5" has no unit: write 5s, 5h or 5d, say`, "--grace-period", "7d", "shop=5+7d")
	graces(t, 1, `"shop" isn't a consumer: give NAME=DURATION, such as shop=5m+7d`, "--grace-period", "7d", "shop")
	graces(t, 1, `--grace-period: "7" has no unit`, "--grace-period", "7", "shop=5m")
	graces(t, 1, "no grace period to check: give --grace-period or --function", "shop=5m")
	graces(t, 1, "reading the settings of missing", "--function", "missing", "shop=5m")
	graces(t, 2, "expected", "--grace-period", "7d")
}
