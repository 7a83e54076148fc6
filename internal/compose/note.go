package compose

import (
	"bytes"
	"fmt"
	htmltemplate "html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"digest.example/internal/digest"
	"digest.example/internal/sanitize"
)

// note renders the editor's Markdown. Raw HTML in it is dropped, and what
// remains passes the same rules as a stranger's text.
func (v *views) note(markdown string) (htmltemplate.HTML, string, error) {
	var html bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.Linkify)).Convert([]byte(strings.ReplaceAll(markdown, v.key, "-")), &html); err != nil {
		return "", "", fmt.Errorf("editor's note: %w", err)
	}
	doc := sanitize.Parse(html.String(), base(v.nl.PublicURL))
	doc = doc.MapLinks(func(words, href string) (string, string) { return v.label("", words, href), href })
	text := doc.Text()
	if links := doc.Links(); len(links) > 0 {
		text += "\n\n" + strings.Join(links, "\n")
	}
	return doc.HTML(v.outside), text, nil
}

// page is the frame's data but for its fragments.
func (v *views) page(issue digest.Issue) (*page, error) {
	note, noteText, err := v.note(issue.Note)
	if err != nil {
		return nil, err
	}
	host := hostOf(v.nl.PublicURL)
	title := v.title(v.nl.Title)
	return &page{
		Lang: v.lang, Dir: v.dir, Subject: v.subject(issue), Preheader: v.preheader(issue), Title: title,
		When: v.date.Format("2 January 2006"), View: archivePage(v.nl, issue.Number), Counts: counts(issue), Note: note, NoteText: noteText,
		Footer: footer{
			Title: title, Host: host, Place: joined(" "+say("at")+" ", title, host),
			Unsubscribe: v.hole, Address: v.line(v.nl.PostalAddress),
		},
	}, nil
}

// counts says how much there is: articles, and the comments under them.
func counts(issue digest.Issue) string {
	n := 0
	for _, p := range picks(issue) {
		n += max(p.Article.CommentCount, 0)
	}
	out := say("articles", len(picks(issue)))
	if n > 0 {
		out += ", " + say("comments", n)
	}
	return out
}
