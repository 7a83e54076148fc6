package web

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/net/html"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

// ticket is a single-use token of a desk's.
type ticket struct {
	purpose subscribers.Purpose
	of      subscribers.Confirmation
	err     error // ErrUsed, ErrExpired
}

// desk answers as subscribers.List does where people have links, and counts
// what they change.
type desk struct {
	mu      sync.Mutex
	signUps []subscribers.SignUp
	tickets map[string]ticket
	choices subscribers.Preferences
	opens   string // the token of the preferences
	changes []string
	trouble error
}

func (d *desk) change(format string, args ...any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.trouble == nil {
		d.changes = append(d.changes, fmt.Sprintf(format, args...))
	}
	return d.trouble
}

func (d *desk) SignUp(_ context.Context, s subscribers.SignUp) error {
	if err := d.change("sign up"); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.signUps = append(d.signUps, s)
	return nil
}

func (d *desk) Peek(_ context.Context, p subscribers.Purpose, token string) (subscribers.Confirmation, error) {
	t, known := d.tickets[token]
	if !known || t.purpose != p {
		return subscribers.Confirmation{}, digest.ErrRefused
	}
	return t.of, t.err
}

func (d *desk) use(token string, p subscribers.Purpose) error {
	if _, err := d.Peek(context.Background(), p, token); err != nil {
		return err
	}
	if err := d.change("%s", p); err != nil {
		return err
	}
	t := d.tickets[token]
	t.err = subscribers.ErrUsed
	d.tickets[token] = t
	return nil
}

func (d *desk) Confirm(_ context.Context, token, _ string) error {
	return d.use(token, subscribers.PurposeConfirm)
}

func (d *desk) Data(_ context.Context, token string) ([]byte, error) {
	return []byte(`{"address":"reader@example.org"}`), d.use(token, subscribers.PurposeData)
}

func (d *desk) Erase(_ context.Context, token string) error {
	return d.use(token, subscribers.PurposeErase)
}

func (d *desk) Preferences(_ context.Context, token string) (subscribers.Preferences, error) {
	if token != d.opens {
		return subscribers.Preferences{}, digest.ErrRefused
	}
	return d.choices, d.trouble
}

func (d *desk) SetPreferences(_ context.Context, _ string, p subscribers.Preferences) error {
	if err := d.change("plain %v, language %q", p.Plain, p.Language); err != nil {
		return err
	}
	d.choices = p
	return nil
}

func (d *desk) Pause(_ context.Context, _ string, until time.Time) error {
	if err := d.change("paused until %s", until.Format(time.RFC3339)); err != nil {
		return err
	}
	d.choices.PausedUntil = until
	return nil
}

func (d *desk) Leave(context.Context, string, string) error { return d.change("left") }
func (d *desk) AskData(context.Context, string) error       { return d.change("asked for data") }
func (d *desk) AskErase(context.Context, string) error      { return d.change("asked to be erased") }

// inputs counts the fields of a form that are seen.
func inputs(form *html.Node) int {
	n := 0
	for d := range form.Descendants() {
		if d.Type == html.ElementNode && (d.Data == "input" || d.Data == "select" || d.Data == "textarea") {
			n++
		}
	}
	return n
}
