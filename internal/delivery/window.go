package delivery

import "fmt"

// Above these shares of the last windowSize outcomes something is wrong with the
// issue or with us, and going on would only make it worse.
const (
	windowSize  = 200
	policyMax   = windowSize * 5 / 100
	renderMax   = windowSize * 1 / 100
	mostRefused = windowSize * 50 / 100
	// onlyRefused is how many refusals are too many where there is nothing else.
	onlyRefused = 20
)

// window looks at the last outcomes of an issue.
type window struct {
	ring                    [windowSize]State
	at, seen                int
	policy, render, refused int
}

// policyRefusal stands in the window for a refusal by policy; the ledger calls
// such a row Failed.
const policyRefusal State = "policy"

// add takes an outcome in and returns why the issue must pause, if it must.
func (w *window) add(s State) string {
	w.count(w.ring[w.at], -1)
	w.ring[w.at] = s
	w.count(s, +1)
	w.at, w.seen = (w.at+1)%windowSize, min(w.seen+1, windowSize)
	switch {
	case w.policy > policyMax:
		return fmt.Sprintf("receivers refuse the mail by policy (%d of the last %d messages): "+
			"check SPF, DKIM, DMARC and the relay's reputation, then have them tried again (digest retry) and resume", w.policy, windowSize)
	case w.render > renderMax:
		return fmt.Sprintf("no message could be built for %d of the last %d recipients: "+
			"look at their addresses with status --missing; digest retry has them tried again, then resume", w.render, windowSize)
	case w.refused > mostRefused, w.refused == w.seen && w.seen > onlyRefused:
		// A relay that has lost its list of mailboxes would cost every reader.
		return fmt.Sprintf("most recipients are refused for good (%d of the last %d messages): look with status --missing "+
			"what the relay answers, put right what is wrong with it or with the list, then resume", w.refused, w.seen)
	default:
		return ""
	}
}

func (w *window) count(s State, by int) {
	switch s {
	case policyRefusal:
		w.policy += by
	case RenderError:
		w.render += by
	case Failed:
		w.refused += by
	}
}
