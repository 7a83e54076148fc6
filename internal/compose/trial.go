package compose

import (
	"time"

	"digest.example/internal/digest"
)

// trialDate and the functions below make the issue that New renders: one of
// everything, so that each branch of each template is taken.
var trialDate = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func trialNewsletter() digest.Newsletter {
	return digest.Newsletter{
		Name: "trial", Title: "Trial", From: "Trial <trial@example.org>", ReplyTo: "editor@example.org",
		PostalAddress: "1 Example Street", Language: "en", PublicURL: "https://example.org",
	}
}

// bareNewsletter has nothing that can be missing.
func bareNewsletter() digest.Newsletter {
	return digest.Newsletter{Name: "trial", From: "trial@example.org"}
}

func trialIssue() digest.Issue {
	article := digest.Article{
		Source: "trial", ID: "1", URL: "https://example.org/1", Title: "Title", Author: digest.Author{Name: "Author"},
		Published: trialDate, HTML: "<p>Text.</p>", Original: "https://example.com/1", CommentCount: 2, CommentsClosed: true,
	}
	said := digest.CommentPick{Answers: "Somebody", Comment: digest.Comment{
		Source: "trial", Article: "1", ID: "1", URL: "https://example.org/1#c1", Published: trialDate,
		HTML: "<p>" + longComment() + "</p>", Votes: &digest.Votes{Up: 2}, ByArticleAuthor: true,
	}}
	full := digest.Pick{Article: article, Comments: []digest.CommentPick{said}, Read: 2}
	quiet := digest.Pick{Article: digest.Article{ID: "2"}, Read: 3}
	return digest.Issue{
		Newsletter: "trial", Number: 1, Note: "A *note*.", Slot: digest.Slot{At: trialDate},
		Lead: []digest.Pick{full, quiet}, More: []digest.Pick{quiet, full}, Discussed: []digest.Pick{full, quiet},
	}
}

// longComment is long enough to be cut, with a link.
func longComment() string {
	out := `<a href="https://example.net/">There</a>. `
	for range longCut / 10 {
		out += "One more. "
	}
	return out
}
