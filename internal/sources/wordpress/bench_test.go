package wordpress

import (
	"testing"

	"digest.example/internal/sitetest"
	"digest.example/internal/sources"
)

// BenchmarkPull is a busy week: 50 articles with 2,000 comments.
func BenchmarkPull(b *testing.B) {
	for name, on := range map[string]sitetest.Switches{"api": {}, "pages": {RESTOff: 401}} {
		b.Run(name, func(b *testing.B) {
			site := sitetest.Generate(50, 2000, now)
			s := sourceOf(b, site, on, plainGetter{})
			b.ReportAllocs()
			for b.Loop() {
				if h, err := s.Pull(b.Context(), sources.Request{Window: week}); err != nil || len(h.Articles) != 50 {
					b.Fatalf("%d articles, %v", len(h.Articles), err)
				}
			}
			b.ReportMetric(float64(len(site.Requests()))/float64(b.N), "requests/op")
		})
	}
}

func BenchmarkReadable(b *testing.B) {
	markup := ""
	for _, p := range themes {
		markup += p + prose
	}
	b.SetBytes(int64(len(markup)))
	for b.Loop() {
		readableArticle(markup, at)
	}
}
