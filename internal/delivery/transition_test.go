package delivery

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// sendable are the states from which a message may still be written.
var sendable = []State{Ready, Claimed, Committing}

// transitions is the law once more, spelled out by row as docs/ARCHITECTURE.md
// draws it: who may take a row from one state to another. All others are illegal.
var transitions = []struct {
	from, to State
	by       []Actor
}{
	{Ready, Claimed, []Actor{Worker}},
	{Ready, Skipped, []Actor{Worker}},
	{Claimed, Ready, []Actor{Worker, Recovery}},
	{Claimed, Committing, []Actor{Worker}},
	{Claimed, Failed, []Actor{Worker}},
	{Claimed, RenderError, []Actor{Worker}},
	{Claimed, Skipped, []Actor{Worker}},
	{Claimed, Expired, []Actor{Worker}},
	{Committing, Accepted, []Actor{Worker}},
	{Committing, Ready, []Actor{Worker}},
	{Committing, Failed, []Actor{Worker}},
	{Committing, InDoubt, []Actor{Worker, Recovery}},
	{InDoubt, Accepted, []Actor{Operator, Reporter}},
	{InDoubt, Ready, []Actor{Worker, Operator}},
	{InDoubt, Expired, []Actor{Operator}},
	{Failed, Ready, []Actor{Operator}},
	{RenderError, Ready, []Actor{Operator}},
	{Expired, Ready, []Actor{Operator}},
	{Accepted, Bounced, []Actor{Reporter}},
	{Accepted, Complained, []Actor{Reporter}},
}

func TestEachTransitionIsLegalForItsActorsOnly(t *testing.T) {
	type move struct {
		by       Actor
		from, to State
	}
	legal := map[move]bool{}
	for _, c := range transitions {
		for _, by := range c.by {
			legal[move{by, c.from, c.to}] = true
		}
	}
	states := append([]State{"", "unknown"}, States...)
	for _, by := range []Actor{Worker, Recovery, Operator, Reporter, "", "stranger"} {
		for _, from := range states {
			for _, to := range states {
				if got, want := Legal(by, from, to), legal[move{by, from, to}]; got != want {
					t.Errorf("%s may take a row from %s to %s: %v, want %v", by, from, to, got, want)
				}
			}
		}
	}
}

// reach are the states that can follow s, whoever acts.
func reach(s State, seen map[State]bool) map[State]bool {
	for _, moves := range law {
		for _, next := range moves[s] {
			if !seen[next] {
				seen[next] = true
				reach(next, seen)
			}
		}
	}
	return seen
}

func TestNothingLeadsFromAcceptedToASendableState(t *testing.T) {
	for _, from := range []State{Accepted, Bounced, Complained, Skipped} {
		seen := reach(from, map[State]bool{})
		for _, s := range sendable {
			if seen[s] {
				t.Errorf("%s can be reached from %s", s, from)
			}
		}
	}
}

func TestTerminalStatesEndWithoutAnOperator(t *testing.T) {
	for _, s := range States {
		for _, by := range []Actor{Worker, Recovery} {
			if n := len(law[by][s]); s.Terminal() && n > 0 {
				t.Errorf("%s is terminal, yet the %s has %d ways on", s, by, n)
			}
		}
		if !s.Terminal() && len(reach(s, map[State]bool{})) == 0 {
			t.Errorf("%s is not terminal, yet leads nowhere", s)
		}
	}
}

// held is a row as a worker has it.
var held = Delivery{Issue: "i", Subscriber: "s", Owner: "o", Epoch: 3, Attempts: 2, LastCode: 451, LastReply: "later"}

func TestWhatIsMadeIsLegal(t *testing.T) {
	now := time.Unix(1000, 0)
	failed := held
	failed.State = Failed
	for _, c := range []struct {
		name    string
		by      Actor
		changes []Change
	}{
		{"intent", Worker, []Change{intend(held)}},
		{"release", Worker, []Change{release(held, Claimed, now, "")}},
		{"release without a dot", Worker, []Change{release(held, Committing, now, "why")}},
		{"doubt", Worker, doubt(held, "why", false, now)},
		{"doubt, resent", Worker, doubt(held, "why", true, now)},
		{"accepted by word", Operator, []Change{Resolve(held, Accepted, now, "x")}},
		{"resent by word", Operator, []Change{Resolve(held, Ready, now, "x")}},
		{"retried", Operator, []Change{Retry(failed, now, "x")}},
	} {
		if err := Check(c.by, c.changes...); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, v := range c.changes {
			if v.Owner != "o" || v.Epoch != 3 || v.Issue != "i" || v.Subscriber != "s" {
				t.Errorf("%s has lost its fence: %+v", c.name, v)
			}
		}
	}
}

func TestGateRefuses(t *testing.T) {
	with := func(from, to State, edit func(*Change)) Change {
		c := change(held, from, to)
		if edit != nil {
			edit(&c)
		}
		return c
	}
	doubted, again := with(Committing, InDoubt, nil), with(InDoubt, Ready, nil)
	for _, c := range []struct {
		name    string
		by      Actor
		changes []Change
	}{
		{"no row", Worker, []Change{with(Claimed, Ready, func(c *Change) { c.Issue = "" })}},
		{"no owner", Worker, []Change{with(Claimed, Ready, func(c *Change) { c.Owner = "" })}},
		{"never claimed", Worker, []Change{with(Claimed, Ready, func(c *Change) { c.Epoch = 0 })}},
		{"an intent for whoever", Worker, []Change{with(Claimed, Committing, nil)}},
		{"a result only of who is there", Worker, []Change{with(Committing, Accepted, func(c *Change) { c.IfActive = true })}},
		{"a bounce of what was accepted", Worker, []Change{with(Committing, Accepted, func(c *Change) { c.Bounce = true })}},
		{"a bounce at the dot", Worker, []Change{with(Committing, Failed, func(c *Change) { c.Bounce = true })}},
		{"a bounce that is tried again", Worker, []Change{with(Claimed, Ready, func(c *Change) { c.Bounce = true })}},
		{"a doubt of before", Worker, []Change{again}},
		{"before the doubt", Worker, []Change{again, doubted}},
		{"another's doubt", Worker, []Change{with(Committing, InDoubt, func(c *Change) { c.Subscriber = "t" }), again}},
		{"an earlier claim's doubt", Worker, []Change{with(Committing, InDoubt, func(c *Change) { c.Epoch-- }), again}},
		{"a doubt that was ended", Worker, []Change{doubted, again, again}},
		{"one among many", Worker, []Change{doubted, again, with(Accepted, Ready, nil)}},
		{"an operator's own doubt", Operator, []Change{doubted}},
		{"an accepted one once more", Operator, []Change{Retry(Delivery{Issue: "i", State: Accepted}, time.Time{}, "x")}},
		{"who has left", Operator, []Change{Retry(Delivery{Issue: "i", State: Skipped}, time.Time{}, "x")}},
	} {
		if err := Check(c.by, c.changes...); !errors.Is(err, ErrIllegal) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestOnlyIntentsAskWhetherTheSubscriberIsThere(t *testing.T) {
	if !intend(Delivery{}).IfActive {
		t.Error("a dot could follow for somebody who has left")
	}
	for _, c := range doubt(Delivery{}, "", true, time.Now()) {
		if c.IfActive {
			t.Error("a result would be lost if the subscriber has left")
		}
	}
}

func TestDoubtIsResentOnlyWhereAsked(t *testing.T) {
	at := time.Unix(50, 0)
	if held := doubt(Delivery{}, "w", false, at); len(held) != 1 || held[0].To != InDoubt {
		t.Errorf("hold gives %+v", held)
	}
	again := doubt(Delivery{}, "w", true, at)
	if len(again) != 2 || again[0].To != InDoubt || again[1].To != Ready || !again[1].NextAt.Equal(at) {
		t.Errorf("resend gives %+v", again)
	}
}

func TestRetryKeepsWhatWasSaid(t *testing.T) {
	d := held
	d.State = Expired
	at := time.Unix(50, 0)
	c := Retry(d, at, "the operator")
	if c.From != Expired || c.To != Ready || !c.NextAt.Equal(at) || c.Attempts != 2 || c.Code != 0 ||
		c.Reply != "tried again by the operator; before: later" {
		t.Errorf("retried: %+v", c)
	}
	if d.LastReply = ""; Retry(d, at, "x").Reply != "tried again by x" {
		t.Errorf("nothing was said before, yet: %q", Retry(d, at, "x").Reply)
	}
}

// sealed is a store that nothing may reach.
type sealed struct{ Store }

func (sealed) Apply(context.Context, time.Time, []Change) ([]bool, error) {
	panic("an illegal change was applied")
}

func TestIllegalChangesReachNoStore(t *testing.T) {
	var log strings.Builder
	w := newWriter(sealed{}, slog.New(slog.NewTextHandler(&log, nil)), time.Now, 1, func() int { return 1 })
	go w.run(t.Context())
	w.put(change(held, Accepted, Ready))
	answer := make(chan bool, 1)
	if w.commit(change(held, Claimed, Committing), answer); <-answer {
		t.Error("a dot may follow an intent that asks for nobody's consent")
	}
	w.close()
	if n := strings.Count(log.String(), ErrIllegal.Error()); n != 2 {
		t.Errorf("told of %d illegal changes, want 2:\n%s", n, log.String())
	}
}
