package sessmtp_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestRegionsKeepTheirOrder(t *testing.T) {
	got, err := sessmtp.ParseRegions(" eu-west-1,us-gov-west-1 ,\tap-southeast-7, eusc-de-east-1,us-isob-east-1")
	want := []string{"eu-west-1", "us-gov-west-1", "ap-southeast-7", "eusc-de-east-1", "us-isob-east-1"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestFaultyRegionsAreNamed(t *testing.T) {
	for list, names := range map[string][]string{
		"":                               {"item 1"},
		"eu-west-1,":                     {"item 2"},
		"eu-west-1,,us-east-1":           {"item 2"},
		"eu-west-1, eu-west-1":           {`"eu-west-1"`, "twice"},
		"eu-west-1;us-east-1":            {`"eu-west-1;us-east-1"`},
		"Ireland":                        {`"Ireland"`},
		"eu-west":                        {`"eu-west"`},
		"EU-WEST-1,eu-west-1a,us-east-1": {`"EU-WEST-1"`, `"eu-west-1a"`},
	} {
		got, err := sessmtp.ParseRegions(list)
		if err == nil || got != nil || !mentions(err, names) {
			t.Errorf("%q: got %v, error %v, which should mention %q", list, got, err, names)
		}
	}
}

// mentions says whether an error's text contains all the parts.
func mentions(err error, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(err.Error(), part) })
}

func TestEndpointsComeInTheOrderOfTheRegions(t *testing.T) {
	regions := []string{"eu-west-1", "us-east-1"}
	for spec, want := range map[string][]string{
		"": {"email-smtp.eu-west-1.amazonaws.com:587",
			"email-smtp.us-east-1.amazonaws.com:587"},
		" smtp-fips.{region}.aws:2465": {"smtp-fips.eu-west-1.aws:2465", "smtp-fips.us-east-1.aws:2465"},
		"127.0.0.1:2525":               {"127.0.0.1:2525", "127.0.0.1:2525"},
		"[::1]:25":                     {"[::1]:25", "[::1]:25"},
		"us-east-1=b:2, eu-west-1=a:1": {"a:1", "b:2"},
		"us-east-1=[2001:db8::1]:465,eu-west-1=vpce-1.{region}.example:587": {"vpce-1.eu-west-1.example:587",
			"[2001:db8::1]:465"},
	} {
		got, err := sessmtp.ParseEndpoints(spec, regions)
		if err != nil {
			t.Errorf("%q: %v", spec, err)
			continue
		}
		for i, e := range got {
			if e.Region != regions[i] || e.Addr() != want[i] {
				t.Errorf("%q: got %v, want %v", spec, got, want)
			}
		}
	}
}

func TestFaultyEndpointsAreNamed(t *testing.T) {
	for spec, names := range map[string][]string{
		"email-smtp.{region}.amazonaws.com": {"email-smtp.eu-west-1.amazonaws.com", "missing port"},
		"::1:25":                            {"::1:25", "too many colons"},
		"[::1:25":                           {"missing ']'"},
		":587":                              {`":587"`, "host"},
		"a:":                                {"port"},
		"a:0":                               {`port "0"`},
		"a:65536":                           {`port "65536"`},
		"a:smtp":                            {`port "smtp"`},
		"a:-1":                              {`port "-1"`},
		"smtp://a:587":                      {"smtp"},
		"a b:587":                           {`"a b"`},
		"{Region}.example:587":              {"{Region}.example"},
		"[fe80::1%eth0]:587":                {"fe80::1%eth0"},
		"a:1,b:2":                           {`"a:1"`, `"b:2"`, "region=host:port", "no endpoint for Region eu-west-1"},
		"eu-west-1=a:1":                     {"no endpoint for Region us-east-1"},
		"eu-west-1=a:1,us-east-1=b:2,us-west-2=c:3":          {`"us-west-2"`, "isn't configured"},
		"eu-west-1=a:1,us-east-1=b:2,eu-west-1=c:3":          {`"eu-west-1=c:3"`, "second"},
		"eu-west-1=a,us-east-1=b:x,us-west-2=c:3":            {"missing port", `port "x"`, "us-west-2"},
		"eu-west-1=a:1,us-east-1=b:2,":                       {`endpoint ""`},
		"eu-west-1=" + strings.Repeat("a.", 130) + "a:1,b:2": {"host name"},
	} {
		got, err := sessmtp.ParseEndpoints(spec, []string{"eu-west-1", "us-east-1"})
		if err == nil || got != nil || !mentions(err, names) {
			t.Errorf("%q: got %v, error %v, which should mention %q", spec, got, err, names)
		}
	}
}

func TestAFaultyPatternIsReportedOnce(t *testing.T) {
	_, err := sessmtp.ParseEndpoints("smtp.example", []string{"eu-west-1", "us-east-1"})
	if err == nil || strings.Count(err.Error(), "missing port") != 1 {
		t.Error(err)
	}
}

// What is accepted means the same when it is written out in full.
func FuzzParseEndpoints(f *testing.F) {
	for _, spec := range []string{"", sessmtp.DefaultEndpoint, "[::1]:25", "eu-west-1=a:1,us-east-1=[::1]:2", "a:1,b:2",
		"=:=,", "{region}:1"} {
		f.Add(spec)
	}
	regions := []string{"eu-west-1", "us-east-1"}
	f.Fuzz(func(t *testing.T, spec string) {
		endpoints, err := sessmtp.ParseEndpoints(spec, regions)
		if err != nil {
			if endpoints != nil {
				t.Errorf("endpoints %v beside error %v", endpoints, err)
			}
			return
		}
		var entries []string
		for i, e := range endpoints {
			if e.Region != regions[i] || e.Host == "" || e.Port < 1 || e.Port > 65535 {
				t.Errorf("got %+v", e)
			}
			entries = append(entries, e.Region+"="+e.Addr())
		}
		again, err := sessmtp.ParseEndpoints(strings.Join(entries, ","), regions)
		if err != nil || !reflect.DeepEqual(again, endpoints) {
			t.Errorf("%q is %v, but written out %v, %v", spec, endpoints, again, err)
		}
	})
}
