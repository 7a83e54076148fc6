package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// SQLite has one writer, and what a short change costs there is mostly its commit,
// which waits for the disk. So changes that come at the same time ride in one
// transaction: whoever finds nobody at it leads, and runs the functions of those
// who come meanwhile before the commit. Everybody is told afterwards. While issues
// are sent, whoever can waits for the next transaction of the sender's: two commits
// would keep it from the next one twice as long.

// group is who waits for a place in a transaction.
type group struct {
	mu      sync.Mutex
	led     bool // somebody is at it, and sees to those who wait
	waiting []*rider
	busy    time.Time // when somebody last led who was in a hurry
}

// rider is a change of somebody.
type rider struct {
	f        func(tx) error
	patient  bool // waits for company
	err      error
	panicked any
	told     chan bool // whether they are to lead; else err is what came of f
}

// A transaction takes nobody in any more when it has so many, or has lasted so
// long: who came first waits for the last.
const (
	mostRiders  = 64
	longestRide = 20 * time.Millisecond
)

// Who is patient waits for so long at a time, if somebody in a hurry has led as
// recently as that.
const (
	patience = 3 * time.Millisecond
	recently = 10 * time.Millisecond
)

var (
	errPanicked = errors.New("another change in the same transaction has panicked")
	errLeft     = errors.New("the goroutine of the transaction has ended")
)

// share runs f in a transaction that it may share with other changes. What fails
// of them is undone alone, unless SQLite undoes everything by itself. While f
// waits, the end of ctx takes it back; once it has begun, nothing does.
func (s *Store) share(ctx context.Context, patient bool, f func(tx) error) error {
	r := &rider{f: f, patient: patient}
	if s.group.join(r) || s.group.wait(ctx, r) {
		return s.lead(ctx, r)
	}
	if r.panicked != nil {
		panic(r.panicked)
	}
	return r.err
}

// join says whether r is to lead; else it waits.
func (g *group) join(r *rider) (lead bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.led && (!r.patient || !g.hurried()) {
		g.led = true
		return true
	}
	r.told = make(chan bool, 1)
	g.waiting = append(g.waiting, r)
	return false
}

func (g *group) hurried() bool { return time.Since(g.busy) < recently }

// wait says whether r is to lead after all; else what came of it stands in r.
func (g *group) wait(ctx context.Context, r *rider) (lead bool) {
	var tick <-chan time.Time
	if r.patient {
		t := time.NewTicker(patience)
		defer t.Stop()
		tick = t.C
	}
	for {
		select {
		case lead := <-r.told:
			return lead
		case <-ctx.Done():
			if g.leave(r) {
				r.err = ctx.Err()
				return false
			}
			return <-r.told
		case <-tick:
			if g.volunteer(r) {
				return true
			}
		}
	}
}

// volunteer says whether r leads now, since nobody came to.
func (g *group) volunteer(r *rider) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, r)
	if g.led || i < 0 {
		return false
	}
	g.led, g.waiting = true, slices.Delete(g.waiting, i, i+1)
	return true
}

// leave says whether r still waited, and does so no more.
func (g *group) leave(r *rider) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, r)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	return true
}

// next takes who has waited longest; nil: nobody.
func (g *group) next() *rider {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		return nil
	}
	r := g.waiting[0]
	g.waiting = slices.Delete(g.waiting, 0, 1)
	return r
}

// handOn makes the next one lead, if there is one who does not rather wait.
func (g *group) handOn(r *rider) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !r.patient {
		g.busy = time.Now()
	}
	i := slices.IndexFunc(g.waiting, func(w *rider) bool { return !w.patient })
	if i < 0 && len(g.waiting) > 0 && !g.hurried() {
		i = 0
	}
	if g.led = i >= 0; g.led {
		g.waiting[i].told <- true
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
}

func (g *group) length() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// lead makes a transaction of r and of those who come meanwhile.
func (s *Store) lead(ctx context.Context, r *rider) error {
	defer s.group.handOn(r)
	s.write.prepareOften(ctx)
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	asked := s.group.length()
	t, end, err := begin(ctx, conn)
	if err != nil {
		s.compiled.leave(conn)
		if ctx.Err() == nil { // who has waited for the lock as long need not do so again
			for ; asked > 0; asked-- {
				tell(err, s.group.next())
			}
		}
		return err
	}
	defer end()
	s.carry(tx{ctx: context.WithoutCancel(ctx), Tx: t, conn: conn, s: s}, r)
	if r.panicked != nil {
		panic(r.panicked)
	}
	return r.err
}

// begin begins a transaction that the end of ctx does not undo, since others ride
// in it. Only the wait for the lock ends with ctx.
func begin(ctx context.Context, conn *sql.Conn) (t *sql.Tx, end func(), err error) {
	if ctx.Done() == nil {
		t, err = conn.BeginTx(ctx, nil)
		return t, func() {}, err
	}
	lasting, end := context.WithCancel(context.WithoutCancel(ctx))
	keep := context.AfterFunc(ctx, end)
	t, err = conn.BeginTx(lasting, nil)
	if !keep() {
		if err == nil {
			_ = t.Rollback()
		}
		err = ctx.Err()
	}
	if err != nil {
		end()
	}
	return t, end, err
}

// carry runs the function of the first, and of all who come until it commits. The
// first needs no savepoint: if it fails, nothing else is in the transaction.
func (s *Store) carry(t tx, first *rider) {
	var others []*rider
	err := errLeft // unless a function ends this goroutine, as a failed test does
	defer func() {
		if err != nil {
			_ = t.Rollback() // SQLite may have done so itself
		}
		if first.err == nil {
			first.err = err
		}
		tell(err, others...)
	}()
	if err = first.run(t); err != nil {
		return
	}
	for began := time.Now(); len(others) < mostRiders && time.Since(began) < longestRide; {
		r := s.group.next()
		if r == nil {
			break
		}
		others, err = append(others, r), errLeft
		if err = r.ride(t); err != nil {
			return
		}
	}
	err = t.Commit()
}

// run runs the function, and keeps a panic for whoever has asked for it.
func (r *rider) run(t tx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			r.panicked, err = fmt.Sprintf("%v\n%s", v, debug.Stack()), errPanicked
		}
	}()
	return r.f(t)
}

// ride runs the function so that its failure undoes nothing else; err is what
// undoes everything.
func (r *rider) ride(t tx) (err error) {
	if _, err := t.exec(`SAVEPOINT rider`); err != nil {
		return err
	}
	if r.err = r.run(t); r.panicked != nil {
		return errPanicked
	}
	if r.err != nil {
		if _, err := t.exec(`ROLLBACK TO rider`); err != nil {
			return err
		}
	}
	_, err = t.exec(`RELEASE rider`)
	return err
}

// tell tells riders that they are done, and what else than their own error failed.
func tell(err error, riders ...*rider) {
	for _, r := range riders {
		if r == nil {
			continue
		}
		if r.err == nil {
			r.err = err
		}
		r.told <- false
	}
}
