package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/fetch"
	"digest.example/internal/sanitize"
	"digest.example/internal/sources"
)

// look is what one look at a source shows; nothing of it is kept.
type look struct {
	Source   string         `json:"source"`
	URL      string         `json:"url,omitempty"`
	Kind     string         `json:"kind"`
	Site     *sources.Site  `json:"site,omitempty"`
	Since    time.Time      `json:"since"`
	Articles []seenArticle  `json:"articles"`
	Newest   *seenComment   `json:"newest_comment,omitempty"`
	Warnings []string       `json:"warnings,omitempty"`
	Error    string         `json:"error,omitempty"`
	Requests []seenRequest  `json:"requests"`
	zone     *time.Location // of the moments that are shown
	err      error
}

// seenArticle is one article in it.
type seenArticle struct {
	Title     string    `json:"title"`
	URL       string    `json:"url"`
	Published time.Time `json:"published"`
	Comments  int       `json:"comments"`      // that were pulled
	Counted   int       `json:"comment_count"` // that the site says there are
}

// seenComment is a comment in it.
type seenComment struct {
	Article   string    `json:"article"` // its title
	Author    string    `json:"author"`
	Published time.Time `json:"published"`
	Text      string    `json:"text"` // the beginning, plain
}

// seenRequest is one request on the wire.
type seenRequest struct {
	URL    string        `json:"url"`
	Status int           `json:"status,omitempty"`
	Bytes  int           `json:"bytes"`
	Took   time.Duration `json:"nanoseconds"`
	Error  string        `json:"error,omitempty"`
}

// lookAt pulls a source as if for the first time, and shows each request as it
// happens.
func lookAt(ctx context.Context, ref digest.SourceRef, source sources.Source, w sources.Window, show func(seenRequest)) look {
	l := look{Source: ref.Name, URL: ref.URL, Kind: ref.Kind, Since: w.Since, Articles: []seenArticle{}, Requests: []seenRequest{}, zone: time.Local}
	ctx = traced(ctx, func(r seenRequest) {
		l.Requests = append(l.Requests, r)
		show(r)
	})
	h, err := source.Pull(ctx, sources.Request{Window: w})
	if err != nil {
		l.err, l.Error = err, sanitize.Line(err.Error())
		return l
	}
	if site, ok := sources.Remembered(h.State); ok {
		l.Site = &site
	}
	for _, warning := range h.Warnings {
		l.Warnings = append(l.Warnings, sanitize.Line(warning))
	}
	for _, a := range h.Articles {
		l.add(a)
	}
	return l
}

// traced tells of each request under the context, one at a time.
func traced(ctx context.Context, tell func(seenRequest)) context.Context {
	var turn sync.Mutex
	return fetch.WithTrace(ctx, func(e fetch.Exchange) {
		turn.Lock()
		defer turn.Unlock()
		r := seenRequest{URL: sanitize.Line(e.URL), Status: e.Status, Bytes: e.Bytes, Took: e.Took}
		if e.Err != nil {
			r.Error = sanitize.Line(e.Err.Error())
		}
		tell(r)
	})
}

func (l *look) add(a digest.Article) {
	one := seenArticle{
		Title: sanitize.Line(a.Title), URL: sanitize.Line(a.URL), Published: a.Published,
		Comments: len(a.Comments), Counted: a.CommentCount,
	}
	l.Articles = append(l.Articles, one)
	for _, c := range a.Comments {
		if l.Newest == nil || c.Published.After(l.Newest.Published) {
			l.Newest = &seenComment{
				Article: one.Title, Author: sanitize.Line(c.Author.Name), Published: c.Published,
				Text: sanitize.Short(sanitize.LineFromHTML(c.HTML), 160),
			}
		}
	}
}

// counts are the articles that somebody commented on, and all comments.
func (l look) counts() (threads, comments int) {
	for _, a := range l.Articles {
		comments += a.Comments
		if a.Comments > 0 {
			threads++
		}
	}
	return threads, comments
}

// articlesShown is how many articles are shown to people; JSON has them all.
const articlesShown = 25

func (l look) print(w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n", l.Source, l.what())
	if l.err != nil {
		fmt.Fprintf(w, "  failed: %s\n", l.Error)
		return
	}
	threads, comments := l.counts()
	fmt.Fprintf(w, "  since %s: %s, %d of them discussed, in %s\n",
		l.Since.In(l.zone).Format(momentLayout), plural(len(l.Articles), "article"), threads, plural(comments, "comment"))
	newest := slices.Clone(l.Articles)
	slices.SortStableFunc(newest, func(a, b seenArticle) int { return b.Published.Compare(a.Published) })
	for _, a := range newest[:min(len(newest), articlesShown)] {
		fmt.Fprintf(w, "    %-23s %4s  %s\n", a.Published.In(l.zone).Format(momentLayout), a.commentsShown(), sanitize.Short(a.title(), 100))
	}
	if n := len(newest) - articlesShown; n > 0 {
		fmt.Fprintf(w, "    and %s\n", plural(n, "older article"))
	}
	if c := l.Newest; c != nil {
		fmt.Fprintf(w, "  newest comment: %s, %s under %q:\n    %s\n", c.Published.In(l.zone).Format(momentLayout), orNobody(c.Author), c.Article, c.Text)
	}
	for _, warning := range l.Warnings {
		fmt.Fprintf(w, "  warning: %s\n", warning)
	}
}

// what says what kind of site it is, and through which door it is pulled.
func (l look) what() string {
	s := l.Site
	switch {
	case s == nil && l.URL == "":
		return l.Kind
	case s == nil:
		return sanitize.Line(l.URL)
	}
	kind, door := s.Kind, ", feed "+strings.Join(s.Feeds, ", ")
	switch {
	case s.Kind == sources.KindWordPress && s.API != "":
		kind, door = "WordPress", ", API "+s.API
	case s.Kind == sources.KindWordPress:
		kind = "WordPress without its API"
	}
	return sanitize.Line(`"` + s.Title + `", ` + kind + " at " + s.Home + door)
}

// commentsShown is how many comments there are, and beside it how many the site
// says there are, if more.
func (a seenArticle) commentsShown() string {
	if a.Counted > a.Comments {
		return fmt.Sprintf("%d/%d", a.Comments, a.Counted)
	}
	return fmt.Sprint(a.Comments)
}

func (a seenArticle) title() string {
	if a.Title == "" {
		return "(untitled) " + a.URL
	}
	return a.Title
}

func orNobody(author string) string {
	if author == "" {
		return "somebody"
	}
	return author
}

func (r seenRequest) String() string {
	what := fmt.Sprintf("%d, %d bytes", r.Status, r.Bytes)
	if r.Error != "" {
		what = r.Error
	}
	return fmt.Sprintf("GET %s: %s, %s", r.URL, what, r.Took.Round(time.Millisecond))
}
