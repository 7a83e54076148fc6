package publish_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"digest.example/internal/compose"
	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/mail"
	"digest.example/internal/publish"
	"digest.example/internal/schedule"
	"digest.example/internal/sources"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
	"digest.example/templates"
)

// Wednesday, and the three slots that follow it.
var (
	wednesday = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	sunday    = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	second    = sunday.AddDate(0, 0, 7)
	third     = sunday.AddDate(0, 0, 14)
)

var composer = sync.OnceValues(func() (*compose.Composer, error) { return compose.New(templates.Files) })

// world is everything around a publisher: a database, a site, readers, a clock.
type world struct {
	t     *testing.T
	ctx   context.Context
	file  string
	owner string // the process, in the ledger
	db    *store.Store
	store database // db, or something around it
	clock func() time.Time
	// shared says that other processes may send from the same database.
	shared bool

	site       *site
	other      *site // of another newsletter, where there is one
	mailer     *mailer
	deliverer  publish.Deliverer
	newsletter publish.Newsletter
	p          *publish.Publisher
	unreach    error // of the unsubscribe page

	mu     sync.Mutex
	now    time.Time
	alerts []string
}

// database is all that a publisher needs of one.
type database interface {
	publish.Store
	library.Store
}

// newWorld has one newsletter that is due on Sundays, and so many readers.
func newWorld(t *testing.T, readers int) *world {
	t.Helper()
	w := &world{t: t, ctx: t.Context(), now: wednesday, site: &site{}, owner: "this"}
	w.clock = w.time
	w.file = filepath.Join(t.TempDir(), "digest.db")
	w.open(store.Options{Mode: store.ReadWrite})
	w.mailer = &mailer{store: w.db, now: func() time.Time { return w.clock() }, got: map[string]int{}}
	w.deliverer = w.mailer
	w.newsletter = weekly(t)
	w.newsletter.NoteFile = filepath.Join(t.TempDir(), "NEXT.md")
	w.newsletter.Sources = []library.Source{{SourceRef: digest.SourceRef{Name: "blog", Required: true}, Source: w.site}}
	w.start()
	w.enrol(0, readers)
	return w
}

func weekly(t *testing.T) publish.Newsletter {
	t.Helper()
	s, err := schedule.Parse("0 9 * * SUN", "Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return publish.Newsletter{Spec: "0 9 * * SUN", Schedule: s, Newsletter: digest.Newsletter{
		Name: "weekly", Title: "The Harbour Weekly", From: "The Harbour Weekly <digest@harbour.test>",
		EnvelopeFrom: "bounces@harbour.test", PostalAddress: "12 Harbour Street", Language: "en",
		PublicURL: "https://digest.harbour.test", Location: london,
		MaxArticles: 2, Window: 7 * 24 * time.Hour, PerArticle: 2,
		HoldMax: 24 * time.Hour, CatchUp: 48 * time.Hour,
	}}
}

func (w *world) open(o store.Options) {
	w.t.Helper()
	s, err := store.Open(w.ctx, w.file, o)
	w.must(err)
	w.t.Cleanup(func() { s.Close() })
	w.db, w.store = s, s
}

// start replaces the publisher by a new one, as a new process would.
func (w *world) start() {
	w.t.Helper()
	w.p = w.publisher(w.newsletter)
	w.must(w.p.Start(w.ctx))
}

// publisher is one that has not started yet.
func (w *world) publisher(newsletters ...publish.Newsletter) *publish.Publisher {
	w.t.Helper()
	c, err := composer()
	w.must(err)
	return publish.New(w.store, publish.Options{
		Newsletters: newsletters, Composer: c,
		Library: library.New(w.store, library.Options{
			Now: func() time.Time { return w.clock() }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}), Deliverer: w.deliverer,
		Token:       func(subscriber, newsletter string) (string, error) { return subscriber + "." + newsletter, nil },
		Preferences: func(subscriber, newsletter string) (string, error) { return subscriber + "-" + newsletter, nil },
		Nobody:      subscribers.Nobody,
		Reachable: func(context.Context, string, string) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.unreach
		},
		Alert: func(text string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.alerts = append(w.alerts, text)
		},
		Progress: silent{}, Owner: w.owner, Exclusive: !w.shared,
		Sweep: time.Minute, Grace: 10 * time.Minute,
		Now: func() time.Time { return w.clock() }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
}

type silent struct{}

func (silent) Begin(string, int, int) (func(delivery.State), func()) {
	return func(delivery.State) {}, func() {}
}

func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// at sets the clock and does what there is to do.
func (w *world) at(now time.Time) {
	w.t.Helper()
	w.must(w.tryAt(now))
}

func (w *world) tryAt(now time.Time, force ...string) error {
	w.mu.Lock()
	w.now = now
	w.mu.Unlock()
	_, err := w.p.SendDue(w.ctx, []*publish.Newsletter{&w.newsletter}, force, 0)
	return err
}

// enrol makes the readers from to to-1 active.
func (w *world) enrol(from, to int) {
	w.t.Helper()
	id, err := w.db.NewsletterID(w.ctx, w.newsletter.Name)
	w.must(err)
	var people []subscribers.Subscriber
	for i := from; i < to; i++ {
		people = append(people, subscribers.Subscriber{
			ID: readerID(i), Address: reader(i), Normal: reader(i), Hash: fmt.Sprint("hash", i), Created: wednesday,
		})
	}
	_, err = w.db.Enrol(w.ctx, id, people, subscribers.Consent{State: subscribers.Active, Since: wednesday},
		subscribers.Event{At: wednesday, To: subscribers.Active, Actor: subscribers.Operator})
	w.must(err)
}

func reader(i int) string   { return fmt.Sprintf("r%d@example.org", i) }
func readerID(i int) string { return fmt.Sprintf("%016d", i) }

// issues are the newsletter's issues by number.
func (w *world) issues() []digest.IssueRecord {
	w.t.Helper()
	all, err := w.db.Issues(context.WithoutCancel(w.ctx), w.newsletter.Name, 0)
	w.must(err)
	slices.SortFunc(all, func(a, b digest.IssueRecord) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// wantIssues compares the issues' states, such as "done skipped held".
func (w *world) wantIssues(want string) {
	w.t.Helper()
	var got []string
	for _, r := range w.issues() {
		got = append(got, string(r.State))
	}
	if strings.Join(got, " ") != want {
		w.t.Fatalf("the issues are %q, want %q; alerts: %q", got, want, w.alerts)
	}
}

func (w *world) last() digest.IssueRecord {
	w.t.Helper()
	all := w.issues()
	if len(all) == 0 {
		w.t.Fatal("there is no issue")
	}
	return all[len(all)-1]
}

// wantMails says how many mails each of so many readers has got in all.
func (w *world) wantMails(readers, each int) {
	w.t.Helper()
	for i := range readers {
		if got := w.mailer.got[reader(i)]; got != each {
			w.t.Errorf("%s got %d mails, want %d", reader(i), got, each)
		}
	}
}

// wantAlerts checks that there were as many alerts as texts, each holding its text.
func (w *world) wantAlerts(texts ...string) {
	w.t.Helper()
	ok := len(w.alerts) == len(texts)
	for i := range min(len(w.alerts), len(texts)) {
		ok = ok && strings.Contains(w.alerts[i], texts[i])
	}
	if !ok {
		w.t.Errorf("alerts %q, want ones with %q", w.alerts, texts)
	}
}

// printed are the ids of all articles that an issue prints, in the site's order.
func (w *world) printed(r digest.IssueRecord) []string {
	w.t.Helper()
	issue, err := w.db.Content(w.ctx, r.ID)
	w.must(err)
	return articlesOf(issue)
}

func articlesOf(issue digest.Issue) []string {
	ids := []string{}
	for _, p := range slices.Concat(issue.Lead, issue.More) {
		ids = append(ids, p.Article.ID)
	}
	slices.Sort(ids)
	return ids
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// counts is the ledger of an issue.
func (w *world) counts(r digest.IssueRecord) delivery.Counts {
	w.t.Helper()
	c, err := w.db.Counts(w.ctx, r.ID)
	w.must(err)
	maps.DeleteFunc(c, func(_ delivery.State, n int) bool { return n == 0 })
	return c
}

func (w *world) wantCounts(r digest.IssueRecord, want delivery.Counts) {
	w.t.Helper()
	if got := w.counts(r); !maps.Equal(got, want) {
		w.t.Errorf("the ledger of %s is %v, want %v", r.Name(), got, want)
	}
}

// write writes the editor's note.
func (w *world) write(text string) {
	w.t.Helper()
	w.must(os.WriteFile(w.newsletter.NoteFile, []byte(text), 0o600))
}

// site is a source that gives what it is told.
type site struct {
	articles []digest.Article
	warnings []string
	err      error
	during   func() // while it is pulled
	windows  []sources.Window

	// recheck is what looking things up gives; nil: all is as it was.
	recheck func(asked []digest.Article) (digest.Harvest, error)
}

func (s *site) Pull(_ context.Context, r sources.Request) (digest.Harvest, error) {
	s.windows = append(s.windows, r.Window)
	if s.during != nil {
		s.during()
	}
	if s.err != nil {
		return digest.Harvest{}, s.err
	}
	return digest.Harvest{Articles: slices.Clone(s.articles), Warnings: s.warnings}, nil
}

func (s *site) Recheck(_ context.Context, _ sources.Request, asked []digest.Article) (digest.Harvest, error) {
	if s.recheck == nil {
		return digest.Harvest{}, nil
	}
	return s.recheck(asked)
}

// publish adds articles with the given ids, dated at.
func (s *site) publish(at time.Time, ids ...string) {
	for _, id := range ids {
		s.articles = append(s.articles, article(id, at))
	}
}

func article(id string, at time.Time, comments ...digest.Comment) digest.Article {
	return digest.Article{
		Source: "blog", ID: id, URL: "https://blog.harbour.test/" + id, Title: "Article " + id, Published: at,
		HTML:     "<p>The harbour master of " + id + " kept the receipts, and the herons said so for years.</p>",
		Comments: comments, CommentCount: len(comments),
	}
}

var remarks = []string{
	"We measured the tides at the old pier for 12 years, and the mean level rose by 4 centimetres; the harbour office keeps the sheets and lends them to whoever asks politely at the counter on Tuesdays.",
	"Steam engines of that class were built without superheaters, which explains the coal consumption the author wonders about. The later rebuilds halved it, according to the depot records from Crewe.",
	"The municipal library digitised its newspaper collection last winter; searching for the architect's name returns several interviews in which he describes the competition entries that were rejected.",
	"Gardeners here have used seaweed as fertiliser for generations because the sandy soil holds no nutrients. Spread it in November, let the rain wash the salt out, and dig it under before planting potatoes.",
}

// remark is a comment that is worth printing.
func remark(article string, n int, at time.Time) digest.Comment {
	return digest.Comment{
		Source: "blog", Article: article, ID: fmt.Sprint(article, "-", n), Published: at,
		Author: digest.Author{Name: []string{"Ann", "Bob", "Cem", "Dee"}[n]}, HTML: "<p>" + remarks[n] + "</p>",
	}
}

// mailer delivers by settling the ledger's rows, as the real deliverer does.
type mailer struct {
	store   delivery.Store
	now     func() time.Time
	outcome func(address string) delivery.State // nil: everything is accepted
	during  func(address string)                // before a row is settled
	limit   int                                 // stop after so many; 0: never
	report  delivery.Report
	err     error

	mu   sync.Mutex // guards what follows; several issues may be delivered at once
	runs int
	got  map[string]int // mails by address, those in doubt included
	jobs []delivery.Job
	last string // the data of the last mail
}

func (m *mailer) Run(ctx context.Context, job delivery.Job) (delivery.Report, error) {
	m.mu.Lock()
	m.runs++
	m.jobs = append(m.jobs, job)
	m.mu.Unlock()
	if m.err != nil || m.report.Down != nil {
		return m.report, m.err
	}
	for n := 0; m.limit == 0 || n < m.limit; n++ {
		size := 1000
		if m.during != nil || m.limit > 0 {
			size = 1
		}
		rows, err := m.store.Claim(ctx, delivery.Claim{Issue: job.Issue, Owner: "this", Now: m.now(), Lease: time.Minute, N: size})
		if err != nil || len(rows) == 0 {
			return m.report, err
		}
		if err := m.settle(ctx, job, rows); err != nil {
			return m.report, err
		}
	}
	return m.report, nil
}

// settle sends rows between two transactions: the intents and the results.
func (m *mailer) settle(ctx context.Context, job delivery.Job, rows []delivery.Delivery) error {
	var intents, results []delivery.Change
	for _, d := range rows {
		if m.during != nil {
			m.during(d.Address)
		}
		c := delivery.Change{
			Issue: d.Issue, Subscriber: d.Subscriber, Owner: d.Owner, Epoch: d.Epoch,
			From: delivery.Claimed, To: delivery.Committing, IfActive: true,
		}
		intents = append(intents, c)
		c.From, c.To, c.IfActive = delivery.Committing, delivery.Accepted, false
		if m.outcome != nil {
			c.To = m.outcome(d.Address)
		}
		c.NextAt = m.now().Add(5 * time.Minute)
		results = append(results, c)
	}
	ctx = context.WithoutCancel(ctx)
	if _, err := m.store.Apply(ctx, m.now(), intents); err != nil {
		return err
	}
	for i, d := range rows {
		var message mail.Data
		if err := job.Build(&message, d); err != nil {
			return err
		}
		if to := results[i].To; to == delivery.Accepted || to == delivery.InDoubt {
			m.mu.Lock()
			m.got[d.Address]++
			m.last = string(message.Append(nil))
			m.mu.Unlock()
		}
		job.Observe(results[i].To)
	}
	_, err := m.store.Apply(ctx, m.now(), results)
	return err
}

var errSick = errors.New("the database is sick")
