package feed

import (
	"slices"
	"strings"
	"testing"

	"digest.example/internal/digest"
)

const askPassword = `<form action="HOST/wp-login.php?action=postpass" class="post-password-form"><input name="post_password"></form>`

// Whoever protects a post that was pulled wants it read no more.
func TestPullProtectedLater(t *testing.T) {
	s := newSite(t)
	s.put("/feed/", rss(item("1", ago(1), 0), item("2", ago(2), 0), item("3", ago(3), 0)))
	source := s.source(getter{}, "/feed/")
	open := pullOf(t, source, nil)
	if s.ids(open) != "1 2 3" || len(open.Gone) != 0 {
		t.Fatalf("%q, gone %v", s.ids(open), open.Gone)
	}
	excerpt := strings.NewReplacer("content:encoded", "description", "<title>", "<title>Protected: ",
		"<![CDATA[<p>Text 2</p>]]>", "There is no excerpt because this is a protected post.")
	s.put("/feed/", rss(
		strings.Replace(item("1", ago(1), 0), "Text 1", askPassword, 1),
		excerpt.Replace(item("2", ago(2), 0)), item("3", ago(3), 0),
	))
	shut := pullOf(t, source, open.State)
	want := []digest.Item{{Source: "harbour", Article: s.URL + "/?p=1"}, {Source: "harbour", Article: s.URL + "/?p=2"}}
	if s.ids(shut) != "3" || !slices.Equal(shut.Gone, want) {
		t.Errorf("%q, gone %v", s.ids(shut), shut.Gone)
	}
}
