package discover

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// The table's columns are 7 + 28 + 21 + 9 + 7 characters wide; the last one takes the rest of the
// line.
const (
	lineWidth = 100
	margin    = 7
	nameWidth = 27
)

// Table writes the report as text, in lines of at most 100 characters.
func Table(to io.Writer, r Report) error {
	var out strings.Builder
	users, several := r.Users(), len(r.Accounts) > 1
	if len(users) > 0 {
		fmt.Fprintln(&out, row("", "user", "access key", "status", "age", "last used"))
	}
	for _, u := range users {
		writeUser(&out, u, several, r.At)
	}
	if len(users) > 0 {
		fmt.Fprintln(&out)
	}
	for _, text := range r.Summary() {
		paragraph(&out, 0, text)
	}
	_, err := io.WriteString(to, out.String())
	return err
}

func row(severity, user, key, status, age, used string) string {
	return strings.TrimRight(layout.Pad(severity, margin)+layout.Pad(user, nameWidth+1)+layout.Pad(key, 21)+
		layout.Pad(status, 9)+layout.Pad(age, 7)+used, " ")
}

func writeUser(out *strings.Builder, u User, several bool, now time.Time) {
	severity, name := severityWord(u.Severity), u.Name
	if several {
		name = u.Account + " " + name
	}
	if layout.Length(name) > nameWidth { // the name gets a line of its own
		fmt.Fprintln(out, row(severity, name, "", "", "", ""))
		severity, name = "", ""
	}
	for _, k := range u.Keys {
		used := k.Use(now)
		if room := lineWidth - margin - nameWidth - 1 - 21 - 9 - 7; layout.Length(used) > room {
			fmt.Fprintln(out, row(severity, name, k.ID, k.Status, k.Age(), ""))
			paragraph(out, margin, "last used: "+used)
		} else {
			fmt.Fprintln(out, row(severity, name, k.ID, k.Status, k.Age(), used))
		}
		severity, name = "", ""
	}
	about := u.About() + "."
	if several && u.AccountName != "" {
		about = "Account " + u.AccountName + ". " + about
	}
	paragraph(out, margin, about)
	paragraph(out, margin, u.Todo+".")
}

// paragraph writes wrapped text with a left margin.
func paragraph(out *strings.Builder, margin int, text string) {
	for _, line := range layout.Wrap(text, lineWidth-margin) {
		fmt.Fprintf(out, "%s%s\n", strings.Repeat(" ", margin), line)
	}
}

// severityWord formats a severity for the table and the page.
func severityWord(s sendpolicy.Severity) string {
	if s == "" {
		return "OK"
	}
	return strings.ToUpper(string(s))
}

// widthWords says what each width means.
var widthWords = map[sendpolicy.Width]string{
	sendpolicy.NoMail:     "no mail over SMTP",
	sendpolicy.Narrow:     "its own identities, from its own networks",
	sendpolicy.Anywhere:   "its own identities, from anywhere",
	sendpolicy.AnySender:  "any sender of the account",
	sendpolicy.BeyondMail: "more than mail",
}

// About describes what a user's policies allow and what else matters about it.
func (u User) About() string {
	parts := []string{"Its policies allow: " + widthWords[u.Width]}
	if u.Quarantined {
		parts = append(parts, "quarantined by AWS")
	}
	if u.Boundary != "" {
		parts = append(parts, "boundary "+u.Boundary)
	}
	if u.Secret != "" {
		parts = append(parts, "in secret "+u.Secret)
	}
	return strings.Join(append(parts, u.OtherWays...), "; ")
}

// Age formats the key's age briefly.
func (k KeyReport) Age() string { return short(k.AgeDays) }

func short(days int) string {
	if days >= 2*365 {
		return fmt.Sprintf("%.1f y", float64(days)/365.25)
	}
	return fmt.Sprintf("%d d", days)
}

// Use says briefly when and for what the key was last used.
func (k KeyReport) Use(now time.Time) string {
	switch {
	case k.UseUnknown:
		return "not known"
	case k.LastUsed == nil:
		return "never"
	}
	where := strings.TrimSpace(k.Service + " " + k.Region)
	return strings.TrimSpace(where + " " + short(days(now.Sub(*k.LastUsed))) + " ago")
}

// Summary counts the users by severity, and says what isn't known.
func (s Survey) Summary() []string {
	counts := map[sendpolicy.Severity]int{}
	for _, u := range s.Found {
		counts[u.Severity]++
	}
	name := "The account"
	if title := s.Title(); title != "" {
		name = strings.ToUpper(title[:1]) + title[1:]
	}
	lines := []string{fmt.Sprintf("%s has %s. %d may send mail or have sent it: %d high, %d medium, %d low, %d in "+
		"order.", name, count(s.Users, "IAM user"), len(s.Found), counts[sendpolicy.High], counts[sendpolicy.Medium],
		counts[sendpolicy.Low], counts[""])}
	if n := len(s.WithoutKeys); n > 0 {
		lines = append(lines, fmt.Sprintf("%s may send but %s no access key.", count(n, "more user"), haveOrHas(n)))
	}
	for _, text := range s.Unknown {
		lines = append(lines, "Not known: "+text+".")
	}
	return lines
}

// quiet reports whether there is nothing to say about the account except its number of users.
func (s Survey) quiet() bool { return len(s.Found)+len(s.WithoutKeys)+len(s.Unknown) == 0 }

func haveOrHas(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
