package subscribers

import (
	"fmt"
	"slices"
	"strings"

	"digest.example/internal/digest"
)

// commas are what may stand between cells.
const commas = ",;\t|"

// columns says which cell of a row holds what; -1: none.
type columns struct {
	email, name, first, last   int
	state, since, how, wording int
	status                     int   // as state, in the words of other services
	gone                       []int // a date or a yes in one of them says that somebody left
	width                      int
	ignored                    []string // names of those that mean nothing here
}

// noColumns is a first line of so many cells before anything is known of them.
func noColumns(width int) columns {
	return columns{-1, -1, -1, -1, -1, -1, -1, -1, -1, nil, width, nil}
}

// headings are the first lines' words, in lower case and without spaces and
// punctuation, and what they mean. They are those of the usual newsletter
// services and address books.
var headings = map[string]string{
	"email": "email", "emailaddress": "email", "mail": "email", "mailaddress": "email",
	"emailadresse": "email", "mailadresse": "email", "adresseemail": "email", "courriel": "email",
	"subscriberemail": "email", "useremail": "email",
	"name": "name", "fullname": "name", "displayname": "name", "subscribername": "name",
	"firstname": "first", "givenname": "first", "forename": "first", "vorname": "first", "first": "first",
	"lastname": "last", "surname": "last", "familyname": "last", "nachname": "last", "last": "last",
	"status": "status", "subscriberstatus": "status", "subscriptionstatus": "status", "emailstatus": "status",
	"memberstatus": "status", "contactstatus": "status", "globalstatus": "status", "liststatus": "status",
	"unsubscribed": "gone", "unsubscribedat": "gone", "unsubscribedon": "gone", "unsubscribedate": "gone",
	"unsubscribeddate": "gone", "dateunsubscribed": "gone", "unsubtime": "gone", "unsubscribetime": "gone",
	"optout": "gone", "optedout": "gone", "optoutdate": "gone", "optouttime": "gone", "cleantime": "gone",
	"bounced": "gone", "bouncedat": "gone", "complained": "gone", "complainedat": "gone",
	"blacklisted": "gone", "blocklisted": "gone",
	"state": "state", "since": "since", "how": "how", "wording": "wording",
}

// heading is what a cell of the first line means, or nothing.
func heading(cell string) string {
	return headings[lettersOnly(cell)]
}

// header reads a file's first row as the names of its columns.
func header(cells []string) (columns, bool) {
	c := noColumns(len(cells))
	of := map[string]*int{
		"email": &c.email, "name": &c.name, "first": &c.first, "last": &c.last,
		"state": &c.state, "status": &c.status, "since": &c.since, "how": &c.how, "wording": &c.wording,
	}
	for i, cell := range cells {
		meaning := heading(cell)
		if meaning == "gone" {
			c.gone = append(c.gone, i)
			continue
		}
		column := of[meaning]
		if column == nil || *column >= 0 {
			if cell != "" {
				c.ignored = append(c.ignored, cell)
			}
			continue
		}
		*column = i
	}
	return c, c.email >= 0
}

// guess takes the first row for a reader's, where one cell is an address.
func guess(cells []string) (columns, error) {
	c := noColumns(len(cells))
	found := 0
	for i, cell := range cells {
		if _, err := ParseAddress(plain(cell)); err == nil {
			c.email = i
			found++
		}
	}
	if found != 1 {
		return c, fmt.Errorf("%w: the first line must name the columns, as in email,name; it is %.100q",
			digest.ErrRefused, strings.Join(cells, ","))
	}
	for i := range cells {
		switch {
		case i == c.email:
		case len(cells) == 2:
			c.name = i
		default:
			c.ignored = append(c.ignored, fmt.Sprintf("column %d", i+1))
		}
	}
	return c, nil
}

// comma finds out from a file's first line what stands between its cells: what
// makes one of them the heading of the addresses, or else an address.
func comma(first []byte) byte {
	best, most := commas[0], 0
	for i := range len(commas) {
		s := splitter{comma: commas[i]}
		s.feed(first)
		score := len(s.cells)
		if slices.ContainsFunc(s.cells, func(c string) bool { return heading(c) == "email" }) {
			score += 2 * maxLine
		} else if slices.ContainsFunc(s.cells, isAddress) {
			score += maxLine
		}
		if score > most {
			best, most = commas[i], score
		}
	}
	return best
}

func isAddress(cell string) bool {
	_, err := ParseAddress(plain(cell))
	return err == nil
}
