package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

const subscriberColumns = `s.id, s.address, s.normal, s.address_hash, s.name, s.language, s.created`

func subscriberFields(p *subscribers.Subscriber, created *sql.NullInt64) []any {
	return []any{&p.ID, &p.Address, &p.Normal, &p.Hash, &p.Name, &p.Language, created}
}

func scanSubscriber(scan scan) (subscribers.Subscriber, error) {
	var p subscribers.Subscriber
	var created sql.NullInt64
	err := scan(subscriberFields(&p, &created)...)
	p.Created = at(created)
	return p, err
}

// Subscriber implements subscribers.Store.
func (s *Store) Subscriber(ctx context.Context, id string) (subscribers.Subscriber, error) {
	return s.subscriber(ctx, `s.id = $1`, id)
}

// SubscriberByAddress implements subscribers.Store.
func (s *Store) SubscriberByAddress(ctx context.Context, normal string) (subscribers.Subscriber, error) {
	return s.subscriber(ctx, `s.normal = $1`, text(normal))
}

func (s *Store) subscriber(ctx context.Context, which, arg string) (subscribers.Subscriber, error) {
	p, err := one(ctx, s.read, scanSubscriber, `SELECT `+subscriberColumns+` FROM subscriber s WHERE `+which, text(arg))
	if err != nil {
		return p, fmt.Errorf("subscriber %s: %w", arg, err)
	}
	return p, nil
}

const consentColumns = `SELECT ` + subscriberColumns + `, c.newsletter, c.state, c.since, c.how, c.wording
	FROM consent c JOIN subscriber s ON s.id = c.subscriber`

func scanConsent(scan scan) (subscribers.Consent, error) {
	var c subscribers.Consent
	var state string
	var created, since sql.NullInt64
	err := scan(append(subscriberFields(&c.Subscriber, &created), &c.Newsletter, &state, &since, &c.How, &c.Wording)...)
	c.Subscriber.Created, c.State, c.Since = at(created), subscribers.State(state), at(since)
	return c, err
}

// Consent implements subscribers.Store.
func (s *Store) Consent(ctx context.Context, subscriber, newsletter string) (subscribers.Consent, error) {
	c, err := one(ctx, s.read, scanConsent, consentColumns+` WHERE c.subscriber = $1 AND c.newsletter = $2`,
		text(subscriber), text(newsletter))
	if err != nil {
		return c, fmt.Errorf("consent of %s to %s: %w", subscriber, newsletter, err)
	}
	return c, nil
}

// Consents implements subscribers.Store. f may write to the store.
func (s *Store) Consents(
	ctx context.Context, newsletter string, state subscribers.State, f func(subscribers.Consent) error,
) error {
	err := each(ctx, s.read, func(scan scan) error {
		c, err := scanConsent(scan)
		if err != nil {
			return err
		}
		return f(c)
	}, consentColumns+` WHERE c.newsletter = $1 AND (c.state = $2 OR $2 = '') ORDER BY s.address`,
		newsletter, string(state))
	if err != nil {
		return fmt.Errorf("consents to %s: %w", newsletter, err)
	}
	return nil
}

// Suppressed implements subscribers.Store; of two, the newsletter's own counts.
func (s *Store) Suppressed(ctx context.Context, hash, newsletter string) (subscribers.Suppression, error) {
	v, err := one(ctx, s.read, func(scan scan) (v subscribers.Suppression, err error) {
		var since sql.NullInt64
		err = scan(&v.Hash, &v.Newsletter, &v.Reason, &v.Evidence, &since)
		v.At = at(since)
		return v, err
	}, `SELECT address_hash, newsletter, reason, evidence, at FROM suppression
		WHERE address_hash = $1 AND newsletter IN ('', $2) ORDER BY newsletter DESC LIMIT 1`, text(hash), text(newsletter))
	if err != nil {
		return v, fmt.Errorf("suppression: %w", err)
	}
	return v, nil
}

// enrolChunk bounds one transaction of Enrol.
const enrolChunk = 500

// Enrol implements subscribers.Store, in several transactions where there are
// many people; doing it again completes what stopped midway. It fails with
// digest.ErrNotFound for a newsletter that there is not.
func (s *Store) Enrol(
	ctx context.Context, newsletter string, people []subscribers.Subscriber, c subscribers.Consent, e subscribers.Event,
) ([]subscribers.State, error) {
	if err := s.prepare(ctx, addSubscriber, findSubscriber, addConsent, addEvent); err != nil {
		return nil, err
	}
	before := make([]subscribers.State, 0, len(people))
	for part := range slices.Chunk(people, enrolChunk) {
		kept := len(before)
		err := s.change(ctx, "enrol", func(t tx) error {
			before = before[:kept]
			if _, err := one(ctx, t, func(scan scan) (v string, err error) { return v, scan(&v) },
				`SELECT id FROM newsletter WHERE id = $1`, newsletter); err != nil {
				return fmt.Errorf("newsletter %s: %w", newsletter, err)
			}
			for _, p := range part {
				state, err := t.enrol(newsletter, p, c, e)
				if err != nil {
					return fmt.Errorf("%s: %w", p.Address, err)
				}
				before = append(before, state)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return before, nil
}

const (
	addSubscriber = `INSERT INTO subscriber (id, address, normal, address_hash, name, language, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (normal) DO NOTHING`

	findSubscriber = `SELECT s.id, COALESCE(c.state, '') FROM subscriber s
		LEFT JOIN consent c ON c.subscriber = s.id AND c.newsletter = $2 WHERE s.normal = $1`

	addConsent = `INSERT INTO consent (subscriber, newsletter, state, edition, preferences, since, how, wording)
		VALUES ($1, $2, $3, $4, '{}', $5, $6, $7) ON CONFLICT (subscriber, newsletter) DO NOTHING`

	addEvent = `INSERT INTO consent_event (id, subscriber, newsletter, at, from_state, to_state, actor, how, evidence)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
)

// enrol returns the consent that the person had, or nothing if it made one.
func (t tx) enrol(
	newsletter string, p subscribers.Subscriber, c subscribers.Consent, e subscribers.Event,
) (subscribers.State, error) {
	_, err := t.exec(addSubscriber, p.ID, text(p.Address), text(p.Normal), p.Hash, text(p.Name), text(p.Language), ms(p.Created))
	if err != nil {
		return "", err
	}
	var id, state string
	row := t.StmtContext(t.ctx, t.s.statement(findSubscriber)).QueryRowContext(t.ctx, text(p.Normal), newsletter)
	if err := row.Scan(&id, &state); err != nil {
		return "", err
	}
	if state != "" {
		return subscribers.State(state), nil
	}
	n, err := t.exec(addConsent, id, newsletter, string(c.State), digest.EditionScheduled, ms(c.Since), text(c.How), text(c.Wording))
	if err != nil {
		return "", err
	}
	if n == 0 { // another process was first, between the two statements
		err := t.QueryRowContext(t.ctx, findSubscriber, text(p.Normal), newsletter).Scan(&id, &state)
		return subscribers.State(state), err
	}
	return "", t.event(id, newsletter, eventOf(e, ""))
}

// Move implements subscribers.Store.
func (s *Store) Move(
	ctx context.Context, subscriber, newsletter string, from []subscribers.State, e subscribers.Event,
) (moved bool, err error) {
	err = s.change(ctx, "move consent of "+subscriber, func(t tx) error {
		have, err := collect(ctx, t, func(scan scan) (v string, err error) { return v, scan(&v) },
			`SELECT state FROM consent WHERE subscriber = $1 AND newsletter = $2`+s.forUpdate,
			text(subscriber), text(newsletter))
		if err != nil || len(have) == 0 || !slices.Contains(from, subscribers.State(have[0])) {
			return err
		}
		moved = true
		_, err = t.exec(`UPDATE consent SET state = $1, since = $2, how = $3 WHERE subscriber = $4 AND newsletter = $5`,
			string(e.To), ms(e.At), text(e.How), subscriber, newsletter)
		if err != nil {
			return err
		}
		return t.event(subscriber, newsletter, eventOf(e, have[0]))
	})
	return moved && err == nil, err
}

// event is a line of a consent's history.
type event struct {
	at                             time.Time
	from, to, actor, how, evidence string
}

func eventOf(e subscribers.Event, from string) event {
	return event{e.At, from, string(e.To), e.Actor, text(e.How), reply(e.Evidence)}
}

func (t tx) event(subscriber, newsletter string, e event) error {
	id, err := t.s.id(16)
	if err != nil {
		return err
	}
	_, err = t.exec(addEvent, id, subscriber, newsletter, ms(e.at), e.from, e.to, e.actor, e.how, e.evidence)
	return err
}
