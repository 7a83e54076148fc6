package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/mail"
	"digest.example/internal/smtptest"
	"digest.example/internal/subscribers"
)

// outboxWorld is a world in which each recipient is sent a letter.
type outboxWorld struct {
	*world
	alerts []string
}

func newOutboxWorld(t *testing.T, n int) *outboxWorld {
	w := &outboxWorld{world: newWorld(t, n)}
	for i := range n {
		w.post(i, "digest@example.org")
	}
	return w
}

func letterID(i int) string { return fmt.Sprintf("letter%d", i) }

// post posts the letter to recipient i. Those that are posted first go first.
func (w *outboxWorld) post(i int, from string) {
	w.t.Helper()
	w.must(w.store.Post(context.Background(), digest.Letter{
		ID: letterID(i), Kind: digest.LetterConfirm, Subscriber: w.ids[i], Newsletter: w.newsletter, From: from,
		Data:    fmt.Appendf(nil, "Subject: letter %d\r\n\r\nherons", i),
		Created: w.clock().Add(time.Duration(i-100) * time.Millisecond), GiveUp: w.clock().Add(24 * time.Hour),
	}))
}

func (w *outboxWorld) outbox(server *smtptest.Server, change ...func(*delivery.OutboxOptions)) *delivery.Outbox {
	return w.outboxOn(w.store, server, change...)
}

func (w *outboxWorld) outboxOn(letters delivery.Letters, server *smtptest.Server, change ...func(*delivery.OutboxOptions)) *delivery.Outbox {
	w.t.Helper()
	dialer, err := mail.NewDialer(mail.Options{Host: server.Host(), Port: server.Port(), TLS: mail.NoTLS})
	w.must(err)
	o := delivery.OutboxOptions{
		Connect: func(ctx context.Context) (delivery.Session, error) { return dialer.Dial(ctx) },
		Owner:   "this", Exclusive: true, Lease: time.Minute, Drain: 10 * time.Second,
		Alert: func(text string) { w.alerts = append(w.alerts, text) },
		Now:   w.clock, Random: func() float64 { return 0.5 },
		Log: slog.New(slog.NewTextHandler(&safe{w: w.world}, nil)),
	}
	for _, f := range change {
		f(&o)
	}
	return delivery.NewOutbox(letters, o)
}

// due sends what is due.
func (w *outboxWorld) due(o *delivery.Outbox) delivery.Counts {
	w.t.Helper()
	counts, err := o.RunDue(w.ctx)
	w.must(err)
	return counts
}

// letter is letter i as the database has it.
func (w *outboxWorld) letter(i int) delivery.Letter {
	w.t.Helper()
	all, err := w.store.LettersIn(context.Background(), delivery.States, 1000)
	w.must(err)
	for _, l := range all {
		if l.Issue == letterID(i) {
			return l
		}
	}
	w.t.Fatalf("there is no letter %d", i)
	return delivery.Letter{}
}

func TestOutboxSendsEachLetterOnce(t *testing.T) {
	w := newOutboxWorld(t, 3)
	server := smtptest.New(t, smtptest.Options{})
	o := w.outbox(server)
	if counts := w.due(o); counts[delivery.Accepted] != 3 || counts.Total() != 3 {
		t.Errorf("reported %v", counts)
	}
	if counts := w.due(o); counts.Total() != 0 {
		t.Errorf("a second run reported %v", counts)
	}
	got := server.Messages()
	if len(got) != 3 {
		t.Fatalf("%d messages arrived", len(got))
	}
	for i, m := range got {
		if m.To[0] != fmt.Sprintf("r%d@example.org", i) || m.From != "digest@example.org" || m.Session != 1 ||
			string(m.Data) != fmt.Sprintf("Subject: letter %d\r\n\r\nherons\r\n", i) {
			t.Errorf("message %d: %+v", i, m)
		}
	}
	if v := server.Violations(); len(v) > 0 {
		t.Errorf("violations: %v", v)
	}
	if l := w.letter(0); l.State != delivery.Accepted || l.Attempts != 1 || l.LastCode != 250 {
		t.Errorf("the letter is %+v", l)
	}
}

func TestOutboxReplies(t *testing.T) {
	for _, c := range []struct {
		name     string
		stage    smtptest.Stage
		reply    string
		want     delivery.State
		attempts int
		wait     time.Duration // until it is tried again
		left     bool          // the subscriber may not be mailed any more
		alerts   int
	}{
		{"greylisted", smtptest.Rcpt, "450 4.2.0 come back", delivery.Ready, 1, 5 * time.Minute, false, 0},
		{"deferred after the dot", smtptest.Dot, "451 4.3.0 later", delivery.Ready, 1, 5 * time.Minute, false, 0},
		{"no such user", smtptest.Rcpt, "550 5.1.1 who?", delivery.Failed, 1, 0, true, 0},
		{"refused without a reason", smtptest.Rcpt, "550 no", delivery.Failed, 1, 0, false, 0},
		{"policy of one receiver", smtptest.Dot, "554 5.7.1 spam", delivery.Failed, 1, 0, false, 0},
		{"our SPF, says one receiver", smtptest.Dot, "550 5.7.23 SPF", delivery.Ready, 1, 5 * time.Minute, false, 0},
		{"not authenticated", smtptest.Mail, "530 5.7.0 who are you", delivery.Ready, 0, 5 * time.Minute, false, 1},
		{"our sender", smtptest.Mail, "550 5.1.8 sender", delivery.Ready, 0, 5 * time.Minute, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newOutboxWorld(t, 1)
			server := smtptest.New(t, smtptest.Options{Script: smtptest.Refuse(c.stage, c.reply)})
			w.due(w.outbox(server))
			l := w.letter(0)
			if l.State != c.want || l.Attempts != c.attempts || !strings.HasPrefix(l.LastReply, c.reply[:3]) {
				t.Errorf("the letter is %s after %d attempts: %s", l.State, l.Attempts, l.LastReply)
			}
			if c.wait > 0 && !l.NextAt.Equal(w.now.Add(c.wait)) {
				t.Errorf("it is tried again after %s", l.NextAt.Sub(w.now))
			}
			consent, err := w.store.Consent(w.ctx, w.ids[0], w.newsletter)
			w.must(err)
			if left := consent.State != subscribers.Active; left != c.left {
				t.Errorf("the subscriber is %s", consent.State)
			}
			if len(w.alerts) != c.alerts || len(server.Messages()) != 0 {
				t.Errorf("alerts %q, %d messages", w.alerts, len(server.Messages()))
			}
		})
	}
}

func TestOutboxLosesItsConnection(t *testing.T) {
	for _, c := range []struct {
		name     string
		script   smtptest.Script
		want     delivery.State
		accepted int
	}{
		{"at the greeting", smtptest.At(smtptest.Connect, "", smtptest.Action{Drop: true}), delivery.Accepted, 1},
		{"before RCPT", smtptest.At(smtptest.Rcpt, "", smtptest.Action{Drop: true}), delivery.Accepted, 1},
		{"421 at RCPT", smtptest.At(smtptest.Rcpt, "", smtptest.Action{Reply: "421 4.3.2 bye", Drop: true}), delivery.Accepted, 1},
		{"421 after the dot", smtptest.At(smtptest.Dot, "", smtptest.Action{Reply: "421 4.3.2 bye", Drop: true}), delivery.Accepted, 1},
		{"after the dot, taken", smtptest.At(smtptest.Dot, "", smtptest.Action{Drop: true, Accept: true}), delivery.InDoubt, 1},
		{"after the dot, not taken", smtptest.At(smtptest.Dot, "", smtptest.Action{Drop: true}), delivery.InDoubt, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newOutboxWorld(t, 1)
			server := smtptest.New(t, smtptest.Options{Script: smtptest.Once(c.script)})
			o := w.outbox(server)
			for range 3 { // a second run must not make it worse
				w.due(o)
				w.advance(time.Hour)
			}
			if l := w.letter(0); l.State != c.want {
				t.Errorf("the letter is %s: %s", l.State, l.LastReply)
			}
			if got := len(server.Messages()); got != c.accepted {
				t.Errorf("%d messages were accepted, want %d", got, c.accepted)
			}
		})
	}
}

// A relay that drops every connection is left alone for a minute, and nobody is
// punished for it.
func TestOutboxLeavesABrokenRelayAlone(t *testing.T) {
	w := newOutboxWorld(t, 10)
	server := smtptest.New(t, smtptest.Options{Script: smtptest.At(smtptest.Mail, "", smtptest.Action{Reply: "421 4.7.0 too many", Drop: true})})
	o := w.outbox(server)
	w.due(o)
	w.advance(30 * time.Second)
	w.due(o)
	if total, _ := server.Sessions(); total != 2 {
		t.Errorf("it was bothered %d times", total)
	}
	w.advance(31 * time.Second)
	w.due(o)
	if total, _ := server.Sessions(); total != 3 {
		t.Errorf("after a minute it was bothered %d times", total)
	}
	for i := range 10 {
		if l := w.letter(i); l.State != delivery.Ready || l.Attempts != 0 {
			t.Errorf("letter %d is %s after %d attempts", i, l.State, l.Attempts)
		}
	}
}

// While the relay refuses us, letters rest; the operator is told once, until one
// is accepted.
func TestOutboxTroubleIsToldOnce(t *testing.T) {
	w := newOutboxWorld(t, 3)
	var refuse atomic.Bool
	refuse.Store(true)
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
		if refuse.Load() && e.Stage == smtptest.Mail {
			return smtptest.Action{Reply: "535 5.7.8 credentials"}
		}
		return smtptest.Action{}
	}})
	o := w.outbox(server)
	for range 3 {
		w.due(o)
		w.advance(4 * time.Minute)
		if counts := w.due(o); counts.Total() != 0 {
			t.Errorf("within the rest: %v", counts)
		}
		w.advance(2 * time.Minute)
	}
	if len(w.alerts) != 1 || !strings.Contains(w.alerts[0], "535") {
		t.Errorf("alerts: %q", w.alerts)
	}
	refuse.Store(false)
	if counts := w.due(o); counts[delivery.Accepted] != 3 {
		t.Errorf("once it is put right: %v", counts)
	}
	refuse.Store(true)
	w.enrolMore(3)
	w.post(3, "digest@example.org")
	w.due(o)
	if len(w.alerts) != 2 {
		t.Errorf("of new trouble: %q", w.alerts)
	}
}

// enrolMore adds recipient i.
func (w *outboxWorld) enrolMore(i int) {
	w.t.Helper()
	id := fmt.Sprintf("%016d", i)
	w.ids = append(w.ids, id)
	address := fmt.Sprintf("r%d@example.org", i)
	_, err := w.store.Enrol(w.ctx, w.newsletter, []subscribers.Subscriber{{
		ID: id, Address: address, Normal: address, Hash: fmt.Sprintf("hash%d", i), Created: w.now,
	}}, subscribers.Consent{State: subscribers.Active, Since: w.now},
		subscribers.Event{At: w.now, To: subscribers.Active, Actor: subscribers.Operator})
	w.must(err)
}

// What one receiver says of us must not hold up the letters to others, whoever
// named that receiver; what three in a row say, does.
func TestOutboxTroubleTakesMoreThanOneReceiver(t *testing.T) {
	for _, c := range []struct {
		bad      int // letters that are refused, those posted first
		accepted int
		alerts   int
	}{{1, 4, 0}, {2, 3, 0}, {3, 0, 1}} {
		for _, reply := range []string{"550 5.7.26 DMARC", "554 5.7.1 listed"} {
			w := newOutboxWorld(t, 5)
			server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
				if e.Stage == smtptest.Rcpt && e.To < fmt.Sprintf("r%d@", c.bad) {
					return smtptest.Action{Reply: reply}
				}
				return smtptest.Action{}
			}})
			if counts := w.due(w.outbox(server)); counts[delivery.Accepted] != c.accepted || len(w.alerts) != c.alerts {
				t.Errorf("%d times %s: %v, alerts %q", c.bad, reply, counts, w.alerts)
			}
		}
	}
}

// A newsletter's wrong sender neither stops another's letters nor is told of
// again and again.
func TestOutboxTroubleOfOneSender(t *testing.T) {
	w := newOutboxWorld(t, 1)
	w.enrolMore(1)
	w.post(1, "herons@example.org")
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Action {
		if e.Stage == smtptest.Mail && e.From == "digest@example.org" {
			return smtptest.Action{Reply: "553 5.1.8 unknown sender"}
		}
		return smtptest.Action{}
	}})
	o := w.outbox(server)
	for range 3 {
		w.due(o)
		w.advance(6 * time.Minute)
	}
	if l := w.letter(1); l.State != delivery.Accepted {
		t.Errorf("the other's letter is %s: %s", l.State, l.LastReply)
	}
	if l := w.letter(0); l.State != delivery.Ready || len(w.alerts) != 1 {
		t.Errorf("the letter is %s; alerts %q", l.State, w.alerts)
	}
}

func TestOutboxGivesUp(t *testing.T) {
	w := newOutboxWorld(t, 1)
	server := smtptest.New(t, smtptest.Options{Script: smtptest.Refuse(smtptest.Rcpt, "450 4.2.0 come back")})
	o := w.outbox(server)
	for range 30 {
		w.due(o)
		w.advance(time.Hour)
	}
	l := w.letter(0)
	if l.State != delivery.Expired || l.Attempts < 5 || !strings.Contains(l.LastReply, "450 4.2.0 come back") {
		t.Errorf("the letter is %s after %d attempts: %s", l.State, l.Attempts, l.LastReply)
	}
	before := len(server.Commands())
	w.due(o)
	if len(server.Commands()) != before {
		t.Error("it is still tried")
	}
}

func TestOutboxSigns(t *testing.T) {
	w := newOutboxWorld(t, 2)
	server := smtptest.New(t, smtptest.Options{})
	w.due(w.outbox(server, func(o *delivery.OutboxOptions) {
		o.Sign = func(dst, data []byte) ([]byte, error) {
			if bytes.Contains(data, []byte("letter 1")) {
				return dst, errors.New("no key")
			}
			return append(append(dst, "DKIM-Signature: x\r\n"...), data...), nil
		}
	}))
	got := server.Messages()
	if len(got) != 1 || string(got[0].Data) != "DKIM-Signature: x\r\nSubject: letter 0\r\n\r\nherons\r\n" {
		t.Errorf("arrived: %+v", got)
	}
	if l := w.letter(1); l.State != delivery.RenderError || l.LastReply != "no key" || len(w.alerts) != 1 {
		t.Errorf("unsigned, the letter is %s (%s), alerts %q", l.State, l.LastReply, w.alerts)
	}
}

// lettersOf lets tests step between the outbox and its letters.
type lettersOf struct {
	delivery.Letters
	apply func(changes []delivery.Change) error
}

func (l lettersOf) ApplyLetters(ctx context.Context, now time.Time, changes []delivery.Change) ([]bool, error) {
	if err := l.apply(changes); err != nil {
		return nil, err
	}
	return l.Letters.ApplyLetters(ctx, now, changes)
}

// Nobody who is suppressed while all but the dot is on the wire gets the letter,
// nor does it reach the next one.
func TestOutboxAsksAgainBeforeTheDot(t *testing.T) {
	w := newOutboxWorld(t, 2)
	server := smtptest.New(t, smtptest.Options{})
	bounced := false
	o := w.outboxOn(lettersOf{w.store, func(changes []delivery.Change) error {
		if changes[0].To != delivery.Committing || bounced {
			return nil
		}
		bounced = true
		rows, err := w.store.Claim(w.ctx, delivery.Claim{Issue: w.issue, Owner: "x", Now: w.now, N: 1})
		w.must(err)
		_, err = w.store.Apply(w.ctx, w.now, []delivery.Change{{
			Issue: w.issue, Subscriber: rows[0].Subscriber, Owner: "x", Epoch: rows[0].Epoch,
			From: delivery.Claimed, To: delivery.Failed, Bounce: true,
		}})
		return err
	}}, server)
	w.due(o)
	if got := server.Accepted(); len(got) != 1 || got["r1@example.org"] != 1 {
		t.Errorf("accepted: %v", got)
	}
	if l := w.letter(0); l.State != delivery.Skipped {
		t.Errorf("the letter is %s", l.State)
	}
}

// A process that dies between intent and reply leaves doubt; the next one holds
// what nobody can know, and sends what it knows was not sent.
func TestOutboxAfterACrash(t *testing.T) {
	w := newOutboxWorld(t, 3)
	ctx, kill := context.WithCancel(w.ctx)
	server := smtptest.New(t, smtptest.Options{Script: smtptest.Once(smtptest.At(smtptest.Dot, "r1@example.org", smtptest.Action{Drop: true, Accept: true}))})
	dead := lettersOf{w.store, func(changes []delivery.Change) error {
		if changes[0].From == delivery.Committing && changes[0].Subscriber == w.ids[1] {
			kill()
			return errors.New("killed")
		}
		return nil
	}}
	o := w.outboxOn(dead, server, func(o *delivery.OutboxOptions) { o.Owner, o.Drain = "dead", 0 })
	if _, err := o.RunDue(ctx); err != nil {
		t.Fatal(err)
	}
	if l := w.letter(1); l.State != delivery.Committing {
		t.Fatalf("the letter is %s", l.State)
	}
	_, err := w.store.ClaimLetters(w.ctx, delivery.Claim{Owner: "dead", Now: w.now, Lease: time.Hour, N: 1})
	w.must(err)
	w.due(w.outbox(server))
	for i, want := range []delivery.State{delivery.Accepted, delivery.InDoubt, delivery.Accepted} {
		if l := w.letter(i); l.State != want {
			t.Errorf("letter %d is %s", i, l.State)
		}
	}
	w.once(server)
}

// What was accepted is made durable with the next letter's intent. Whoever dies
// before that leaves doubt of no more than that one letter.
func TestOutboxDiesWithAResult(t *testing.T) {
	w := newOutboxWorld(t, 3)
	ctx, kill := context.WithCancel(w.ctx)
	server := smtptest.New(t, smtptest.Options{})
	dead := lettersOf{w.store, func(changes []delivery.Change) error {
		if ctx.Err() == nil && (len(changes) == 1 || changes[0].Subscriber != w.ids[0] || changes[1].Subscriber != w.ids[1]) {
			return nil
		}
		kill()
		return errors.New("killed")
	}}
	_, err := w.outboxOn(dead, server, func(o *delivery.OutboxOptions) { o.Owner, o.Drain = "dead", 0 }).RunDue(ctx)
	w.must(err)
	if got := server.Accepted(); len(got) != 1 || got["r0@example.org"] != 1 {
		t.Errorf("before: %v", got)
	}
	w.due(w.outbox(server))
	for i, want := range []delivery.State{delivery.InDoubt, delivery.Accepted, delivery.Accepted} {
		if l := w.letter(i); l.State != want {
			t.Errorf("letter %d is %s", i, l.State)
		}
	}
	w.once(server)
}

// Each commit is one less for those who send issues meanwhile: many letters cost
// one for each, and little more.
func TestOutboxCommitsRarely(t *testing.T) {
	const n = 20
	w := newOutboxWorld(t, n)
	server := smtptest.New(t, smtptest.Options{})
	commits := 0
	count := func() error { commits++; return nil }
	letters := claimingOf{
		lettersOf{w.store, func([]delivery.Change) error { return count() }},
		func(int, error) error { return count() },
	}
	if counts := w.due(w.outboxOn(letters, server)); counts[delivery.Accepted] != n {
		t.Fatalf("reported %v", counts)
	}
	if commits > n+n/4+2 {
		t.Errorf("%d letters cost %d commits", n, commits)
	}
}

// claimingOf lets tests see claims, and change what is heard of them.
type claimingOf struct {
	delivery.Letters
	claimed func(rows int, err error) error
}

func (l claimingOf) ClaimLetters(ctx context.Context, c delivery.Claim) ([]delivery.Letter, error) {
	rows, err := l.Letters.ClaimLetters(ctx, c)
	if err := l.claimed(len(rows), err); err != nil {
		return nil, err
	}
	return rows, nil
}

// A claim that was not heard of has taken letters, which go out all the same, by
// the same process.
func TestOutboxFreesWhatItClaimedUnheard(t *testing.T) {
	w := newOutboxWorld(t, 2)
	server := smtptest.New(t, smtptest.Options{})
	unheard := true
	o := w.outboxOn(claimingOf{w.store, func(int, error) error {
		if unheard {
			return digest.ErrBusy
		}
		return nil
	}}, server)
	if _, err := o.RunDue(w.ctx); !errors.Is(err, digest.ErrBusy) {
		t.Fatalf("RunDue says %v", err)
	}
	if l := w.letter(0); l.State != delivery.Claimed {
		t.Fatalf("the letter is %s", l.State)
	}
	unheard = false
	if counts := w.due(o); counts[delivery.Accepted] != 2 {
		t.Errorf("afterwards: %v", counts)
	}
	w.once(server)
}

// SIGTERM, in the middle of a transaction.
func TestOutboxDrains(t *testing.T) {
	w := newOutboxWorld(t, 3)
	release := make(chan struct{})
	server := smtptest.New(t, smtptest.Options{Script: smtptest.At(smtptest.Dot, "", smtptest.Action{Wait: release})})
	ctx, stop := context.WithCancel(w.ctx)
	done := make(chan error, 1)
	go func() { done <- w.outbox(server).Run(ctx) }()
	w.must(server.WaitFor(w.ctx, 1)) // it is kept, and its reply stalls
	stop()
	select { // it is given the time to hear the reply
	case err := <-done:
		t.Fatalf("Run ended before the reply came: %v", err)
	case <-time.After(30 * time.Millisecond):
	}
	close(release)
	w.must(<-done)
	for i, want := range []delivery.State{delivery.Accepted, delivery.Ready, delivery.Ready} {
		if l := w.letter(i); l.State != want {
			t.Errorf("letter %d is %s", i, l.State)
		}
	}
}

func TestOutboxAbortLeavesDoubt(t *testing.T) {
	w := newOutboxWorld(t, 2)
	release := make(chan struct{})
	defer close(release)
	server := smtptest.New(t, smtptest.Options{Script: smtptest.At(smtptest.Dot, "", smtptest.Action{Wait: release})})
	ctx, stop := context.WithCancel(w.ctx)
	o := w.outbox(server)
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	w.must(server.WaitFor(w.ctx, 1)) // it is kept, and its reply stalls
	stop()
	o.Abort()
	o.Abort()
	w.must(<-done)
	if a, b := w.letter(0).State, w.letter(1).State; a != delivery.InDoubt || b != delivery.Ready {
		t.Errorf("the letters are %s and %s", a, b)
	}
}

// Letters that are posted while it runs go out, soon after each other over one
// connection, which is not kept for ever.
func TestOutboxRuns(t *testing.T) {
	w := newOutboxWorld(t, 1)
	w.enrolMore(1)
	server := smtptest.New(t, smtptest.Options{})
	ctx, stop := context.WithCancel(w.ctx)
	done := make(chan error, 1)
	go func() { done <- w.outbox(server).Run(ctx) }()
	w.must(server.WaitFor(w.ctx, 1))
	w.post(1, "digest@example.org")
	w.must(server.WaitFor(w.ctx, 2))
	if total, open := server.Sessions(); total != 1 || open != 1 {
		t.Errorf("%d connections, %d open", total, open)
	}
	w.advance(11 * time.Second)
	w.must(server.Await(w.ctx, "the end of the connection", func() bool { _, open := server.Sessions(); return open == 0 }))
	stop()
	w.must(<-done)
}

// A newer program has migrated the database: this one must not touch it.
func TestOutboxEndsAtANewerSchema(t *testing.T) {
	w := newOutboxWorld(t, 1)
	server := smtptest.New(t, smtptest.Options{})
	o := w.outboxOn(newer{w.store}, server)
	if err := o.Run(w.ctx); !errors.Is(err, digest.ErrSchema) {
		t.Errorf("Run says %v", err)
	}
	if _, err := o.RunDue(w.ctx); !errors.Is(err, digest.ErrSchema) {
		t.Errorf("RunDue says %v", err)
	}
}

type newer struct{ delivery.Letters }

func (newer) ClaimLetters(context.Context, delivery.Claim) ([]delivery.Letter, error) {
	return nil, digest.ErrSchema
}
