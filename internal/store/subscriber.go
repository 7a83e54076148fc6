package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

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

const consentColumns = `SELECT ` + subscriberColumns + `, c.newsletter, c.state, c.since,
	c.agreed, c.how, c.wording, c.paused_until, c.plain
	FROM consent c JOIN subscriber s ON s.id = c.subscriber`

func scanConsent(scan scan) (subscribers.Consent, error) {
	var c subscribers.Consent
	var state string
	var created, since, agreed, paused sql.NullInt64
	var plain int
	err := scan(append(subscriberFields(&c.Subscriber, &created),
		&c.Newsletter, &state, &since, &agreed, &c.How, &c.Wording, &paused, &plain)...)
	c.Subscriber.Created, c.State, c.Since = at(created), subscribers.State(state), at(since)
	c.Agreed, c.PausedUntil, c.Plain = at(agreed), at(paused), plain == 1
	return c, err
}

// Consent implements subscribers.Store.
func (s *Store) Consent(ctx context.Context, subscriber, newsletter string) (subscribers.Consent, error) {
	c, err := one(ctx, s.read, scanConsent, consentColumns+` WHERE c.subscriber = $1 AND c.newsletter = $2 AND `+visible,
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
	}, consentColumns+` WHERE c.newsletter = $1 AND (c.state = $2 OR $2 = '') AND `+visible+` ORDER BY s.address`,
		newsletter, string(state))
	if err != nil {
		return fmt.Errorf("consents to %s: %w", newsletter, err)
	}
	return nil
}

// Standings implements subscribers.Store.
func (s *Store) Standings(
	ctx context.Context, newsletter string, people []subscribers.Subscriber,
) ([]subscribers.Standing, error) {
	known := make(map[string]acquaintance, len(people))
	for part := range slices.Chunk(people, enrolChunk) {
		args := []any{newsletter}
		for _, p := range part {
			args = append(args, text(p.Normal))
		}
		if err := s.acquainted(ctx, s.read, known, args); err != nil {
			return nil, fmt.Errorf("standings: %w", err)
		}
	}
	all := make([]subscribers.Standing, len(people))
	for i, p := range people {
		all[i] = known[text(p.Normal)].Standing
	}
	return all, nil
}

// acquaintance is a known person's standing; batch is the import that has
// staged a consent for them, which none but it counts.
type acquaintance struct {
	subscribers.Standing
	batch string
}

// acquainted finds who is known of a newsletter (the first of args) and of normal
// addresses (the others).
func (s *Store) acquainted(ctx context.Context, q queryer, into map[string]acquaintance, args []any) error {
	return each(ctx, q, func(scan scan) error {
		var v acquaintance
		var normal, state string
		var since sql.NullInt64
		var counts int
		if err := scan(&normal, &v.Subscriber, &v.Name, &state, &since, &v.batch, &counts); err != nil {
			return err
		}
		if counts == 1 {
			v.State, v.Since, v.batch = subscribers.State(state), at(since), ""
		}
		into[normal] = v
		return nil
	}, `SELECT s.normal, s.id, s.name, COALESCE(c.state, ''), c.since, COALESCE(c.batch, ''),
		CASE WHEN `+visible+` THEN 1 ELSE 0 END
		FROM subscriber s LEFT JOIN consent c ON c.subscriber = s.id AND c.newsletter = $1
		WHERE s.normal IN `+s.list(2, len(args)-1), args...)
}

// list writes a list of n parameters, of which the first is $first.
func (s *Store) list(first, n int) string {
	if s.file == "" {
		return in(first, n)
	}
	return "(?" + strings.Repeat(", ?", n-1) + ")"
}

// Suppressions implements subscribers.Store.
func (s *Store) Suppressions(
	ctx context.Context, newsletter string, people []subscribers.Subscriber,
) (map[string]subscribers.Suppression, error) {
	return s.suppressions(ctx, s.read, newsletter, people)
}

func (s *Store) suppressions(
	ctx context.Context, q queryer, newsletter string, people []subscribers.Subscriber,
) (map[string]subscribers.Suppression, error) {
	found := map[string]subscribers.Suppression{}
	for part := range slices.Chunk(people, enrolChunk) {
		args := []any{newsletter}
		for _, p := range part {
			args = append(args, p.Hash)
		}
		err := each(ctx, q, func(scan scan) error {
			var v subscribers.Suppression
			var since sql.NullInt64
			err := scan(&v.Hash, &v.Newsletter, &v.Reason, &v.Evidence, &since)
			v.At = at(since)
			found[v.Hash] = v // what weighs most comes last
			return err
		}, `SELECT address_hash, newsletter, reason, evidence, at FROM suppression
			WHERE newsletter IN ('', $1) AND address_hash IN `+s.list(2, len(part))+`
			ORDER BY CASE WHEN reason = 'bounced' THEN 0 ELSE 1 END, newsletter`, args...)
		if err != nil {
			return nil, fmt.Errorf("suppressions: %w", err)
		}
	}
	return found, nil
}

// Move implements subscribers.Store.
func (s *Store) Move(
	ctx context.Context, subscriber, newsletter string, from []subscribers.State, e subscribers.Event,
) (moved bool, err error) {
	err = s.changeSoon(ctx, "move consent of "+subscriber, func(t tx) error {
		moved, err = t.move(text(subscriber), text(newsletter), from, e)
		return err
	})
	return moved && err == nil, err
}

const (
	moveConsent = `UPDATE consent SET state = $1, since = $2 WHERE subscriber = $3 AND newsletter = $4`

	agreeAgain = `UPDATE consent SET state = 'active', since = $1, agreed = $1, how = $2, wording = $3, paused_until = 0
		WHERE subscriber = $4 AND newsletter = $5`
)

func (t tx) move(subscriber, newsletter string, from []subscribers.State, e subscribers.Event) (moved bool, err error) {
	have, err := collect(t.ctx, t, func(scan scan) (v string, err error) { return v, scan(&v) },
		`SELECT c.state FROM consent c WHERE c.subscriber = $1 AND c.newsletter = $2 AND `+visible+t.s.forUpdate,
		subscriber, newsletter)
	if err != nil || len(have) == 0 || !slices.Contains(from, subscribers.State(have[0])) {
		return false, err
	}
	switch {
	case have[0] == string(e.To):
	case e.To == subscribers.Active:
		_, err = t.exec(agreeAgain, ms(e.At), text(e.How), text(e.Wording), subscriber, newsletter)
	default:
		_, err = t.exec(moveConsent, string(e.To), ms(e.At), subscriber, newsletter)
	}
	if err != nil {
		return false, err
	}
	return true, t.event(subscriber, newsletter, eventOf(e, have[0]))
}

// event is a line of a consent's history.
type event struct {
	at                                      time.Time
	from, to, actor, how, wording, evidence string
}

func eventOf(e subscribers.Event, from string) event {
	return event{e.At, from, string(e.To), e.Actor, text(e.How), text(e.Wording), reply(e.Evidence)}
}

const addEvent = `INSERT INTO consent_event (id, subscriber, newsletter, at, from_state, to_state, actor, how, wording, evidence)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

func (t tx) event(subscriber, newsletter string, e event) error {
	id, err := t.s.id(16)
	if err != nil {
		return err
	}
	_, err = t.exec(addEvent, id, subscriber, newsletter, ms(e.at), e.from, e.to, e.actor, e.how, e.wording, e.evidence)
	return err
}
