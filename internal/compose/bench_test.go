package compose

import (
	"fmt"
	"testing"
)

// BenchmarkRender is linear in the articles: each is rendered at most five times.
func BenchmarkRender(b *testing.B) {
	c := newComposer(b)
	for _, n := range []int{5, 100, 1000} {
		issue := issueOf(n, 10)
		b.Run(fmt.Sprintf("articles=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := c.Render(issue, weekly(), testIDs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
