// Package sources says what a site that articles and comments are pulled from
// looks like to the rest of the program. Each kind of site has a package of its
// own below this one.
package sources

import (
	"context"
	"errors"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/fetch"
)

// ErrPassing is in the chain of a pull's error where the site is what it was and
// only fails for now, so that looking for another way to read it would do harm.
var ErrPassing = errors.New("the site fails for now")

// Source is one site.
type Source interface {
	// Pull returns the articles published in the window with all their
	// comments, newest first; older ones that the site lists may be among them. Text in the harvest is valid UTF-8 without NUL; HTML
	// in it is untrusted, its addresses absolute. A harvest that misses
	// something says so in its warnings; an error means that there is none.
	Pull(ctx context.Context, r Request) (digest.Harvest, error)
	// Recheck looks items up again that an earlier pull gave. Each article
	// carries those of its comments that are asked about. The harvest holds
	// their present versions and names in Gone what there is no more; what the
	// source cannot tell stands in neither.
	Recheck(ctx context.Context, r Request, articles []digest.Article) (digest.Harvest, error)
}

// Request is what is asked of a source.
type Request struct {
	Window
	// State is what the last harvest that was kept left for this one; empty at first.
	State []byte
}

// Window is a span of time, Since included, Until excluded.
type Window struct {
	Since, Until time.Time
}

// Contains says whether t lies in the window.
func (w Window) Contains(t time.Time) bool {
	return !t.Before(w.Since) && t.Before(w.Until)
}

// Getter fetches one address. fetch.Client is one.
type Getter interface {
	Get(ctx context.Context, r fetch.Request) (*fetch.Response, error)
}

// Site is what was found out about an address. It is kept as JSON.
type Site struct {
	Kind     string   `json:"kind"`    // one of the Kind constants
	Address  string   `json:"address"` // that answered, after redirects
	Home     string   `json:"home"`    // the address of the front page, absolute
	Title    string   `json:"title,omitempty"`
	Language string   `json:"language,omitempty"` // BCP 47
	Timezone string   `json:"timezone,omitempty"` // IANA name
	API      string   `json:"api,omitempty"`      // WordPress: root of the REST API, "" where there is none. It may hold a query (?rest_route=/)
	Feeds    []string `json:"feeds,omitempty"`    // of articles, the best first
}

// The kinds of site that can be discovered.
const (
	KindWordPress = "wordpress"
	KindFeed      = "feed"
)
