package timeline

// style paints text for a terminal, or leaves it as it is if false.
type style bool

// Colours are those of ECMA-48 (SGR): every terminal has them, and people choose their tints.
const (
	bold    = "1"
	dim     = "2"
	red     = "31"
	green   = "32"
	yellow  = "33"
	blue    = "34"
	magenta = "35"
	cyan    = "36"
)

func (s style) paint(colour, text string) string {
	if !s || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}
