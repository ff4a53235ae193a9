package timeline

import (
	"encoding/json"
	"io"
)

// JSON returns a function that writes each event as one line of JSON.
func JSON(w io.Writer) func(Event) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	return func(e Event) error { return lines.Encode(e) }
}
