// Package commandline writes shell completions and the manual page from kong's model of a command
// line. The completions are complete in themselves: they don't start the program at each key press.
package commandline

import (
	"strings"

	"github.com/alecthomas/kong"
)

// visible returns the commands that aren't hidden.
func visible(app *kong.Application) (commands []*kong.Node) {
	for _, command := range app.Children {
		if !command.Hidden {
			commands = append(commands, command)
		}
	}
	return commands
}

// group is the commands that the help shows below one heading.
type group struct {
	title    string // without the heading's colon
	commands []*kong.Node
}

// groups returns the visible commands by group. Those of a group follow each other.
func groups(app *kong.Application) (all []group) {
	for _, command := range visible(app) {
		title := ""
		if command.Group != nil {
			title = strings.TrimSuffix(command.Group.Title, ":")
		}
		if len(all) == 0 || all[len(all)-1].title != title {
			all = append(all, group{title: title})
		}
		last := &all[len(all)-1]
		last.commands = append(last.commands, command)
	}
	return all
}

// flags returns a command's flags, including those that every command has.
func flags(command *kong.Node) (flags []*kong.Flag) {
	for _, group := range command.AllFlags(true) {
		flags = append(flags, group...)
	}
	return flags
}

// choices returns the values that an argument or a flag accepts, or nil if it accepts any.
func choices(value *kong.Value) []string {
	if value.Enum == "" {
		return nil
	}
	return strings.Split(value.Enum, ",")
}

// arguments returns the choices of all of a command's arguments.
func arguments(command *kong.Node) (all []string) {
	for _, argument := range command.Positional {
		all = append(all, choices(argument)...)
	}
	return all
}

// repeatable reports whether a flag may be given several times.
func repeatable(flag *kong.Flag) bool { return flag.IsSlice() || flag.IsMap() }
