package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"digest.example/internal/digest"
)

// sourceState is what else is remembered of a source.
type sourceState struct {
	Warnings []string        `json:"warnings,omitempty"`
	Adapter  json.RawMessage `json:"adapter,omitempty"`
}

// succeeded records a pull that brought something back.
func (s *Store) succeeded(ctx context.Context, h digest.Harvest) error {
	return s.change(ctx, "health of "+h.Source, func(t tx) error {
		state := sourceState{Warnings: h.Warnings, Adapter: h.State}
		if len(h.State) == 0 {
			before, _, err := sourceMemory(ctx, t, h.Source)
			if err != nil {
				return err
			}
			state.Adapter = before.Adapter
		}
		content, err := json.Marshal(state)
		if err != nil {
			return fmt.Errorf("the adapter's state: %w", err)
		}
		_, err = t.exec(`INSERT INTO source (name, state, pulled, succeeded, failures, last_error)
			VALUES ($1, $2, $3, $3, 0, '')
			ON CONFLICT (name) DO UPDATE SET state = excluded.state, pulled = excluded.pulled,
				succeeded = excluded.succeeded, failures = 0, last_error = ''`,
			text(h.Source), text(string(content)), ms(h.At))
		return err
	})
}

// sourceMemory is what is remembered of a source, and when it last gave something.
func sourceMemory(ctx context.Context, q queryer, source string) (state sourceState, since time.Time, err error) {
	err = each(ctx, q, func(scan scan) error {
		var content []byte
		var succeeded sql.NullInt64
		if err := scan(&content, &succeeded); err != nil {
			return err
		}
		since = at(succeeded)
		return json.Unmarshal(content, &state)
	}, `SELECT state, succeeded FROM source WHERE name = $1`, text(source))
	return state, since, err
}

// SaveFailure implements library.Store.
func (s *Store) SaveFailure(ctx context.Context, source string, at time.Time, cause string) error {
	return s.change(ctx, "health of "+source, func(t tx) error {
		_, err := t.exec(`INSERT INTO source (name, state, pulled, succeeded, failures, last_error)
			VALUES ($1, '{}', $2, NULL, 1, $3)
			ON CONFLICT (name) DO UPDATE SET pulled = excluded.pulled,
				failures = source.failures + 1, last_error = excluded.last_error`,
			text(source), ms(at), reply(cause))
		return err
	})
}

// SourceHealth implements library.Store. It leaves out how much there is of each.
func (s *Store) SourceHealth(ctx context.Context) ([]digest.SourceHealth, error) {
	return s.sourceHealth(ctx, `0, 0`)
}

// SourcesInFull is SourceHealth with the numbers of articles and comments, whose
// counting takes its time in a long library.
func (s *Store) SourcesInFull(ctx context.Context) ([]digest.SourceHealth, error) {
	return s.sourceHealth(ctx, `(SELECT COUNT(*) FROM article a WHERE a.source = s.name AND a.deleted IS NULL),
		(SELECT COUNT(*) FROM comment c WHERE c.source = s.name AND c.deleted IS NULL)`)
}

func (s *Store) sourceHealth(ctx context.Context, counts string) ([]digest.SourceHealth, error) {
	all, err := collect(ctx, s.read, scanHealth, `SELECT s.name, s.state, s.pulled, s.succeeded, s.failures, s.last_error,
		`+counts+` FROM source s ORDER BY s.name`)
	if err != nil {
		return nil, fmt.Errorf("health of sources: %w", err)
	}
	return all, nil
}

func scanHealth(scan scan) (digest.SourceHealth, error) {
	var h digest.SourceHealth
	var state []byte
	var pulled, succeeded sql.NullInt64
	err := scan(&h.Name, &state, &pulled, &succeeded, &h.Failures, &h.LastError, &h.Articles, &h.Comments)
	if err != nil {
		return h, err
	}
	var more sourceState
	err = json.Unmarshal(state, &more)
	h.Pulled, h.Succeeded, h.Warnings, h.State = at(pulled), at(succeeded), more.Warnings, more.Adapter
	return h, err
}
