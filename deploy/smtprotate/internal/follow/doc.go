// Package follow keeps what can't read a secret by itself in step with it: it watches the secret,
// renders files from templates, and runs a command, or a program with the credential in its
// environment, when the credential has changed.
//
// Each round does the same, whatever happened before: read the secret, render everything, compare
// with what is there, write what differs, and then tell who has to know. Nothing is remembered but
// whether they were told, so a Follower that is killed at any point goes on from what is on the
// disk. A round that fails touches nothing more, and the next one comes soon. A Queue makes the
// next round come at once, and has no other part in it.
//
// It may run as root and write into folders of other users, who gain nothing by that: files are
// opened from handles of their folders, and no link is followed that those users may have made. A
// program is ended with everything it has started, for all of that has the old credential.
package follow
