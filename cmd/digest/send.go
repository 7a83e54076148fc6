package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

// sendOptions are the flags of digest send.
type sendOptions struct {
	dryRun, now          bool
	checkLinks, checkDNS bool
	showAddresses        bool
	to, newsletter       string
	force                []string
	wait                 time.Duration
}

func (a *app) sendCommand() *cobra.Command {
	var o sendOptions
	c := &cobra.Command{
		Use:   "send",
		Short: "Send what is due, once, and exit",
		Long: `Send what is due of every newsletter and finish what is unfinished, then exit.
With nothing due it says when the next slot is. digest serve does the same by itself;
with send in a system's cron every ten minutes, the readers' pages still need a serve
somewhere: no issue goes out while its unsubscribe link does not answer.

--dry-run makes the issue as it would be now, due or not, by the same code, and
writes it to preview/. Nothing is sent and the database is not touched. It says what
is wrong with the mail; where that blocks, it exits with 4, and sending holds the
issue for the same reason. --force CODE goes past a finding, in both. As long as
web.public_url is a placeholder, nothing can be sent, and it exits with 0.

The codes:` + codeHelp(),
		Example: `  digest send --dry-run                  what would go to whom, in preview/
  digest send --dry-run --check-links --check-dns
  digest send --to me@example.org        one real copy of it; nothing is recorded
  digest send --now                      an extra issue, to all subscribers
  digest send                            what is due`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return a.send(c.Context(), o)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.dryRun, "dry-run", false, "write the issue to preview/ and send nothing")
	f.BoolVar(&o.showAddresses, "show-addresses", false, "with --dry-run: name the recipients in what it writes")
	f.StringVar(&o.to, "to", "", "send one copy of the issue to this address and record nothing")
	f.BoolVar(&o.now, "now", false, "send an extra issue")
	f.StringVar(&o.newsletter, "newsletter", "", "only this newsletter")
	f.StringSliceVar(&o.force, "force", nil, "go past what holds the issue, by its code (repeatable)")
	f.BoolVar(&o.checkLinks, "check-links", false, "with --dry-run: ask for the pages that the mail links to, for a minute at most")
	f.BoolVar(&o.checkDNS, "check-dns", false, "with --dry-run: look up what DNS says of the sender")
	f.DurationVar(&o.wait, "wait", 10*time.Minute, "wait for retries that come due within this time")
	return c
}

// check refuses flags that contradict each other.
func (o sendOptions) check() error {
	modes := 0
	for _, given := range []bool{o.dryRun, o.now, o.to != ""} {
		if given {
			modes++
		}
	}
	if modes > 1 {
		return fmt.Errorf("%w: --dry-run, --to and --now are three different things: give one of them", digest.ErrUsage)
	}
	if (o.checkLinks || o.checkDNS || o.showAddresses) && !o.dryRun {
		return fmt.Errorf("%w: --check-links, --check-dns and --show-addresses go with --dry-run", digest.ErrUsage)
	}
	return publish.CheckForce(o.force)
}

func (a *app) send(ctx context.Context, o sendOptions) error {
	newsletters, err := a.load()
	if err != nil {
		return err
	}
	switch {
	case o.dryRun:
		return a.dryRun(ctx, newsletters, o)
	case o.to != "":
		return a.sendTo(ctx, newsletters, o)
	}
	composer, err := a.composer()
	switch {
	case err != nil:
		return err // also where nothing is due yet
	case o.now:
		return a.sendNow(ctx, outgoing{newsletters, composer}, o)
	default:
		return a.sendDue(ctx, outgoing{newsletters, composer}, o)
	}
}

// sendDue sends what is due, and takes the lock only if something is.
func (a *app) sendDue(ctx context.Context, out outgoing, o sendOptions) (err error) {
	chosen, err := picks(out.newsletters, o.newsletter)
	if err != nil {
		return err
	}
	idle, err := a.idle(ctx, out.newsletters, chosen)
	if err != nil || idle {
		return err
	}
	s, lock, err := a.locked(ctx)
	if errors.Is(err, digest.ErrBusy) {
		return a.leaveToOther(ctx, chosen, o)
	}
	if err != nil {
		return err
	}
	defer release(&err, lock)
	defer closing(&err, s)
	p, err := a.starting(ctx, s, out)
	if err != nil {
		return err
	}
	ids, err := p.SendDue(ctx, chosen, o.force, o.wait)
	if len(ids) == 0 && err == nil { // there were letters only
		a.unsaid(nil)
		if idle, err := a.nothingDue(ctx, p, chosen); err != nil || idle {
			return err
		}
	}
	return errors.Join(err, a.outcome(ctx, s, ids))
}

// idle says whether there is nothing to send, and if so tells what comes next.
func (a *app) idle(ctx context.Context, newsletters []publish.Newsletter, chosen []*publish.Newsletter) (idle bool, err error) {
	err = a.withPublisher(ctx, newsletters, func(s *store.Store, _ *subscribers.Keys, p *publish.Publisher) error {
		if due, err := s.LettersDue(ctx, a.now()); err != nil || due {
			return err
		}
		idle, err = a.nothingDue(ctx, p, chosen)
		return err
	})
	if errors.Is(err, digest.ErrSchema) {
		return false, nil // the lock's holder brings it up to date
	}
	return idle, err
}

// nothingDue reports what comes next of the newsletters, unless one of them has
// something to send.
func (a *app) nothingDue(ctx context.Context, p *publish.Publisher, chosen []*publish.Newsletter) (bool, error) {
	report := sendReport{Letters: a.lettersSent, Issues: []outcome{}}
	var paused []string
	for _, n := range chosen {
		unended, due, err := p.Pending(ctx, n)
		if err != nil {
			return false, err
		}
		w := waiting{Newsletter: n.Name, Next: p.Next(n).At.In(n.Location)}
		for _, r := range unended {
			if r.State != digest.IssuePaused {
				return false, nil
			}
			paused = append(paused, r.Name())
			w.Paused = append(w.Paused, r.Name()+": "+r.Reason)
		}
		if due {
			return false, nil
		}
		report.Waiting = append(report.Waiting, w)
	}
	return true, errors.Join(a.print(report, report.print), pausedError(paused...))
}

// pausedError makes paused issues a reason not to exit with success. It names the first.
func pausedError(names ...string) error {
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s is paused: digest resume %s lets it go on, digest cancel %s gives it up",
		digest.ErrIncomplete, names[0], names[0], names[0])
}

// starting makes the sender and puts right what an earlier run left behind. The
// command reports in the end, so that alerts about what it reports can wait.
func (a *app) starting(ctx context.Context, s *store.Store, out outgoing) (*publish.Publisher, error) {
	keys, err := a.keys(ctx, s, false)
	if err != nil {
		return nil, err
	}
	p, err := a.sender(s, keys, out, a.progress())
	if err != nil {
		return nil, err
	}
	a.reports = true
	err = p.Start(ctx)
	if err == nil {
		err = a.lettersFirst(ctx, s)
	}
	if err != nil {
		a.unsaid(nil)
		return nil, err
	}
	return p, nil
}

// sendNow sends an extra issue, or has the process that holds the lock send it.
func (a *app) sendNow(ctx context.Context, out outgoing, o sendOptions) error {
	n, err := pick(out.newsletters, o.newsletter)
	if err != nil {
		return err
	}
	for {
		s, lock, err := a.locked(ctx)
		if err == nil {
			return a.sendExtra(ctx, s, lock, out, n, o)
		}
		if !errors.Is(err, digest.ErrBusy) {
			return err
		}
		if gone, err := a.ask(ctx, n, digest.RequestSendNow, o); err != nil || !gone {
			return err
		}
	}
}

// sendExtra sends an extra issue under the lock.
func (a *app) sendExtra(ctx context.Context, s *store.Store, lock *store.Lock, out outgoing, n *publish.Newsletter, o sendOptions) (err error) {
	defer release(&err, lock)
	defer closing(&err, s)
	p, err := a.starting(ctx, s, out)
	if err != nil {
		return err
	}
	id, err := p.SendNow(ctx, n, o.force, o.wait)
	return errors.Join(err, a.outcome(ctx, s, []string{id}))
}

// leaveToOther is what send does while another process sends: nothing, unless
// held issues are to be released.
func (a *app) leaveToOther(ctx context.Context, chosen []*publish.Newsletter, o sendOptions) error {
	held, err := a.held(ctx, chosen, o.force)
	if err != nil {
		return err
	}
	if len(held) == 0 {
		report := sendReport{Issues: []outcome{}, Waiting: []waiting{}, Other: true}
		return a.print(report, report.print)
	}
	for _, n := range held {
		gone, err := a.ask(ctx, n, digest.RequestRelease, o)
		if gone {
			err = fmt.Errorf("%w: %w before it took the request up: call digest send again", digest.ErrIncomplete, errGone)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// held are those of the newsletters that have a held issue to go past.
func (a *app) held(ctx context.Context, chosen []*publish.Newsletter, force []string) (held []*publish.Newsletter, err error) {
	if len(force) == 0 {
		return nil, nil
	}
	s, err := a.open(ctx, store.ReadOnly)
	if err != nil {
		return nil, err
	}
	defer closing(&err, s)
	unended, err := s.Unended(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range chosen {
		if slices.ContainsFunc(unended, func(r digest.IssueRecord) bool {
			return r.Newsletter == n.Name && r.State == digest.IssueHeld
		}) {
			held = append(held, n)
		}
	}
	return held, nil
}
