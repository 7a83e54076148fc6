package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/mail"
	"digest.example/internal/smtptest"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

// world is an issue that is sending to n recipients, r0@example.org and on.
type world struct {
	t          testing.TB
	ctx        context.Context
	store      *store.Store
	newsletter string
	issue      string
	letter     string // begins its recipients' addresses
	ids        []string
	log        *bytes.Buffer

	mu  sync.Mutex
	now time.Time
}

func newWorld(t testing.TB, n int) *world {
	t.Helper()
	w := &world{t: t, ctx: t.Context(), letter: "r", log: &bytes.Buffer{}, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	db, err := empty()
	w.must(err)
	file := filepath.Join(t.TempDir(), "digest.db")
	w.must(os.WriteFile(file, db, 0o600))
	s, err := store.Open(w.ctx, file, store.Options{Mode: store.ReadWrite})
	w.must(err)
	t.Cleanup(func() { s.Close() })
	w.store = s
	w.plan("weekly", n)
	return w
}

// beside is an issue of another newsletter in the same ledger that is sending to n
// recipients, o0@example.org and on.
func (w *world) beside(n int) *world {
	w.t.Helper()
	other := &world{t: w.t, ctx: w.ctx, store: w.store, letter: "o", log: &bytes.Buffer{}, now: w.clock()}
	other.plan("daily", n)
	return other
}

// plan makes the newsletter with its n recipients, and an issue that is sending.
func (w *world) plan(newsletter string, n int) {
	w.t.Helper()
	id, _, err := w.store.RegisterNewsletter(w.ctx, newsletter, "@weekly", "UTC", w.now)
	w.must(err)
	w.newsletter = id
	w.enrol(n)
	r, _, err := w.store.OpenIssue(w.ctx, newsletter, digest.EditionScheduled, digest.ExtraSlot(w.now, "UTC"), w.now)
	w.must(err)
	w.issue = r.ID
	w.must(w.store.Freeze(w.ctx, r.ID, digest.Frozen{Stencil: []byte("x"), From: "digest@example.org", At: w.now}))
	for done := false; !done; {
		done, err = w.store.Plan(w.ctx, r.ID, 1000, w.now)
		w.must(err)
	}
	w.move(digest.IssueSending)
}

// empty is the file of a database without rows: making one costs more than most
// tests.
var empty = sync.OnceValues(func() (_ []byte, err error) {
	folder, err := os.MkdirTemp("", "digest-test-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "digest.db")
	s, err := store.Open(context.Background(), file, store.Options{Mode: store.ReadWrite})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) enrol(n int) {
	var people []subscribers.Subscriber
	for i := range n {
		address := fmt.Sprintf("%s%d@example.org", w.letter, i)
		id := fmt.Sprintf("%s%015d", w.letter, i)
		w.ids = append(w.ids, id)
		people = append(people, subscribers.Subscriber{
			ID: id, Address: address, Normal: address, Hash: "hash" + id, Created: w.now,
		})
	}
	_, err := w.store.Enrol(w.ctx, w.newsletter, people,
		subscribers.Consent{State: subscribers.Active, Since: w.now},
		subscribers.Event{At: w.now, To: subscribers.Active, Actor: subscribers.Operator})
	w.must(err)
}

func (w *world) move(to digest.IssueState) {
	w.t.Helper()
	r, err := w.store.Issue(w.ctx, w.issue)
	w.must(err)
	ok, err := w.store.MoveIssue(w.ctx, w.issue, []digest.IssueState{r.State}, digest.IssueMove{To: to, At: w.now})
	w.must(err)
	if !ok {
		w.t.Fatalf("the issue did not become %s", to)
	}
}

// leave unsubscribes recipient i.
func (w *world) leave(i int) {
	ok, err := w.store.Move(context.Background(), w.ids[i], w.newsletter, []subscribers.State{subscribers.Active},
		subscribers.Event{At: w.now, To: subscribers.Unsubscribed, Actor: subscribers.Reader})
	if err != nil || !ok {
		w.t.Errorf("recipient %d could not leave: %v", i, err)
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// engine sends through the server with so many connections.
func (w *world) engine(server *smtptest.Server, connections int, settings ...func(*delivery.Options)) *delivery.Engine {
	return w.engineOn(w.store, server, connections, settings...)
}

func (w *world) engineOn(ledger delivery.Store, server *smtptest.Server, connections int, settings ...func(*delivery.Options)) *delivery.Engine {
	w.t.Helper()
	return w.engineVia(ledger, mail.Options{Host: server.Host(), Port: server.Port(), TLS: mail.NoTLS}, connections, settings...)
}

// engineVia sends by way of the relay that the options describe.
func (w *world) engineVia(ledger delivery.Store, relay mail.Options, connections int, settings ...func(*delivery.Options)) *delivery.Engine {
	w.t.Helper()
	dialer, err := mail.NewDialer(relay)
	w.must(err)
	o := delivery.Options{
		Connect:     func(ctx context.Context) (delivery.Session, error) { return dialer.Dial(ctx) },
		Owner:       "this",
		Connections: connections,
		Lease:       time.Minute,
		Drain:       10 * time.Second,
		Now:         w.clock,
		Random:      func() float64 { return 0.5 },
		Log:         slog.New(slog.NewTextHandler(&safe{w: w}, nil)),
	}
	for _, set := range settings {
		set(&o)
	}
	return delivery.New(ledger, o)
}

// safe lets goroutines write to the world's log.
type safe struct{ w *world }

func (s *safe) Write(p []byte) (int, error) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	return s.w.log.Write(p)
}

func (w *world) job() delivery.Job {
	return delivery.Job{
		Issue: w.issue, From: "digest@example.org", GiveUp: w.clock().Add(4 * 24 * time.Hour),
		Build: func(m *mail.Data, d delivery.Delivery) error {
			return m.Set([]byte("Subject: hello\r\nTo: " + d.Address + "\r\n\r\nbody"))
		},
	}
}

// run sends what is due.
func (w *world) run(e *delivery.Engine, j delivery.Job) delivery.Report {
	w.t.Helper()
	report, err := e.Run(w.ctx, j)
	w.must(err)
	return report
}

func (w *world) counts() delivery.Counts {
	w.t.Helper()
	c, err := w.store.Counts(context.Background(), w.issue)
	w.must(err)
	return c
}

// row is the ledger's row of recipient i.
func (w *world) row(i int) delivery.Delivery {
	w.t.Helper()
	var found delivery.Delivery
	w.must(w.store.Deliveries(context.Background(), w.issue, delivery.States, func(d delivery.Delivery) error {
		if d.Subscriber == w.ids[i] {
			found = d
		}
		return nil
	}))
	if found.Subscriber == "" {
		w.t.Fatalf("recipient %d has no row", i)
	}
	return found
}

// once fails the test if anybody got more than one message.
func (w *world) once(server *smtptest.Server) {
	w.t.Helper()
	for address, n := range server.Accepted() {
		if n > 1 {
			w.t.Errorf("%s got %d messages", address, n)
		}
	}
}
