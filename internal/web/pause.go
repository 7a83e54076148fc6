package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// How long a pause may be, and how long the one is that a page proposes.
const (
	pauseDays    = 28
	pauseMaxDays = 365
)

// pauseForm is what the template pause shows. Days are written as forms write
// them, 2026-11-22.
type pauseForm struct {
	Value, Min, Max string
	Bad             bool // the day that came back cannot be
}

// pauseForm proposes a pause.
func (s *site) pauseForm(data view) pauseForm {
	today := s.Now().In(s.zone(data))
	day := func(n int) string { return today.AddDate(0, 0, n).Format(time.DateOnly) }
	return pauseForm{Value: day(pauseDays), Min: day(1), Max: day(pauseMaxDays)}
}

// until is the beginning of a day that somebody chose, where the newsletter is
// at home.
func (s *site) until(data view, day string) (time.Time, bool) {
	form := s.pauseForm(data)
	t, err := time.ParseInLocation(time.DateOnly, day, s.zone(data))
	// Days that are written alike compare like their dates.
	return t, err == nil && day >= form.Min && day <= form.Max
}

// zone is the newsletter's.
func (s *site) zone(data view) *time.Location {
	if z := s.Newsletters[data.id].Location; z != nil {
		return z
	}
	return time.UTC
}

// day is a date as a page says it.
func (s *site) day(data view, t time.Time) string {
	return s.speaks(data).DayYear(t.In(s.zone(data)))
}

// pause serves the form beside the one that unsubscribes. Whoever opens an old
// mail may have left since, and is told how things stand.
func (s *site) pause(w http.ResponseWriter, r *http.Request, data view) error {
	if ok, err := s.mayChange(w, r, data); !ok {
		return err
	}
	until, ok := s.until(data, r.PostFormValue("until"))
	if !ok {
		form := s.pauseForm(data)
		form.Bad, data.Pause = true, &form
		return s.render(w, r, http.StatusUnprocessableEntity, pageUnsubscribe, data)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
	defer cancel()
	err := s.Subscriptions.Pause(ctx, r.PathValue("token"), until)
	if errors.Is(err, subscribers.ErrNoIssues) || errors.Is(err, digest.ErrNotFound) {
		data.Of, data.Form = data.Newsletter, s.formOf(data.id)
		return s.render(w, r, http.StatusOK, pageInactive, data)
	}
	if err != nil {
		return err
	}
	data.Of, data.Newsletter, data.Date = data.Newsletter, "", s.day(data, until)
	return s.render(w, r, http.StatusOK, pagePaused, data)
}
