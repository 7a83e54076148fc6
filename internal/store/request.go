package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"digest.example/internal/digest"
)

// argument is what a request says besides its kind.
type argument struct {
	Newsletter string   `json:"newsletter"`
	Force      []string `json:"force,omitempty"`
}

const requestColumns = `SELECT id, kind, argument, created, taken, issue, outcome FROM request`

func scanRequest(scan scan) (digest.Request, error) {
	var r digest.Request
	var text []byte
	var created, taken sql.NullInt64
	if err := scan(&r.ID, &r.Kind, &text, &created, &taken, &r.Issue, &r.Outcome); err != nil {
		return r, err
	}
	var a argument
	err := json.Unmarshal(text, &a)
	r.Newsletter, r.Force, r.Created, r.Taken = a.Newsletter, a.Force, at(created), at(taken)
	return r, err
}

// Ask implements publish.Store. The caller makes the request's ID.
func (s *Store) Ask(ctx context.Context, r digest.Request) error {
	a, err := json.Marshal(argument{Newsletter: r.Newsletter, Force: r.Force})
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	return s.change(ctx, "ask", func(t tx) error {
		_, err := t.exec(`INSERT INTO request (id, kind, argument, created, taken, issue, outcome)
			VALUES ($1, $2, $3, $4, NULL, '', '')`, r.ID, r.Kind, string(a), ms(r.Created))
		return err
	})
}

// Requests implements publish.Store: those that wait, oldest first.
func (s *Store) Requests(ctx context.Context) ([]digest.Request, error) {
	all, err := collect(ctx, s.read, scanRequest, requestColumns+` WHERE taken IS NULL ORDER BY created, id`)
	if err != nil {
		return nil, fmt.Errorf("requests: %w", err)
	}
	return all, nil
}

// Take implements publish.Store.
func (s *Store) Take(ctx context.Context, id string, now time.Time) (taken bool, err error) {
	err = s.change(ctx, "take request "+id, func(t tx) error {
		n, err := t.exec(`UPDATE request SET taken = $1 WHERE id = $2 AND taken IS NULL`, ms(now), id)
		taken = n > 0
		return err
	})
	return taken && err == nil, err
}

// Answer implements publish.Store.
func (s *Store) Answer(ctx context.Context, id, issue, outcome string) error {
	return s.change(ctx, "answer request "+id, func(t tx) error {
		return t.found(t.exec(`UPDATE request SET issue = $1, outcome = $2 WHERE id = $3`, issue, text(outcome), id))
	})
}

// Request implements publish.Store.
func (s *Store) Request(ctx context.Context, id string) (digest.Request, error) {
	r, err := one(ctx, s.read, scanRequest, requestColumns+` WHERE id = $1`, id)
	if err != nil {
		return r, fmt.Errorf("request %s: %w", id, err)
	}
	return r, nil
}
