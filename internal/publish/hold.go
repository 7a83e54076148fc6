package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/preflight"
)

// The codes of what holds an issue back. An operator who knows better goes past
// one with send --force CODE.
const (
	HoldUnsubscribe = preflight.Unreachable
	HoldSource      = preflight.SourceFailed
	HoldMoved       = library.CodeMoved
	HoldSilent      = library.CodeSilent
	HoldNote        = preflight.NoteBroken
)

// HoldCodes are all codes that --force takes.
var HoldCodes = preflight.Codes()

// retryHeld is how often a held issue is tried again.
const retryHeld = 15 * time.Minute

// hold is the error of a step that must not go on yet.
type hold struct{ code, why string }

func (h hold) Error() string { return h.why }

func (h hold) Unwrap() error { return digest.ErrHeld }

// CheckForce refuses codes that hold nothing.
func CheckForce(codes []string) error {
	for _, c := range codes {
		if !slices.Contains(HoldCodes, c) {
			return fmt.Errorf("%w: --force takes codes such as %s (digest send --help lists them), not %q", digest.ErrUsage, HoldUnsubscribe, c)
		}
	}
	return nil
}

// held turns the error of a step into a held issue; other errors pass.
func (p *Publisher) held(ctx context.Context, n *Newsletter, r digest.IssueRecord, err error) error {
	var h hold
	if !errors.As(err, &h) {
		return err
	}
	now := p.o.Now()
	until := r.HoldUntil
	if until.IsZero() {
		until = r.Slot.At.Add(n.HoldMax)
	}
	if r.HoldUntil.IsZero() && until.Before(now) { // caught up or resumed late
		until = now.Add(n.HoldMax)
	}
	m := digest.IssueMove{To: digest.IssueHeld, Reason: h.why, Code: h.code, HoldUntil: until, At: now}
	ok, err := p.store.MoveIssue(ctx, r.ID, []digest.IssueState{digest.IssuePlanning}, m)
	if err != nil {
		return fmt.Errorf("hold %s: %w", r.Name(), err)
	}
	if !ok {
		return nil // somebody paused or cancelled it meanwhile
	}
	p.rest(r.ID, digest.IssueHeld, retryHeld)
	p.o.Log.Debug("issue held", "issue", r.Name(), "code", h.code, "reason", h.why, "until", until)
	// The words may differ each time, such as by a port number.
	if r.Code != h.code {
		p.o.Alert(fmt.Sprintf("%s is held until %s: %s (digest send --force %s sends it all the same)",
			r.Name(), until.In(n.Location).Format("Mon 2 Jan 15:04 MST"), h.why, h.code))
	}
	return nil
}
