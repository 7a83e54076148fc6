package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// erasedMark, with the id of an erased person behind it, is a name in meta. It
// stays until nothing of them can come back, and the database's files are clean:
// while they were being erased, the relay may have been answering a message to
// them, and a letter to them may have been on its way into the outbox.
const erasedMark = "erased."

// unconfirmedMark stands for all who were forgotten because they never confirmed:
// nothing of them was under way.
const unconfirmedMark = "unconfirmed"

// erasedFor is how long a mark stays at least. What was under way then is over.
const erasedFor = 10 * time.Minute

// The values of a mark until the files are clean; then it is when they were. What
// is deleted while somebody scrubs makes a mark unscrubbed again.
const (
	unscrubbed = ""
	scrubbing  = "scrubbing"
)

// forgetAll is what is kept of a person under their id. Letters that somebody
// holds go when they are let go of; used tickets that erased somebody stay, to
// say so when they are used again.
var forgetAll = []string{
	`DELETE FROM intake WHERE subscriber = $1`,
	`UPDATE ticket SET wording = '', evidence = '' WHERE subscriber = $1 AND purpose = 'erase' AND wording || evidence <> ''`,
	`DELETE FROM ticket WHERE subscriber = $1 AND purpose <> 'erase'`,
	`UPDATE delivery SET last_reply = '' WHERE issue IN (SELECT id FROM issue) AND subscriber = $1 AND last_reply <> ''`,
	`DELETE FROM outbox WHERE subscriber = $1 AND state NOT IN ('claimed', 'committing')`,
	`UPDATE outbox SET message = NULL, last_reply = '' WHERE subscriber = $1 AND (message IS NOT NULL OR last_reply <> '')`,
	`DELETE FROM import_confirm WHERE subscriber = $1`,
	`DELETE FROM consent_event WHERE subscriber = $1`,
	`DELETE FROM consent WHERE subscriber = $1`,
	`DELETE FROM subscriber WHERE id = $1`,
}

// forgetAddress is what is kept of them under the hash of their address.
var forgetAddress = []string{
	`DELETE FROM intake WHERE address_hash = $1`,
	`UPDATE suppression SET address = '', evidence = '' WHERE address_hash = $1`,
}

// ErasePerson implements subscribers.Store. CleanUp must follow.
func (s *Store) ErasePerson(ctx context.Context, id string, v subscribers.Suppression) error {
	return s.change(ctx, "erase", func(t tx) error {
		// Whoever settles a request of theirs at this moment would bring them back.
		if err := t.alone(); err != nil {
			return err
		}
		if err := t.holdMail(id); err != nil {
			return err
		}
		if err := t.blankReasons(id); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO suppression (address_hash, newsletter, reason, address, evidence, at)
			VALUES ($1, $2, $3, '', '', $4) ON CONFLICT (address_hash, newsletter)
			DO UPDATE SET reason = excluded.reason, address = '', evidence = '', at = excluded.at`,
			v.Hash, v.Newsletter, v.Reason, ms(v.At))
		if err != nil {
			return err
		}
		if _, err := t.forgetPerson(id); err != nil {
			return err
		}
		for _, forget := range forgetAddress {
			if _, err := t.exec(forget, v.Hash); err != nil {
				return err
			}
		}
		return t.markErased(id)
	})
}

// holdMail waits for those who are changing what is sent to a person: if it bounces
// just now, they want the suppression next, or the issue, and so must not wait for us.
func (t tx) holdMail(id string) error {
	if t.s.forUpdate == "" {
		return nil
	}
	for _, query := range []string{
		`SELECT 1 FROM delivery WHERE issue IN (SELECT id FROM issue) AND subscriber = $1`,
		`SELECT 1 FROM outbox WHERE subscriber = $1`,
	} {
		if err := each(t.ctx, t, func(scan) error { return nil }, query+t.s.forUpdate, text(id)); err != nil {
			return err
		}
	}
	return nil
}

// forgetPerson returns how much there was to forget. Requests of people who are
// not known yet have no id: none is nobody's.
func (t tx) forgetPerson(id string) (found int64, err error) {
	if id == "" {
		return 0, nil
	}
	for _, forget := range forgetAll {
		n, err := t.exec(forget, text(id))
		if err != nil {
			return found, err
		}
		found += n
	}
	return found, nil
}

// markErased has CleanUp look after somebody; who has no id gets one.
func (t tx) markErased(id string) (err error) {
	if id == "" {
		if id, err = t.s.id(16); err != nil {
			return err
		}
	}
	return t.note(erasedMark+text(id), unscrubbed)
}

// note keeps a value under a name, in place of the one before.
func (t tx) note(name, value string) error {
	_, err := t.exec(`INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
		name, value)
	return err
}

// blankReasons takes a person's address out of why issues stopped, where a relay
// has named it.
func (t tx) blankReasons(id string) error {
	p, err := one(t.ctx, t, scanSubscriber, `SELECT `+subscriberColumns+` FROM subscriber s WHERE s.id = $1`, text(id))
	if errors.Is(err, digest.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	type cause struct{ issue, reason string }
	named, err := collect(t.ctx, t, func(scan scan) (v cause, err error) { return v, scan(&v.issue, &v.reason) },
		`SELECT id, reason FROM issue WHERE reason LIKE '%@%'`)
	if err != nil {
		return err
	}
	// A relay may write the domain in other letters than we do. Rather somebody else's
	// reply is lost.
	normal, given := p.Normal[:strings.LastIndexByte(p.Normal, '@')+1], p.Address[:strings.LastIndexByte(p.Address, '@')+1]
	for _, c := range named {
		lower := strings.ToLower(c.reason)
		if !strings.Contains(lower, normal) && !strings.Contains(lower, strings.ToLower(given)) {
			continue
		}
		_, err := t.exec(`UPDATE issue SET reason = 'a reply that named somebody who was erased since' WHERE id = $1`, c.issue)
		if err != nil {
			return err
		}
	}
	return nil
}

// CleanUp finishes what erasing people has left to do, in several transactions:
// it takes away what has come back of them, and scrubs the database's files. It
// returns false where the files could not be scrubbed now, because others are
// reading; so it is called again from time to time.
func (s *Store) CleanUp(ctx context.Context, now time.Time) (clean bool, err error) {
	marks, err := s.erasedMarks(ctx)
	if err != nil || len(marks) == 0 {
		return err == nil, err
	}
	if err := s.forgetAgain(ctx, marks); err != nil {
		return false, err
	}
	unclean := func(m mark) bool { return m.scrubbed.IsZero() }
	if s.file != "" && slices.ContainsFunc(marks, unclean) {
		if clean, err := s.Scrub(ctx); err != nil || !clean {
			return false, err
		}
	}
	return true, s.unmark(ctx, marks, now)
}

// forgetAgain takes away what has come back, and notes it in the marks.
func (s *Store) forgetAgain(ctx context.Context, marks []mark) error {
	for part := range slices.Chunk(marks, marksChunk) {
		err := s.change(ctx, "clean up after erasing", func(t tx) error {
			for i, m := range part {
				found, err := t.forgetPerson(m.id)
				if err != nil {
					return err
				}
				if found > 0 {
					part[i].scrubbed = time.Time{}
				}
				if !part[i].scrubbed.IsZero() {
					continue
				}
				if _, err := t.exec(`UPDATE meta SET value = $1 WHERE name = $2`, scrubbing, erasedMark+m.id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// marksChunk is how many people one transaction looks after.
const marksChunk = 20

// mark stands for somebody who was erased.
type mark struct {
	id       string
	scrubbed time.Time // zero: not yet
}

func (s *Store) erasedMarks(ctx context.Context) ([]mark, error) {
	all, err := collect(ctx, s.read, func(scan scan) (mark, error) {
		var name, value string
		if err := scan(&name, &value); err != nil {
			return mark{}, err
		}
		m := mark{id: strings.TrimPrefix(name, erasedMark)}
		if value == unscrubbed || value == scrubbing {
			return m, nil
		}
		when, err := time.Parse(time.RFC3339, value)
		m.scrubbed = when
		return m, err
	}, `SELECT name, value FROM meta WHERE name LIKE 'erased.%'`)
	if err != nil {
		return nil, fmt.Errorf("read who was erased: %w", err)
	}
	return all, nil
}

// stillHeld counts messages to somebody whose fate is open.
const stillHeld = `SELECT (SELECT COUNT(*) FROM delivery
	WHERE issue IN (SELECT id FROM issue) AND subscriber = $1 AND state IN ('claimed', 'committing'))
	+ (SELECT COUNT(*) FROM outbox WHERE subscriber = $1 AND state IN ('claimed', 'committing'))`

// unmark notes that the files are clean, and takes away the marks of those of
// whom nothing can come back.
func (s *Store) unmark(ctx context.Context, marks []mark, now time.Time) error {
	return s.change(ctx, "note that erasing is done", func(t tx) error {
		for _, m := range marks {
			name := erasedMark + m.id
			if m.scrubbed.IsZero() {
				_, err := t.exec(`UPDATE meta SET value = $1 WHERE name = $2 AND value = $3`,
					now.UTC().Format(time.RFC3339), name, scrubbing)
				if err != nil {
					return err
				}
				continue
			}
			if now.Sub(m.scrubbed) < erasedFor {
				continue
			}
			held, err := t.count(stillHeld, m.id)
			if err != nil {
				return err
			}
			if held > 0 {
				continue
			}
			if _, err := t.exec(`DELETE FROM meta WHERE name = $1`, name); err != nil {
				return err
			}
		}
		return nil
	})
}
