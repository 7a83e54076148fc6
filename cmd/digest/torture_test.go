package main

import (
	"context"
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
	killed := ordeal{recipients: 400, stops: 6, issues: 1}
	asked := ordeal{recipients: 400, stops: 3, issues: 1}
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
