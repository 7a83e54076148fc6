package sitetest

import (
	"fmt"
	"strings"
	"time"
)

// sentences are what generated texts are made of.
var sentences = []string{
	"The harbour board met on Tuesday and put the old ferry on its list.",
	"Herons were seen on the breakwater again, which the anglers do not like.",
	"Nobody on Harbour Street had heard of the plan before the notice went up.",
	"The lighthouse keeper says that the lamp costs forty crowns a month.",
	"If the dredger comes in May, the small boats will have to move twice.",
}

// Generate is a site with a week of posts before now, of which each has its
// share of the comments. The same arguments give the same site.
func Generate(posts, comments int, now time.Time) *Site {
	s := New()
	s.users = []User{{ID: 1, Name: "Ada Quay", Bio: "Ada rows."}, {ID: 2, Name: "Old Pilot"}}
	step := 6 * 24 * time.Hour / time.Duration(max(posts, 1))
	for i := range posts {
		s.posts = append(s.posts, Post{
			ID: i + 1, Slug: fmt.Sprintf("post-%d", i+1), Title: fmt.Sprintf("News from the harbour, part %d", i+1),
			Content: prose(i, 12), Excerpt: prose(i, 1), Author: 1 + i%2,
			Date: now.Add(-6*24*time.Hour - time.Hour + time.Duration(i)*step).Truncate(time.Second).UTC(),
		})
	}
	for i := range comments {
		p := s.posts[i%posts]
		c := Comment{
			ID: 1000 + i, Post: p.ID, Name: fmt.Sprintf("Reader %d", i%97), Content: prose(i/posts, 1+i%4),
			Date: p.Date.Add(time.Duration(1+i/posts) * 7 * time.Minute),
		}
		// The first three of each post start threads, the others answer.
		if i >= posts*3 {
			c.Parent = c.ID - posts*(1+i%2)
		}
		s.comments = append(s.comments, c)
	}
	return s
}

// prose is markup of some paragraphs, different for each seed.
func prose(seed, paragraphs int) string {
	var b strings.Builder
	for i := range paragraphs {
		fmt.Fprintf(&b, "<p>%s %s (%d)</p>\n", sentences[(seed+i)%len(sentences)], sentences[(seed*3+i+1)%len(sentences)], seed+i)
	}
	return b.String()
}
