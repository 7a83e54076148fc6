package rank

import (
	"strings"
	"testing"
)

// FuzzRead: whatever a comment is made of, what is counted in it adds up, and
// reading it twice gives the same.
func FuzzRead(f *testing.F) {
	for _, s := range append(sentences, "", "<p>a<br>b", "汉字3个 it's 3.5km https://a.b/c x.com/y", "ทดสอบ\u200c\xff > q", "&lt;!!??") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, html string) {
		s, again := read(html, nil), read(html, nil)
		if s.words != again.words || len(s.terms) != len(again.terms) || len(s.links) != len(again.links) {
			t.Fatal("two readings differ")
		}
		if s.spelled > s.words || s.alphabetical > s.spelled || s.numbers > s.spelled || s.upper > s.cased || len(s.terms) > maxTerms {
			t.Fatalf("counts contradict each other: %+v", s)
		}
		if s.words > 0 && len(s.terms) == 0 || s.words == 0 && len(s.terms) > 0 {
			t.Fatalf("%d words, %d terms", s.words, len(s.terms))
		}
		for _, l := range s.links {
			if strings.ContainsAny(l.site, "/@ ") || l.site != strings.ToLower(l.site) {
				t.Fatalf("site %q", l.site)
			}
		}
	})
}
