package web

import (
	"context"
	"net/http"
	"strconv"

	"digest.example/internal/subscribers"
)

// askPerson shows the button of a single-use link to a person's data, or to
// being erased. It changes nothing.
func (s *site) askPerson(p subscribers.Purpose, page string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		data, err := s.peek(ctx, p, r)
		data.Of, data.Title = "", "" // both are about all newsletters
		if err != nil {
			return s.spent(p, w, r, data, err)
		}
		return s.render(w, r, http.StatusOK, page, data)
	}
}

// download answers with all that is stored of a person.
func (s *site) download(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	data, err := s.peek(ctx, subscribers.PurposeData, r)
	var file []byte
	if err == nil {
		file, err = s.Subscriptions.Data(ctx, r.PathValue("token"))
	}
	if err != nil {
		data.Of, data.Title = "", ""
		return s.spent(subscribers.PurposeData, w, r, data, err)
	}
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Content-Disposition", `attachment; filename="data.json"`)
	header.Set("Content-Length", strconv.Itoa(len(file)))
	_, _ = w.Write(file) // whoever asked may be gone
	return nil
}

// erase forgets a person who has asked for it.
func (s *site) erase(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
	defer cancel()
	data, err := s.peek(ctx, subscribers.PurposeErase, r)
	data.Of, data.Title = "", ""
	if err == nil {
		err = s.Subscriptions.Erase(ctx, r.PathValue("token"))
	}
	if err != nil {
		return s.spent(subscribers.PurposeErase, w, r, data, err)
	}
	return s.render(w, r, http.StatusOK, pageErased, data)
}
