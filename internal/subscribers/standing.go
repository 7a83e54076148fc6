package subscribers

import (
	"fmt"
	"strings"
	"unicode"
)

// standings are the words of the usual newsletter services for whether somebody
// gets mail, in lower case and letters only.
var standings = map[string]State{
	"": Active, "active": Active, "subscribed": Active, "enabled": Active, "confirmed": Active, "optedin": Active,
	"optin": Active, "yes": Active, "true": Active, "regular": Active, "verified": Active,

	"pending": Pending, "unconfirmed": Pending, "notconfirmed": Pending, "unactivated": Pending, "unverified": Pending,
	"awaitingconfirmation": Pending, "nonsubscribed": Pending, "notsubscribed": Pending, "transactional": Pending,

	"unsubscribed": Unsubscribed, "unsubscribe": Unsubscribed, "unsub": Unsubscribed, "optedout": Unsubscribed,
	"optout": Unsubscribed, "inactive": Unsubscribed, "disabled": Unsubscribed, "blocklisted": Unsubscribed,
	"blacklisted": Unsubscribed, "blocked": Unsubscribed, "suppressed": Unsubscribed, "removed": Unsubscribed,
	"deleted": Unsubscribed, "archived": Unsubscribed, "cancelled": Unsubscribed, "canceled": Unsubscribed,
	"no": Unsubscribed, "false": Unsubscribed,

	"bounced": Bounced, "bounce": Bounced, "hardbounce": Bounced, "hardbounced": Bounced, "softbounced": Bounced,
	"cleaned": Bounced, "invalid": Bounced, "undeliverable": Bounced,

	"complained": Complained, "complaint": Complained, "spam": Complained, "spamcomplaint": Complained,
	"markedasspam": Complained, "junk": Complained, "reportedasspam": Complained,
}

// left is the state that a row gives its reader, unless it is active. It fails
// where another service's word for it is not known: to take somebody for a reader
// by mistake would mail who has left.
func (c columns) left(cells []string) (State, string) {
	if s := own(cell(cells, c.state)); s != "" {
		return s, ""
	}
	for _, i := range c.gone {
		if happened(cell(cells, i)) {
			return Unsubscribed, ""
		}
	}
	text := cell(cells, c.status)
	switch s, known := standings[lettersOnly(text)]; {
	case !known || (s == Active && text != "" && lettersOnly(text) == ""):
		return "", fmt.Sprintf("nobody knows whether the status %.40q means that they get mail: write active or unsubscribed", text)
	case s == Active:
		return "", ""
	default:
		return s, ""
	}
}

// own is the state that a cell of an export names, unless it is active. Other
// words, such as the states that a country has, mean nothing.
func own(cell string) State {
	switch s := State(strings.ToLower(cell)); s {
	case Pending, Unsubscribed, Bounced, Complained:
		return s
	default:
		return ""
	}
}

// happened says whether a cell for a date, or for yes and no, says that it did.
func happened(cell string) bool {
	switch strings.ToLower(cell) {
	case "", "0", "false", "no", "n", "nein", "non", "never", "null", "none", "n/a", "-":
		return false
	default:
		return true
	}
}

func lettersOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
