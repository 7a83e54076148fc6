package publish_test

import (
	"context"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// faulty is a store whose calls fail: before they did anything, or after they
// did it, as for a process that dies before it learns of it.
type faulty struct {
	database
	fail func(call string, done bool) error
}

// call runs f between the two moments at which it can fail.
func call[T any](s *faulty, name string, f func() (T, error)) (T, error) {
	var none T
	if err := s.fail(name, false); err != nil {
		return none, err
	}
	v, err := f()
	if err == nil {
		err = s.fail(name, true)
	}
	return v, err
}

type nothing struct{}

func (s *faulty) run(name string, f func() error) error {
	_, err := call(s, name, func() (nothing, error) { return nothing{}, f() })
	return err
}

func (s *faulty) SaveHarvest(ctx context.Context, h digest.Harvest) error {
	return s.run("SaveHarvest", func() error { return s.database.SaveHarvest(ctx, h) })
}

func (s *faulty) OpenIssue(ctx context.Context, n string, e digest.Edition, slot digest.Slot, now time.Time) (r digest.IssueRecord, created bool, err error) {
	r, err = call(s, "OpenIssue", func() (digest.IssueRecord, error) {
		r, created, err = s.database.OpenIssue(ctx, n, e, slot, now)
		return r, err
	})
	return r, created, err
}

func (s *faulty) MoveIssue(ctx context.Context, id string, from []digest.IssueState, m digest.IssueMove) (bool, error) {
	return call(s, "MoveIssue "+string(m.To), func() (bool, error) { return s.database.MoveIssue(ctx, id, from, m) })
}

func (s *faulty) Freeze(ctx context.Context, id string, f digest.Frozen) error {
	return s.run("Freeze", func() error { return s.database.Freeze(ctx, id, f) })
}

func (s *faulty) Plan(ctx context.Context, id string, n int, now time.Time) (bool, error) {
	return call(s, "Plan", func() (bool, error) { return s.database.Plan(ctx, id, n, now) })
}

func (s *faulty) Claim(ctx context.Context, c delivery.Claim) ([]delivery.Delivery, error) {
	return call(s, "Claim", func() ([]delivery.Delivery, error) { return s.database.Claim(ctx, c) })
}

func (s *faulty) Apply(ctx context.Context, now time.Time, c []delivery.Change) ([]bool, error) {
	return call(s, "Apply", func() ([]bool, error) { return s.database.Apply(ctx, now, c) })
}

func (s *faulty) Backlog(ctx context.Context, id string) (delivery.Backlog, error) {
	return call(s, "Backlog", func() (delivery.Backlog, error) { return s.database.Backlog(ctx, id) })
}

func (s *faulty) Unended(ctx context.Context) ([]digest.IssueRecord, error) {
	return call(s, "Unended", func() ([]digest.IssueRecord, error) { return s.database.Unended(ctx) })
}

func (s *faulty) Requests(ctx context.Context) ([]digest.Request, error) {
	return call(s, "Requests", func() ([]digest.Request, error) { return s.database.Requests(ctx) })
}

func (s *faulty) Take(ctx context.Context, id string, now time.Time) (bool, error) {
	return call(s, "Take", func() (bool, error) { return s.database.Take(ctx, id, now) })
}

func (s *faulty) Answer(ctx context.Context, id, issue, outcome string) error {
	return s.run("Answer", func() error { return s.database.Answer(ctx, id, issue, outcome) })
}

func (s *faulty) Restored(ctx context.Context, now time.Time) (bool, error) {
	return call(s, "Restored", func() (bool, error) { return s.database.Restored(ctx, now) })
}
