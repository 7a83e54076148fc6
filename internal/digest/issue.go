package digest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Slot is the moment that an issue belongs to: the local time that the
// schedule names, its zone, and the instant that this came to be (a local time
// that a DST change skips becomes the first valid instant after it). Local and
// Zone are what make two slots the same.
type Slot struct {
	Local string    `json:"local"` // 2006-01-02T15:04:05, or with an "extra " prefix for send --now
	Zone  string    `json:"zone"`  // IANA name
	At    time.Time `json:"at"`
}

// Key is the slot as the database keeps it unique, "2026-11-22T09:00:00 Europe/London".
func (s Slot) Key() string { return s.Local + " " + s.Zone }

// SlotLayout is the layout of Slot.Local.
const SlotLayout = "2006-01-02T15:04:05"

// ExtraSlot is the slot of an issue that an operator asked for at the instant at.
func ExtraSlot(at time.Time, zone string) Slot {
	return Slot{Local: "extra " + at.UTC().Format("2006-01-02T15:04:05.000"), Zone: zone, At: at}
}

// Extra says whether the slot was asked for rather than scheduled.
func (s Slot) Extra() bool { return strings.HasPrefix(s.Local, "extra ") }

// Issue is one number of a newsletter as it was chosen: everything that is
// needed to render it, and why. It is what freezing stores.
type Issue struct {
	Newsletter string    `json:"newsletter"`
	Title      string    `json:"title,omitempty"`    // of the newsletter, as it was then
	Language   string    `json:"language,omitempty"` // the same
	Edition    Edition   `json:"edition"`
	Number     int       `json:"number"`
	Slot       Slot      `json:"slot"`
	CutOff     time.Time `json:"cut_off"`         // nothing newer was considered
	Since      time.Time `json:"since"`           // nothing older was considered
	Note       string    `json:"note,omitempty"`  // the editor's, in Markdown
	Draft      string    `json:"draft,omitempty"` // the note's file as it was written
	// Subject and Preheader are the editor's, one clean line each; empty: they
	// are made from the articles.
	Subject   string `json:"subject,omitempty"`
	Preheader string `json:"preheader,omitempty"`

	Lead      []Pick     `json:"lead"`                // printed in full
	More      []Pick     `json:"more,omitempty"`      // printed as titles
	Discussed []Pick     `json:"discussed,omitempty"` // older ones that are still being discussed
	Left      []Omission `json:"left,omitempty"`
	Warnings  []string   `json:"warnings,omitempty"` // what sources said is missing
}

// Empty says whether there is nothing new to print.
func (i Issue) Empty() bool { return len(i.Lead)+len(i.More)+len(i.Discussed) == 0 }

// Pick is an article chosen for an issue, with the reasons why. Its Article
// carries no Comments: those that were chosen stand in Comments, and those that
// replace them should they disappear in Reserves, both best first.
type Pick struct {
	Article  Article       `json:"article"`
	Why      []string      `json:"why,omitempty"`
	Comments []CommentPick `json:"comments,omitempty"`
	Reserves []CommentPick `json:"reserves,omitempty"`
	Read     int           `json:"read"` // comments that were considered
}

// CommentPick is a comment chosen for an issue. Answers is the name of the
// person it replies to, or empty.
type CommentPick struct {
	Comment Comment  `json:"comment"`
	Why     []string `json:"why,omitempty"`
	Answers string   `json:"answers,omitempty"`
}

// Omission is an item that was considered and left out. Comment is empty where
// the article itself was.
type Omission struct {
	Source  string `json:"source"`
	Article string `json:"article"`
	Comment string `json:"comment,omitempty"`
	Title   string `json:"title,omitempty"`
	URL     string `json:"url,omitempty"`
	Why     string `json:"why"`
}

// Item is an article, or a comment where Comment is not empty, that an issue prints.
type Item struct {
	Section Section `json:"section"`
	Source  string  `json:"source"`
	Article string  `json:"article"`
	Comment string  `json:"comment,omitempty"`
}

// Section is the part of an issue that prints an item.
type Section string

// The sections of an issue.
const (
	SectionLead      Section = "lead"
	SectionMore      Section = "more"
	SectionDiscussed Section = "discussed"
)

// IssueState is how far an issue has come. See docs/ARCHITECTURE.md.
type IssueState string

// The states of an issue.
const (
	IssuePlanning  IssueState = "planning"
	IssueSending   IssueState = "sending"
	IssueDone      IssueState = "done"
	IssueHeld      IssueState = "held"
	IssuePaused    IssueState = "paused"
	IssueSkipped   IssueState = "skipped"
	IssueCancelled IssueState = "cancelled"
)

// Ended says whether the state is final.
func (s IssueState) Ended() bool {
	return s == IssueDone || s == IssueSkipped || s == IssueCancelled
}

// IssueRecord is an issue as the database knows it, without its content.
type IssueRecord struct {
	ID         string // random, never reused
	Newsletter string // name
	Edition    Edition
	Number     int
	Slot       Slot
	State      IssueState
	Reason     string    // why it is held, paused, skipped or cancelled
	Code       string    // the hold's code, which --force takes
	HoldUntil  time.Time // when a held issue is given up
	CutOff     time.Time // zero until frozen
	From       string    // envelope sender; empty until frozen
	Opened     time.Time
	Frozen     time.Time // when its content was stored
	Spent      time.Time // first accepted or in doubt: its items count as printed from then on
	Revised    time.Time // when words were last taken out of its content
	Finished   time.Time
	Recipients int // rows of its ledger
}

// Name is the issue's name on the command line, "weekly/47".
func (r IssueRecord) Name() string { return fmt.Sprintf("%s/%d", r.Newsletter, r.Number) }

// ParseIssueName splits "weekly/47".
func ParseIssueName(s string) (newsletter string, number int, err error) {
	name, digits, ok := strings.Cut(s, "/")
	n, convErr := strconv.Atoi(digits)
	if !ok || name == "" || convErr != nil || n < 1 {
		return "", 0, fmt.Errorf("%w: an issue is named like weekly/47, not %q", ErrUsage, s)
	}
	return name, n, nil
}
