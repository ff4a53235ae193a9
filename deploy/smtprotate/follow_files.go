package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/follow"
)

// files returns the files of --template.
func (f followCommand) files(delims follow.Delimiters) (files []follow.File, err error) {
	mode, modeErr := strconv.ParseUint(f.Mode, 8, 9)
	if modeErr != nil || mode&0o400 == 0 {
		err = fmt.Errorf("--mode %s: give an octal number such as 0640 that lets the owner read the file", f.Mode)
	}
	owner, ownerErr := lookUp(f.Owner)
	err = errors.Join(err, ownerErr)
	for _, pair := range f.Templates {
		from, to, ok := strings.Cut(pair, ":")
		if !ok || from == "" || to == "" {
			err = errors.Join(err, fmt.Errorf("--template %s: give FROM:TO", pair))
			continue
		}
		text, readErr := follow.ReadTemplate(from)
		template, parseErr := delims.Parse(from, text)
		err = errors.Join(err, readErr, parseErr)
		files = append(files, follow.File{Path: to, Template: template, Mode: fs.FileMode(mode), Owner: owner})
	}
	return files, err
}

// lookUp finds the owner that USER, USER:GROUP or :GROUP names. The default group is the user's
// own; a number that no user has gives no group.
func lookUp(owner string) (*follow.Owner, error) {
	if owner == "" {
		return nil, nil
	}
	name, group, _ := strings.Cut(owner, ":")
	o := &follow.Owner{UID: os.Getuid(), GID: -1}
	if name != "" {
		if u, err := user.Lookup(name); err == nil {
			o.UID, o.GID = id(u.Uid), id(u.Gid)
		} else if o.UID = id(name); o.UID < 0 {
			return nil, fmt.Errorf("--owner %s: there is no user %s: give a name or a number", owner, name)
		}
	}
	if group != "" {
		if g, err := user.LookupGroup(group); err == nil {
			o.GID = id(g.Gid)
		} else if o.GID = id(group); o.GID < 0 {
			return nil, fmt.Errorf("--owner %s: there is no group %s: give a name or a number", owner, group)
		}
	}
	return o, nil
}

// id reads the number of a user or a group. It returns -1 if text isn't one.
func id(text string) int {
	if number, err := strconv.ParseUint(text, 10, 31); err == nil {
		return int(number)
	}
	return -1
}
