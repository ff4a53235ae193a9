package follow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

const (
	secret = "mail"
	region = "eu-west-1"
	// ordinary is the template of an ordinary file.
	ordinary = "{{.username}}:{{.password}}\n"
)

// stage is a Secrets Manager over the wire, and a Follower that reads the secret every 20 ms.
type stage struct {
	*testing.T
	world    *localaws.World
	dir      string
	follower *Follower
	log      buffer
	written  int // credentials so far
	stop     context.CancelFunc
	ended    chan error
}

type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// newStage returns a stage with a first credential in the secret and a Follower that does nothing
// yet.
func newStage(t *testing.T) *stage {
	t.Helper()
	t.Parallel()
	world, err := localaws.Start(localaws.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { world.Close() })
	s := &stage{T: t, world: world, dir: t.TempDir()}
	world.CreateSecret(secret, "{}")
	s.promote()
	own := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAFOLLOWER", SecretAccessKey: "its own"}, nil
	})
	s.follower = &Follower{
		Source: smtpcreds.SecretsManager{SecretID: secret, API: secretsmanager.New(secretsmanager.Options{
			BaseEndpoint: aws.String(world.URL()), Region: region, Credentials: own, Retryer: aws.NopRetryer{},
		})},
		Every: 20 * time.Millisecond, CommandTimeout: 5 * time.Second, Log: log.New(&s.log, "", 0), Output: &s.log,
	}
	t.Cleanup(s.nothingSecretWasTold)
	return s
}

// password returns the n-th credential's password.
func password(n int) string { return fmt.Sprintf("pa/ss+w0rd=%d", n) }

// line returns what the ordinary template makes of the n-th credential.
func line(n int) string { return fmt.Sprintf("AKIA%d:%s\n", n, password(n)) }

// promote makes the next credential current.
func (s *stage) promote() {
	s.Helper()
	s.written++
	text, err := json.Marshal(map[string]any{
		"username": fmt.Sprintf("AKIA%d", s.written), "password": password(s.written), "host": "localhost", "port": 587,
	})
	if err != nil {
		s.Fatal(err)
	}
	s.put(string(text))
}

// put gives the secret a value.
func (s *stage) put(value string) {
	s.Helper()
	if _, err := s.world.PutSecretValue(secret, value); err != nil {
		s.Fatal(err)
	}
}

// file makes the Follower render one more file, and returns its path.
func (s *stage) file(name, text string) string {
	s.Helper()
	template, err := ParseTemplate(name+".tmpl", text)
	if err != nil {
		s.Fatal(err)
	}
	path := filepath.Join(s.dir, name)
	if filepath.IsAbs(name) {
		path = name
	}
	s.follower.Files = append(s.follower.Files, File{Path: path, Template: template})
	return path
}

// start runs the Follower until the test ends.
func (s *stage) start() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.ended = stop, make(chan error, 1)
	go func() { s.ended <- s.follower.Run(ctx) }()
	s.Cleanup(func() {
		if s.ended != nil {
			s.ends()
		}
	})
}

// ends stops the Follower, and returns Run's result.
func (s *stage) ends() error {
	s.Helper()
	s.stop()
	select {
	case err := <-s.ended:
		s.ended = nil
		return err
	case <-time.After(30 * time.Second):
		s.Fatal("it doesn't stop")
		return nil
	}
}

// soon waits until something is true.
func (s *stage) soon(what string, so func() bool) {
	s.Helper()
	for until := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			s.Fatalf("timed out waiting until %s; log:\n%s", what, s.log.String())
		}
	}
}

// holds waits until a file has this content.
func (s *stage) holds(path, want string) {
	s.Helper()
	s.soon(fmt.Sprintf("%s holds %q", filepath.Base(path), want), func() bool { return content(path) == want })
}

// says waits until the log contains a text so many times.
func (s *stage) says(times int, text string) {
	s.Helper()
	s.soon(fmt.Sprintf("the log says %d times %q", times, text),
		func() bool { return strings.Count(s.log.String(), text) >= times })
}

// content returns a file's content; empty if there is no file.
func content(path string) string {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err.Error()
	}
	return string(text)
}

// looks waits until the Follower has read the secret two more times: then it has finished what it
// does about the present version.
func (s *stage) looks() {
	s.Helper()
	before := len(s.world.Calls())
	s.soon("it looks", func() bool { return len(s.world.Calls()) >= before+2 })
}

func (s *stage) nothingSecretWasTold() {
	for n := range s.written {
		if strings.Contains(s.log.String(), password(n+1)) {
			s.Errorf("a password was logged: %s", s.log.String())
		}
	}
}

// only checks that a folder contains exactly these files.
func (s *stage) only(dir string, names ...string) {
	s.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		s.Fatal(err)
	}
	var there []string
	for _, e := range entries {
		there = append(there, e.Name())
	}
	if strings.Join(there, " ") != strings.Join(names, " ") {
		s.Errorf("the folder has %q, want %q", there, names)
	}
}
