package web

import (
	"context"
	"net/http"
	"time"
)

// maxForm bounds the body that is read; the longest honest one is a multipart
// form with one field.
const maxForm = 8 << 10

// patience is how long a page waits for the database.
const patience = 10 * time.Second

// What stands in the log of consent about how a person unsubscribed.
const (
	evidenceOneClick = "one-click request of a mail client (RFC 8058)"
	evidencePage     = "button on the unsubscribe page"
)

// askUnsubscribe shows the button. It must change nothing: link scanners and
// mail clients open every link of a mail unasked.
func (s *site) askUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	data, err := s.newsletter(r)
	if err != nil {
		return err
	}
	form := s.pauseForm(data)
	data.Pause = &form
	return s.render(w, r, http.StatusOK, pageUnsubscribe, data)
}

// unsubscribe serves a person's form and a mail client's one-click request
// (RFC 8058, section 3.2) alike: the token is all the authority it takes, so
// there is no cookie, no check of the origin, no redirect and no limit.
func (s *site) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	data, err := s.newsletter(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	evidence := evidencePage
	switch {
	case oneClick(r):
		evidence = evidenceOneClick
	case r.PostFormValue("do") == "pause":
		return s.pause(w, r, data)
	}
	// Mail clients hang up early; the person has asked nevertheless.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
	defer cancel()
	if err := s.Subscriptions.Unsubscribe(ctx, r.PathValue("token"), evidence); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, pageUnsubscribed, data)
}

// oneClick says whether the body is that of RFC 8058. It decides nothing but
// the evidence: whatever is no wish to pause is one to leave, so that a body that is broken, huge or missing stops nobody
// from leaving.
func oneClick(r *http.Request) bool {
	return r.PostFormValue("List-Unsubscribe") == "One-Click"
}

// newsletter verifies the request's token and returns what its page says.
func (s *site) newsletter(r *http.Request) (view, error) {
	id, err := s.Subscriptions.Newsletter(r.PathValue("token"))
	if err != nil {
		return view{}, err
	}
	data := s.about(id, "")
	data.Of = "" // the sentences of these pages name it
	return data, nil
}
