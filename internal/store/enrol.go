package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// enrolChunk is how many people one transaction takes in: others wait for it.
const enrolChunk = 500

// enrolment is one person and what they agreed to.
type enrolment struct {
	subscribers.Subscriber
	since                  time.Time
	how, wording, evidence string
}

// terms are what the people of one list have in common.
type terms struct {
	newsletter, batch, state, actor string
	at                              time.Time
}

// Enrol implements subscribers.Store, in several transactions where there are
// many people; doing it again completes what stopped midway. It fails with
// digest.ErrNotFound for a newsletter that there is not.
func (s *Store) Enrol(
	ctx context.Context, newsletter string, people []subscribers.Subscriber, c subscribers.Consent, e subscribers.Event,
) ([]subscribers.Standing, error) {
	if err := s.prepareEnrol(ctx); err != nil {
		return nil, err
	}
	rows := make([]enrolment, len(people))
	for i, p := range people {
		rows[i] = enrolment{p, c.Since, c.How, c.Wording, e.Evidence}
	}
	terms := terms{newsletter: newsletter, state: string(c.State), actor: e.Actor, at: e.At}
	before := make([]subscribers.Standing, 0, len(people))
	for part := range slices.Chunk(rows, enrolChunk) {
		err := s.changeAgain(ctx, "enrol", func(t tx) error {
			if err := t.alone(); err != nil {
				return err
			}
			if err := t.newsletter(newsletter); err != nil {
				return err
			}
			standings, err := t.enrolAllowed(part, terms)
			before = append(before, standings...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return before, nil
}

// enrolGroup is how many rows one statement inserts.
const enrolGroup = 30

// insertions are the statements that insert several rows at once, for 1, 2, 3 …
// enrolGroup rows. Their first parameters stand for what all rows share.
type insertions struct{ subscribers, consents, events []string }

// insertionsFor makes them. own is how a parameter that is one row's alone is
// written, with %d for its number or without: to SQLite each name of a
// parameter costs time that grows with their number.
func insertionsFor(own string) insertions {
	return insertions{
		subscribers: insertion(own, "subscriber (id, address, normal, address_hash, name, language, created)",
			0, []string{"", "", "", "", "", "", ""}, " ON CONFLICT (normal) DO NOTHING"),
		consents: insertion(own, "consent (newsletter, state, batch, edition, preferences, subscriber, since, agreed, how, wording)",
			3, []string{"$1", "$2", "$3", "'" + digest.EditionScheduled + "'", "'{}'", "", "", "", "", ""},
			" ON CONFLICT (subscriber, newsletter) DO NOTHING"),
		events: insertion(own, "consent_event (newsletter, to_state, actor, at, from_state, id, subscriber, how, wording, evidence)",
			4, []string{"$1", "$2", "$3", "$4", "''", "", "", "", "", ""}, ""),
	}
}

var (
	numbered = insertionsFor("$%d")
	unnamed  = insertionsFor("?")
)

// insertion makes the statements that insert 1, 2, 3 … enrolGroup rows at once.
// shared is how many parameters all rows have in common; in row, an empty value
// is a parameter of its own.
func insertion(own, into string, shared int, row []string, after string) []string {
	text := "INSERT INTO " + into + " VALUES "
	statements := make([]string, enrolGroup)
	for r := range enrolGroup {
		values := slices.Clone(row)
		for v, value := range values {
			if value == "" {
				shared++
				values[v] = strings.ReplaceAll(own, "%d", strconv.Itoa(shared))
			}
		}
		if r > 0 {
			text += ", "
		}
		text += "(" + strings.Join(values, ", ") + ")"
		statements[r] = text + after
	}
	return statements
}

func (s *Store) prepareEnrol(ctx context.Context) error {
	return s.write.prepare(ctx, touchImport, unstageConsent, unstageEvents, s.insert.subscribers[enrolGroup-1],
		s.insert.consents[enrolGroup-1], s.insert.events[enrolGroup-1])
}

// enrolAllowed is enrolAll without those whose address must not be mailed. The
// transaction must be alone: who is erased meanwhile would be known again.
func (t tx) enrolAllowed(rows []enrolment, m terms) ([]subscribers.Standing, error) {
	people := make([]subscribers.Subscriber, len(rows))
	for i, r := range rows {
		people[i] = r.Subscriber
	}
	suppressed, err := t.s.suppressions(t.ctx, t, m.newsletter, people)
	if err != nil {
		return nil, err
	}
	if len(suppressed) == 0 {
		return t.enrolAll(rows, m)
	}
	before := make([]subscribers.Standing, len(rows))
	allowed, places := make([]enrolment, 0, len(rows)), make([]int, 0, len(rows))
	for i, r := range rows {
		if before[i].Suppressed = suppressed[r.Hash]; before[i].Suppressed.Hash == "" {
			allowed, places = append(allowed, r), append(places, i)
		}
	}
	standings, err := t.enrolAll(allowed, m)
	for i, v := range standings {
		before[places[i]] = v
	}
	return before, err
}

// enrolAll returns how people stood; it makes a consent for those who had none.
// It takes them in the order of their addresses: so two that do it at once do
// not wait for each other, and neighbours share a page of the index.
func (t tx) enrolAll(rows []enrolment, m terms) ([]subscribers.Standing, error) {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rows[a].Normal, rows[b].Normal) })
	ids, err := t.s.ids(len(rows))
	if err != nil {
		return nil, err
	}
	before := make([]subscribers.Standing, len(rows))
	for group := range slices.Chunk(order, enrolGroup) {
		people := make([]enrolment, len(group))
		for i, n := range group {
			people[i] = rows[n]
		}
		added, err := t.addPeople(people)
		if err == nil && added < len(group) {
			people, err = t.withoutKnown(people, m, func(i int, v subscribers.Standing) { before[group[i]] = v })
		}
		if err == nil {
			err = t.addConsents(people, ids, m)
		}
		if err != nil {
			return nil, err
		}
		ids = ids[len(group):]
	}
	return before, nil
}

// addPeople returns how many of them were not known.
func (t tx) addPeople(people []enrolment) (int, error) {
	args := make([]any, 0, 7*len(people))
	for _, p := range people {
		args = append(args, p.ID, text(p.Address), text(p.Normal), p.Hash, text(p.Name), text(p.Language), ms(p.Created))
	}
	n, err := t.exec(t.s.insert.subscribers[len(people)-1], args...)
	return int(n), err
}

// withoutKnown returns those who have no consent yet, under the ids by which
// they are known, and tells how each of them stood.
func (t tx) withoutKnown(people []enrolment, m terms, stood func(int, subscribers.Standing)) (fresh []enrolment, err error) {
	known := map[string]acquaintance{}
	args := []any{m.newsletter}
	for _, p := range people {
		args = append(args, text(p.Normal))
	}
	if err := t.s.acquainted(t.ctx, t, known, args); err != nil {
		return nil, err
	}
	for i, p := range people {
		v, ok := known[text(p.Normal)]
		if !ok {
			return nil, errTaken // erased since
		}
		if v.batch != "" { // what is said now goes before what is only staged
			if err := t.unstage(staged{subscriber: v.Subscriber, newsletter: m.newsletter, batch: v.batch}); err != nil {
				return nil, err
			}
		}
		stood(i, v.Standing)
		if v.State == "" {
			p.ID = v.Subscriber
			fresh = append(fresh, p)
			v.State, v.batch = subscribers.State(m.state), ""
			known[text(p.Normal)] = v
		}
	}
	return fresh, nil
}

// addConsents adds consents with their events, which get the ids given, for
// people who have none.
func (t tx) addConsents(people []enrolment, ids []string, m terms) error {
	if len(people) == 0 {
		return nil
	}
	consents := []any{m.newsletter, m.state, m.batch}
	events := []any{m.newsletter, m.state, m.actor, ms(m.at)}
	for i, p := range people {
		agreed := int64(0)
		if m.state == string(subscribers.Active) {
			agreed = ms(p.since)
		}
		consents = append(consents, p.ID, ms(p.since), agreed, text(p.how), text(p.wording))
		events = append(events, ids[i], p.ID, text(p.how), text(p.wording), reply(p.evidence))
	}
	n, err := t.exec(t.s.insert.consents[len(people)-1], consents...)
	if err == nil && int(n) < len(people) {
		err = errTaken
	}
	if err != nil {
		return err
	}
	_, err = t.exec(t.s.insert.events[len(people)-1], events...)
	return err
}

// errTaken says that another process came in between, between two statements.
var errTaken = errors.New("another process changes the same people")

// changeAgain runs f in a transaction, and again if another process came in between.
func (s *Store) changeAgain(ctx context.Context, what string, f func(tx) error) (err error) {
	for range openTries {
		if err = s.changeSoon(ctx, what, f); !errors.Is(err, errTaken) {
			break
		}
	}
	return err
}
