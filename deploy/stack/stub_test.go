package stack

func wokenUp(p *typist) { p.all() }
