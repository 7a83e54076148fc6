package subscribers

import "slices"

// Who can change a consent, as Event.Actor names them.
const (
	Operator = "operator"
	Reader   = "subscriber"
	Relay    = "relay"
)

// transition is one change of consent that somebody may make.
type transition struct {
	from, to State // from is empty where there was no consent
	actors   []string
}

// transitions is the whole law of consent; what is not listed does not happen.
//
// Nobody but the person brings back someone who left or bounced, and only by
// confirming from their own mailbox; until they do, they stay as they are, so
// that a stranger's request takes nobody's "no" away. Bounced can become
// Unsubscribed: a bounce may be lifted one day, and a person's own "no" has to
// survive that. Complained stays what it is, because it already is the stronger
// "no". Above all this stand suppressions, which no consent lifts; only that an
// address bounced is disproved by confirming from it.
var transitions = []transition{
	{"", Active, []string{Operator}},
	{"", Pending, []string{Reader}},
	{Pending, Active, []string{Operator, Reader}},
	{Unsubscribed, Active, []string{Reader}},
	{Bounced, Active, []string{Reader}},
	{Active, Active, []string{Reader}}, // who was added meanwhile: evidence, which changes nothing else
	{Pending, Unsubscribed, []string{Operator, Reader}},
	{Active, Unsubscribed, []string{Operator, Reader}},
	{Bounced, Unsubscribed, []string{Operator, Reader}},
	{Pending, Bounced, []string{Relay}},
	{Active, Bounced, []string{Relay}},
	{Pending, Complained, []string{Relay}},
	{Active, Complained, []string{Relay}},
}

// From returns the states from which the actor may change a consent to the
// given one, for Store.Move. A person without consent is not among them.
func From(to State, actor string) []State {
	var from []State
	for _, t := range transitions {
		if t.to == to && t.from != "" && slices.Contains(t.actors, actor) {
			from = append(from, t.from)
		}
	}
	return from
}
