package feed

import (
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"digest.example/internal/sources"
)

// The bounds of what is kept from one pull for the next, and how long a feed
// counts as having no pages.
const (
	keepSingle   = 24 * time.Hour
	maxThreads   = 200
	maxValidator = 500 // bytes
)

// state is what one pull leaves for the next.
type state struct {
	// Feeds are the validators of what was read, by address.
	Feeds map[string]validators `json:"feeds,omitempty"`
	// Chosen is the address of the feed of articles that was read.
	Chosen string `json:"chosen,omitempty"`
	// Since is how far back the last pull looked: one that looks further back
	// needs the feed even if it has not changed.
	Since time.Time `json:"since,omitzero"`
	// Newest is the date of the newest article so far.
	Newest time.Time `json:"newest,omitzero"`
	Had    bool      `json:"had,omitempty"` // there were entries
	// Single is when the feed was found to have no further pages.
	Single time.Time `json:"single,omitzero"`
	// Threads are the articles of the window that have feeds of comments, newest first.
	Threads []thread `json:"threads,omitempty"`
}

// validators are those of RFC 9110 section 8.8, as the site gave them.
type validators struct {
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
}

// bounded drops what no honest server sends.
func (v validators) bounded() validators {
	if len(v.ETag) > maxValidator {
		v.ETag = ""
	}
	if len(v.Modified) > maxValidator {
		v.Modified = ""
	}
	return v
}

// thread is an article's feed of comments.
type thread struct {
	Article   string    `json:"article"`
	Feed      string    `json:"feed"`
	Published time.Time `json:"published,omitzero"`
	// Seen is the date of the newest comment so far: a feed that reaches back to
	// it has shown, with the pulls before, all there is.
	Seen time.Time `json:"seen,omitzero"`
}

// readState takes a state that cannot be read as none.
func readState(b []byte) state {
	var s state
	if json.Unmarshal(b, &s) != nil {
		return state{}
	}
	return s
}

func (s state) bytes() []byte {
	b, err := json.Marshal(s)
	if err != nil { // a year beyond 9999
		return nil
	}
	return b
}

// next is what a pull of the window begins with: what is remembered still, but
// for threads that have left the window.
func (s state) next(w sources.Window) state {
	n := s
	n.Since = w.Since
	n.Feeds = map[string]validators{}
	n.Threads = slices.DeleteFunc(slices.Clone(s.Threads), func(t thread) bool {
		return !t.Published.IsZero() && t.Published.Before(w.Since)
	})
	for _, t := range n.Threads {
		if v, known := s.Feeds[t.Feed]; known {
			n.Feeds[t.Feed] = v
		}
	}
	return n
}

// watch remembers the threads of a window that was read anew, and the older ones
// that it did not mention.
func (s *state) watch(threads []thread) {
	for _, old := range s.Threads {
		if !slices.ContainsFunc(threads, func(t thread) bool { return t.Article == old.Article }) {
			threads = append(threads, old)
		}
	}
	slices.SortStableFunc(threads, func(a, b thread) int { return b.Published.Compare(a.Published) })
	s.Threads = threads[:min(len(threads), maxThreads)]
}

// thread is what is known of an article's comments; nothing: a zero thread.
func (s state) thread(article string) thread {
	for _, t := range s.Threads {
		if t.Article == article {
			return t
		}
	}
	return thread{}
}

// where is the address that a document came from, after redirects.
func where(answered, asked string) *url.URL {
	for _, address := range []string{answered, asked} {
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			return u
		}
	}
	return &url.URL{}
}
