package digest

import "time"

// LetterKind says what a letter is for.
type LetterKind string

// The kinds of letters.
const (
	LetterConfirm LetterKind = "confirm" // asks whether somebody wants to subscribe
	LetterData    LetterKind = "data"    // leads to what is stored of a person
	LetterErase   LetterKind = "erase"   // leads to being erased
)

// Letter is a single mail to one subscriber outside any issue. Its address is
// looked up when it is sent, so that it never goes to one that was erased.
type Letter struct {
	ID         string // random; the same in every attempt
	Kind       LetterKind
	Subscriber string // id
	Newsletter string // id; empty: none
	From       string // envelope sender, a bare address
	// Data is the whole message as SMTP's DATA wants it: dot-stuffed, CRLF,
	// without the last CRLF. It is forgotten once the letter has ended.
	Data    []byte
	Created time.Time
	GiveUp  time.Time // past it nobody tries to send it
}
