package texts

import (
	"errors"
	"html/template"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"
)

func TestTheNewslettersLanguageDirectionAndMessages(t *testing.T) {
	c := newCatalog(t)
	for tag, want := range map[string][3]string{
		"en": {"en", "ltr", "en"}, "en-GB": {"en-GB", "ltr", "en-GB"}, "de-AT": {"de-AT", "ltr", "de-AT"},
		"pt-BR": {"pt-BR", "ltr", "pt-BR"}, "pt-PT": {"pt-PT", "ltr", "pt-PT"}, "es-419": {"es-419", "ltr", "es-419"},
		"ar": {"ar", "rtl", "ar"}, "ar-MA": {"ar-MA", "rtl", "ar-MA"}, "JA_jp": {"ja-JP", "ltr", "ja-JP"},
		// No messages of their own.
		"he-IL": {"he-IL", "rtl", "en"}, "iw": {"he", "rtl", "en"}, "fa_IR": {"fa-IR", "rtl", "en"}, "ur": {"ur", "rtl", "en"},
		"az-Arab": {"az-Arab", "rtl", "en"}, "ks-Latn": {"ks-Latn", "ltr", "en"}, "arn": {"arn", "ltr", "en"}, "dv": {"dv", "rtl", "en"},
		"ckb": {"ckb", "rtl", "en"}, "yi": {"yi", "rtl", "en"}, "ru": {"ru", "ltr", "en"}, "zh-Hant": {"zh-Hant", "ltr", "en"},
		// CLDR would have them read a relative's.
		"eu": {"eu", "ltr", "en"}, "gsw": {"gsw", "ltr", "en"}, "ar-Latn": {"ar-Latn", "ltr", "en"},
		// No language at all.
		"": {"en", "ltr", "en"}, `x"><b`: {"en", "ltr", "en"}, "und": {"en", "ltr", "en"}, strings.Repeat("a-", 5000): {"en", "ltr", "en"},
	} {
		l := c.For(tag)
		if got := [3]string{l.Tag, l.Dir, l.Messages}; got != want {
			t.Errorf("%.20q: %q, want %q", tag, got, want)
		}
	}
}

func TestTheLanguagesThatThereAre(t *testing.T) {
	c := newCatalog(t)
	if got := c.Tags(); !slices.Equal(got, languages) {
		t.Errorf("%q", got)
	}
	names := map[string]bool{}
	for _, tag := range c.Tags() {
		if base := c.For(tag).Base(); base != tag {
			t.Errorf("%s is based on %s", tag, base)
		}
		names[c.For(tag).Say("language_name")] = true
	}
	if len(names) != len(languages) {
		t.Errorf("languages are called %v", names)
	}
	for tag, want := range map[string]string{"pt-BR": "pt", "de-AT": "de", "he": "en", "ar-MA": "ar", "": "en", "x\x00": "en"} {
		if base := c.For(tag).Base(); base != want {
			t.Errorf("%s is based on %s, want %s", tag, base, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	c := newCatalog(t)
	for tag, want := range map[string]string{
		"en": "1,234,567", "de": "1.234.567", "de-CH": "1’234’567", "fr": "1\u00a0234\u00a0567", "es": "1.234.567", "pt-BR": "1.234.567",
		"ja": "1,234,567", "ar": "١٬٢٣٤٬٥٦٧", "ar-EG": "١٬٢٣٤٬٥٦٧", "ar-MA": "1.234.567", "ar-u-nu-latn": "1,234,567", "he": "1,234,567", "fa": "1,234,567",
	} {
		if got := c.For(tag).Number(1234567); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}

func TestDates(t *testing.T) {
	c := newCatalog(t)
	day := time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC)
	for tag, want := range map[string][3]string{
		"en": {"22 November", "22 Nov", "22 November 2026"},
		"de": {"22. November", "22. Nov.", "22. November 2026"},
		"fr": {"22 novembre", "22 nov.", "22 novembre 2026"},
		"es": {"22 de noviembre", "22 nov", "22 de noviembre de 2026"},
		"pt": {"22 de novembro", "22 nov.", "22 de novembro de 2026"},
		"ar": {"٢٢ نوفمبر", "٢٢ نوفمبر", "٢٢ نوفمبر ٢٠٢٦"},
		"ja": {"11月22日", "11月22日", "2026年11月22日"},
		"he": {"22 November", "22 Nov", "22 November 2026"},
	} {
		l := c.For(tag)
		if got := [3]string{l.Day(day), l.ShortDay(day), l.DayYear(day)}; got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
	if got := c.For("fr").Day(time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)); got != "1er août" {
		t.Errorf("the first of August is %q", got)
	}
}

func TestEveryMonthHasItsName(t *testing.T) {
	c := newCatalog(t)
	for _, tag := range languages {
		seen := map[string]bool{}
		for m := range 12 {
			d := c.For(tag).Day(time.Date(2026, time.Month(m+1), 5, 0, 0, 0, 0, time.UTC))
			if seen[d] || strings.Contains(d, "month") {
				t.Errorf("%s: month %d is %q", tag, m+1, d)
			}
			seen[d] = true
		}
	}
}

func TestCounts(t *testing.T) {
	c := newCatalog(t)
	for _, want := range []struct {
		tag  string
		n    int
		text string
	}{
		{"en", 0, "0 comments"},
		{"en", 1, "1 comment"},
		{"en", 1234, "1,234 comments"},
		{"de", 1, "1 Kommentar"},
		{"fr", 0, "0 commentaire"},
		{"fr", 2, "2 commentaires"},
		{"fr", 2000000, "2\u00a0000\u00a0000 de commentaires"},
		{"es", 0, "0 comentarios"},
		{"pt", 1, "1 comentário"},
		{"ja", 48, "コメント48件"},
		{"ar", 0, "لا تعليقات"},
		{"ar", 1, "تعليق واحد"},
		{"ar", 2, "تعليقان"},
		{"ar", 3, "٣ تعليقات"},
		{"ar", 11, "١١ تعليقًا"},
		{"ar", 48, "٤٨ تعليقًا"},
		{"ar", 100, "١٠٠ تعليق"},
		{"ar", 103, "١٠٣ تعليقات"},
		{"he", 2, "2 comments"},
		{"en", -3, "-3 comments"},
	} {
		if got, err := c.For(want.tag).Text("comments", want.n); err != nil || got != want.text {
			t.Errorf("%s %d: %q, %v; want %q", want.tag, want.n, got, err, want.text)
		}
	}
}

func TestTranslatorsMayTurnSentencesRound(t *testing.T) {
	c := newCatalog(t)
	for tag, want := range map[string]string{
		"en": "All 48 comments on “Tide mills”", "de": "Alle 48 Kommentare zu „Tide mills“", "fr": "Les 48 commentaires sur «\u00a0Tide mills\u00a0»",
		"ja": "「Tide mills」へのコメント全48件", "ar": "جميع التعليقات (٤٨) على «Tide mills»",
	} {
		if got, err := c.For(tag).Text("all_comments", 48, "Title", "Tide mills"); err != nil || got != want {
			t.Errorf("%s: %q, %v", tag, got, err)
		}
	}
}

func TestWrongUseIsAnError(t *testing.T) {
	l := newCatalog(t).For("de")
	for name, args := range map[string][]any{
		"unknown":               {"nope"},
		"no number":             {"comments"},
		"no value":              {"answers"},
		"another name":          {"answers", "Nmae", "x"},
		"one name too many":     {"answers", "Name", "x", "Title", "y"},
		"a number for none":     {"closed", 3},
		"a value without name":  {"closed", "x"},
		"a value of no use":     {"answers", "Name", 1.5},
		"nothing for the value": {"answers", "Name", nil},
	} {
		key, _ := args[0].(string)
		if got, err := l.Text(key, args[1:]...); err == nil {
			t.Errorf("%s: %q", name, got)
		} else if (name == "unknown") != errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := l.HTML(key, args[1:]...); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := l.Say("nope"); got != "nope" {
		t.Errorf("Say: %q", got)
	}
}

func TestMarkup(t *testing.T) {
	c := newCatalog(t)
	for _, want := range []struct {
		tag    string
		name   string
		markup template.HTML
	}{
		{"en", `<b> {{.Name}} & "`, `in answer to &lt;b&gt; {{.Name}} &amp; &#34;`},
		{"en", "מינה", `in answer to <bdi dir="auto">מינה</bdi>`},
		{"en", "a\u202eb", "in answer to <bdi dir=\"auto\">a\u202eb</bdi>"},
		{"ja", "桟橋", `桟橋さんへの返信`},
		{"ar", `<b>`, `ردًا على <bdi dir="auto">&lt;b&gt;</bdi>`},
		{"he", `Kestrel`, `<bdi lang="en" dir="ltr">in answer to Kestrel</bdi>`},
		{"he", `מינה`, `<bdi lang="en" dir="ltr">in answer to <bdi dir="auto">מינה</bdi></bdi>`},
	} {
		if got, err := c.For(want.tag).HTML("answers", "Name", want.name); err != nil || got != want.markup {
			t.Errorf("%s: %s, %v", want.tag, got, err)
		}
	}
	got, err := c.For("en").HTML("why_at", "Newsletter", template.HTML("<strong>W</strong>"), "Host", "a\x000\x00b\x002\x00")
	if err != nil || !strings.Contains(string(got), "to <strong>W</strong> at ") || strings.Count(string(got), "<strong>") != 1 {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := c.For("ar").HTML("comments", 48); err != nil || got != "٤٨ تعليقًا" {
		t.Errorf("%s, %v", got, err)
	}
	for tag, want := range map[string]template.HTML{
		"en": `<bdi dir="auto">a &amp; b</bdi>`, "ur": `<bdi lang="en" dir="ltr">a &amp; b</bdi>`,
	} {
		if got := c.For(tag).Isolate("a & b"); got != want {
			t.Errorf("%s: %s", tag, got)
		}
	}
}

// FuzzHTML: whatever is filled in stays text, and all of it.
func FuzzHTML(f *testing.F) {
	c := newCatalog(f)
	f.Add("<script>", "\x000\x00{{.Name}}&amp;")
	f.Fuzz(func(t *testing.T, newsletter, host string) {
		markup, err := c.For("ar").HTML("why_at", "Newsletter", newsletter, "Host", host)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := html.Parse(strings.NewReader(string(markup)))
		if err != nil {
			t.Fatal(err)
		}
		elements := 0
		for n := range doc.Descendants() {
			if n.Type == html.ElementNode {
				elements++
			}
		}
		if elements != 5 { // html, head, body and two bdi
			t.Errorf("%d elements in %q", elements, markup)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	c := newCatalog(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			l := c.For(languages[i%len(languages)])
			for n := range 50 {
				if _, err := l.Text("comments", n); err != nil || l.Number(n) == "" {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkText(b *testing.B) {
	l := newCatalog(b).For("ar")
	for b.Loop() {
		if _, err := l.Text("all_comments", 48, "Title", "x"); err != nil {
			b.Fatal(err)
		}
	}
}
