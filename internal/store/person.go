package store

import (
	"context"
	"database/sql"
	"fmt"

	"digest.example/internal/subscribers"
)

// Person implements subscribers.Store.
func (s *Store) Person(ctx context.Context, id string) (subscribers.Person, error) {
	p := subscribers.Person{Newsletters: map[string]string{}}
	var err error
	if p.Subscriber, err = s.Subscriber(ctx, id); err != nil {
		return p, err
	}
	for _, read := range []func(context.Context, *subscribers.Person) error{
		s.personNewsletters, s.personConsents, s.personHistory, s.personSuppressions, s.personIssues,
		s.personForgotten, s.personRequests, s.personLinks, s.personLetters,
	} {
		if err := read(ctx, &p); err != nil {
			return p, fmt.Errorf("all of %s: %w", id, err)
		}
	}
	return p, nil
}

func (s *Store) personNewsletters(ctx context.Context, p *subscribers.Person) error {
	return each(ctx, s.read, func(scan scan) error {
		var id, name string
		err := scan(&id, &name)
		p.Newsletters[id] = name
		return err
	}, `SELECT id, name FROM newsletter`)
}

func (s *Store) personConsents(ctx context.Context, p *subscribers.Person) (err error) {
	p.Consents, err = collect(ctx, s.read, func(scan scan) (subscribers.Consent, error) {
		c, err := scanConsent(scan)
		c.Subscriber = subscribers.Subscriber{}
		return c, err
	}, consentColumns+` WHERE c.subscriber = $1 AND `+visible+` ORDER BY c.newsletter`, p.Subscriber.ID)
	return err
}

func (s *Store) personHistory(ctx context.Context, p *subscribers.Person) (err error) {
	p.History, err = collect(ctx, s.read, func(scan scan) (c subscribers.Change, err error) {
		var when sql.NullInt64
		var from, to string
		err = scan(&c.Newsletter, &when, &from, &to, &c.Actor, &c.How, &c.Wording, &c.Evidence)
		c.At, c.From, c.To = at(when), subscribers.State(from), subscribers.State(to)
		return c, err
	}, `SELECT e.newsletter, e.at, e.from_state, e.to_state, e.actor, e.how, e.wording, e.evidence FROM consent_event e
		JOIN consent c ON c.subscriber = e.subscriber AND c.newsletter = e.newsletter
		WHERE e.subscriber = $1 AND `+visible+`
		ORDER BY e.at, CASE WHEN e.from_state = '' THEN 0 ELSE 1 END, e.id`, p.Subscriber.ID)
	return err
}

func (s *Store) personSuppressions(ctx context.Context, p *subscribers.Person) (err error) {
	p.Suppressions, err = s.suppressionsOf(ctx, p.Subscriber.Hash)
	return err
}

// Traces implements subscribers.Store.
func (s *Store) Traces(ctx context.Context, hash string) (subscribers.Person, error) {
	p := subscribers.Person{Newsletters: map[string]string{}}
	err := s.personNewsletters(ctx, &p)
	if err == nil {
		p.Suppressions, err = s.suppressionsOf(ctx, hash)
	}
	if err != nil {
		return p, fmt.Errorf("traces of an address: %w", err)
	}
	return p, nil
}

// suppressionsOf are all of one address.
func (s *Store) suppressionsOf(ctx context.Context, hash string) ([]subscribers.Suppression, error) {
	return collect(ctx, s.read, func(scan scan) (v subscribers.Suppression, err error) {
		var since sql.NullInt64
		err = scan(&v.Hash, &v.Newsletter, &v.Reason, &v.Evidence, &since)
		v.At = at(since)
		return v, err
	}, `SELECT address_hash, newsletter, reason, evidence, at FROM suppression WHERE address_hash = $1 ORDER BY newsletter`,
		hash)
}

func (s *Store) personIssues(ctx context.Context, p *subscribers.Person) (err error) {
	p.Issues, err = collect(ctx, s.read, func(scan scan) (v subscribers.Received, err error) {
		var name string
		var number int
		var changed sql.NullInt64
		err = scan(&name, &number, &v.State, &v.Reply, &changed)
		v.Issue, v.At = fmt.Sprintf("%s/%d", name, number), at(changed)
		return v, err
	}, `SELECT n.name, i.number, d.state, d.last_reply, d.changed FROM delivery d
		JOIN issue i ON i.id = d.issue JOIN newsletter n ON n.id = i.newsletter
		WHERE d.subscriber = $1 ORDER BY i.slot_at DESC, i.id`, p.Subscriber.ID)
	return err
}
