package stack

func byCDK(p *typist)   { p.all() }
func wokenUp(p *typist) { p.all() }
