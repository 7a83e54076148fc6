package compose

import (
	"bytes"
	"fmt"
	htmltemplate "html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"digest.example/internal/digest"
	"digest.example/internal/mail"
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
	doc = doc.MapLinks(func(words, href string) (string, string) { return v.label(nil, words, href), href })
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
	return &page{
		Lang: v.lang.Tag, Dir: v.lang.Dir, Subject: v.subject(issue), Preheader: v.preheader(issue), Title: v.title(v.nl.Title),
		When: v.lang.DayYear(v.date), View: viewURL(v.nl, issue.Number), Archive: ArchiveURL(v.nl), Counts: v.counts(issue),
		Note: note, NoteText: noteText,
		Footer: footer{
			Title: v.title(v.nl.Title), Host: hostOf(v.nl.PublicURL), Unsubscribe: v.hole, Preferences: mail.HolePreferences(v.hole),
			Address: v.line(v.nl.PostalAddress),
		},
	}, nil
}

// counts says how much there is: articles, and the comments under them.
func (v *views) counts(issue digest.Issue) string {
	n := 0
	for _, p := range picks(issue) {
		n += max(p.Article.CommentCount, 0)
	}
	articles := v.lang.Say("articles", len(picks(issue)))
	if n == 0 {
		return articles
	}
	return v.lang.Say("counts", "Articles", articles, "Comments", v.lang.Say("comments", n))
}
