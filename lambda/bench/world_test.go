package bench

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

const (
	// trip is how long a round trip to AWS's APIs and to SES takes.
	trip   = 50 * time.Millisecond
	region = localfunction.Region
	day    = 24 * time.Hour
)

// world is the function in this process, with AWS a round trip away.
type world struct {
	*testing.B
	*localfunction.Deployment
}

func newWorld(b *testing.B, regions ...string) *world {
	b.Helper()
	d, err := localfunction.Start(localfunction.Config{Regions: regions})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	return &world{b, d}
}

// invoke makes the function succeed, and returns how long it took.
func (w *world) invoke(event string, want rotation.Outcome) time.Duration {
	w.Helper()
	start := time.Now()
	answer, err := w.Invoke(context.Background(), event)
	took := time.Since(start)
	if err != nil {
		w.Fatalf("%s: %v", event, err)
	}
	if answer.Outcome != want {
		w.Fatalf("%s: %s", event, answer.Text)
	}
	return took
}

// far delays every AWS call by a round trip.
func (w *world) far() {
	w.World.Intercept(func(localaws.Call) *localaws.Fault { return &localaws.Fault{Delay: trip} })
}

// line connects to an SMTP server with a round trip's delay, and measures how long it is in use.
type line struct {
	address     string
	mu          sync.Mutex
	first, last time.Time
}

func newLine(b *testing.B, to string) *line {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { listener.Close() })
	l := &line{address: listener.Addr().String()}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			l.used()
			go l.connect(client, to)
		}
	}()
	return l
}

// connect passes on what both sides send. Connecting also costs a round trip, before the server's
// greeting sets out.
func (l *line) connect(client net.Conn, to string) {
	server, err := net.Dial("tcp", to)
	if err != nil {
		client.Close()
		return
	}
	go func() {
		_, _ = io.Copy(server, client)
		server.Close()
	}()
	type said struct {
		text []byte
		due  time.Time
	}
	way := make(chan said, 1000)
	go func() {
		defer close(way)
		for earliest := time.Now().Add(trip); ; {
			text := make([]byte, 32<<10)
			n, err := server.Read(text)
			due := time.Now()
			if due.Before(earliest) {
				due = earliest
			}
			if n > 0 {
				way <- said{text[:n], due.Add(trip)}
			}
			if err != nil {
				return
			}
		}
	}()
	for s := range way {
		time.Sleep(time.Until(s.due))
		_, _ = client.Write(s.text)
		l.used()
	}
	client.Close()
}

func (l *line) used() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last = time.Now(); l.first.IsZero() {
		l.first = l.last
	}
}

// inUse returns how long the line was in use, and resets that.
func (l *line) inUse() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.last.Sub(l.first)
	l.first = time.Time{}
	return d
}

// verifier returns a verifier that trusts the world's SMTP servers.
func (w *world) verifier() *sessmtp.Verifier {
	return &sessmtp.Verifier{Client: sessmtp.Client{TLS: &tls.Config{RootCAs: w.World.CertPool()}}}
}

// trips converts a duration to round trips.
func trips(d time.Duration) float64 { return float64(d) / float64(trip) }
