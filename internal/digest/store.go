package digest

import "time"

// IssueMove is a change of an issue's state. Reason and Code say why; they are
// empty where the new state needs no reason.
type IssueMove struct {
	To        IssueState
	Reason    string
	Code      string
	HoldUntil time.Time // only with IssueHeld
	At        time.Time
}

// Frozen is what freezing stores in an issue: from then on it is what will be sent.
type Frozen struct {
	Content Issue
	Items   []Item
	Stencil []byte
	Plain   []byte // the same without HTML; nil: there is none, and all get the other
	From    string // envelope sender
	At      time.Time
}

// What can be asked of whoever is sending.
const (
	RequestSendNow = "send-now" // an extra issue
	RequestRelease = "release"  // the held issue, past the holds in Force
)

// Request is work that one process asks of the one that is sending.
type Request struct {
	ID         string
	Kind       string
	Newsletter string   // name
	Force      []string // codes of holds to go past
	Created    time.Time
	Taken      time.Time // zero: waiting
	Issue      string    // ID of the issue that came of it, once known
	Outcome    string    // why none came of it
}

// SourceHealth is how the last pulls of a source went.
type SourceHealth struct {
	Name      string
	Pulled    time.Time
	Succeeded time.Time // zero: never
	Failures  int       // in a row
	LastError string
	Warnings  []string // of the last pull that succeeded
	Articles  int      // in the library
	Comments  int
	State     []byte // what its adapter left for the next pull: JSON, or empty
}

// Recipient is a person on a newsletter's list as planning sees them. LeftOut
// says why they get no mail; empty: they do.
type Recipient struct {
	Address string
	LeftOut string
}

// ListCount is how many people are in one state with a newsletter.
type ListCount struct {
	Newsletter string // name
	State      string
	People     int
}
