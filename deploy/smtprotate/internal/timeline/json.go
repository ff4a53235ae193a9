package timeline

import (
	"encoding/json"
	"io"
)

// JSON shows each event as one line of JSON.
func JSON(w io.Writer) func(Event) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	return func(e Event) error { return lines.Encode(e) }
}
