package commandline

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// Bash returns the completion script for Bash. Anything that isn't a command, a flag or a choice is
// completed as a file's name.
func Bash(app *kong.Application) string {
	var names []string
	var cases strings.Builder
	for _, command := range visible(app) {
		names = append(names, command.Name)
		var words []string
		for _, flag := range flags(command) {
			words = append(words, "--"+flag.Name)
		}
		fmt.Fprintf(&cases, "    %s) flags='%s' words='%s' ;;\n", command.Name, strings.Join(words, " "),
			strings.Join(arguments(command), " "))
	}
	for _, flag := range app.Flags {
		names = append(names, "--"+flag.Name)
	}
	return strings.NewReplacer("PROGRAM", app.Name, "NAMES", strings.Join(names, " "), "CASES", cases.String()).
		Replace(`# Completions of PROGRAM for Bash.

_PROGRAM() {
  local word=${COMP_WORDS[COMP_CWORD]} flags='' words=''
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W 'NAMES' -- "$word"))
    return
  fi
  case ${COMP_WORDS[1]} in
CASES  esac
  [[ $word != -* ]] || words=$flags
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}

complete -o default -F _PROGRAM PROGRAM
`)
}

// Zsh returns the completion script for Zsh. It can be sourced, or stored as the file _smtprotate
// in a folder of fpath.
func Zsh(app *kong.Application) string {
	var names, cases strings.Builder
	for _, command := range visible(app) {
		fmt.Fprintf(&names, "    %s\n", quoted(command.Name+":"+command.Help))
		fmt.Fprintf(&cases, "    %s)\n      _arguments", command.Name)
		for _, flag := range flags(command) {
			fmt.Fprintf(&cases, " \\\n        %s", quoted(zshFlag(flag)))
		}
		files := "'*: :_default'"
		if words := arguments(command); words != nil {
			files = quoted("1: :(" + strings.Join(words, " ") + ")")
		}
		fmt.Fprintf(&cases, " \\\n        %s\n      ;;\n", files)
	}
	return strings.NewReplacer("PROGRAM", app.Name, "NAMES", names.String(), "CASES", cases.String()).
		Replace(`#compdef PROGRAM
# Completions of PROGRAM for Zsh.

_PROGRAM() {
  local -a commands=(
NAMES  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
CASES  esac
}

if [ "$funcstack[1]" = _PROGRAM ]; then
  _PROGRAM "$@"
else
  compdef _PROGRAM PROGRAM
fi
`)
}

// zshFlag formats a flag for _arguments (zshcompsys, "_arguments").
func zshFlag(flag *kong.Flag) string {
	text := "--" + flag.Name
	if repeatable(flag) {
		text = "*" + text
	}
	help := strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`).Replace(flag.Help)
	if flag.IsBool() {
		return text + "[" + help + "]"
	}
	return text + "=[" + help + "]: :_default"
}

// Fish returns the completion script for fish.
func Fish(app *kong.Application) string {
	var out strings.Builder
	fmt.Fprintf(&out, "# Completions of %s for fish.\n\n", app.Name)
	complete := func(condition, rest string) {
		fmt.Fprintf(&out, "complete -c %s -n '%s' %s\n", app.Name, condition, rest)
	}
	for _, flag := range app.Flags {
		complete("__fish_use_subcommand", fmt.Sprintf("-f -l %s -d %s", flag.Name, fishQuoted(flag.Help)))
	}
	for _, command := range visible(app) {
		complete("__fish_use_subcommand", fmt.Sprintf("-f -a %s -d %s", command.Name, fishQuoted(command.Help)))
		here := "__fish_seen_subcommand_from " + command.Name
		if words := arguments(command); words != nil {
			complete(here, fmt.Sprintf("-f -a '%s'", strings.Join(words, " ")))
		}
		for _, flag := range flags(command) {
			value := " -r"
			if flag.IsBool() {
				value = ""
			}
			complete(here, fmt.Sprintf("-l %s%s -d %s", flag.Name, value, fishQuoted(flag.Help)))
		}
	}
	return out.String()
}

// quoted quotes text for Bash and Zsh.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// fishQuoted quotes text for fish.
func fishQuoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
