package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"digest.example/internal/alert"
	"digest.example/internal/compose"
	"digest.example/internal/config"
	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/fetch"
	"digest.example/internal/library"
	"digest.example/internal/mail"
	"digest.example/internal/metrics"
	"digest.example/internal/publish"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
	"digest.example/internal/web"
)

// What store must satisfy for the floors that declare it.
var (
	_ library.Store     = (*store.Store)(nil)
	_ publish.Store     = (*store.Store)(nil)
	_ subscribers.Store = (*store.Store)(nil)
	_ web.Archive       = (*store.Store)(nil)
	_ web.Database      = (*store.Store)(nil)
	_ publish.Archive   = (*store.Store)(nil)
	_ metrics.Store     = (*store.Store)(nil)
)

// drainTime is how long open transactions may take once we were asked to stop.
const drainTime = 30 * time.Second

// timing is what decides when a process that sends counts as dead, where several
// share a database.
type timing struct {
	lease time.Duration // of what it holds, unless it renews it
	grace time.Duration // after that, for what is between dot and reply
	sweep time.Duration // how often the others look
}

// alertTime is how long the end of a command waits for its alerts to be delivered.
const alertTime = 15 * time.Second

// app is one run of the program.
type app struct {
	in       io.Reader
	out, err io.Writer
	environ  []string
	now      func() time.Time
	timing   timing

	configFile string
	json       bool
	sampleTold bool // that there is no configuration
	config     config.Config
	engine     atomic.Pointer[delivery.Engine] // the signal handler looks at it
	outbox     atomic.Pointer[delivery.Outbox] // the same
	fetcher    *fetch.Client                   // see client

	// ledger, if set, stands between the engine and the store; benchmarks slow
	// commits down with it.
	ledger func(delivery.Store) delivery.Store

	// reports says that the command ends by reporting what became of the
	// issues: alerts wait in told, so that nothing is said twice.
	reports bool
	told    []string
	alerter *alert.Alerter // of a command that sends

	lettersSent delivery.Counts // what became of those that were due
}

// newApp is a run of this process. The grace is the time that RFC 5321 section
// 4.5.3.2.6 gives a relay to answer.
func newApp() *app {
	return &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ(), now: time.Now,
		timing: timing{lease: 15 * time.Minute, grace: 10 * time.Minute, sweep: time.Minute},
	}
}

// stopping tells whoever waits at a terminal why the program does not end at once.
func (a *app) stopping() {
	if a.engine.Load() != nil {
		a.log().Info("stopping: open transactions finish first; a second signal stops at once")
	}
}

// abort makes what is draining stop at once.
func (a *app) abort() {
	if e := a.engine.Load(); e != nil {
		e.Abort()
	}
	if o := a.outbox.Load(); o != nil {
		o.Abort()
	}
}

// load reads the configuration and returns its newsletters.
func (a *app) load() ([]publish.Newsletter, error) {
	c, err := config.Load(a.configFile, a.environ)
	a.config = c
	if err != nil {
		return nil, err
	}
	return a.newsletters()
}

// log writes for people on standard error.
func (a *app) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(a.err, nil))
}

// service changes who is on the lists.
func (a *app) service(s *store.Store, keys *subscribers.Keys) *subscribers.List {
	return subscribers.NewList(subscribers.Options{Store: s, Keys: keys, Now: a.now, Random: rand.Reader})
}

// outgoing is what issues are made from, whoever sends them.
type outgoing struct {
	newsletters []publish.Newsletter
	composer    *compose.Composer
}

// sender is who may send: the only process with a SQLite database, one of
// several with PostgreSQL.
func (a *app) sender(s *store.Store, keys *subscribers.Keys, out outgoing, progress publish.Progress) (*publish.Publisher, error) {
	connect, sign, err := a.relay()
	if err != nil {
		return nil, err
	}
	a.alerter, err = alert.New(alert.Options{
		Command: a.config.Alert.Command, Environ: a.environ, Webhook: a.config.Alert.Webhook, Now: a.now, Log: a.log(),
	})
	if err != nil {
		return nil, fmt.Errorf("%w: alert.webhook: %w", digest.ErrConfig, err)
	}
	outlivePipes()
	name := newOwner()
	var ledger delivery.Store = s
	if a.ledger != nil {
		ledger = a.ledger(s)
	}
	engine := delivery.New(ledger, delivery.Options{
		Connect: connect, Owner: name, Connections: a.config.SMTP.Connections, PerSecond: a.config.SMTP.PerSecond,
		PerConnection: a.config.SMTP.PerConnection,
		Sign:          sign, Lease: a.timing.lease, Drain: drainTime,
		Now: a.now, Random: mathrand.Float64, Log: a.log(),
	})
	a.engine.Store(engine)
	return a.publisher(s, keys, out.newsletters, out.composer, engine, progress, name), nil
}

// relay is how a sender reaches the relay, and what it signs messages with.
func (a *app) relay() (connect func(context.Context) (delivery.Session, error), sign func(dst, data []byte) ([]byte, error), err error) {
	dialer, err := a.dialer()
	if err != nil {
		return nil, nil, err
	}
	if sign, err = a.sign(); err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) (delivery.Session, error) { return dialer.Dial(ctx) }, sign, nil
}

// newOwner names a sender in the ledger: never as any other was named.
func newOwner() string {
	owner := make([]byte, 8)
	rand.Read(owner)
	return hex.EncodeToString(owner)
}

// publisher wires the four steps. Without a deliverer it can only preview, and
// without a composer not even that.
func (a *app) publisher(s *store.Store, keys *subscribers.Keys, newsletters []publish.Newsletter, composer *compose.Composer, d publish.Deliverer, progress publish.Progress, owner string) *publish.Publisher {
	return publish.New(s, publish.Options{
		Newsletters: newsletters,
		Library:     library.New(s, library.Options{Now: a.now, Log: a.log()}),
		Composer:    composer,
		Deliverer:   d,
		Token: func(subscriber, newsletter string) (string, error) {
			return keys.Token(subscribers.PurposeUnsubscribe, subscriber, newsletter)
		},
		Preferences: func(subscriber, newsletter string) (string, error) {
			return keys.Token(subscribers.PurposePreferences, subscriber, newsletter)
		},
		Nobody:    subscribers.Nobody,
		Reachable: reachable,
		Alert:     a.alert,
		Progress:  progress,
		Owner:     owner,
		Exclusive: !a.config.Postgres(),
		Sweep:     a.timing.sweep,
		Grace:     a.timing.grace,
		Now:       a.now,
		Log:       a.log(),
	})
}

// alert tells the operator of what needs a person.
func (a *app) alert(text string) {
	if a.alerter != nil {
		a.alerter.Alert(text)
	}
	if a.reports {
		a.told = append(a.told, text)
		return
	}
	a.log().Warn(text)
}

// lastAlerts waits until the operator has been told everything, but not for ever.
func (a *app) lastAlerts() {
	if a.alerter == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), alertTime)
	defer cancel()
	if err := a.alerter.Close(ctx); err != nil {
		a.log().Error("the operator was not told everything", "error", err)
	}
}

// withPublisher opens the database for a change beside whoever is sending, with
// the newsletters made known to it.
func (a *app) withPublisher(ctx context.Context, newsletters []publish.Newsletter, do func(*store.Store, *subscribers.Keys, *publish.Publisher) error) (err error) {
	s, err := a.open(ctx, store.ReadWrite)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	keys, err := a.keys(ctx, s, false)
	if err != nil {
		return err
	}
	p := a.publisher(s, keys, newsletters, nil, nil, silent{}, "")
	if err := p.Register(ctx); err != nil {
		return err
	}
	return do(s, keys, p)
}

// dialer reaches the relay as the configuration says.
func (a *app) dialer() (*mail.Dialer, error) {
	c := a.config.SMTP
	o := mail.Options{
		Host: c.Host, Port: c.Port, TLS: mail.TLSMode(c.TLS),
		Auth: mail.AuthKind(c.Auth), Username: c.Username, Password: c.Password,
	}
	o.NoPipelining = !c.Pipelining
	if c.PasswordFile != "" {
		o.PasswordFrom = c.CurrentPassword
	}
	return mail.NewDialer(o)
}

// dial opens a session with the relay for a command of its own.
func (a *app) dial(ctx context.Context) (*mail.Session, error) {
	dialer, err := a.dialer()
	if err != nil {
		return nil, err
	}
	return dialer.Dial(ctx)
}

// reachable asks whether unsubscribe links lead to this database's pages.
func reachable(ctx context.Context, publicURL, databaseID string) error {
	if placeholder(publicURL) {
		return fmt.Errorf("web.public_url is still the placeholder %s: set it to the address under which "+
			"digest serve can be reached, so that readers can unsubscribe", publicURL)
	}
	return web.Probe(ctx, http.DefaultClient, publicURL, databaseID)
}

// print writes v as JSON for scripts, or calls text for people.
func (a *app) print(v any, text func(w io.Writer)) error {
	if !a.json {
		text(a.out)
		return nil
	}
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// closing adds the error of closing something to a command's own.
func closing(err *error, c io.Closer) {
	*err = errors.Join(*err, c.Close())
}

// release adds the error of giving up the lock to a command's own.
func release(err *error, l *store.Lock) {
	*err = errors.Join(*err, l.Release())
}

// pick is the newsletter that a command is about: the named one, or the only one.
func pick(newsletters []publish.Newsletter, name string) (*publish.Newsletter, error) {
	var names []string
	for i := range newsletters {
		if newsletters[i].Name == name || (name == "" && len(newsletters) == 1) {
			return &newsletters[i], nil
		}
		names = append(names, newsletters[i].Name)
	}
	if name == "" {
		return nil, fmt.Errorf("%w: there are several newsletters: say --newsletter and one of %s", digest.ErrUsage, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("%w: there is no newsletter %q in the configuration; there is %s", digest.ErrUsage, name, strings.Join(names, ", "))
}

// picks are the newsletters that a command is about: the named one, or all.
func picks(newsletters []publish.Newsletter, name string) ([]*publish.Newsletter, error) {
	if name != "" {
		n, err := pick(newsletters, name)
		if err != nil {
			return nil, err
		}
		return []*publish.Newsletter{n}, nil
	}
	var all []*publish.Newsletter
	for i := range newsletters {
		all = append(all, &newsletters[i])
	}
	return all, nil
}

// isTerminal says whether w is one.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
