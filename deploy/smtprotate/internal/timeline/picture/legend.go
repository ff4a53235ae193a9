package picture

// legend draws a line that explains the colours and signs.
func (c *chart) legend() {
	const y, sample = legendY, 16.0
	x := float64(left)
	entry := func(room float64, words string) {
		c.text("legend", x+room, y, words)
		x += room + 5.3*float64(len(words)) + 15
	}
	entry(0, "one colour for each access key")
	c.put(`<rect class="k0" x="%s" y="%d" width="%v" height="9" rx="2"/>`, n(x), y-8, sample)
	entry(sample+5, "Active")
	c.put(`<rect class="off f0" x="%s" y="%d" width="%v" height="9" rx="2"/>`, n(x), y-8, sample)
	entry(sample+5, "Inactive")
	c.put(`<rect class="dead s0" x="%s" y="%d" width="%v" height="9" rx="2"/>`, n(x), y-8, sample)
	entry(sample+5, "deleted")
	c.put(`<path class="mail s0" d="M%s %dh%v"/>`, n(x), y-4, sample)
	entry(sample+4, "mail that SES takes")
	c.cross("refused", x+4, y-3.5, 2.2)
	entry(12, "mail it refuses (535)")
	c.put(`<path class="gap" d="M%s %dh%v"/>`, n(x), y-3, sample)
	entry(sample+5, "time left out")
}
