package sample

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"digest.example/internal/digest"
)

//go:embed data/*.json
var data embed.FS

// entry is an article as its file has it.
type entry struct {
	ID       string        `json:"id"`
	Slug     string        `json:"slug"`
	Title    string        `json:"title"`
	Author   digest.Author `json:"author"`
	AgeHours float64       `json:"age_hours"` // at midnight
	Original string        `json:"original"`
	Language string        `json:"language"`
	Closed   bool          `json:"closed"`
	HTML     []string      `json:"html"` // by paragraph
	Comments []reply       `json:"comments"`
}

// reply is a comment as its article's file has it.
type reply struct {
	ID         string  `json:"id"`
	Parent     string  `json:"parent"`
	Author     string  `json:"author"`
	AfterHours float64 `json:"after_hours"` // the article
	HTML       string  `json:"html"`
	Up         *int    `json:"up"` // nil: this thread has no votes
	Down       int     `json:"down"`
	ByAuthor   bool    `json:"by_author"`
}

func read() ([]entry, error) {
	names, err := fs.Glob(data, "data/*.json")
	if err != nil {
		return nil, fmt.Errorf("list the articles: %w", err)
	}
	entries := make([]entry, len(names))
	for i, name := range names {
		text, err := data.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read an article: %w", err)
		}
		if err := json.Unmarshal(text, &entries[i]); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	return entries, nil
}

func (e entry) article(source string, midnight time.Time) digest.Article {
	a := digest.Article{
		Source:         source,
		ID:             e.ID,
		URL:            base + e.Slug + "/",
		Title:          e.Title,
		Author:         e.Author,
		Published:      midnight.Add(-hours(e.AgeHours)),
		HTML:           strings.Join(e.HTML, "\n"),
		Original:       e.Original,
		Language:       e.Language,
		CommentCount:   len(e.Comments),
		CommentsURL:    base + e.Slug + "/#comments",
		CommentsClosed: e.Closed,
	}
	for _, r := range e.Comments {
		a.Comments = append(a.Comments, r.comment(a))
	}
	return a
}

func (r reply) comment(a digest.Article) digest.Comment {
	c := digest.Comment{
		Source:          a.Source,
		Article:         a.ID,
		ID:              a.ID + "-" + r.ID,
		URL:             a.URL + "#comment-" + a.ID + "-" + r.ID,
		Author:          digest.Author{Name: r.Author},
		Published:       a.Published.Add(hours(r.AfterHours)),
		HTML:            r.HTML,
		ByArticleAuthor: r.ByAuthor,
	}
	if r.Parent != "" {
		c.Parent = a.ID + "-" + r.Parent
	}
	if r.Up != nil {
		c.Votes = &digest.Votes{Up: *r.Up, Down: r.Down}
	}
	return c
}

func hours(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }
