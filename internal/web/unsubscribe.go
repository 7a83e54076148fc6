package web

import (
	"context"
	"html/template"
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
	evidence := evidencePage
	if oneClick(w, r) {
		evidence = evidenceOneClick
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
// the evidence, so that a body that is broken, huge or missing stops nobody
// from leaving.
func oneClick(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	return r.PostFormValue("List-Unsubscribe") == "One-Click"
}

// newsletter verifies the request's token and returns what its page says.
func (s *site) newsletter(r *http.Request) (pageData, error) {
	id, err := s.Subscriptions.Newsletter(r.PathValue("token"))
	if err != nil {
		return pageData{}, err
	}
	n, known := s.Newsletters[id]
	if !known {
		return pageData{}, nil
	}
	lang := s.catalog.For(n.Language).Tag
	data := pageData{language: lang}
	if n.Title != "" {
		data.Newsletter = template.HTML(`<strong dir="auto" lang="` + lang + `">` + template.HTMLEscapeString(n.Title) + `</strong>`)
	}
	return data, nil
}
