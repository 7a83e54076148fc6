// Package compose renders an issue into a message: it lays out articles and
// comments, keeps the mail within its size, and says what it printed. It is
// pure: no network, clock, database or config, and the same input gives the
// same bytes. What is chosen, and who gets it, is decided elsewhere.
package compose

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/mail"
	"digest.example/internal/texts"
)

// Composer renders issues. It is safe for concurrent use.
type Composer struct {
	parts   parts // never executed, so that they can be cloned for each language
	catalog *texts.Catalog

	mu      sync.Mutex
	letters map[string]parts // by language's tag
}

// IDs are what would otherwise be random or the clock.
type IDs struct {
	Boundary string    // MIME boundary; must not be guessable, since the hole is derived from it too
	Date     time.Time // of the message
}

// Rendered is an issue as it will be sent.
type Rendered struct {
	Subject   string
	Preheader string // the line that inboxes show beside the subject
	HTML      string // with Hole where the recipient's unsubscribe address goes
	Text      string // the same
	Hole      string // for mail.Fill
	Stencil   *mail.Stencil
	Plain     *mail.Stencil // the same without HTML
	Items     []digest.Item // exactly what is printed, in order
	Trimmed   []string      // what the size budget cut, in words; empty: nothing
}

// ErrEmpty is an issue with nothing to print: it is never rendered.
var ErrEmpty = errors.New("the issue is empty")

// New parses the templates in the folder email of templates and renders a
// trial issue with them, so that a broken one is found here; the error names
// its file and line.
func New(templates fs.FS) (*Composer, error) {
	catalog, err := texts.New()
	if err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	p, err := parse(templates, catalog.For("en"))
	if err != nil {
		return nil, fmt.Errorf("email templates: %w", err)
	}
	c := &Composer{parts: p, catalog: catalog, letters: map[string]parts{}}
	for _, nl := range []digest.Newsletter{trialNewsletter(), bareNewsletter()} {
		if _, err := c.Render(trialIssue(), nl, IDs{Boundary: "trial", Date: trialDate}); err != nil {
			return nil, fmt.Errorf("email templates: %w", err)
		}
	}
	if err := c.tryLetters(); err != nil {
		return nil, fmt.Errorf("email templates: %w", err)
	}
	return c, nil
}

// Render composes the issue. Its HTML has at most Budget bytes: what does not
// fit is cut in a fixed order, and Trimmed says what.
func (c *Composer) Render(issue digest.Issue, nl digest.Newsletter, ids IDs) (Rendered, error) {
	if issue.Empty() {
		return Rendered{}, ErrEmpty
	}
	hole := mail.HoleUnsubscribe(ids.Boundary)
	v := newViews(issue, nl, ids, hole, c.catalog.For(nl.Language))
	page, err := v.page(issue)
	if err != nil {
		return Rendered{}, fmt.Errorf("compose %s/%d: %w", issue.Newsletter, issue.Number, err)
	}
	parts, err := c.parts.in(v.lang)
	if err != nil {
		return Rendered{}, fmt.Errorf("compose %s/%d: %w", issue.Newsletter, issue.Number, err)
	}
	l := newLayout(parts, v, issue)
	if err := l.fit(page); err != nil {
		return Rendered{}, fmt.Errorf("compose %s/%d: %w", issue.Newsletter, issue.Number, err)
	}
	html, text, err := parts.frame(page)
	if err != nil {
		return Rendered{}, fmt.Errorf("compose %s/%d: %w", issue.Newsletter, issue.Number, err)
	}
	if !strings.Contains(html, hole) || !strings.Contains(text, hole) {
		return Rendered{}, fmt.Errorf("compose %s/%d: the templates print no unsubscribe link in both parts", issue.Newsletter, issue.Number)
	}
	out := Rendered{
		Subject: page.Subject, Preheader: page.Preheader, HTML: html, Text: text, Hole: hole,
		Items: l.items(), Trimmed: l.trimmed,
	}
	message := template(out, nl, issue, ids)
	if out.Stencil, err = mail.NewStencil(message); err == nil {
		out.Plain, err = mail.NewPlainStencil(message)
	}
	if err != nil {
		return Rendered{}, fmt.Errorf("compose %s/%d: %w", issue.Newsletter, issue.Number, err)
	}
	return out, nil
}
