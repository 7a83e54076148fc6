package wordpress

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"
)

// How long a closed API is left alone, and how many posts' names are kept.
const (
	retryClosed = 24 * time.Hour
	maxNames    = 300
)

// state is what one pull leaves for the next.
type state struct {
	// Closed is when the API was last found closed, and Why what it said.
	Closed time.Time `json:"closed,omitzero"`
	Why    string    `json:"why,omitempty"`
	// API is the root that worked where the discovered one did not.
	API string `json:"api,omitempty"`
	// Names are the ids of posts by guid, oldest first: a feed shows the guid
	// only, and on a site that was moved the number in it is not the post's id.
	Names []named `json:"names,omitempty"`
	// Threads are those that were read one by one, the longest unread first.
	Threads []readThread `json:"threads,omitempty"`
}

// named is one post that was seen.
type named struct {
	GUID string `json:"guid"`
	ID   string `json:"id"`
}

// readState takes what is left of a state that it does not understand as empty.
func readState(b []byte) *state {
	var s state
	if json.Unmarshal(b, &s) != nil {
		return &state{}
	}
	return &s
}

// bytes is what readState reads.
func (s *state) bytes() []byte {
	b, err := json.Marshal(s)
	if err != nil { // a year beyond 9999
		return nil
	}
	return b
}

// closed says whether the API was found closed not long ago.
func (s *state) closed(now time.Time) bool {
	return !s.Closed.IsZero() && now.Sub(s.Closed).Abs() < retryClosed
}

// remember keeps a failure of the API that is going to last.
func (s *state) remember(err error, now time.Time) {
	var refused *apiError
	if errors.As(err, &refused) && refused.lasting() {
		s.Closed, s.Why = now.UTC(), clip(refused.Error(), 200)
	}
}

// open forgets such failures.
func (s *state) open() { s.Closed, s.Why = time.Time{}, "" }

// root is where the API is asked.
func (s *state) root(discovered string) string {
	if s.API != "" {
		return s.API
	}
	return discovered
}

// tryOther says whether there is another root to try after err, and turns to it.
// A site that says in JSON that it is closed means all of it.
func (s *state) tryOther(discovered string, home *url.URL, err error) bool {
	var refused *apiError
	if !errors.As(err, &refused) || refused.code != "" || !refused.lasting() {
		return false
	}
	if s.API != "" { // the other one stopped working
		s.API = ""
		return true
	}
	other := *home
	other.RawQuery, other.Fragment = "rest_route=/", ""
	if u, err := url.Parse(discovered); err != nil || u.Query().Has("rest_route") {
		return false
	}
	s.API = other.String()
	return true
}

// name is what the post with this guid is called: its id, unless a pull that
// could not know it has called it something else before.
func (s *state) name(guid string, id ident) string {
	if known := s.known(guid); known != "" && number(known) == 0 {
		return known
	}
	s.learn(guid, id.String())
	return id.String()
}

// known is the id of the post with this guid; "": not known.
func (s *state) known(guid string) string {
	for _, n := range s.Names {
		if n.GUID == guid && guid != "" {
			return n.ID
		}
	}
	return ""
}

// learn keeps what a post is called. The longest unseen is forgotten first.
func (s *state) learn(guid, id string) {
	const longest = 500 // bytes of a guid
	if guid == "" || len(guid) > longest {
		return
	}
	s.Names = slices.DeleteFunc(s.Names, func(n named) bool { return n.GUID == guid })
	s.Names = append(s.Names, named{GUID: guid, ID: id})
	if n := len(s.Names); n > maxNames {
		s.Names = s.Names[n-maxNames:]
	}
}
