package discover

import (
	_ "embed"
	"html/template"
	"io"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"picture": Picture, "severity": severityWord,
	"shade": func(s sendpolicy.Severity) string { return shades[s] },
	"days":  func(d int) string { return short(d) },
	"when":  func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
	"words": func(w sendpolicy.Width) string { return widthWords[w] },
	"use":   func(k KeyReport, now time.Time) string { return k.Use(now) },
	"severest": func() []sendpolicy.Severity {
		return []sendpolicy.Severity{sendpolicy.High, sendpolicy.Medium, sendpolicy.Low, ""}
	},
}).Parse(pageText))

// Page writes the report as a single HTML page that loads nothing from elsewhere.
func Page(to io.Writer, r Report) error { return page.Execute(to, r) }
