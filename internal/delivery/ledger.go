// Package delivery sends an issue to its recipients and keeps the ledger: one
// row for each (issue, recipient), the only memory of who has got what. The
// rules of that ledger stand here; its rows stand in whatever implements Store.
package delivery

import (
	"context"
	"time"
)

// State is where a delivery stands.
type State string

// The states of a delivery. docs/ARCHITECTURE.md draws how they follow each other.
const (
	Ready       State = "ready"        // to be sent at NextAt
	Claimed     State = "claimed"      // a worker has it; no dot was written
	Committing  State = "committing"   // a dot may have been written; no reply yet
	Accepted    State = "accepted"     // the relay took it
	InDoubt     State = "in_doubt"     // a dot may have been written and no reply came
	Failed      State = "failed"       // the relay refused it for good
	RenderError State = "render_error" // no message could be built
	Skipped     State = "skipped"      // the subscriber had left
	Expired     State = "expired"      // past give-up
	Bounced     State = "bounced"      // accepted, later reported undeliverable
	Complained  State = "complained"   // accepted, later reported as spam
)

// States are all states, in the order in which reports list them.
var States = []State{
	Ready, Claimed, Committing, Accepted, InDoubt, Failed, RenderError, Skipped, Expired, Bounced, Complained,
}

// Terminal says whether nothing more will be tried without an operator's word.
func (s State) Terminal() bool {
	switch s {
	case Accepted, Failed, RenderError, Skipped, Expired, Bounced, Complained:
		return true
	default:
		return false
	}
}

// Delivery is one recipient's row in an issue's ledger, with the address that
// the subscriber had when it was read.
type Delivery struct {
	Issue      string
	Subscriber string
	Address    string // empty: erased
	Name       string
	Plain      bool // they want the mail without HTML
	State      State
	Attempts   int // completed attempts
	NextAt     time.Time
	Owner      string
	Epoch      int64
	LastCode   int // SMTP reply code; 0: none
	LastReply  string
	Changed    time.Time
}

// Change asks for one row to go from one state to another. It applies only
// while the row is still in From with this Owner and Epoch; so a worker that
// lost its row changes nothing.
type Change struct {
	Issue      string
	Subscriber string
	Owner      string
	Epoch      int64
	From, To   State
	Attempts   int
	NextAt     time.Time
	Code       int
	Reply      string
	// IfActive makes the change fail, and the row skipped, if the subscriber
	// has left meanwhile.
	IfActive bool
	// Again says that the change was tried before and its commit not heard of: a row
	// that is as the change leaves it then counts as changed.
	Again bool
	// Bounce suppresses the address with the reply as evidence, and ends the
	// subscriber's consents as bounced.
	Bounce bool
}

// Store keeps the ledger. Each method is one durable transaction.
type Store interface {
	// Claim hands up to n rows of the issue that are Ready and due to owner,
	// raising each row's epoch and the run counter, and returns them Claimed.
	// Rows whose subscriber has left become Skipped instead and are not
	// returned. It claims nothing unless the issue is sending. First it frees what
	// claims of the owner's that were not heard of have taken.
	Claim(ctx context.Context, c Claim) ([]Delivery, error)
	// Apply makes the changes in order and says of each whether it applied. It
	// does not keep the list.
	// The first row of an issue to become Accepted or InDoubt marks the issue
	// spent.
	Apply(ctx context.Context, now time.Time, changes []Change) ([]bool, error)
	// Renew lets the lease of all that owner holds end after lease from now on:
	// by the database's clock where several machines share it, else by now.
	Renew(ctx context.Context, owner string, now time.Time, lease time.Duration) error
}

// Claim is what Store.Claim takes.
type Claim struct {
	Issue string
	Owner string
	Now   time.Time
	Lease time.Duration
	N     int
	// Unheard is the Now of the first of the claims right before this one whose
	// commit was not heard of; zero: none. Each must have had a later Now than any
	// claim before it: by that the rows that they took are known.
	Unheard time.Time
}

// Backlog is what is left of an issue.
type Backlog struct {
	Sending bool      // the issue's state allows claims
	Ready   bool      // there are rows still to be sent
	Held    bool      // there are rows that some worker holds (Claimed or Committing)
	NextAt  time.Time // when the earliest Ready row is due
}

// Counts is the number of an issue's rows by state.
type Counts map[State]int

// Missing is the number of recipients that have not got the issue and might
// have: everything but accepted rows, those who left, and later reports.
func (c Counts) Missing() int {
	n := 0
	for s, k := range c {
		switch s {
		case Accepted, Skipped, Bounced, Complained:
		default:
			n += k
		}
	}
	return n
}

// Total is the number of rows.
func (c Counts) Total() int {
	n := 0
	for _, k := range c {
		n += k
	}
	return n
}
