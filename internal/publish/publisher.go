package publish

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"digest.example/internal/compose"
	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/schedule"
)

// Newsletter is a publication together with what it is made from.
type Newsletter struct {
	digest.Newsletter
	Spec     string // the schedule as configured
	Schedule schedule.Schedule
	Sources  []library.Source
	NoteFile string // the editor's next note, in Markdown; need not exist
}

// Composer renders an issue.
type Composer interface {
	Render(digest.Issue, digest.Newsletter, compose.IDs) (compose.Rendered, error)
}

// Deliverer sends what is due of an issue, of several at once.
type Deliverer interface {
	Run(context.Context, delivery.Job) (delivery.Report, error)
}

// Progress is told how deliveries go, of several issues at once. Step is called by
// several goroutines, and not after end.
type Progress interface {
	Begin(issue string, total, done int) (step func(delivery.State), end func())
}

// Options are what a Publisher needs beside its Store.
type Options struct {
	Newsletters []Newsletter
	Library     *library.Library
	Composer    Composer
	Deliverer   Deliverer
	// Token is the token of a subscriber's unsubscribe link.
	Token func(subscriber, newsletter string) (string, error)
	// Preferences is the token of the link to a subscriber's preferences.
	Preferences func(subscriber, newsletter string) (string, error)
	// Nobody is the subscriber id that is never given to a person.
	Nobody string
	// Reachable says what is wrong with the address that unsubscribe links point to.
	Reachable func(ctx context.Context, publicURL, databaseID string) error
	// Alert tells the operator of what needs a person.
	Alert    func(text string)
	Progress Progress
	Owner    string // this process, in the ledger
	// Exclusive says that no other process can be sending: its rows are dead.
	Exclusive bool
	// Sweep is how often Serve frees the rows of processes that died, where it is
	// not Exclusive; Grace is how long after its lease a row between dot and reply
	// is left to its owner: the longest that a relay may take to answer.
	Sweep, Grace time.Duration
	Now          func() time.Time
	Log          *slog.Logger
}

// Publisher takes newsletters through their steps. Its methods are for one
// goroutine, but KeepPulling may run beside the others once Start has returned.
type Publisher struct {
	store Store
	o     Options
	names map[string]*Newsletter
	since map[string]time.Time // by name: slots before it are never missed
	idle  map[string]span      // by name: when nothing is due
	// planning, by name, is full while an issue is being chosen: the next must
	// not choose the same articles.
	planning map[string]chan struct{}

	mu     sync.Mutex
	rests  map[string]rest // by issue
	doubts map[string]int  // by issue: recipients in doubt that the operator was told of

	outages  sync.Mutex      // guards the next two, and their copy in the database
	down     delivery.Outage // of the relay
	downRead bool            // an earlier process's outage was looked up

	told map[string]bool // sources whose failing was told; KeepPulling's alone
}

// New returns a publisher of the newsletters in o.
func New(store Store, o Options) *Publisher {
	p := &Publisher{
		store: store, o: o,
		names: map[string]*Newsletter{},
		since: map[string]time.Time{},
		idle:  map[string]span{},
		rests: map[string]rest{},
		told:  map[string]bool{}, doubts: map[string]int{},
		planning: map[string]chan struct{}{},
	}
	for i := range o.Newsletters {
		p.names[o.Newsletters[i].Name] = &o.Newsletters[i]
		p.planning[o.Newsletters[i].Name] = make(chan struct{}, 1)
	}
	return p
}

// rest is a time before which an issue is not tried again, as long as it is in
// state: whoever pauses, resumes or resolves it wants it tried at once. An empty
// state means any.
type rest struct {
	span
	state digest.IssueState
}

// rest leaves an issue alone for d.
func (p *Publisher) rest(id string, state digest.IssueState, d time.Duration) {
	now := p.o.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rests[id] = rest{span{now, now.Add(d)}, state}
}

// resting is the rest of an issue, if it has one.
func (p *Publisher) resting(id string) rest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rests[id]
}

// wake ends the rest of an issue.
func (p *Publisher) wake(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.rests, id)
}

// rested says whether an issue may be tried again.
func (p *Publisher) rested(r digest.IssueRecord) bool {
	w := p.resting(r.ID)
	return (w.state != "" && w.state != r.State) || !w.covers(p.o.Now())
}
