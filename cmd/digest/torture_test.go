package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"digest.example/internal/config"
	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/pgtest"
	"digest.example/internal/store"
)

// ordeal is how much of it a test has its program go through.
type ordeal struct {
	recipients int // of each issue
	stops      int // of each issue's sending
	issues     int
}

// large says that this is make torture.
func large() bool { return os.Getenv("DIGEST_TORTURE") != "" }

// TestTorture interrupts the sending at any point, and counts at the relay who
// got how much.
func TestTorture(t *testing.T) {
	killed := ordeal{recipients: 400, stops: 9, issues: 1}
	asked := ordeal{recipients: 400, stops: 5, issues: 1}
	if large() {
		killed = ordeal{recipients: 5000, stops: 25, issues: 8}
		asked = ordeal{recipients: 5000, stops: 25, issues: 2}
	}
	t.Run("sqlite", func(t *testing.T) {
		template := newVictim(t, "")
		template.subscribe(killed.recipients)
		interrupted(t, killed, asked, func(tb testing.TB) *victim { return copyOf(template, tb, "") })
	})
	t.Run("postgres", func(t *testing.T) {
		server := pgtest.Start(t)
		template := newVictim(t, server.Database(t))
		template.subscribe(killed.recipients)
		install := func(tb testing.TB) *victim { return copyOf(template, tb, server.Clone(tb, template.dsn)) }
		interrupted(t, killed, asked, install)
		several(t, killed.recipients, install)
		t.Run("two make the database", func(t *testing.T) { testTwoMakeTheDatabase(t, server) })
	})
}

// interrupted is what holds on every engine.
func interrupted(t *testing.T, killed, asked ordeal, install func(testing.TB) *victim) {
	for _, policy := range []string{config.InDoubtHold, config.InDoubtResend} {
		t.Run("killed, "+policy, func(t *testing.T) {
			killed.repeat(t, func(t *testing.T) tally {
				k := newTorture(t, install(t), killed, 0.02, 200)
				k.resend(policy == config.InDoubtResend)
				k.run((*child).kill)
				k.finish()
				k.judge(len(k.seen) + k.relay.drops())
				return k.tally
			})
		})
	}
	// By a relay that answers nobody is left in doubt.
	t.Run("asked to stop", func(t *testing.T) {
		asked.repeat(t, func(t *testing.T) tally {
			k := newTorture(t, install(t), asked, 0.02, 0)
			k.run(k.terminate)
			k.finish()
			k.judge(0)
			return k.tally
		})
	})
}

// repeat has one issue after another go through it.
func (o ordeal) repeat(t *testing.T, one func(*testing.T) tally) {
	total := tally{phases: map[string]int{}}
	for i := range o.issues {
		t.Run(fmt.Sprint("issue ", i+1), func(t *testing.T) { total.add(one(t)) })
	}
	t.Log(total)
}

// terminate asks a run to stop, and wants nothing to be left in its hands.
func (k *torture) terminate(c *child) bool {
	k.Helper()
	running := c.Process.Signal(syscall.SIGTERM) == nil
	c.wait()
	if _, counts := k.ledger(); counts[delivery.InDoubt]+counts[delivery.Committing]+counts[delivery.Claimed] > 0 {
		k.Errorf("asked to stop, it leaves %v: %s", counts, c.output.String())
	}
	return running
}

// tally is what came of some ordeals.
type tally struct {
	stopped, drops, arrived, doubts, copies int
	phases                                  map[string]int
}

func (a *tally) add(b tally) {
	a.stopped += b.stopped
	a.drops += b.drops
	a.arrived += b.arrived
	a.doubts += b.doubts
	a.copies += b.copies
	for name, n := range b.phases {
		a.phases[name] += n
	}
}

func (a tally) String() string {
	var phases []string
	for _, name := range slices.Sorted(maps.Keys(a.phases)) {
		phases = append(phases, fmt.Sprint(a.phases[name], " ", name))
	}
	return fmt.Sprintf("stopped %d times (%s), %d replies dropped: %d arrived, %d in doubt, %d extra copies",
		a.stopped, strings.Join(phases, ", "), a.drops, a.arrived, a.doubts, a.copies)
}

// torture is one issue's way to its readers, with interruptions.
type torture struct {
	*victim
	ordeal
	relay  *unreliable
	random *rand.Rand
	again  bool   // who is in doubt gets another copy
	left   string // somebody who unsubscribed on the way
	tally

	startup time.Duration   // until a run gives its first command
	seen    map[string]bool // rows that have been found in doubt, or between dot and reply
	counted int             // the relay's drops when they were last looked at
}

// connections is how many the program opens.
const connections = 4

func newTorture(t *testing.T, v *victim, o ordeal, deferred float64, dropOneOf int) *torture {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	k := &torture{
		victim: v, ordeal: o, random: random, relay: newUnreliable(t, random, deferred, dropOneOf),
		startup: 200 * time.Millisecond, seen: map[string]bool{}, tally: tally{phases: map[string]int{}},
	}
	k.port = k.relay.Port()
	return k
}

// resend sets what becomes of those in doubt.
func (k *torture) resend(again bool) {
	k.Helper()
	if k.again = again; !again {
		return
	}
	file := filepath.Join(k.folder, "config.yaml")
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, append(text, "    delivery: {in_doubt: resend}\n"...), 0o600)
	}
	if err != nil {
		k.Fatal(err)
	}
}

// run sends, and has it stopped as often as the ordeal says.
func (k *torture) run(stop func(*child) bool) {
	k.Helper()
	for runs := 0; k.stopped < k.stops && runs < 3*k.stops; runs++ {
		began, first := time.Now(), k.relay.after(1)
		c := k.send()
		switch want := k.plan(); {
		case want == "anything":
			limit := time.Duration((0.3 + 0.9*k.random.Float64()) * float64(k.startup))
			if k.await(c, first, limit) {
				k.startup = time.Since(began)
				k.await(c, nil, limit-k.startup)
			}
		case want != sending:
			k.awaitPhase(c, want, first)
		case k.await(c, first, time.Minute):
			k.startup = time.Since(began)
			todo := k.recipients - len(k.relay.Accepted())
			k.await(c, k.relay.after(1+k.random.IntN(1+10*todo/(k.stops-k.stopped))), time.Minute)
		}
		if stop(c) {
			k.stopped++
			k.examine()
		}
		if k.left == "" && k.stopped > k.stops/2 {
			k.leave()
		}
	}
}

// plan is what the program shall be at when it is stopped next: first each of its
// preparations; then mostly, and by the number of commands, so that it is so
// however fast the machine is, sending; in the end, the end.
func (k *torture) plan() string {
	preparations := []string{planning, claiming, choosing, planning}
	switch {
	case k.stopped < min(k.stops/3, len(preparations)):
		return preparations[k.stopped]
	case k.stopped >= k.stops-max(1, k.stops/10):
		return ending
	case k.random.IntN(4) == 0:
		return "anything"
	default:
		return sending
	}
}

// awaitPhase waits until the ledger shows the phase, or a later one.
func (k *torture) awaitPhase(c *child, want string, first <-chan struct{}) {
	k.Helper()
	k.read(func(ctx context.Context, s *store.Store) error {
		for !c.ended() {
			r, counts, err := glance(ctx, s)
			if now := phase(r, counts); err != nil || now == want || (want == ending && now == ended) {
				return err
			}
			if want != ending && k.await(c, first, 0) {
				return nil
			}
		}
		return nil
	})
}

// await waits for the moment, but no longer than limit or until the program has
// ended, and says whether the moment came.
func (k *torture) await(c *child, moment <-chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-moment:
		return true
	case <-c.over:
	case <-timer.C:
	}
	return false
}

// examine sees what a stop has left: nothing but what was between dot and reply is
// in doubt, and that is one row for each connection at most.
func (k *torture) examine() {
	k.Helper()
	r, counts := k.ledger()
	k.phases[phase(r, counts)]++
	drops, fresh := k.relay.drops(), 0
	k.rows(r.ID, func(d delivery.Delivery) {
		if name := fmt.Sprint(d.Subscriber, d.Epoch); !k.seen[name] {
			k.seen[name] = true
			fresh++
		}
	}, delivery.Committing, delivery.InDoubt)
	if fresh > connections+drops-k.counted {
		k.Errorf("%d rows fell in doubt at once, with %d connections and %d replies dropped", fresh, connections, drops-k.counted)
	}
	k.counted = drops
}

// What the program may be at.
const (
	starting = "starting"
	choosing = "choosing"
	planning = "planning"
	claiming = "claiming"
	sending  = "sending"
	ending   = "with nothing in hand"
	ended    = "after the end"
)

// phase says what the program was at when it was stopped.
func phase(r digest.IssueRecord, counts delivery.Counts) string {
	switch {
	case r.ID == "":
		return starting
	case r.Frozen.IsZero():
		return choosing
	case r.State == digest.IssuePlanning:
		return planning
	case r.State != digest.IssueSending:
		return ended
	case counts[delivery.Claimed]+counts[delivery.Committing] > 0:
		return sending
	case counts[delivery.Ready] == counts.Total():
		return claiming
	default:
		return ending
	}
}

// ledger is the issue and its counts, read without leaving a trace.
func (k *torture) ledger() (r digest.IssueRecord, counts delivery.Counts) {
	k.Helper()
	k.read(func(ctx context.Context, s *store.Store) (err error) {
		r, counts, err = glance(ctx, s)
		return err
	})
	return r, counts
}

func glance(ctx context.Context, s *store.Store) (r digest.IssueRecord, counts delivery.Counts, err error) {
	r, err = s.IssueByName(ctx, "weekly", 1)
	if errors.Is(err, digest.ErrNotFound) {
		return r, nil, nil
	}
	if err == nil {
		counts, err = s.Counts(ctx, r.ID)
	}
	return r, counts, err
}

func (k *torture) rows(issue string, f func(delivery.Delivery), states ...delivery.State) {
	k.Helper()
	k.read(func(ctx context.Context, s *store.Store) error {
		return s.Deliveries(ctx, issue, states, func(d delivery.Delivery) error { f(d); return nil })
	})
}

// leave unsubscribes somebody who has not got the mail yet.
func (k *torture) leave() {
	k.Helper()
	arrived := k.relay.Accepted()
	for i := k.recipients - 1; i >= 0; i-- {
		if arrived[address(i)] == 0 {
			k.left = address(i)
			k.do("subscribers", "remove", k.left)
			return
		}
	}
}

// finish lets the program end the issue.
func (k *torture) finish() {
	k.Helper()
	for range 200 {
		before, _ := k.ledger()
		c := k.send()
		if k.await(c, nil, time.Minute); !c.ended() {
			k.Fatalf("it does not end: %s", c.output.String())
		}
		r, counts := k.ledger()
		if !r.State.Ended() {
			continue
		}
		want := exitOK
		if counts.Missing() > 0 && !before.State.Ended() {
			want = exitIncomplete
		}
		if code := c.wait(); code != want {
			k.Errorf("with %v the last run exits with %d, want %d: %s", counts, code, want, c.output.String())
		}
		return
	}
	k.Fatal("the issue does not end")
}

// judge counts at the relay who got how much. So many may be in doubt, or have an
// extra copy, at most.
func (k *torture) judge(most int) {
	k.Helper()
	arrived, missing := k.relay.Accepted(), k.missing("weekly/1")
	k.arrived, k.tally.drops = len(arrived), k.relay.drops()
	for i := range k.recipients {
		who := address(i)
		n, state := arrived[who], missing[who]
		k.copies += max(n-1, 0)
		switch {
		case who == k.left && (n > 0 && state != "" && state != delivery.InDoubt):
			k.Errorf("%s had left, is %s and got %d", who, state, n)
		case who == k.left:
		case state == delivery.InDoubt:
			k.doubts++
		case state != "":
			k.Errorf("%s is left %s", who, state)
		case n == 0:
			k.Errorf("%s did not get it and nobody says so", who)
		}
		if n > 1 && !k.again {
			k.Errorf("%s got it %d times", who, n)
		}
	}
	if k.copies > most || k.doubts > most {
		k.Errorf("%d in doubt and %d extra copies of %d that may be", k.doubts, k.copies, most)
	}
	if k.again && k.doubts > 0 {
		k.Errorf("%d are left in doubt", k.doubts)
	}
	k.judgeCopies()
	had := len(k.relay.Messages())
	k.send().wait()
	if now := len(k.relay.Messages()); now != had {
		k.Errorf("sent once more, it sends %d", now-had)
	}
}

// judgeCopies wants every further copy to be the first, byte by byte, so that
// receivers can tell.
func (k *torture) judgeCopies() {
	k.Helper()
	first := map[string][]byte{}
	for _, m := range k.relay.Messages() {
		who := m.To[0]
		if had, ok := first[who]; ok && !bytes.Equal(had, m.Data) {
			k.Errorf("%s got two different copies", who)
		}
		first[who] = m.Data
	}
	if v := k.relay.Violations(); len(v) > 0 {
		k.Errorf("violations of SMTP: %v", v[:min(len(v), 3)])
	}
}
