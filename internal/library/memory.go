package library

import (
	"time"

	"digest.example/internal/digest"
)

// memoryTime is how long an article that changed its id is recognised by its
// address after it was last seen.
const memoryTime = 60 * 24 * time.Hour

// weeks is how many weeks of a source's pace are looked at: the last one, and
// those that say what is normal.
const weeks = 5

// Memory is what the library knows of a source before a pull.
type Memory struct {
	State     []byte    // what the adapter left
	Succeeded time.Time // the last pull; zero: never
	Articles  []Known
	// Comments counts what was published in each of the last weeks, the latest
	// first, deleted ones too.
	Comments [weeks]int
	Redacted []digest.Redaction // what must not come back
}

// Known is an article in the library.
type Known struct {
	ID       string
	Alias    string // the id under which the source lists it now; empty: always ID
	Link     string // as Link makes it
	Title    string // empty: unknown
	Appeared time.Time
	Comments int // that are still there

	Published time.Time // zero: unknown
	Seen      time.Time // when the source last listed it; zero: lately
}

// name is the id under which the source listed the article last.
func (k *Known) name() string {
	if k.Alias != "" {
		return k.Alias
	}
	return k.ID
}
