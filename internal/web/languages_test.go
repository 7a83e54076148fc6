package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The ids of newsletters in other languages.
const (
	bote  = "0000000d"
	ar    = "0000000a"
	he    = "0000000e"
	naken = "0000000f"
)

// polyglot has newsletters in several languages.
func polyglot(t *testing.T) *stand {
	return newStand(t, func(o *Options) {
		o.Newsletters = map[string]Newsletter{
			weekly: {Title: "The Weekly", Language: "en"},
			bote:   {Title: "Hafenbote", Language: "de-AT"},
			ar:     {Title: "رسالة الميناء", Language: "ar"},
			he:     {Title: "מכתב הנמל", Language: "he"},
			naken:  {Title: "", Language: "de"},
		}
	})
}

func (s *stand) asking(method, path, languages string) *http.Response {
	r := httptest.NewRequest(method, path, http.NoBody)
	r.Header.Set("Accept-Language", languages)
	return s.do(r)
}

func TestPagesSpeakTheNewslettersLanguage(t *testing.T) {
	s := polyglot(t)
	for _, c := range []struct{ newsletter, lang, dir, ask, done, titleLang string }{
		{weekly, "en", "ltr", "stop getting The Weekly?", "no more issues of The Weekly", "en"},
		{bote, "de-AT", "ltr", "Möchten Sie Hafenbote nicht mehr erhalten?", "keine weiteren Ausgaben von Hafenbote", "de-AT"},
		{ar, "ar", "rtl", "تلقي رسالة الميناء؟", "من رسالة الميناء", "ar"},
		// Nothing is said in Hebrew, so the page is English but for the title.
		{he, "en", "ltr", "stop getting מכתב הנמל?", "no more issues of מכתב הנמל", "he"},
		{naken, "de", "ltr", "Möchten Sie diesen Newsletter nicht mehr erhalten?", "keine weiteren Ausgaben dieses Newsletters", ""},
	} {
		token := s.tokenFor(t, reader, c.newsletter)
		for method, want := range map[string]string{http.MethodGet: c.ask, http.MethodPost: c.done} {
			// The newsletter's readers read its language, whatever a browser says.
			p := read(t, s.asking(method, "/u/"+token, "fr, en;q=0.5"))
			if !strings.Contains(p.text, want) {
				t.Errorf("%s %s: %s", method, c.newsletter, p.text)
			}
			lang, _ := attr(p.all("html")[0], "lang")
			if dir, _ := attr(p.all("html")[0], "dir"); lang != c.lang || dir != c.dir {
				t.Errorf("%s %s: %s, %s", method, c.newsletter, lang, dir)
			}
			for _, title := range p.all("strong") {
				lang, _ := attr(title, "lang")
				if dir, _ := attr(title, "dir"); lang != c.titleLang || dir != "auto" {
					t.Errorf("%s: the title is marked %s, %s", c.newsletter, lang, dir)
				}
			}
		}
	}
}

func TestTroubleSpeaksTheNewslettersLanguage(t *testing.T) {
	s := polyglot(t)
	s.list.fail = errors.New("down")
	p := read(t, s.post("/u/"+s.tokenFor(t, reader, bote), urlencoded, oneClickBy))
	if !strings.Contains(p.text, "in einer Minute") || strings.Count(p.text, "Hafenbote") != 1 {
		t.Error(p.text)
	}
}

// Where no token says whose reader it is, the browser chooses among the
// languages of the newsletters.
func TestPagesOfNobody(t *testing.T) {
	s := polyglot(t)
	for languages, want := range map[string]string{
		"": "en", "de": "de", "de-CH, en;q=0.8": "de", "ar-EG": "ar", "fr, ja;q=0.5": "en", "fr, ar;q=0.5": "ar", "fa": "en", "*": "en",
		"\x00;q=x": "en", strings.Repeat("de-", 1000): "en",
	} {
		p := read(t, s.asking(http.MethodGet, "/nothing", languages))
		if lang, _ := attr(p.all("html")[0], "lang"); lang != want {
			t.Errorf("%.20q: %s", languages, lang)
		}
	}
	for _, path := range []string{"/nothing", "/u/x"} {
		alone := newStand(t, func(o *Options) { o.Newsletters = map[string]Newsletter{bote: {Title: "Hafenbote", Language: "de"}} })
		p := read(t, alone.asking(http.MethodGet, path, "en"))
		if lang, _ := attr(p.all("html")[0], "lang"); lang != "de" {
			t.Errorf("%s: readers of German newsletters alone get %s", path, lang)
		}
	}
}

// A header can name five thousand languages; reading them all would take a hundred
// times as long as the rest of a page.
func TestAWishCostsLittle(t *testing.T) {
	s := polyglot(t)
	cost := func(languages string) float64 {
		return testing.AllocsPerRun(10, func() { s.asking(http.MethodGet, "/nothing", languages) })
	}
	// Some 130: to make a matcher of the newsletters' languages alone takes 240.
	if usual := cost("de-AT,de;q=0.9,en-GB;q=0.8,en;q=0.7"); usual > 200 {
		t.Errorf("a usual wish: %.0f allocations", usual)
	}
	for _, languages := range []string{
		strings.Repeat("aa,", 5000), strings.Repeat("en;q=0.5,", 1500), strings.Repeat("x", 16000), "de," + strings.Repeat(",", 16000),
	} {
		// As many languages as have room in maxWish take some 470.
		if got := cost(languages); got > 600 {
			t.Errorf("%.20s…: %.0f allocations", languages, got)
		}
	}
	long := "de-AT" + strings.Repeat(", en;q=0.5", 100)
	if lang, _ := attr(read(t, s.asking(http.MethodGet, "/nothing", long)).all("html")[0], "lang"); lang != "de-AT" {
		t.Errorf("whoever wishes for much gets %s", lang)
	}
}
