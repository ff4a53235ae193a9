package discover

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// The picture's measures in pixels. Each width of permissions has a band; the widest is at the top.
const (
	pictureWidth = 960
	bandHeight   = 74
	left         = 190
	right        = 24
	top          = 12
	dot          = 5.0
	rows         = 5 // rows of dots in a band
)

// shades maps severities to CSS classes of the page, which set the colours.
var shades = map[sendpolicy.Severity]string{
	sendpolicy.High: "high", sendpolicy.Medium: "medium", sendpolicy.Low: "low", "": "ok",
}

// Picture draws each user as a dot: further right the older its oldest key is, and further up the
// more its policies allow.
func Picture(users []User) template.HTML {
	var out strings.Builder
	widths := slices.Clone(sendpolicy.Widths())
	slices.Reverse(widths)
	height := top + bandHeight*len(widths) + 44
	fmt.Fprintf(&out, `<svg viewBox="0 0 %d %d" role="img" aria-label="Age of each user's oldest access key against `+
		`what its policies allow">`, pictureWidth, height)
	years := axis(users)
	for i, w := range widths {
		y := top + i*bandHeight
		fmt.Fprintf(&out, `<rect class="band%d" x="%d" y="%d" width="%d" height="%d"/>`, i%2, left, y,
			pictureWidth-left-right, bandHeight)
		for n, line := range bandWords[w] {
			fmt.Fprintf(&out, `<text class="label" x="%d" y="%d">%s</text>`, left-12,
				y+bandHeight/2+4+16*n-8*(len(bandWords[w])-1), line)
		}
	}
	bottom := top + bandHeight*len(widths)
	for year := range years + 1 {
		x := across(float64(year)*365.25, years)
		fmt.Fprintf(&out, `<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x, x, top, bottom)
		if years <= 12 || year%2 == 0 {
			fmt.Fprintf(&out, `<text class="tick" x="%.1f" y="%d">%d</text>`, x, bottom+18, year)
		}
	}
	fmt.Fprintf(&out, `<text class="tick" x="%d" y="%d">age of the oldest key, in years</text>`,
		(left+pictureWidth-right)/2, bottom+38)
	for i, w := range widths {
		dots(&out, users, w, float64(top+i*bandHeight), years)
	}
	out.WriteString(`</svg>`)
	return template.HTML(out.String()) // text from AWS is escaped where it is written
}

// bandWords label the bands.
var bandWords = map[sendpolicy.Width][]string{
	sendpolicy.NoMail:     {"no mail over SMTP"},
	sendpolicy.Narrow:     {"its own identities,", "from its own networks"},
	sendpolicy.Anywhere:   {"its own identities,", "from anywhere"},
	sendpolicy.AnySender:  {"any sender", "of the account"},
	sendpolicy.BeyondMail: {"more than mail"},
}

// axis returns how many years the picture shows.
func axis(users []User) int {
	most := 0
	for _, u := range users {
		most = max(most, u.oldest())
	}
	return max(2, int(math.Ceil(float64(most)/365.25+0.05)))
}

func across(days float64, years int) float64 {
	return left + 8 + days/(float64(years)*365.25)*float64(pictureWidth-left-right-16)
}

// dots draws the users of a band. Dots that would overlap are moved alternately above and below the
// middle. If a band is full, they overlap.
func dots(out *strings.Builder, users []User, w sendpolicy.Width, y float64, years int) {
	taken := map[[2]int]bool{}
	for _, u := range slices.Backward(users) { // so that the worst are drawn on top
		if u.Width != w {
			continue
		}
		x := across(float64(u.oldest()), years)
		column, place := int(x/(2*dot)), 0
		for ; place < rows-1 && taken[[2]int{column, place}]; place++ {
		}
		taken[[2]int{column, place}] = true
		offset := float64((place+1)/2) * (2*dot + 1)
		if place%2 == 1 {
			offset = -offset
		}
		fmt.Fprintf(out, `<circle class="%s" cx="%.1f" cy="%.1f" r="%.0f"><title>%s: %s, %s</title></circle>`,
			shades[u.Severity], x, y+bandHeight/2+offset, dot, template.HTMLEscapeString(u.Name), short(u.oldest()),
			severityWord(u.Severity))
	}
}
