package sendpolicy_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// oneStatement is the policy that all these spellings mean.
func oneStatement(conditions sendpolicy.Conditions) sendpolicy.Document {
	return sendpolicy.Document{Version: "2012-10-17", Statements: []sendpolicy.Statement{{
		Effect: "Allow", Action: sendpolicy.Texts{"ses:SendRawEmail"}, Resource: sendpolicy.Texts{"*"},
		Condition: conditions,
	}}}
}

var readable = map[string]struct {
	text string
	want sendpolicy.Document
}{
	"lists": {
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ses:SendRawEmail"],"Resource":["*"]}]}`,
		oneStatement(nil),
	},
	"a statement without a list": {
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":"*"}}`,
		oneStatement(nil),
	},
	"spaces and lines": {
		"\n {\"Version\" : \"2012-10-17\",\n\"Statement\" : \t{\"Effect\":\"Allow\", \"Action\": [ " +
			"\"ses:SendRawEmail\" ],\r\n\"Resource\":\"*\"} }\n ", oneStatement(nil),
	},
	"truth values": {
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":true}}}}`,
		oneStatement(sendpolicy.Conditions{"Bool": {"aws:SecureTransport": {"true"}}}),
	},
	"numbers": {
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":"*","Condition":{"NumericLessThan":{"aws:EpochTime":1893456000}}}}`,
		oneStatement(sendpolicy.Conditions{"NumericLessThan": {"aws:EpochTime": {"1893456000"}}}),
	},
	"a list of text, truth values and numbers": {
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":"*","Condition":{"StringEquals":{"aws:UserAgent":["a",false,1.50]}}}}`,
		oneStatement(sendpolicy.Conditions{"StringEquals": {"aws:UserAgent": {"a", "false", "1.50"}}}),
	},
	"several operators and keys": {
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":"*","Condition":{
			"StringEquals":{"ses:FromAddress":"a@example.com","ses:FromDisplayName":["A","B"]},"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}}`,
		oneStatement(sendpolicy.Conditions{
			"StringEquals": {"ses:FromAddress": {"a@example.com"}, "ses:FromDisplayName": {"A", "B"}},
			"IpAddress":    {"aws:SourceIp": {"192.0.2.0/24"}},
		}),
	},
	"NotAction, NotResource and names": {
		`{"Id":"mail","Statement":[{"Sid":"One","Effect":"Deny","NotAction":["ses:SendRawEmail","ses:SendEmail"],"NotResource":"*"}]}`,
		sendpolicy.Document{ID: "mail", Statements: []sendpolicy.Statement{{
			Sid: "One", Effect: "Deny", NotAction: sendpolicy.Texts{"ses:SendRawEmail", "ses:SendEmail"},
			NotResource: sendpolicy.Texts{"*"},
		}}},
	},
	"several statements": {
		`{"Statement":[{"Effect":"Allow","Action":"a:B","Resource":"*"},{"Effect":"Deny","Action":"c:D","Resource":["x","y"]}]}`,
		sendpolicy.Document{Statements: []sendpolicy.Statement{
			{Effect: "Allow", Action: sendpolicy.Texts{"a:B"}, Resource: sendpolicy.Texts{"*"}},
			{Effect: "Deny", Action: sendpolicy.Texts{"c:D"}, Resource: sendpolicy.Texts{"x", "y"}},
		}},
	},
}

func TestWhatIAMAcceptsIsRead(t *testing.T) {
	for what, test := range readable {
		t.Run(what, func(t *testing.T) {
			got, err := sendpolicy.Parse(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("it is read as\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// unreadable are texts that aren't policies, with what the error says.
var unreadable = map[string]struct{ text, says string }{
	"nothing":                     {``, "not a policy"},
	"no JSON":                     {`Allow everything`, "not a policy"},
	"half a policy":               {`{"Version":"2012-10-17","Statement":[`, "not a policy"},
	"a list":                      {`[]`, "not a policy"},
	"null":                        {`null`, "no Statement"},
	"no statement":                {`{"Version":"2012-10-17"}`, "no Statement"},
	"a null statement":            {`{"Statement":null}`, "statement 1: "},
	"a text as statement":         {`{"Statement":"Allow"}`, "not a policy"},
	"an element that isn't known": {`{"Statements":[]}`, `unknown field "Statements"`},
	"a principal": {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"a:B","Resource":"*"}}`,
		`unknown field "Principal"`},
	"a second policy":            {`{"Statement":[]}{"Statement":[]}`, "more after its end"},
	"a brace at the end":         {`{"Statement":[]}}`, "more after its end"},
	"a bracket at the end":       {`{"Statement":[]}]`, "more after its end"},
	"no effect":                  {`{"Statement":{"Action":"a:B","Resource":"*"}}`, "statement 1: "},
	"an effect in small letters": {`{"Statement":{"Effect":"allow","Action":"a:B","Resource":"*"}}`, `"allow"`},
	"no action": {`{"Statement":{"Effect":"Allow","Resource":"*"}}`,
		"statement 1: it needs either Action or NotAction"},
	"an empty list of actions": {`{"Statement":{"Effect":"Allow","Action":[],"Resource":"*"}}`,
		"statement 1: it needs either Action or NotAction"},
	"Action and NotAction": {`{"Statement":{"Effect":"Allow","Action":"a:B","NotAction":"a:C","Resource":"*"}}`,
		"statement 1: it needs either Action or NotAction"},
	"no resource": {`{"Statement":{"Effect":"Allow","Action":"a:B"}}`,
		"statement 1: it needs either Resource or NotResource"},
	"Resource and NotResource": {`{"Statement":{"Effect":"Allow","Action":"a:B","Resource":"x","NotResource":"y"}}`,
		"statement 1: it needs either Resource or NotResource"},
	"a fault in the second": {`{"Statement":[{"Effect":"Allow","Action":"a:B","Resource":"*"},{"Effect":"Allow","Action":"a:B"}]}`, "statement 2: "},
	"a list in a list": {`{"Statement":{"Effect":"Allow","Action":[["a:B"]],"Resource":"*"}}`,
		`["a:B"] is neither text nor a list of text`},
	"an object as action": {`{"Statement":{"Effect":"Allow","Action":{"a":"B"},"Resource":"*"}}`,
		`{"a":"B"} is neither text nor a list of text`},
	"null in a list": {`{"Statement":{"Effect":"Allow","Action":["a:B",null],"Resource":"*"}}`,
		"null is neither text nor a list of text"},
	"a list that is cut off in a text": {`{"Version":"2012-10-17","Statement":[{"Effect":"All`, "unexpected EOF"},
	"a list that is cut off in a word": {`{"Statement":[tru`, "unexpected EOF"},
	"a list without a comma":           {`{"Statement":["Allow" "Deny"]}`, "not a policy"},
	"a condition without operator":     {`{"Statement":{"Effect":"Allow","Action":"a:B","Resource":"*","Condition":{"aws:SourceIp":"192.0.2.1"}}}`, "not a policy"},
}

func TestWhatIsNoPolicyIsRefusedInWords(t *testing.T) {
	for what, test := range unreadable {
		t.Run(what, func(t *testing.T) {
			d, err := sendpolicy.Parse(test.text)
			if err == nil {
				t.Fatalf("it is read as\n%s", d)
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("%q doesn't say %q", err, test.says)
			}
		})
	}
}

// withoutEmptyConditions returns the document as it is written: without a Condition that says
// nothing.
func withoutEmptyConditions(d sendpolicy.Document) sendpolicy.Document {
	for i := range d.Statements {
		if len(d.Statements[i].Condition) == 0 {
			d.Statements[i].Condition = nil
		}
	}
	return d
}

func FuzzParse(f *testing.F) {
	for _, test := range readable {
		f.Add(test.text)
	}
	for _, test := range unreadable {
		f.Add(test.text)
	}
	for _, s := range scenes {
		if policy, _, err := sendpolicy.Write(s.description); err == nil {
			f.Add(policy.String())
		}
	}
	f.Add(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}}`)
	f.Add(`{"Statement":{"Effect":"Deny","NotAction":"ses:*","NotResource":"*","Condition":{"StringNotLike":{"ses:FromAddress":[]},"Null":{},"Bool":null}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		p := sendpolicy.Policy{Name: "fuzz", From: "inline", Text: text}
		sendpolicy.Audit(sendpolicy.Access{User: "mailer", Policies: []sendpolicy.Policy{p}})
		sendpolicy.Audit(sendpolicy.Access{User: "mailer", Policies: []sendpolicy.Policy{p, p}, Boundary: &p})
		d, err := sendpolicy.Parse(text)
		if err != nil {
			return
		}
		again, err := sendpolicy.Parse(d.String())
		if err != nil {
			t.Fatalf("what was written can't be read: %v\n%s", err, d)
		}
		if d = withoutEmptyConditions(d); !reflect.DeepEqual(again, d) {
			t.Errorf("read again, it is\n%#v\ninstead of\n%#v", again, d)
		}
	})
}
