package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/mail"
)

// planChunk is how many recipients one transaction plans.
const planChunk = 2000

// NothingNew is why an issue without new articles is skipped.
const NothingNew = "nothing new"

// relayWait is how long an issue rests when the relay cannot be reached.
const relayWait = time.Minute

// advance takes an issue as far as it gets now. force names holds to go past.
func (p *Publisher) advance(ctx context.Context, r digest.IssueRecord, force []string) error {
	n := p.names[r.Newsletter]
	if n == nil || (len(force) == 0 && !p.rested(r)) {
		return nil
	}
	switch r.State {
	case digest.IssueHeld:
		return p.retry(ctx, n, r, force)
	case digest.IssuePlanning:
		return p.plan(ctx, n, r, force)
	case digest.IssueSending:
		return p.send(ctx, n, r)
	default:
		return nil
	}
}

// retry tries a held issue again, or gives it up.
func (p *Publisher) retry(ctx context.Context, n *Newsletter, r digest.IssueRecord, force []string) error {
	if len(force) == 0 && p.o.Now().After(r.HoldUntil) {
		return p.skip(ctx, r, "held too long: "+r.Reason)
	}
	m := digest.IssueMove{To: digest.IssuePlanning, Reason: r.Reason, Code: r.Code, HoldUntil: r.HoldUntil, At: p.o.Now()}
	ok, err := p.store.MoveIssue(ctx, r.ID, []digest.IssueState{digest.IssueHeld}, m)
	if err != nil || !ok {
		return err
	}
	r.State = digest.IssuePlanning
	return p.plan(ctx, n, r, force)
}

// plan freezes the issue's content, writes its recipients into the ledger and
// lets it go. Each step is durable, and is found done after a crash.
func (p *Publisher) plan(ctx context.Context, n *Newsletter, r digest.IssueRecord, force []string) error {
	if p.tooLate(n, r) && isMissed(r) {
		return p.skip(ctx, r, fmt.Sprintf("missed by %s, which is more than catch_up allows (%s)",
			p.o.Now().Sub(r.Slot.At).Round(time.Minute), n.CatchUp))
	}
	some, err := p.choose(ctx, n, r, force)
	if err != nil || !some {
		return err
	}
	for done := false; !done; {
		if done, err = p.store.Plan(ctx, r.ID, planChunk, p.o.Now()); err != nil {
			return p.overtaken(ctx, r, fmt.Errorf("plan the recipients of %s: %w", r.Name(), err))
		}
	}
	if err := p.putNoteAway(ctx, n, r); err != nil {
		return err
	}
	ok, err := p.store.MoveIssue(ctx, r.ID, []digest.IssueState{digest.IssuePlanning},
		digest.IssueMove{To: digest.IssueSending, At: p.o.Now()})
	if err != nil || !ok {
		return err
	}
	if r, err = p.store.Issue(ctx, r.ID); err != nil {
		return err
	}
	return p.send(ctx, n, r)
}

// choose freezes what the issue prints, and says whether it prints anything.
func (p *Publisher) choose(ctx context.Context, n *Newsletter, r digest.IssueRecord, force []string) (bool, error) {
	select {
	case p.planning[n.Name] <- struct{}{}:
	case <-ctx.Done():
		return false, nil
	}
	defer func() { <-p.planning[n.Name] }()
	some, err := p.freeze(ctx, n, r, force)
	if err != nil {
		return false, p.overtaken(ctx, r, p.held(ctx, n, r, err))
	}
	if !some {
		return false, p.nothingNew(ctx, r)
	}
	return true, nil
}

// isMissed says whether the issue is one that its slot alone has opened. How
// long others wait is for hold_max or for the operator who asked to decide.
func isMissed(r digest.IssueRecord) bool {
	return r.Frozen.IsZero() && !r.Slot.Extra() && r.Reason == ""
}

// nothingNew ends an issue without articles. Where another process froze it
// meanwhile, what it prints counts as printed already, and it goes on.
func (p *Publisher) nothingNew(ctx context.Context, r digest.IssueRecord) error {
	now, err := p.store.Issue(ctx, r.ID)
	if err != nil || !now.Frozen.IsZero() {
		return err
	}
	_, err = p.drop(ctx, r, NothingNew)
	return err
}

// overtaken forgives a refusal of the store where an operator paused or
// cancelled the issue, or another process froze it, while this one worked on it.
func (p *Publisher) overtaken(ctx context.Context, r digest.IssueRecord, err error) error {
	if !errors.Is(err, digest.ErrRefused) {
		return err
	}
	now, readErr := p.store.Issue(ctx, r.ID)
	if readErr != nil || now.State == r.State && now.Frozen.Equal(r.Frozen) {
		return err
	}
	p.o.Log.Info("somebody else changed the issue meanwhile", "issue", r.Name(), "state", now.State)
	return nil
}

// putNoteAway files the note that the issue prints. Readers do not wait for a
// folder that cannot be written to: its owner is told instead.
func (p *Publisher) putNoteAway(ctx context.Context, n *Newsletter, r digest.IssueRecord) error {
	content, err := p.store.Content(ctx, r.ID)
	if err != nil {
		return fmt.Errorf("read %s: %w", r.Name(), err)
	}
	if err := fileNote(n.NoteFile, r, content.Draft); err != nil {
		p.o.Alert(fmt.Sprintf("%s: %v. If it stays where it is, the next issue prints it again", r.Name(), err))
	}
	return nil
}

// send delivers what is due, and ends the issue when nothing is left.
func (p *Publisher) send(ctx context.Context, n *Newsletter, r digest.IssueRecord) error {
	left, err := p.store.Backlog(ctx, r.ID)
	if err != nil {
		return fmt.Errorf("read what is left of %s: %w", r.Name(), err)
	}
	if left.Held {
		if err := p.free(ctx, n, r); err != nil {
			return err
		}
	}
	if left.Ready && !left.NextAt.After(p.o.Now()) {
		if err := p.deliver(ctx, n, r); err != nil {
			return err
		}
		if left, err = p.left(ctx, n, r); err != nil {
			return err
		}
	}
	if ctx.Err() != nil || left.Ready || left.Held || !left.Sending {
		return nil
	}
	return p.end(ctx, r)
}

// end makes an issue done, unless somebody gave it something to send again
// while this process thought that nothing was left.
func (p *Publisher) end(ctx context.Context, r digest.IssueRecord) error {
	ok, err := p.store.MoveIssue(ctx, r.ID, []digest.IssueState{digest.IssueSending},
		digest.IssueMove{To: digest.IssueDone, At: p.o.Now()})
	if err != nil {
		return fmt.Errorf("end %s: %w", r.Name(), err)
	}
	if !ok {
		return nil
	}
	p.o.Log.Info("issue done", "issue", r.Name())
	return errors.Join(p.tellEnd(ctx, r), reopen(ctx, p.store, r, p.o.Now()))
}

// deliver runs the deliverer once and draws the consequences of its report.
func (p *Publisher) deliver(ctx context.Context, n *Newsletter, r digest.IssueRecord) error {
	job, err := p.job(ctx, n, r)
	if err != nil {
		return err
	}
	counts, err := p.store.Counts(ctx, r.ID)
	if err != nil {
		return fmt.Errorf("count %s: %w", r.Name(), err)
	}
	step, end := p.o.Progress.Begin(r.Name(), counts.Total(), counts.Total()-counts[delivery.Ready])
	job.Observe = step
	report, err := p.o.Deliverer.Run(ctx, job)
	end()
	if report.Pause == "" {
		p.tellDoubt(r, report.Results[delivery.InDoubt])
	}
	if err != nil {
		return fmt.Errorf("deliver %s: %w", r.Name(), err)
	}
	p.tellDown(ctx, n, r, report.Down)
	switch {
	case report.Pause != "":
		return p.pause(ctx, r, report.Pause)
	case report.Down != nil:
		p.rest(r.ID, digest.IssueSending, relayWait)
		p.o.Log.Error("the relay cannot be reached; nobody is lost, sending goes on when it answers",
			"issue", r.Name(), "error", report.Down, "retry_in", relayWait)
	}
	return nil
}

// job is what the deliverer needs to know of the issue.
func (p *Publisher) job(ctx context.Context, n *Newsletter, r digest.IssueRecord) (delivery.Job, error) {
	both, err := p.stencils(ctx, r)
	if err != nil {
		return delivery.Job{}, err
	}
	return delivery.Job{
		Issue: r.ID, From: r.From, Resend: n.Resend,
		GiveUp: n.giveUp(r),
		Build: func(m *mail.Data, d delivery.Delivery) error {
			who, err := p.personal(n, r.ID, d.Subscriber, d.Address, d.Name)
			if err != nil {
				return err
			}
			return both.of(d).Fill(m, who)
		},
	}, nil
}

// personal is what differs in one recipient's copy. Every retry of it is the same.
func (p *Publisher) personal(n *Newsletter, issue, subscriber, address, name string) (mail.Personal, error) {
	token, err := p.o.Token(subscriber, n.ID)
	if err != nil {
		return mail.Personal{}, fmt.Errorf("make the unsubscribe link: %w", err)
	}
	preferences, err := p.o.Preferences(subscriber, n.ID)
	if err != nil {
		return mail.Personal{}, fmt.Errorf("make the link to the preferences: %w", err)
	}
	return mail.Personal{
		To: address, Name: name,
		MessageID:   messageID(issue, subscriber, n.EnvelopeFrom),
		Unsubscribe: n.PublicURL + "/u/" + token,
		Preferences: n.PublicURL + "/p/" + preferences,
	}, nil
}

// messageID names one recipient's copy (RFC 5322 section 3.6.4). It shows
// neither the subscriber nor how many there are.
func messageID(issue, subscriber, from string) string {
	var in, id [128]byte
	sum := sha256.Sum256(append(append(append(append(in[:0], "message "...), issue...), ' '), subscriber...))
	_, domain, _ := strings.Cut(from, "@")
	return string(append(append(hex.AppendEncode(id[:0], sum[:16]), '@'), domain...))
}
