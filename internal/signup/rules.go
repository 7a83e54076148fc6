package signup

import (
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// The limits of letters that anybody can have sent to an address, and of the
// letters that a person can have sent to themselves.
const (
	Hour  = time.Hour
	Day   = 24 * Hour
	Month = 30 * Day

	confirmationsPerDay   = 1
	confirmationsPerMonth = 3

	// One at a time: while a link is good, or on its way, there is no other. Who
	// holds a mail that was forwarded could otherwise ask each day before the
	// person does, and so keep them from ever having a link that is good.
	personLetters = 1
)

// How long things are kept.
const (
	keepWaiting     = Day // a letter that comes later would puzzle its reader
	keepSettled     = Month
	keepTickets     = Month
	keepUnconfirmed = Month

	// mostWaiting is how many sign-ups are kept that wait, once an hour: a flood of
	// a day must not fill the disk.
	mostWaiting = 50_000
)

// Window is the time that Case.Recent counts for letters of a kind.
func Window(kind digest.LetterKind) time.Duration {
	if kind == digest.LetterConfirm {
		return Day
	}
	return subscribers.PersonTime
}

// grant decides whether a letter is due. The answer is never told to whoever
// asked.
func grant(c Case) bool {
	if !c.Known || c.Suppressed {
		return false
	}
	if c.Kind != digest.LetterConfirm {
		return !c.Bounced && c.Recent < personLetters
	}
	within := c.Recent < confirmationsPerDay && c.Month < confirmationsPerMonth
	switch c.State {
	case "", subscribers.Pending, subscribers.Unsubscribed, subscribers.Bounced:
		return within
	case subscribers.Active: // needs no letter, unless they get no mail all the same
		return within && c.Bounced
	default: // who complained wants none
		return false
	}
}

// lifetimes are for how long a letter is worth sending, and its token good.
type lifetimes struct {
	purpose       subscribers.Purpose
	letter, token time.Duration
}

// lives are those of each kind of letter. A letter whose token is about to
// expire is not sent any more.
var lives = map[digest.LetterKind]lifetimes{
	digest.LetterConfirm: {subscribers.PurposeConfirm, Day, subscribers.ConfirmTime},
	digest.LetterData:    {subscribers.PurposeData, subscribers.PersonTime * 3 / 4, subscribers.PersonTime},
	digest.LetterErase:   {subscribers.PurposeErase, subscribers.PersonTime * 3 / 4, subscribers.PersonTime},
}
