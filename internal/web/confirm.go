package web

import (
	"context"
	"errors"
	"net/http"

	"digest.example/internal/subscribers"
)

// evidenceConfirmed stands in the log of consent about how a person confirmed.
const evidenceConfirmed = "button on the confirmation page"

// askConfirm shows the button. It changes nothing: a scanner that opens the link
// of a confirmation mail must not subscribe anybody.
func (s *site) askConfirm(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	data, err := s.peek(ctx, subscribers.PurposeConfirm, r)
	if err != nil {
		return s.unconfirmed(w, r, data, err)
	}
	return s.render(w, r, http.StatusOK, pageConfirm, data)
}

// confirm subscribes a person who has asked for it.
func (s *site) confirm(w http.ResponseWriter, r *http.Request) error {
	// A browser may be closed early; the person has pressed the button nevertheless.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
	defer cancel()
	data, err := s.peek(ctx, subscribers.PurposeConfirm, r)
	if err == nil {
		err = s.Subscriptions.Confirm(ctx, r.PathValue("token"), evidenceConfirmed)
	}
	if err != nil {
		return s.unconfirmed(w, r, data, err)
	}
	data.Archive = s.archiveFor(r, data.id)
	return s.render(w, r, http.StatusOK, pageWelcome, data)
}

// unconfirmed answers who cannot confirm. Whoever pressed the button twice should
// not be told of a link that does nothing.
func (s *site) unconfirmed(w http.ResponseWriter, r *http.Request, data view, err error) error {
	if !errors.Is(err, subscribers.ErrUsed) {
		return s.spent(subscribers.PurposeConfirm, w, r, data, err)
	}
	data.Archive = s.archiveFor(r, data.id)
	return s.render(w, r, http.StatusOK, pageAlready, data)
}

// peek is what a page says of a single-use token.
func (s *site) peek(ctx context.Context, p subscribers.Purpose, r *http.Request) (view, error) {
	c, err := s.Subscriptions.Peek(ctx, p, r.PathValue("token"))
	return s.about(c.Newsletter, c.Language), err
}

// spent answers who has a link that once worked: its holder may know that, and
// where such links are to be had.
func (s *site) spent(p subscribers.Purpose, w http.ResponseWriter, r *http.Request, data view, err error) error {
	used := errors.Is(err, subscribers.ErrUsed)
	switch {
	case !used && !errors.Is(err, subscribers.ErrExpired):
		return err
	case used && p == subscribers.PurposeErase:
		// A button that is pressed twice shows its second answer only.
		return s.render(w, r, http.StatusOK, pageErased, data)
	case p == subscribers.PurposeConfirm:
		data.Form = s.formOf(data.id)
	default:
		data.AskAgain = true
	}
	return s.render(w, r, http.StatusGone, pageExpired, data)
}
