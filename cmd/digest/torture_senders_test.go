package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/pgtest"
	"digest.example/internal/store"
)

// team is a PostgreSQL database whose issue several running programs send, each
// on a machine of its own but for its name.
type team struct {
	*torture
	pages string // where the readers' pages are
}

// several is what holds where several servers share a database that holds the
// recipients.
func several(t *testing.T, recipients int, install func(testing.TB) *victim) {
	for name, run := range map[string]func(*testing.T, *team){
		"two share an issue": testTwoShareAnIssue, "one of two is killed": testOneOfTwoIsKilled, "zombie": testZombie,
	} {
		t.Run(name, func(t *testing.T) {
			m := &team{torture: newTorture(t, install(t), ordeal{recipients: recipients}, 0, 0)}
			m.ahead = between // the slot has come
			m.relay.slow = 10 * time.Millisecond
			run(t, m)
		})
	}
}

// serve starts one more server.
func (m *team) serve() *child {
	m.Helper()
	address, err := freePort()
	if err != nil {
		m.Fatal(err)
	}
	one := *m.victim
	one.environ = append(slices.Clone(one.environ), "DIGEST_WEB_LISTEN="+address)
	if m.pages == "" {
		m.pages = "http://" + address
	}
	one.environ = append(one.environ, "DIGEST_WEB_PUBLIC_URL="+m.pages)
	c := one.start("serve")
	m.until("the pages answer", func() bool {
		resp, err := http.Get("http://" + address + "/healthz")
		if err != nil {
			return c.ended()
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	if c.ended() {
		m.Fatalf("it does not serve: %s", c.output.String())
	}
	return c
}

// pair is two servers that are both in the middle of the issue.
func (m *team) pair() (one, two *child) {
	m.Helper()
	open := m.relay.shut()
	one, two = m.serve(), m.serve()
	m.until("both have some", func() bool { return len(m.owners(delivery.Claimed, delivery.Committing)) == 2 })
	open()
	return one, two
}

// until waits for what other processes do and nothing announces.
func (m *team) until(what string, ok func() bool) {
	m.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			r, counts := m.ledger()
			m.Fatalf("waited in vain until %s: %s is %s with %v", what, r.Name(), r.State, counts)
		}
	}
}

func (m *team) done() bool {
	r, _ := m.ledger()
	return r.State == digest.IssueDone
}

// owners counts the issue's rows by the process that has them.
func (m *team) owners(states ...delivery.State) map[string]int {
	m.Helper()
	r, _ := m.ledger()
	owners := map[string]int{}
	m.rows(r.ID, func(d delivery.Delivery) { owners[d.Owner]++ }, states...)
	return owners
}

// sentBy is how many messages a server says that it has sent.
func sentBy(c *child) (n int) {
	for _, m := range regexp.MustCompile(`sent weekly/1: .*?(\d+) accepted`).FindAllStringSubmatch(c.output.String(), -1) {
		k, _ := strconv.Atoi(m[1])
		n += k
	}
	return n
}

// text is the issue's ledger, row by row.
func (m *team) text() (rows []string) {
	m.Helper()
	r, _ := m.ledger()
	m.rows(r.ID, func(d delivery.Delivery) {
		rows = append(rows, fmt.Sprint(d.Address, " ", d.State, d.Owner, d.Epoch, d.Attempts, d.LastReply))
	})
	return rows
}

// Two servers on one database open one issue and share its readers.
func testTwoShareAnIssue(t *testing.T, m *team) {
	one, two := m.pair()
	m.until("the issue is done", m.done)
	for _, c := range []*child{one, two} {
		_ = c.Process.Signal(syscall.SIGTERM)
		if code := c.wait(); code != exitOK {
			t.Errorf("a server exits with %d: %s", code, c.output.String())
		}
	}
	for _, c := range []*child{one, two} {
		if n := sentBy(c); n < m.recipients/5 {
			t.Errorf("one of them sends %d of %d: %s", n, m.recipients, c.output.String())
		}
	}
	m.read(func(ctx context.Context, s *store.Store) error {
		issues, err := s.Issues(ctx, "weekly", 0)
		if len(issues) != 1 {
			t.Errorf("%d issues", len(issues))
		}
		return err
	})
	m.judge(0)
}

// Of two servers one is killed, and another takes its place: again and again the
// other goes on with what it held.
func testOneOfTwoIsKilled(t *testing.T, m *team) {
	m.stops = 2
	if large() {
		m.stops = 20
	}
	one, two := m.pair()
	servers := []*child{one, two}
	for ; m.stopped < m.stops; m.stopped++ {
		left := m.recipients - len(m.relay.Accepted())
		m.await(servers[0], m.relay.after(1+m.random.IntN(1+8*left/(m.stops-m.stopped+1))), time.Minute)
		if !servers[0].kill() {
			t.Fatalf("it ended by itself: %s", servers[0].output.String())
		}
		servers = append(servers[1:], m.serve())
	}
	m.until("the issue is done", m.done)
	for _, c := range servers {
		c.kill()
	}
	m.judge(connections * m.stopped)
	t.Logf("killed one of two %d times: %d arrived, %d in doubt", m.stopped, m.arrived, m.doubts)
}

// A server that sleeps through its lease finds its rows in other hands when it
// wakes, changes nothing and sends nobody a second copy.
func testZombie(t *testing.T, m *team) {
	zombie, heir := m.pair()
	m.await(zombie, m.relay.after(300), time.Minute)
	if err := zombie.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	asleep := m.owners(delivery.Claimed, delivery.Committing)
	m.until("the issue is done", m.done)
	if len(asleep) == 0 {
		t.Error("it was stopped with nothing in its hands")
	}
	before, said, acts := m.text(), zombie.output.String(), m.relay.after(1)
	_ = zombie.Process.Signal(syscall.SIGCONT)
	// Some of its connections go on with a message, others have a reply to record;
	// there may be none of either kind.
	m.until("it wakes and does something", func() bool {
		return m.await(zombie, acts, 0) || zombie.output.String() != said
	})
	for _, c := range []*child{zombie, heir} {
		_ = c.Process.Signal(syscall.SIGTERM)
		if code := c.wait(); code != exitOK {
			t.Errorf("a server exits with %d: %s", code, c.output.String())
		}
	}
	for n, row := range m.text() {
		if row != before[n] {
			t.Errorf("the zombie changed %q to %q", before[n], row)
		}
	}
	m.judge(connections)
	t.Logf("it slept with %v; %d in doubt", slices.Collect(maps.Values(asleep)), m.doubts)
}

// Of two programs that find an empty database one makes it.
func testTwoMakeTheDatabase(t *testing.T, server *pgtest.Server) {
	for range 2 {
		v := newVictim(t, server.Database(t))
		one, two := v.start("migrate"), v.start("migrate")
		if one.wait() != exitOK || two.wait() != exitOK {
			t.Errorf("they exit with %d and %d", one.wait(), two.wait())
		}
		said := one.output.String() + two.output.String()
		if strings.Count(said, "made the database") != 1 || strings.Count(said, "up to date") != 1 {
			t.Errorf("they say %q", said)
		}
	}
}
