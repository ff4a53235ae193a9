package commandline

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// Manual returns the manual page for section 1, in the macros of man(7).
func Manual(app *kong.Application, version string) string {
	p := &page{}
	p.macro("TH", strings.ToUpper(app.Name), "1", "", app.Name+" "+version, "User Commands")
	p.macro("SH", "NAME")
	p.line(app.Name + ` \- finds, rotates and delivers Amazon SES SMTP credentials`)
	p.macro("SH", "SYNOPSIS")
	p.bold(app.Name)
	p.line(`\fICOMMAND\fR [\fIFLAGS\fR]`)
	p.macro("SH", "DESCRIPTION")
	p.text(app.Help)
	for _, group := range groups(app) {
		p.macro("SH", "COMMANDS: "+strings.ToUpper(group.title))
		for _, command := range group.commands {
			p.command(command)
		}
	}
	p.macro("SH", "FLAGS OF EVERY COMMAND")
	p.flags(app.Flags)
	return p.String()
}

// page is a manual page in the making.
type page struct{ strings.Builder }

func (p *page) line(text string) { p.WriteString(text + "\n") }

// macro writes a macro with its arguments.
func (p *page) macro(name string, arguments ...string) {
	p.WriteString("." + name)
	for _, argument := range arguments {
		p.WriteString(` "` + strings.ReplaceAll(escaped(argument), `"`, `\(dq`) + `"`)
	}
	p.WriteString("\n")
}

func (p *page) bold(text string) { p.macro("B", text) }

// text writes paragraphs. Indented ones, such as tables and commands, keep their lines.
func (p *page) text(text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			p.macro("PP")
		}
		asItIs := strings.HasPrefix(paragraph, " ")
		if asItIs {
			p.macro("nf")
		}
		for line := range strings.Lines(paragraph) {
			if !asItIs {
				line = strings.TrimSpace(line)
			}
			if line = strings.TrimRight(line, "\n"); line != "" {
				p.line(escaped(line))
			}
		}
		if asItIs {
			p.macro("fi")
		}
	}
}

func (p *page) command(command *kong.Node) {
	p.macro("SS", command.Summary())
	p.text(command.Help)
	if command.Detail != "" {
		p.macro("PP")
		p.text(command.Detail)
	}
	for _, argument := range command.Positional {
		p.macro("TP")
		p.line(`\fI` + escaped(argument.Summary()) + `\fR`)
		p.text(argument.Help)
	}
	p.flags(command.Flags)
}

func (p *page) flags(flags []*kong.Flag) {
	for _, flag := range flags {
		if flag.Hidden {
			continue
		}
		p.macro("TP")
		p.bold(flag.String())
		p.text(flag.Help)
		if len(flag.Envs) > 0 {
			p.line(escaped("Environment: " + strings.Join(flag.Envs, ", ") + "."))
		}
		if flag.HasDefault && !flag.IsBool() && flag.Default != "" {
			p.line(escaped(fmt.Sprintf("Default: %s.", flag.Default)))
		}
	}
}

// escaped returns text with everything escaped that man would act on.
func escaped(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "...", "'", `\(aq`, "`", `\(ga`, "~", `\(ti`, "^", `\(ha`).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}
