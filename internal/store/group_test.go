package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"digest.example/internal/digest"
)

// pier is a store with a table that shows which changes were made.
type pier struct{ *world }

func newPier(t *testing.T) *pier {
	t.Helper()
	p := &pier{file(t)}
	p.exec(`PRAGMA wal_autocheckpoint = 0`) // commits are counted in the log
	p.exec(`CREATE TABLE moored (ship TEXT)`)
	return p
}

// moor is a change that can be seen, and then ends with err.
func moor(ship string, err error) func(tx) error {
	return func(t tx) error {
		if _, failed := t.exec(`INSERT INTO moored VALUES ($1)`, ship); failed != nil {
			return failed
		}
		return err
	}
}

// moored are the ships whose changes lasted.
func (p *pier) moored() string {
	p.Helper()
	ships, err := collect(p.ctx, p.read, func(scan scan) (v string, err error) { return v, scan(&v) },
		`SELECT ship FROM moored ORDER BY ship`)
	p.must(err)
	return strings.Join(ships, " ")
}

// together makes changes of which all come while the first is being made, and
// returns what each was told.
func (p *pier) together(first func(tx) error, others ...func(tx) error) (told []error, err error) {
	p.Helper()
	var riders sync.WaitGroup
	told = make([]error, len(others))
	err = p.change(p.ctx, "first", func(t tx) error {
		for i, f := range others {
			riders.Go(func() { told[i] = p.change(p.ctx, fmt.Sprint("rider ", i), f) })
			for p.group.length() <= i {
				runtime.Gosched()
			}
		}
		return first(t)
	})
	riders.Wait()
	return told, err
}

// commits is how many transactions the write-ahead log has
// (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
func commits(t testing.TB, file string) (n int) {
	t.Helper()
	b, err := os.ReadFile(file + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	const header, frame = 32, 24
	if len(b) < header {
		return 0
	}
	page, salt := int(binary.BigEndian.Uint32(b[8:])), b[16:24]
	for at := header; at+frame+page <= len(b); at += frame + page {
		if !slices.Equal(b[at+8:at+16], salt) {
			break
		}
		if binary.BigEndian.Uint32(b[at+4:]) > 0 { // the database's size, where a transaction ends
			n++
		}
	}
	return n
}

var errSank = errors.New("sank")

func TestGroup(t *testing.T) {
	for _, c := range []struct {
		name    string
		first   error
		others  []error
		moored  string
		commits int
	}{
		{"alone", nil, nil, "first", 1},
		{"alone and failing", errSank, nil, "", 0},
		{"all well", nil, []error{nil, nil, nil}, "first ship0 ship1 ship2", 1},
		{"one fails", nil, []error{nil, errSank, nil}, "first ship0 ship2", 1},
		{"all but the first fail", nil, []error{errSank, errSank}, "first", 1},
		{"the first fails", errSank, []error{nil, nil}, "ship0 ship1", 1},
		{"all fail", errSank, []error{errSank, errSank}, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPier(t)
			var others []func(tx) error
			for i, err := range c.others {
				others = append(others, moor(fmt.Sprint("ship", i), err))
			}
			before := commits(t, p.url)
			told, first := p.together(moor("first", c.first), others...)
			if !errors.Is(first, c.first) {
				t.Errorf("the first was told %v", first)
			}
			for i, err := range told {
				if !errors.Is(err, c.others[i]) {
					t.Errorf("rider %d was told %v", i, err)
				}
				if err != nil && !strings.HasPrefix(err.Error(), fmt.Sprintf("rider %d: ", i)) {
					t.Errorf("rider %d does not say what it was: %v", i, err)
				}
			}
			if got := p.moored(); got != c.moored {
				t.Errorf("moored: %s; want %s", got, c.moored)
			}
			if n := commits(t, p.url) - before; n != c.commits {
				t.Errorf("%d commits, want %d", n, c.commits)
			}
		})
	}
}

// No group becomes so long that others wait for it for ever.
func TestGroupIsBounded(t *testing.T) {
	p := newPier(t)
	others := make([]func(tx) error, 2*mostRiders)
	for i := range others {
		others[i] = moor(fmt.Sprint("ship", i), nil)
	}
	before := commits(t, p.url)
	if told, first := p.together(moor("first", nil), others...); errors.Join(append(told, first)...) != nil {
		t.Fatal(first, told)
	}
	if n := commits(t, p.url) - before; n < 2 {
		t.Errorf("%d changes in %d transactions", len(others)+1, n)
	}
	if n := p.query(`SELECT COUNT(*) FROM moored`); n != fmt.Sprint(len(others)+1) {
		t.Errorf("%s are moored", n)
	}
}

func TestGroupPanics(t *testing.T) {
	explode := func(tx) error { panic("the boiler") }
	for _, c := range []struct {
		name   string
		first  bool // panics; else a rider
		moored string
	}{{"the first", true, "ship"}, {"a rider", false, ""}} {
		t.Run(c.name, func(t *testing.T) {
			p := newPier(t)
			caught := make(chan any, 1)
			guarded := func(f func(tx) error) {
				defer func() { caught <- recover() }()
				_ = p.change(p.ctx, "explode", f)
			}
			var err error
			var rider sync.WaitGroup
			begun := func(t tx) error {
				rider.Go(func() {
					if c.first {
						err = p.change(p.ctx, "moor", moor("ship", nil))
					} else {
						guarded(explode)
					}
				})
				for p.group.length() == 0 {
					runtime.Gosched()
				}
				if c.first {
					return explode(t)
				}
				return moor("ship", nil)(t)
			}
			if c.first {
				guarded(begun)
			} else {
				err = p.change(p.ctx, "moor", begun)
			}
			rider.Wait()
			if v := fmt.Sprint(<-caught); !strings.Contains(v, "the boiler") || !strings.Contains(v, "group_test.go") {
				t.Errorf("the caller of what panicked caught %s", v)
			}
			if (err != nil) != (c.moored == "") {
				t.Errorf("the other was told %v", err)
			}
			if got := p.moored(); got != c.moored {
				t.Errorf("moored: %q", got)
			}
			p.must(p.change(p.ctx, "go on", moor("next", nil)))
		})
	}
}

// Who is patient lets the next one in a hurry lead, while such come; but does not
// wait for ever.
func TestGroupPatience(t *testing.T) {
	for _, c := range []struct {
		name    string
		hurried bool // somebody in a hurry has just led
		patient bool
		leads   bool
	}{
		{"in a hurry", false, false, true},
		{"in a hurry, after another", true, false, true},
		{"patient, while nobody sends", false, true, true},
		{"patient, while somebody sends", true, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var g group
			if c.hurried {
				g.busy = time.Now().Add(time.Hour)
			}
			r := &rider{patient: c.patient}
			if got := g.join(r); got != c.leads {
				t.Fatalf("leads: %v", got)
			}
			if c.leads {
				return
			}
			hasty, second := &rider{}, &rider{patient: true}
			if !g.join(hasty) || g.join(second) {
				t.Fatal("who is in a hurry does not lead those who are not")
			}
			if g.volunteer(r) || g.next() != r {
				t.Error("who waits is not taken along")
			}
			g.handOn(hasty)
			if len(second.told) > 0 || g.led {
				t.Error("who is patient leads at once")
			}
			if !g.volunteer(second) || g.volunteer(second) || !g.led || g.length() > 0 {
				t.Error("who is patient never leads")
			}
			third, fourth := &rider{patient: true}, &rider{}
			if g.join(third) || g.join(fourth) {
				t.Error("two lead")
			}
			if g.handOn(second); len(third.told) > 0 || len(fourth.told) == 0 {
				t.Error("who is in a hurry waits for who is not")
			}
			g.busy = time.Time{}
			fourth.patient = true
			if g.handOn(fourth); len(third.told) == 0 {
				t.Error("nobody leads though nobody is in a hurry")
			}
		})
	}
}

// A function that ends its goroutine, as a test's Fatal does, leaves the store usable.
func TestGroupGoexit(t *testing.T) {
	p := newPier(t)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = p.change(p.ctx, "end", func(tx) error { runtime.Goexit(); return nil })
	}()
	<-gone
	p.must(p.change(p.ctx, "go on", moor("next", nil)))
}

func TestGroupContexts(t *testing.T) {
	t.Run("ends while it waits", func(t *testing.T) {
		p := newPier(t)
		ctx, cancel := context.WithCancel(p.ctx)
		left := make(chan error, 1)
		p.must(p.change(p.ctx, "first", func(t tx) error {
			go func() { left <- p.change(ctx, "rider", moor("rider", nil)) }()
			for p.group.length() == 0 {
				runtime.Gosched()
			}
			cancel()
			if err := <-left; !errors.Is(err, context.Canceled) {
				p.Errorf("who left was told %v", err)
			}
			return moor("first", nil)(t)
		}))
		if got := p.moored(); got != "first" {
			t.Errorf("moored: %s", got)
		}
	})
	t.Run("ends in the middle", func(t *testing.T) {
		p := newPier(t)
		ctx, cancel := context.WithCancel(p.ctx)
		p.must(p.change(ctx, "first", func(t tx) error {
			cancel()
			if err := each(ctx, t, func(scan) error { return nil }, `SELECT 1`); err != nil {
				return err
			}
			return moor("first", nil)(t)
		}))
		if got := p.moored(); got != "first" {
			t.Errorf("moored: %s", got)
		}
	})
	t.Run("ended before", func(t *testing.T) {
		p := newPier(t)
		ctx, cancel := context.WithCancel(p.ctx)
		cancel()
		if err := p.change(ctx, "first", moor("first", nil)); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		p.must(p.change(p.ctx, "second", moor("second", nil)))
		if got := p.moored(); got != "second" {
			t.Errorf("moored: %s", got)
		}
	})
}

// Somebody else holds the database: all who wait are told so after one patience.
// Who does not want to wait so long need not.
func TestGroupAtALockedDatabase(t *testing.T) {
	p := newPier(t)
	p.exec(`PRAGMA busy_timeout = 300`)
	conn := rival(t, p.url)
	begin := func() {
		t.Helper()
		_, err := conn.ExecContext(p.ctx, `BEGIN IMMEDIATE`)
		p.must(err)
	}
	told, first := p.together(func(tx) error { return errSank }, moor("a", nil))
	if !errors.Is(first, errSank) || told[0] != nil {
		t.Fatal(first, told)
	}
	begin()
	const n = 20
	var waiting sync.WaitGroup
	var mu sync.Mutex
	for range n {
		waiting.Go(func() {
			if err := p.change(p.ctx, "moor", moor("b", nil)); !errors.Is(err, digest.ErrBusy) {
				mu.Lock()
				defer mu.Unlock()
				t.Errorf("who waited was told %v", err)
			}
		})
	}
	waiting.Wait()
	p.exec(`PRAGMA busy_timeout = 3600000`)
	ctx, cancel := context.WithCancel(p.ctx)
	impatient := make(chan error)
	go func() { impatient <- p.change(ctx, "moor", moor("b", nil)) }()
	for done := false; !done; runtime.Gosched() {
		p.group.mu.Lock()
		done = p.group.led
		p.group.mu.Unlock()
	}
	cancel()
	if err := <-impatient; !errors.Is(err, context.Canceled) {
		t.Errorf("the impatient one was told %v", err)
	}
	_, err := conn.ExecContext(p.ctx, `ROLLBACK`)
	p.must(err)
	p.must(p.change(p.ctx, "moor", moor("c", nil)))
	if got := p.moored(); got != "a c" {
		t.Errorf("moored: %s", got)
	}
}

// Where there is no room, nobody is told that a change lasts which does not.
func TestGroupOnAFullDisk(t *testing.T) {
	p := newPier(t)
	p.exec(`PRAGMA max_page_count = 1`) // it cannot grow
	big := func(t tx) error {
		_, err := t.exec(`INSERT INTO moored VALUES (hex(zeroblob(100000)))`)
		return err
	}
	told, first := p.together(moor("first", nil), moor("a", nil), big, moor("b", nil))
	if told[1] == nil {
		t.Fatal("there was room")
	}
	p.exec(`PRAGMA max_page_count = 1000000`)
	want := ""
	for i, err := range []error{first, told[0], told[2]} {
		if err == nil {
			want += " " + []string{"first", "a", "b"}[i]
		}
	}
	got := strings.Fields(p.moored())
	slices.Sort(got)
	wanted := strings.Fields(want)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		t.Errorf("moored: %v; those who were told so: %v", got, wanted)
	}
	p.must(p.change(p.ctx, "there is room", big))
}

// SQLite may undo the whole transaction within one change: then all have failed.
func TestGroupUndoneBySQLite(t *testing.T) {
	p := newPier(t)
	undone := func(t tx) error {
		_, err := t.exec(`INSERT OR ROLLBACK INTO subscriber (id) VALUES (NULL)`)
		if err == nil {
			p.Error("it went well")
		}
		return err
	}
	told, first := p.together(moor("first", nil), moor("a", nil), undone, moor("b", nil))
	if first == nil || told[0] == nil || told[1] == nil {
		t.Errorf("told %v, %v", first, told)
	}
	if got := p.moored(); got != "b" && told[2] == nil || got != "" && told[2] != nil {
		t.Errorf("moored: %q; the last was told %v", got, told[2])
	}
}

// Killed before the commit, none of a group is there; after it, all are.
func TestGroupIsKilled(t *testing.T) {
	p := newPier(t)
	left := func(folder string) string {
		t.Helper()
		name := filepath.Join(folder, "digest.db")
		for _, end := range []string{"", "-wal"} {
			b, err := os.ReadFile(p.url + end)
			p.must(err)
			p.must(os.WriteFile(name+end, b, 0o600))
		}
		return (&pier{&world{T: t, Store: opened(t, name, Options{Mode: ReadWrite}), ctx: p.ctx}}).moored()
	}
	before := ""
	told, first := p.together(moor("first", nil), moor("a", nil), func(tx) error {
		before = left(t.TempDir())
		return nil
	})
	if errors.Join(append(told, first)...) != nil || before != "" {
		t.Errorf("told %v, %v; before the commit there were %q", first, told, before)
	}
	if after := left(t.TempDir()); after != "a first" {
		t.Errorf("after the commit there were %q", after)
	}
}

// Property: who is told that it went well finds their change, and nobody else does.
func TestGroupModel(t *testing.T) {
	p := newPier(t)
	p.exec(`PRAGMA synchronous = OFF`)
	rapid.Check(t, func(rt *rapid.T) {
		p.exec(`DELETE FROM moored`)
		fates := rapid.SliceOfN(rapid.SampledFrom([]string{"well", "fails", "ends", "panics", "undone"}), 1, 40).Draw(rt, "fates")
		well := make([]bool, len(fates))
		var all sync.WaitGroup
		for i, fate := range fates {
			all.Go(func() {
				ctx, cancel := context.WithCancel(p.ctx)
				defer cancel()
				defer func() { _ = recover() }()
				change := p.change
				if i%2 == 0 {
					change = p.changeSoon
				}
				well[i] = change(ctx, fate, func(t tx) error {
					err := moor(fmt.Sprintf("%02d", i), nil)(t)
					switch fate {
					case "fails":
						return errSank
					case "ends":
						cancel()
					case "panics":
						panic(fate)
					case "undone":
						_, err = t.exec(`INSERT OR ROLLBACK INTO subscriber (id) VALUES (NULL)`)
					}
					return err
				}) == nil
			})
		}
		all.Wait()
		var want []string
		for i, ok := range well {
			if ok {
				want = append(want, fmt.Sprintf("%02d", i))
			}
			if ok && (fates[i] == "fails" || fates[i] == "panics" || fates[i] == "undone") {
				rt.Errorf("what %s went well", fates[i])
			}
		}
		if got := p.moored(); got != strings.Join(want, " ") {
			rt.Errorf("moored: %s; who was told so: %s", got, strings.Join(want, " "))
		}
	})
}
