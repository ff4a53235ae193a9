// Package commandline describes a program's command line from kong's model of it: completions for
// shells, and the manual page. What it writes asks nothing and runs nothing later: completions
// work without starting the program at each key.
package commandline

import (
	"strings"

	"github.com/alecthomas/kong"
)

// visible are the commands that people are shown.
func visible(app *kong.Application) (commands []*kong.Node) {
	for _, command := range app.Children {
		if !command.Hidden {
			commands = append(commands, command)
		}
	}
	return commands
}

// flags are a command's own, and those that every command has.
func flags(command *kong.Node) (flags []*kong.Flag) {
	for _, group := range command.AllFlags(true) {
		flags = append(flags, group...)
	}
	return flags
}

// choices are the values that an argument or a flag may have, where they are few.
func choices(value *kong.Value) []string {
	if value.Enum == "" {
		return nil
	}
	return strings.Split(value.Enum, ",")
}

// arguments are the choices of a command's arguments.
func arguments(command *kong.Node) (all []string) {
	for _, argument := range command.Positional {
		all = append(all, choices(argument)...)
	}
	return all
}

// repeatable flags may be given several times.
func repeatable(flag *kong.Flag) bool { return flag.IsSlice() || flag.IsMap() }
