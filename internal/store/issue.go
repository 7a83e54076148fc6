package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"digest.example/internal/digest"
)

const issueColumns = `SELECT i.id, n.name, i.edition, i.number, i.slot, i.zone, i.slot_at, i.state, i.reason, i.code,
	i.hold_until, i.cutoff, i.envelope_from, i.opened, i.frozen, i.spent, i.revised, i.finished, i.recipients
	FROM issue i JOIN newsletter n ON n.id = i.newsletter`

func scanIssue(scan scan) (digest.IssueRecord, error) {
	var r digest.IssueRecord
	var state string
	var slotAt, hold, cutoff, opened, frozen, spent, revised, finished sql.NullInt64
	err := scan(&r.ID, &r.Newsletter, &r.Edition, &r.Number, &r.Slot.Local, &r.Slot.Zone, &slotAt, &state,
		&r.Reason, &r.Code, &hold, &cutoff, &r.From, &opened, &frozen, &spent, &revised, &finished, &r.Recipients)
	r.State, r.Slot.At, r.HoldUntil, r.CutOff = digest.IssueState(state), at(slotAt), at(hold), at(cutoff)
	r.Opened, r.Frozen, r.Spent, r.Finished = at(opened), at(frozen), at(spent), at(finished)
	r.Revised = at(revised)
	return r, err
}

// openTries is how often a number that another process took meanwhile is tried again.
const openTries = 20

// OpenIssue implements publish.Store; newsletter is its name.
func (s *Store) OpenIssue(
	ctx context.Context, newsletter string, edition digest.Edition, slot digest.Slot, now time.Time,
) (r digest.IssueRecord, created bool, err error) {
	id, err := s.id(16)
	if err != nil {
		return r, false, err
	}
	for range openTries {
		err = s.change(ctx, "open issue of "+newsletter, func(t tx) error {
			created, err = t.openIssue(id, newsletter, edition, slot, now)
			if err != nil {
				return err
			}
			r, err = one(ctx, t, scanIssue, issueColumns+
				` WHERE n.name = $1 AND i.edition = $2 AND i.slot = $3 AND i.zone = $4`,
				newsletter, edition, slot.Local, slot.Zone)
			if err != nil && created {
				return err
			}
			return nil
		})
		if err != nil || r.ID != "" {
			return r, created && err == nil, err
		}
	}
	return r, false, fmt.Errorf("%w: open issue of %s: others take each number first", digest.ErrBusy, newsletter)
}

// openIssue says whether it made the issue; if not, its slot or its number is taken.
func (t tx) openIssue(id, newsletter string, edition digest.Edition, slot digest.Slot, now time.Time) (bool, error) {
	type next struct {
		newsletter string
		number     int
	}
	v, err := one(t.ctx, t, func(scan scan) (v next, err error) {
		return v, scan(&v.newsletter, &v.number)
	}, `SELECT n.id, (SELECT COALESCE(MAX(i.number), 0) + 1 FROM issue i WHERE i.newsletter = n.id AND i.edition = $2)
		FROM newsletter n WHERE n.name = $1`, newsletter, edition)
	if err != nil {
		return false, err
	}
	n, err := t.exec(`INSERT INTO issue (id, newsletter, edition, number, slot, zone, slot_at, state, reason, code,
		envelope_from, content, plan_after, opened, recipients, counts)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'planning', '', '', '', '', '', $8, 0, '') ON CONFLICT DO NOTHING`,
		id, v.newsletter, edition, v.number, slot.Local, slot.Zone, ms(slot.At), ms(now))
	return n > 0, err
}

// Issue implements publish.Store.
func (s *Store) Issue(ctx context.Context, id string) (digest.IssueRecord, error) {
	r, err := one(ctx, s.read, scanIssue, issueColumns+` WHERE i.id = $1`, id)
	if err != nil {
		return r, fmt.Errorf("issue %s: %w", id, err)
	}
	return r, nil
}

// IssueByName implements publish.Store. Where editions share a number, the
// scheduled one is meant.
func (s *Store) IssueByName(ctx context.Context, newsletter string, number int) (digest.IssueRecord, error) {
	r, err := one(ctx, s.read, scanIssue, issueColumns+` WHERE n.name = $1 AND i.number = $2
		ORDER BY CASE WHEN i.edition = $3 THEN 0 ELSE 1 END, i.edition LIMIT 1`,
		newsletter, number, digest.EditionScheduled)
	if err != nil {
		return r, fmt.Errorf("issue %s/%d: %w", newsletter, number, err)
	}
	return r, nil
}

// Issues implements publish.Store; newsletter is its name.
func (s *Store) Issues(ctx context.Context, newsletter string, n int) ([]digest.IssueRecord, error) {
	query, args := issueColumns+` WHERE n.name = $1 ORDER BY i.opened DESC, i.number DESC`, []any{newsletter}
	if n > 0 {
		query, args = query+` LIMIT $2`, append(args, n)
	}
	all, err := collect(ctx, s.read, scanIssue, query, args...)
	if err != nil {
		return nil, fmt.Errorf("issues of %s: %w", newsletter, err)
	}
	return all, nil
}

// Unended implements publish.Store.
func (s *Store) Unended(ctx context.Context) ([]digest.IssueRecord, error) {
	all, err := collect(ctx, s.read, scanIssue, issueColumns+
		` WHERE i.state IN ('planning', 'sending', 'held', 'paused') ORDER BY i.opened, i.number, i.id`)
	if err != nil {
		return nil, fmt.Errorf("unended issues: %w", err)
	}
	return all, nil
}

// MoveIssue implements publish.Store.
func (s *Store) MoveIssue(
	ctx context.Context, id string, from []digest.IssueState, m digest.IssueMove,
) (moved bool, err error) {
	finished := sql.NullInt64{}
	if m.To.Ended() {
		finished = orNull(m.At)
	}
	args := []any{string(m.To), text(m.Reason), m.Code, orNull(m.HoldUntil), finished, id}
	for _, v := range from {
		args = append(args, string(v))
	}
	err = s.change(ctx, "move issue "+id, func(t tx) error {
		n, err := t.exec(`UPDATE issue SET state = $1, reason = $2, code = $3, hold_until = $4, finished = $5
			WHERE id = $6 AND state IN `+in(7, len(from)), args...)
		if moved = n > 0; err != nil || !moved {
			return err
		}
		_, err = t.exec(dropMessages+` AND id = $1`, id)
		return err
	})
	return moved && err == nil, err
}
