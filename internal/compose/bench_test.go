package compose

import (
	"fmt"
	"testing"

	"digest.example/internal/digest"
)

// heavy are n articles that share that many comments.
func heavy(n, comments int) digest.Issue {
	out := issueOf(n, 0)
	for i := range comments {
		p := &out.Lead[i%n]
		more := pick(i%n, 1).Comments[0]
		more.Comment.ID, more.Comment.URL = fmt.Sprintf("%d-%d", i%n, i), fmt.Sprintf("%s#c%d", p.Article.URL, i)
		p.Comments = append(p.Comments, more)
		p.Article.CommentCount++
	}
	return out
}

// BenchmarkRender is linear in articles and in comments: each article is
// rendered at most five times.
func BenchmarkRender(b *testing.B) {
	c := newComposer(b)
	for _, n := range []int{1, 5, 20, 100, 1000} {
		for _, comments := range []int{0, 10_000} {
			issue := heavy(n, comments)
			b.Run(fmt.Sprintf("articles=%d/comments=%d", n, comments), func(b *testing.B) {
				for b.Loop() {
					if _, err := c.Render(issue, weekly(), testIDs); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
