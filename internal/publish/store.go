// Package publish takes one newsletter through its four steps: pull, choose,
// freeze, deliver. It decides when an issue is due, what holds it and what it
// prints; the sites, the ledger and the mail are others' work.
package publish

import (
	"context"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// Store keeps issues and the library. Each method is one durable transaction.
type Store interface {
	delivery.Store

	// DatabaseID is the random name of this database.
	DatabaseID(ctx context.Context) (string, error)
	// Restored says, once, that the lock file is ahead of the database's run
	// counter: the database is a restored backup. Every issue that had not ended
	// is then paused already, and no slot before now counts as missed.
	Restored(ctx context.Context, now time.Time) (bool, error)
	// Ahead says, once, when an issue was last claimed from, or one that has not
	// ended was opened, if that lies more than slack ahead of now: the clock is
	// behind, or was ahead. Every issue that has not ended is then paused already.
	// Else the time is zero.
	Ahead(ctx context.Context, now time.Time, slack time.Duration) (last time.Time, err error)
	// RegisterNewsletter makes the newsletter known, or updates its schedule
	// and zone; first sight and every change of them set since to now, and
	// it never lies ahead of now.
	RegisterNewsletter(ctx context.Context, name, schedule, zone string, now time.Time) (id string, since time.Time, err error)
	// Newsletters are the names of all that are known and not retired.
	Newsletters(ctx context.Context) ([]string, error)

	// Library returns the articles of the sources that were published, or
	// appeared, at or after since, with their comments, in order of source and id.
	Library(ctx context.Context, sources []string, since time.Time) ([]digest.Article, error)
	// Printed are the items of the edition's issues that are spent, or frozen
	// and not ended.
	Printed(ctx context.Context, newsletter string, edition digest.Edition) ([]digest.Item, error)
	// CutOff is that of the edition's last spent issue; zero if there is none.
	CutOff(ctx context.Context, newsletter string, edition digest.Edition) (time.Time, error)

	// OpenIssue makes an issue for a slot, numbered after the last, or returns
	// the one that the slot has; created says which.
	OpenIssue(ctx context.Context, newsletter string, edition digest.Edition, slot digest.Slot, now time.Time) (r digest.IssueRecord, created bool, err error)
	// Issue finds an issue by its id, IssueByName by its newsletter and number.
	Issue(ctx context.Context, id string) (digest.IssueRecord, error)
	IssueByName(ctx context.Context, newsletter string, number int) (digest.IssueRecord, error)
	// Issues returns a newsletter's issues, newest first, at most n (0: all).
	Issues(ctx context.Context, newsletter string, n int) ([]digest.IssueRecord, error)
	// Unended are all issues that have not ended, oldest first.
	Unended(ctx context.Context) ([]digest.IssueRecord, error)
	// MoveIssue changes an issue from one of the given states to another and
	// says whether it did. What is paused or held goes back to planning, which
	// is quick where everything has been planned already.
	MoveIssue(ctx context.Context, id string, from []digest.IssueState, m digest.IssueMove) (bool, error)

	// Freeze stores an issue's content, items and stencil while it is planning.
	Freeze(ctx context.Context, id string, f digest.Frozen) error
	// Content, Stencil and PlainStencil return what Freeze stored; there may be
	// no plain one.
	Content(ctx context.Context, id string) (digest.Issue, error)
	Stencil(ctx context.Context, id string) ([]byte, error)
	PlainStencil(ctx context.Context, id string) ([]byte, error)
	// Plan looks at the next n active consents, adds the eligible subscribers among
	// them to the issue's ledger and says
	// whether that was the last of them; it can be repeated after a crash.
	Plan(ctx context.Context, id string, n int, now time.Time) (done bool, err error)
	// Recover frees the rows of dead owners: claimed become ready, committing
	// become in doubt. With exclusive, every other owner is dead; without, those
	// whose lease ended (for committing: longer than grace ago).
	Recover(ctx context.Context, owner string, exclusive bool, grace time.Duration, now time.Time) (ready, inDoubt int, err error)
	// Free does so with what an owner holds of an issue, who says that it works on
	// none of it: a commit whose answer was lost has left it there.
	Free(ctx context.Context, issue, owner string, now time.Time) (ready, inDoubt int, err error)
	// Recipients calls f for everybody on the newsletter's list, by address,
	// judged as Plan would judge them now.
	Recipients(ctx context.Context, newsletter string, now time.Time, f func(digest.Recipient) error) error
	// CountRecipients is how many of them would get mail.
	CountRecipients(ctx context.Context, newsletter string, now time.Time) (int, error)
	// Deliveries calls f for the issue's rows in the given states, by address.
	Deliveries(ctx context.Context, id string, states []delivery.State, f func(delivery.Delivery) error) error
	// Backlog tells what of an issue is left to do. It is asked every second, so
	// it counts nothing: there may be a million rows.
	Backlog(ctx context.Context, issue string) (delivery.Backlog, error)
	// Counts counts an issue's ledger by state, with what was pruned of it.
	Counts(ctx context.Context, id string) (delivery.Counts, error)
	// PruneLedger deletes at most n rows of an issue that ended longer than keep
	// before the last one that did, and before now. They stay in its Counts. It
	// says whether there may be more.
	PruneLedger(ctx context.Context, now time.Time, keep time.Duration, n int) (more bool, err error)

	// Outage is the time without the relay that SaveOutage stored last; it forgets the
	// zero one.
	Outage(ctx context.Context) (delivery.Outage, error)
	SaveOutage(ctx context.Context, o delivery.Outage) error

	// Ask leaves a request for whoever is sending; Requests are those that
	// wait; Take takes one and says whether this caller got it; Answer says
	// what came of it; Request reads it back.
	Ask(ctx context.Context, r digest.Request) error
	Requests(ctx context.Context) ([]digest.Request, error)
	Take(ctx context.Context, id string, now time.Time) (bool, error)
	Answer(ctx context.Context, id, issue, outcome string) error
	Request(ctx context.Context, id string) (digest.Request, error)
}
