package timeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
)

// lanes shows where each access key stands, as columns.
type lanes struct {
	style
	slots Slots
}

// Slots are the two access keys that IAM allows, by their IDs; "" is a free slot. A key keeps its
// slot for life.
type Slots [2]string

// Assign frees the slots of keys that aren't listed any more, and gives new keys one.
func (s *Slots) Assign(keys []Key) {
	for i, id := range s {
		if !slices.ContainsFunc(keys, func(k Key) bool { return k.ID == id }) {
			s[i] = ""
		}
	}
	for _, k := range keys {
		if free := slices.Index(s[:], ""); free >= 0 && !slices.Contains(s[:], k.ID) {
			s[free] = k.ID
		}
	}
}

// laneWidth holds the longest badge, "● AKIA…7Q2X AWSPREVIOUS v100", and a gap.
const laneWidth = 31

// line assigns keys to lanes and shows them; "" where there is no key.
func (l *lanes) line(keys []Key, versions []Version) (text string) {
	l.slots.Assign(keys)
	gap := ""
	for _, id := range l.slots {
		i := slices.IndexFunc(keys, func(k Key) bool { return k.ID == id })
		if i < 0 {
			gap += layout.Pad("", laneWidth)
			continue
		}
		badge, width := l.badge(keys[i], versions)
		text += gap + badge
		gap = layout.Pad("", laneWidth-width)
	}
	return text
}

// list shows keys one after the other.
func (l *lanes) list(keys []Key, versions []Version) string {
	var badges []string
	for _, k := range keys {
		badge, _ := l.badge(k, versions)
		badges = append(badges, badge)
	}
	return strings.Join(badges, "   ")
}

// badge is a key's symbol, its short ID, and the most telling label of a version that names it.
func (l *lanes) badge(k Key, versions []Version) (text string, width int) {
	label, number := labelOf(k.ID, versions)
	short := abbreviate(k.ID)
	width = layout.Length("● " + short)
	text = l.symbol(k.Status) + " " + short
	if label == "" || k.Status == Deleted {
		return text, width
	}
	version := fmt.Sprintf("v%d", number)
	text += " " + l.paint(labelColours[label], label) + " " + l.paint(dim, version)
	return text, width + layout.Length(" "+label+" "+version)
}

func (s style) symbol(status Status) string {
	switch status {
	case Inactive:
		return s.paint(yellow, "○")
	case Deleted:
		return s.paint(red, "✕")
	}
	return s.paint(green, "●")
}

var labelColours = map[string]string{"AWSPENDING": yellow, "AWSCURRENT": bold + ";" + green, "AWSPREVIOUS": blue}

// labelOf finds what a key is to the secret.
func labelOf(keyID string, versions []Version) (label string, number int) {
	for _, label := range telling {
		for _, v := range versions {
			if v.AccessKeyID == keyID && slices.Contains(v.Labels, label) {
				return label, v.Number
			}
		}
	}
	return "", 0
}
