package compose

import (
	"regexp"
	"strings"
	"testing"

	"github.com/rivo/uniseg"
)

var webAddress = regexp.MustCompile(`https?://\S+`)

func TestTextRules(t *testing.T) {
	for name, c := range everyIssue() {
		t.Run(name, func(t *testing.T) {
			r := mustRender(t, c.issue, c.nl)
			for line := range strings.SplitSeq(strings.TrimSuffix(r.Text, "\n"), "\n") {
				if strings.TrimRight(line, " \t\r") != line {
					t.Errorf("trailing blank: %q", line)
				}
				if uniseg.StringWidth(line) > columns && !webAddress.MatchString(line) {
					t.Errorf("too wide: %q", line)
				}
			}
			if strings.Contains(r.Text, "\n\n\n") || strings.Contains(r.Text, "&amp;") || strings.Contains(r.Text, "</p>") {
				t.Error("a gap, an entity or a tag")
			}
			for _, a := range elements(parseHTML(t, r.HTML), "a") {
				if href := attribute(a, "href"); !strings.Contains(r.Text, href) {
					t.Errorf("the text lacks %s", href)
				}
			}
			if a := c.nl.PostalAddress; !strings.Contains(r.Text, a) || !strings.Contains(r.HTML, a) {
				t.Error("no postal address")
			}
		})
	}
}

func TestBothPartsSayTheSame(t *testing.T) {
	r := mustRender(t, variety(), weekly())
	seen := words(elements(parseHTML(t, r.HTML), "body")[0])
	flat := strings.Join(strings.Fields(strings.ReplaceAll(r.Text, "> ", "")), " ")
	for _, want := range []string{
		"The Harbour Weekly", "22 November 2026", "9 articles, 70 comments",
		"This week the ferry was late, and nobody minded.",
		"The ferry that learned to wait for the bakers (1)", "Maren O. · 21 November · 10 comments",
		"Original article at elsewhere.test", "in answer to pontoon", "the article’s author", "31 votes", "Anonymous",
		"Comments are closed.", "No comment stood out this time (10 read).", "All 10 comments",
		"The rest of the comment by Kestrel", "خريطة قديمة تكشف عن طريق الملح بين القريتين",
		"More articles", "What the salt marsh remembers of the railway (7)", "Still being discussed",
		"You get this because you subscribed to The Harbour Weekly at digest.harbour.test.",
	} {
		if !strings.Contains(seen, want) {
			t.Errorf("the HTML lacks %q", want)
		}
		if !strings.Contains(flat, want) {
			t.Errorf("the text lacks %q", want)
		}
	}
}

func TestWrap(t *testing.T) {
	long := strings.Repeat("word ", 20)
	for _, c := range []struct{ name, prefix, in, want string }{
		{"short", "", "a b", "a b"},
		{"nothing", "> ", "", ""},
		{"blanks", "", " a   b ", " a b"},
		{"quoted", "> ", "a\n\nb", "> a\n>\n> b"},
		{"quote within", "", "> " + long, "> word word word word word word word word word word word word word word\n> word word word word word word"},
		{"item hangs", "", "- " + long, "- word word word word word word word word word word word word word word\n  word word word word word word"},
		{"address stays whole", "", "see https://x.test/" + strings.Repeat("a", 80) + " now", "see\nhttps://x.test/" + strings.Repeat("a", 80) + "\nnow"},
		{"long word", "", strings.Repeat("x", 100), strings.Repeat("x", 72) + "\n" + strings.Repeat("x", 28)},
		{"wide characters", "", strings.Repeat("字", 40), strings.Repeat("字", 36) + "\n" + strings.Repeat("字", 4)},
		{"wide characters go on after others", "> ", "Kestrel " + strings.Repeat("字", 40), "> Kestrel " + strings.Repeat("字", 31) + "\n> " + strings.Repeat("字", 9)},
		{"no line begins with a full stop", "", strings.Repeat("字", 36) + "。" + strings.Repeat("字", 3), strings.Repeat("字", 35) + "\n字。字字字"},
		{"no line ends with a bracket", "", strings.Repeat("字", 35) + "「字」", strings.Repeat("字", 35) + "\n「字」"},
		{"words among them stay whole", "", strings.Repeat("字", 34) + "harbour字", strings.Repeat("字", 34) + "\nharbour字"},
		{"no-break space", "", strings.Repeat("word ", 13) + "Tout\u00a0: b", strings.TrimSpace(strings.Repeat("word ", 13)) + " Tout\u00a0:\nb"},
		{"no-break space stays together", "", strings.Repeat("word ", 14) + "x\u00a0: b", strings.TrimSpace(strings.Repeat("word ", 14)) + "\nx\u00a0: b"},
	} {
		if got := wrap(c.prefix, c.in); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

// FuzzWrap: no word is lost or changed, and every line but a lone address fits.
func FuzzWrap(f *testing.F) {
	f.Add("> - a " + strings.Repeat("é字", 50))
	f.Fuzz(func(t *testing.T, s string) {
		got := wrap("> ", s)
		squeeze := func(s string) string { return strings.Join(strings.Fields(strings.ReplaceAll(s, ">", "")), "") }
		if squeeze(got) != squeeze(s) {
			t.Errorf("%q became %q", s, got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if uniseg.StringWidth(line) > columns && !strings.Contains(line, "://") && len(strings.Fields(line)) > 3 {
				t.Errorf("%q is too wide in %q", line, s)
			}
		}
	})
}

// Nothing in the plain text is there and cannot be seen.
func TestTextHoldsNoJoiners(t *testing.T) {
	for _, text := range []string{"👩\u200d👩\u200d👧 on the quay", "two\u00a0metres"} {
		if got := tidy(text); strings.ContainsAny(got, "\u200d\u00a0") {
			t.Errorf("%q is tidied to %q", text, got)
		}
	}
}
