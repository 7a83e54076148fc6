package web

import (
	"errors"
	"net/http"
	"strings"

	"digest.example/internal/digest"
)

var (
	// errPage: a page's template failed.
	errPage = errors.New("page")
	// errNoPage: there is no such page.
	errNoPage = errors.New("no such page")
)

// answer is how a kind of error is answered.
type answer struct {
	kind   error
	status int
	page   string
	log    bool // whether the operator should know
}

// answers maps error kinds to answers. A refusal is answered 404 and not 403,
// so that nobody learns whether a token was ever good.
var answers = []answer{
	{errNoPage, http.StatusNotFound, pageNotFound, false},
	{digest.ErrRefused, http.StatusNotFound, pageBadLink, false},
	{digest.ErrNotFound, http.StatusNotFound, pageBadLink, false},
	{errLimited, http.StatusTooManyRequests, pageLimited, false},
	// A flood is not logged line by line.
	{errFlood, http.StatusServiceUnavailable, pageUnavailable, false},
	{errPage, http.StatusInternalServerError, pageFailed, true},
}

// trouble answers every other error: the database or something else that this
// process needs is not there now, and may be in a minute.
var trouble = answer{nil, http.StatusServiceUnavailable, pageUnavailable, true}

func answerTo(err error) answer {
	for _, a := range answers {
		if errors.Is(err, a.kind) {
			return a
		}
	}
	return trouble
}

// handle turns a handler that returns an error into one that answers it.
func (s *site) handle(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	a := answerTo(err)
	if a.log {
		// The pattern and not the path, which contains the token.
		s.Log.Error("a page could not be served", "page", r.Pattern, "error", err)
	}
	switch a.status {
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "60")
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", retryLimited)
	}
	// Whose page it is decides its language, and is known only to a good token
	// or on a form. The archive does not tell what there is and not yet sent.
	data, unknown := s.newsletter(r)
	if unknown != nil && strings.Contains(r.Pattern, " /s/") {
		id, _ := s.named(r)
		data = s.about(id, "")
	}
	if err := s.render(w, r, a.status, a.page, data); err != nil {
		http.Error(w, http.StatusText(a.status), a.status)
	}
}

func (s *site) nothing(http.ResponseWriter, *http.Request) error { return errNoPage }
