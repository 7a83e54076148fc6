package publish_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"digest.example/internal/delivery"
	digestmail "digest.example/internal/mail"
	"digest.example/internal/publish"
	"digest.example/internal/smtptest"
	"digest.example/internal/subscribers"
)

// engine makes the world send through the server by the real deliverer.
func (w *world) engine(server *smtptest.Server) {
	w.t.Helper()
	dialer, err := digestmail.NewDialer(digestmail.Options{Host: server.Host(), Port: server.Port(), TLS: digestmail.NoTLS})
	w.must(err)
	w.deliverer = delivery.New(w.db, delivery.Options{
		Connect: func(ctx context.Context) (delivery.Session, error) { return dialer.Dial(ctx) },
		Owner:   "this", Connections: 2, Lease: time.Minute, Drain: time.Second,
		Now: w.time, Random: func() float64 { return 0.5 }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	w.start()
}

// From the site to the relay: each reader gets one mail with a link of their own.
func TestSendThroughRelay(t *testing.T) {
	const readers = 20
	server := smtptest.New(t, smtptest.Options{})
	w := newWorld(t, readers)
	w.engine(server)
	left, err := w.db.Move(w.ctx, readerID(3), w.newsletterID(), []subscribers.State{subscribers.Active},
		subscribers.Event{At: wednesday, To: subscribers.Unsubscribed, Actor: subscribers.Reader})
	if err != nil || !left {
		t.Fatalf("leaving: %v %v", left, err)
	}
	w.site.publish(wednesday, "a")
	w.at(sunday)
	w.at(sunday.Add(time.Hour))
	w.wantIssues("done")
	w.wantCounts(w.last(), delivery.Counts{delivery.Accepted: readers - 1})
	got := server.Accepted()
	for i := range readers {
		want := 1
		if i == 3 {
			want = 0
		}
		if got[reader(i)] != want {
			t.Errorf("%s got %d mails, want %d", reader(i), got[reader(i)], want)
		}
	}
	for _, m := range server.Messages() {
		w.checkMail(m)
	}
}

func (w *world) newsletterID() string {
	w.t.Helper()
	id, err := w.db.NewsletterID(w.ctx, w.newsletter.Name)
	w.must(err)
	return id
}

// checkMail reads a mail as its recipient's program does.
func (w *world) checkMail(m smtptest.Message) {
	w.t.Helper()
	read, err := mail.ReadMessage(bytes.NewReader(m.Data))
	w.must(err)
	to := m.To[0]
	number := strings.TrimSuffix(strings.TrimPrefix(to, "r"), "@example.org")
	link := w.newsletter.PublicURL + "/u/" + strings.Repeat("0", 16-len(number)) + number + "." + w.newsletterID()
	for name, want := range map[string]string{
		"To": to, "List-Unsubscribe": "<" + link + ">", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	} {
		if got := read.Header.Get(name); got != want {
			w.t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	from, err := mail.ParseAddress(read.Header.Get("From"))
	if err != nil || from.Name != "The Harbour Weekly" || from.Address != "digest@harbour.test" {
		w.t.Errorf("from %v, %v", from, err)
	}
	if date, err := read.Header.Date(); err != nil || !date.Equal(sunday) {
		w.t.Errorf("dated %s, %v", date, err)
	}
	if m.From != "bounces@harbour.test" {
		w.t.Errorf("bounces go to %s", m.From)
	}
}

// A relay that refuses our sender pauses the issue, and nobody is lost by it.
func TestRelayRefusesUs(t *testing.T) {
	var refuse atomic.Bool
	refuse.Store(true)
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
		if refuse.Load() && e.Stage == smtptest.Mail {
			return smtptest.Action{Reply: "530 5.7.0 Authentication required"}
		}
		return smtptest.Action{}
	}})
	w := newWorld(t, 5)
	w.engine(server)
	w.site.publish(wednesday, "a")
	w.at(sunday)
	w.wantIssues("paused")
	w.wantAlerts("weekly/1 is paused: ")
	w.wantCounts(w.last(), delivery.Counts{delivery.Ready: 5})
	refuse.Store(false)
	w.must(publish.Resume(w.ctx, w.db, w.last(), sunday))
	w.at(sunday.Add(time.Hour))
	w.wantIssues("done")
	w.wantCounts(w.last(), delivery.Counts{delivery.Accepted: 5})
}

func TestNoRelay(t *testing.T) {
	server := smtptest.New(t, smtptest.Options{})
	w := newWorld(t, 5)
	w.engine(server)
	server.Close()
	w.site.publish(wednesday, "a")
	w.at(sunday)
	w.wantIssues("sending")
	w.wantCounts(w.last(), delivery.Counts{delivery.Ready: 5})
	w.wantAlerts()
}
