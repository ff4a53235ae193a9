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

// mentions reports whether an error's text contains all the parts.
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

// "Amazon Simple Email Service endpoints and quotas" in the AWS General Reference has the ten
// Regions in a note, and endpoints.json of AWS's SDKs the partitions without SES.
func TestARegionWithoutSMTPIsRefusedByName(t *testing.T) {
	const noSMTP, noSES = "SES has no SMTP endpoint in Region ", "SES isn't offered in Region "
	for region, want := range map[string]string{
		"af-south-1": noSMTP, "ap-south-2": noSMTP, "ap-southeast-3": noSMTP, "ap-southeast-5": noSMTP,
		"ca-west-1": noSMTP, "eu-central-2": noSMTP, "eu-south-1": noSMTP, "il-central-1": noSMTP,
		"me-central-1": noSMTP, "me-south-1": noSMTP,
		"cn-north-1": noSES, "cn-northwest-1": noSES, "us-iso-east-1": noSES, "us-isob-east-1": noSES,
		"eu-isoe-west-1": noSES, "us-isof-south-1": noSES,
	} {
		for _, spec := range []string{"", sessmtp.DefaultEndpoint, "email-smtp.{region}.amazonaws.com:465",
			"email-smtp-fips.{region}.api.aws:587", "Email-SMTP.{region}.amazonaws.com.cn.:587"} {
			got, err := sessmtp.ParseEndpoints(spec, []string{"eu-west-1", region, "us-east-1"})
			if got != nil || err == nil || !strings.HasPrefix(err.Error(), want+region) ||
				!strings.Contains(err.Error(), region+"=host:port") || strings.Contains(err.Error(), "eu-west-1") {
				t.Errorf("%q in %s: %v, %v", spec, region, got, err)
			}
		}
		for _, spec := range []string{region + "=email-smtp." + region + ".amazonaws.com:587",
			region + "=relay.example:465", "relay.{region}.example:587",
			"vpce-1.email-smtp.{region}.vpce.amazonaws.com:587"} {
			got, err := sessmtp.ParseEndpoints(spec, []string{region})
			if err != nil || len(got) != 1 || got[0].Region != region {
				t.Errorf("%q, an endpoint of its own: %v, %v", spec, got, err)
			}
		}
	}
	if _, err := sessmtp.ParseEndpoints("", []string{"ca-west-1", "cn-north-1"}); !mentions(err, []string{"ca-west-1",
		"cn-north-1"}) {
		t.Errorf("both faults: %v", err)
	}
}

func TestNamesEndAsThePartitionHasIt(t *testing.T) {
	for region, want := range map[string]string{
		"eusc-de-east-1": "email-smtp.eusc-de-east-1.amazonaws.eu:587",
		"us-gov-west-1":  "email-smtp.us-gov-west-1.amazonaws.com:587",
		"eu-west-9":      "email-smtp.eu-west-9.amazonaws.com:587", // AWS may open it one day
	} {
		for _, spec := range []string{"", sessmtp.DefaultEndpoint} {
			got, err := sessmtp.ParseEndpoints(spec, []string{region})
			if err != nil || len(got) != 1 || got[0].Addr() != want {
				t.Errorf("%q in %s: %v, %v", spec, region, got, err)
			}
		}
	}
	_, err := sessmtp.ParseEndpoints("email-smtp.{region}.amazonaws.com:465", []string{"eusc-de-east-1"})
	if err == nil || !mentions(err, []string{"eusc-de-east-1", "end in amazonaws.eu"}) {
		t.Errorf("a pattern with another partition's names: %v", err)
	}
}

func TestAFaultyPatternIsReportedOnce(t *testing.T) {
	_, err := sessmtp.ParseEndpoints("smtp.example", []string{"eu-west-1", "us-east-1"})
	if err == nil || strings.Count(err.Error(), "missing port") != 1 {
		t.Error(err)
	}
}

// A spec that is accepted must mean the same when it is written out in full.
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
