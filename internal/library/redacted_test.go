package library

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"digest.example/internal/digest"
	"digest.example/internal/sources"
)

// What was redacted comes back neither to the database nor to a dry run, by a
// pull or by a recheck, under its old id or under another.
func TestRedactedStaysOut(t *testing.T) {
	comments := func(article string) []digest.Comment {
		return []digest.Comment{{Article: article, ID: "1"}, {Article: article, ID: "2"}}
	}
	harvest := digest.Harvest{Articles: []digest.Article{
		{ID: "a", URL: "https://blog.test/a", Comments: comments("a")},
		{ID: "b", URL: "https://blog.test/b", Comments: comments("b")},
		{ID: "c2", URL: "https://blog.test/c/?utm_source=x", Comments: comments("c2")},
		{ID: "d", URL: "https://blog.test/d"},
	}}
	redacted := []digest.Redaction{
		{Source: "blog", Article: "a", Comment: "2"},
		{Source: "blog", Article: "b"},
		{Source: "blog", Article: "c", Fingerprint: Fingerprint(digest.Redaction{URL: "https://blog.test/c"})},
		{Source: "blog", Article: "d", Comment: "9", Fingerprint: Fingerprint(digest.Redaction{URL: "https://blog.test/d"})},
	}
	for _, c := range []struct {
		name     string
		redacted []digest.Redaction
		want     string
	}{
		{"nothing redacted", nil, "a12 b12 c212 d"},
		{"some", redacted, "a1 d"},
	} {
		s := &shelf{memory: map[string]Memory{"blog": {Redacted: c.redacted}}}
		all := []Source{named("blog", &site{harvest: harvest})}
		l := opened(s)
		if _, err := l.Pull(t.Context(), all, sources.Window{}, nil); err != nil {
			t.Fatal(err)
		}
		got := []digest.Harvest{s.saved[0]}
		peek := func(_ context.Context, h digest.Harvest) error {
			got = append(got, h)
			return nil
		}
		if _, err := l.Peek(t.Context(), all, sources.Window{}, nil, peek); err != nil {
			t.Fatal(err)
		}
		asked := slices.Clone(harvest.Articles)
		for i := range asked {
			asked[i].Source = "blog"
		}
		rechecked, _ := l.Recheck(t.Context(), all, asked)
		for i, h := range append(got, rechecked...) {
			var names []string
			for _, a := range h.Articles {
				name := a.ID
				for _, c := range a.Comments {
					name += c.ID
				}
				names = append(names, name)
			}
			if strings.Join(names, " ") != c.want {
				t.Errorf("%s: harvest %d has %v", c.name, i, names)
			}
		}
		if len(got)+len(rechecked) != 3 || fmt.Sprint(len(harvest.Articles), len(harvest.Articles[0].Comments)) != "4 2" {
			t.Errorf("%s: %d harvests; the source's own is %+v", c.name, len(got)+len(rechecked), harvest)
		}
	}
}
