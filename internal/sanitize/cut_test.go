package sanitize

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	word := strings.Repeat("x", 50)
	for _, c := range []struct {
		name, in string
		n        int
		want     string
		cut      bool
	}{
		{"all fits", "<p>One. Two.</p>", 20, "One. Two.", false},
		{"whole sentences", "<p>One two. Three four. Five six.</p>", 22, "One two. Three four.", true},
		{"later paragraphs", "<p>One two three four.</p><p>Five six seven eight nine.</p>", 25, "One two three four.", true},
		{"a sentence a little too long", "<p>One two three four five. Six.</p>", 20, "One two three four five.", true},
		{"last sentence a little too long", "<p>One two three four five.</p>", 20, "One two three four five.", false},
		{"a sentence far too long", "<p>One two three four five six seven eight nine ten.</p>", 20, "One two three four…", true},
		{"a word without end", word, 10, "xxxxxxxxxx…", true},
		{"a flag stays whole", strings.Repeat("🇬🇧", 20), 3, "🇬🇧…", true},
		{"Chinese sentences", "一二三四五六七。八九十一二三四五。六七八九。", 18, "一二三四五六七。八九十一二三四五。", true},
		{"lines of code", "<pre>one\ntwo\nthree</pre>", 9, "    one\n    two", true},
		{"no heading at the end", "<p>One two three.</p><h2>Four</h2><p>Five six seven eight nine.</p>", 25, "One two three.", true},
		{"a heading alone", "<h2>One</h2><p>" + word + word + "</p>", 10, "One\n\nxxxxxxx…", true},
		{"nothing", "", 10, "", false},
	} {
		doc, cut := Parse(c.in, nil).Cut(c.n)
		if got := doc.Text(); got != c.want || cut != c.cut {
			t.Errorf("%s: got %q, %v; want %q, %v", c.name, got, cut, c.want, c.cut)
		}
	}
}

func TestCutKeepsMarks(t *testing.T) {
	doc, _ := Parse(`<p>See <b>this <a href="https://a.test">page</a>.</b> Then <i>leave it alone</i> for good.</p>`, nil).Cut(20)
	if got, want := string(doc.HTML(nil)), `<p>See <strong>this</strong> <a href="https://a.test"><strong>page</strong></a><strong>.</strong></p>`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestShort(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 10, "short"},
		{"one two three four", 14, "one two three…"},
		{"one two, three four", 10, "one two…"},
		{strings.Repeat("é", 20), 5, "éééé…"},
	} {
		if got := Short(c.in, c.n); got != c.want || utf8.RuneCountInString(got) > c.n {
			t.Errorf("%q to %d gave %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestMapLinks(t *testing.T) {
	doc := Parse(`<a href="https://a.test">x</a> <a href="https://b.test">y</a> <a href="https://a.test">z</a>`, nil)
	mapped := doc.MapLinks(func(words, href string) (string, string) {
		if href == "https://b.test" {
			return words, ""
		}
		return strings.ToUpper(words), href
	})
	if got, want := string(mapped.HTML(nil)), `<p><a href="https://a.test">X</a> y <a href="https://a.test">Z</a></p>`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := strings.Join(doc.Links(), " "); got != "https://a.test https://b.test" {
		t.Errorf("links of the original: %s", got)
	}
}
