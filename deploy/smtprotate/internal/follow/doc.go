// Package follow keeps files and programs that can't read a secret by themselves in step with it.
// It watches the secret. When the credential has changed, it renders files from templates, and runs
// a command or a program that has the credential in its environment.
//
// Each round does the same, whatever happened before: read the secret, render everything, compare
// it with the files, write what differs, and then tell the command and the program. A Follower
// remembers only whether it has told them. If it is killed at any point, the next one continues
// from what is on the disk. A round that fails changes nothing more, and the next one comes soon. A
// Queue only makes the next round come at once.
//
// A Follower may run as root and write into folders of other users, who can't gain anything by
// that: it opens files from handles of their folders, and follows no link that those users may have
// made. When a program ends, everything that it started is ended too, because all of it has the old
// credential.
package follow
