package timeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
)

// lanes shows the access keys in two columns, with their status and label.
type lanes struct {
	style
	slots Slots
}

// Slots are the IDs of the two access keys that IAM allows; "" is a free slot. A key keeps its slot
// until it is deleted.
type Slots [2]string

// Assign frees the slots of keys that are no longer listed, and gives each new key a slot.
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

// line assigns keys to lanes and renders them. It returns "" if there are no keys.
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

// list renders keys one after the other.
func (l *lanes) list(keys []Key, versions []Version) string {
	var badges []string
	for _, k := range keys {
		badge, _ := l.badge(k, versions)
		badges = append(badges, badge)
	}
	return strings.Join(badges, "   ")
}

// badge renders a key's symbol, its short ID, and the first of the telling labels that a version
// naming it has.
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

// labelOf returns the label and number of the version that names a key, by the order of telling.
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
