package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"digest.example/internal/subscribers"
)

const evidencePreferences = "button on the preferences page"

// preferencesView is what preferences.html shows.
type preferencesView struct {
	Active    bool
	Paused    string // until when; empty: not paused
	Plain     bool
	Pause     pauseForm
	Languages []languageChoice
	Saved     bool // something was changed just now
}

// languageChoice is a language that the pages and letters speak.
type languageChoice struct {
	Tag, Name string
	Chosen    bool
}

// askPreferences shows what is set.
func (s *site) askPreferences(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	return s.showPreferences(ctx, w, r, http.StatusOK, preferencesView{})
}

// showPreferences shows what is set now; of the view only Saved and Pause.Bad
// are taken.
func (s *site) showPreferences(ctx context.Context, w http.ResponseWriter, r *http.Request, status int, v preferencesView) error {
	p, err := s.Subscriptions.Preferences(ctx, r.PathValue("token"))
	if err != nil {
		return err
	}
	data := s.about(p.Newsletter, p.Language)
	v.Active, v.Plain = p.State == subscribers.Active, p.Plain
	if v.Active && p.PausedUntil.After(s.Now()) {
		v.Paused = s.day(data, p.PausedUntil)
	}
	bad := v.Pause.Bad
	v.Pause = s.pauseForm(data)
	v.Pause.Bad = bad
	if v.Paused != "" {
		v.Pause.Value = p.PausedUntil.In(s.zone(data)).Format(time.DateOnly)
	}
	spoken := s.speaks(data).Base()
	for _, tag := range s.catalog.Tags() {
		v.Languages = append(v.Languages, languageChoice{tag, s.catalog.For(tag).Say("language_name"), tag == spoken})
	}
	data.Preferences, data.Form = &v, s.formOf(p.Newsletter)
	return s.render(w, r, status, pagePreferences, data)
}

// setPreferences does what one of the page's buttons asks for.
func (s *site) setPreferences(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
	defer cancel()
	token := r.PathValue("token")
	p, err := s.Subscriptions.Preferences(ctx, token)
	if err != nil {
		return err
	}
	data := s.about(p.Newsletter, p.Language)
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	do := r.PostFormValue("do")
	if do != "unsubscribe" { // which is never limited
		if ok, err := s.mayChange(w, r, data); !ok {
			return err
		}
	}
	switch do {
	case "pause":
		until, fits := s.until(data, r.PostFormValue("until"))
		if !fits {
			return s.showPreferences(ctx, w, r, http.StatusUnprocessableEntity, preferencesView{Pause: pauseForm{Bad: true}})
		}
		err = s.Subscriptions.Pause(ctx, token, until)
	case "resume":
		err = s.Subscriptions.Pause(ctx, token, time.Time{})
	case "save":
		p.Plain = r.PostFormValue("plain") != ""
		// Who leaves the list as it was goes on reading the newsletter's language.
		tag := r.PostFormValue("language")
		if slices.Contains(s.catalog.Tags(), tag) && tag != s.speaks(data).Base() {
			p.Language = tag
		}
		err = s.Subscriptions.SetPreferences(ctx, token, p)
	case "unsubscribe":
		if err := s.Subscriptions.Leave(ctx, token, evidencePreferences); err != nil {
			return err
		}
		data.Newsletter = data.Of
		data.Of = ""
		return s.render(w, r, http.StatusOK, pageUnsubscribed, data)
	case "data":
		return s.mailed(w, r, data, s.Subscriptions.AskData(ctx, token))
	case "erase":
		return s.mailed(w, r, data, s.Subscriptions.AskErase(ctx, token))
	default:
		return s.showPreferences(ctx, w, r, http.StatusOK, preferencesView{})
	}
	if errors.Is(err, subscribers.ErrNoIssues) { // left meanwhile, on another page
		return s.showPreferences(ctx, w, r, http.StatusOK, preferencesView{})
	}
	if err != nil {
		return err
	}
	return s.showPreferences(ctx, w, r, http.StatusOK, preferencesView{Saved: true})
}

func (s *site) mailed(w http.ResponseWriter, r *http.Request, data view, err error) error {
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, pageMailed, data)
}
