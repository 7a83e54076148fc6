package subscribers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"digest.example/internal/digest"
)

// Preferences are what a person may choose of their subscription to one
// newsletter.
type Preferences struct {
	Newsletter  string    // id
	State       State     // SetPreferences does not look at it, nor at PausedUntil
	PausedUntil time.Time // no issue before it; zero or past: not paused
	Plain       bool      // mail without HTML
	Language    string    // BCP 47, of pages and letters, for all newsletters; empty: the newsletter's
}

// maxPause is how long a pause may be. Who wants none for longer has left, and
// should not be surprised by mail years later.
const maxPause = 366 * 24 * time.Hour

// Preferences returns what is set. It fails with digest.ErrRefused for a token
// that is not one of the preferences link, and with digest.ErrNotFound for who
// is on the list no more. An inert token shows an example.
func (l *List) Preferences(ctx context.Context, token string) (Preferences, error) {
	subscriber, newsletter, err := l.keys.Open(PurposePreferences, token)
	if err != nil {
		return Preferences{}, fmt.Errorf("preferences: %w", err)
	}
	if subscriber == Nobody {
		return Preferences{Newsletter: newsletter, State: Active}, nil
	}
	c, err := l.store.Consent(ctx, subscriber, newsletter)
	if err != nil {
		return Preferences{}, gone(err)
	}
	return c.preferences(), nil
}

func (c Consent) preferences() Preferences {
	return Preferences{
		Newsletter: c.Newsletter, State: c.State, PausedUntil: c.PausedUntil, Plain: c.Plain, Language: c.Subscriber.Language,
	}
}

// SetPreferences changes the kind of mail and the language where they differ, with
// an event, and fails as Preferences does. A language that cannot be one is a
// digest.ErrUsage. The pause is Pause's alone: a page that is saved does not know
// of one that was asked for on another.
func (l *List) SetPreferences(ctx context.Context, token string, p Preferences) error {
	subscriber, newsletter, err := l.keys.Open(PurposePreferences, token)
	if err != nil {
		return fmt.Errorf("set preferences: %w", err)
	}
	if p.Language != "" && language(p.Language) == "" {
		return fmt.Errorf("%w: set preferences: not a language", digest.ErrUsage)
	}
	return l.prefer(ctx, subscriber, newsletter, "preferences page", func(v *Preferences) error {
		v.Plain, v.Language = p.Plain, p.Language
		return nil
	})
}

// ErrNoIssues: who gets no issues anyway cannot pause them.
var ErrNoIssues = fmt.Errorf("%w: the subscription is not active", digest.ErrRefused)

// Pause stops issues until a time, for the holder of an unsubscribe or a
// preferences token; a time that is past ends the pause. It fails as
// SetPreferences does, with digest.ErrUsage for more than a year, and with ErrNoIssues for who has left: a page that
// said when issues come again would be wrong.
func (l *List) Pause(ctx context.Context, token string, until time.Time) error {
	how := "unsubscribe page"
	subscriber, newsletter, err := l.keys.Open(PurposeUnsubscribe, token)
	if err != nil {
		how = "preferences page"
		subscriber, newsletter, err = l.keys.Open(PurposePreferences, token)
	}
	if err != nil {
		return fmt.Errorf("pause: %w", err)
	}
	return l.prefer(ctx, subscriber, newsletter, how, func(v *Preferences) error {
		if v.State != Active {
			return ErrNoIssues
		}
		v.PausedUntil = until
		return nil
	})
}

func (l *List) prefer(ctx context.Context, subscriber, newsletter, how string, set func(*Preferences) error) error {
	if subscriber == Nobody {
		return nil
	}
	now := l.now()
	err := l.store.Prefer(ctx, subscriber, newsletter, func(v *Preferences) (*Event, error) {
		before := *v
		if err := set(v); err != nil {
			return nil, err
		}
		if v.PausedUntil.Sub(now) > maxPause {
			return nil, fmt.Errorf("%w: a pause of more than a year", digest.ErrUsage)
		}
		if !v.PausedUntil.After(now) {
			v.PausedUntil = time.Time{}
		}
		changed := v.since(before)
		if changed == "" {
			return nil, nil
		}
		return &Event{At: now, Actor: Reader, How: how, Evidence: changed}, nil
	})
	if err != nil && !errors.Is(err, ErrNoIssues) && !errors.Is(err, digest.ErrUsage) {
		return gone(err)
	}
	return err
}

// since says in words what differs from before; empty: nothing.
func (p Preferences) since(before Preferences) string {
	var changed []string
	if !p.PausedUntil.Equal(before.PausedUntil) {
		if p.PausedUntil.IsZero() {
			changed = append(changed, "not paused")
		} else {
			changed = append(changed, "paused until "+p.PausedUntil.UTC().Format(time.RFC3339))
		}
	}
	if p.Plain != before.Plain {
		changed = append(changed, map[bool]string{true: "plain text", false: "HTML and text"}[p.Plain])
	}
	if p.Language != before.Language {
		changed = append(changed, fmt.Sprintf("language %q", p.Language))
	}
	return strings.Join(changed, "; ")
}

// Leave ends a subscription by the link to its preferences, as Unsubscribe does
// by its own.
func (l *List) Leave(ctx context.Context, token, evidence string) error {
	subscriber, newsletter, err := l.keys.Open(PurposePreferences, token)
	if err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	return l.leaveByLink(ctx, subscriber, newsletter, Event{How: "preferences page", Evidence: evidence})
}

// AskData notes that a person wants the link to what is stored of them. It is
// mailed to their address, at most once in PersonTime: the mail that the token stood in
// may have been forwarded. It fails as Preferences does.
func (l *List) AskData(ctx context.Context, token string) error {
	return l.ask(ctx, digest.LetterData, token)
}

// AskErase notes that a person wants the link to being erased, as AskData does.
func (l *List) AskErase(ctx context.Context, token string) error {
	return l.ask(ctx, digest.LetterErase, token)
}

func (l *List) ask(ctx context.Context, kind digest.LetterKind, token string) error {
	subscriber, newsletter, err := l.keys.Open(PurposePreferences, token)
	if err != nil {
		return fmt.Errorf("ask for a letter: %w", err)
	}
	if subscriber == Nobody {
		return nil
	}
	return l.take(ctx, Request{Kind: kind, Newsletter: newsletter, Subscriber: subscriber, At: l.now()})
}

// gone turns an error of the store's into one that names nobody.
func gone(err error) error {
	if errors.Is(err, digest.ErrNotFound) {
		return fmt.Errorf("%w: there is no such subscription any more", digest.ErrNotFound)
	}
	return fmt.Errorf("read a subscription: %w", err)
}
