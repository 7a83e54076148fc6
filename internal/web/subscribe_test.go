package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"digest.example/internal/subscribers"
	"digest.example/internal/texts"
)

// stamped shows the form and returns its stamp as it is after a while.
func (s *stand) stamped(t *testing.T, path string) string {
	t.Helper()
	stamp := field(t, read(t, s.get(path)), "stamp")
	s.now = s.now.Add(minFill)
	return stamp
}

// field is the value of a page's field.
func field(t *testing.T, p page, name string) string {
	t.Helper()
	for _, n := range p.all("input") {
		if got, _ := attr(n, "name"); got == name {
			value, _ := attr(n, "value")
			return value
		}
	}
	t.Fatalf("no field %q in %s", name, p.text)
	return ""
}

// signUp posts a form from an address of its own.
func (s *stand) signUp(from string, form url.Values) *http.Response {
	r := httptest.NewRequest(http.MethodPost, "/s/weekly", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", urlencoded)
	r.RemoteAddr = from
	return s.do(r)
}

func filledIn(stamp, address string) url.Values {
	return url.Values{"stamp": {stamp}, "address": {address}, "website": {""}}
}

func TestSigningUp(t *testing.T) {
	s := newStand(t, nil)
	r := s.signUp("203.0.113.7:4711", filledIn(s.stamped(t, "/s/weekly"), " reader@example.org "))
	if p := read(t, r); r.StatusCode != 200 || !strings.Contains(p.text, "Look into your inbox") {
		t.Fatalf("%d %s", r.StatusCode, p.text)
	}
	want := subscribers.SignUp{
		Newsletter: weekly, Address: "reader@example.org", Language: "en-GB", At: s.now,
		Wording:  `Yes, send me The <b>"Weekly"</b> & more by mail. I can stop this at any time with the link in each mail.`,
		Evidence: "subscribe form, from 203.0.113.7",
	}
	if len(s.list.signUps) != 1 || s.list.signUps[0] != want {
		t.Errorf("%+v", s.list.signUps)
	}
	if shown := read(t, s.get("/s/weekly")); !strings.Contains(shown.text, want.Wording) {
		t.Errorf("the page does not say what is kept as the wording: %s", shown.text)
	}
}

// Who gives an address away reads first to whom, and what else is kept (GDPR, article 13).
func TestTheFormSaysWhoAsksAndWhatIsKept(t *testing.T) {
	const sender = "Harbour Press, 12 Harbour Street"
	s := newStand(t, func(o *Options) {
		o.Newsletters = map[string]Newsletter{weekly: {Name: "weekly", Title: "The Weekly", Language: "en", PostalAddress: sender}}
	})
	stamp := s.stamped(t, "/s/weekly")
	for name, r := range map[string]*http.Response{
		"shown": s.get("/s/weekly"), "again": s.signUp("192.0.2.1:1", filledIn(stamp, "x")),
	} {
		if p := read(t, r); !strings.Contains(p.text, sender) || !strings.Contains(p.text, "network address (IP)") {
			t.Errorf("%s: %s", name, p.text)
		}
	}
}

// The list answers by what it knows of an address; the page must not.
func TestTheAnswerIsTheSameForEverybody(t *testing.T) {
	s := newStand(t, nil)
	stamp := s.stamped(t, "/s/weekly")
	trap := filledIn(stamp, "robot@example.org")
	trap.Set("website", "https://spam.example")
	var first string
	for i, form := range []url.Values{
		filledIn(stamp, "new@example.org"), filledIn(stamp, "new@example.org"), filledIn(stamp, "Ünï@bücher.example"), trap,
	} {
		r := s.signUp(fmt.Sprintf("203.0.113.%d:1", i), form)
		body, _ := io.ReadAll(r.Body)
		r.Header.Del("Date")
		got := fmt.Sprint(r.StatusCode, r.Header, string(body))
		if first == "" {
			first = got
		}
		if got != first || strings.Contains(got, "example.org") {
			t.Errorf("%v: %s", form, got)
		}
	}
	if len(s.list.signUps) != 3 {
		t.Errorf("%d sign-ups: the trap caught the wrong ones", len(s.list.signUps))
	}
}

func TestFormsThatAreShownAgain(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *stand, form url.Values)
		status int
		text   string
		keeps  bool // what was typed
	}{
		"no stamp, as from elsewhere": {func(_ *stand, f url.Values) { f.Del("stamp") }, 200, "check the address and press", true},
		"a forged stamp":              {func(_ *stand, f url.Values) { f.Set("stamp", "s0.AAAAAAAAAAAAAAAAAAAAAA") }, 200, "check the address and press", true},
		"too fast":                    {func(s *stand, _ url.Values) { s.now = s.now.Add(-time.Second) }, 200, "check the address and press", true},
		"a day later":                 {func(s *stand, _ url.Values) { s.now = s.now.Add(25 * time.Hour) }, 200, "check the address and press", true},
		"no address":                  {func(_ *stand, f url.Values) { f.Del("address") }, 422, "not a whole mail address", true},
		"half an address":             {func(_ *stand, f url.Values) { f.Set("address", "reader@") }, 422, "not a whole mail address", true},
		"two addresses":               {func(_ *stand, f url.Values) { f.Set("address", "a@b.example, c@d.example") }, 422, "not a whole mail address", true},
		"a header":                    {func(_ *stand, f url.Values) { f.Set("address", "a@b.example\r\nBcc: c@d.example") }, 422, "not a whole mail address", true},
		"markup":                      {func(_ *stand, f url.Values) { f.Set("address", `"><script>alert(1)</script>`) }, 422, "not a whole mail address", true},
		"a long one":                  {func(_ *stand, f url.Values) { f.Set("address", strings.Repeat("a", 260)+"@b.example") }, 422, "not a whole mail address", false},
		"no text":                     {func(_ *stand, f url.Values) { f.Set("address", "a\xff@b.example") }, 422, "not a whole mail address", false},
	} {
		s := newStand(t, nil)
		form := filledIn(s.stamped(t, "/s/weekly"), "reader@example.org")
		c.change(s, form)
		r := s.signUp("203.0.113.7:1", form)
		p := read(t, r)
		if r.StatusCode != c.status || !strings.Contains(p.text, c.text) || len(s.list.signUps) != 0 || len(p.all("script")) != 0 {
			t.Errorf("%s: %d %s", name, r.StatusCode, p.text)
		}
		want := strings.Join(strings.Fields(form.Get("address")), " ")
		if got := strings.Join(strings.Fields(field(t, p, "address")), " "); (got == want) != c.keeps || !c.keeps && got != "" {
			t.Errorf("%s: the form keeps %q", name, got)
		}
		// Whoever was sent back gets through with the form that they have now.
		form.Set("stamp", field(t, p, "stamp"))
		form.Set("address", "reader@example.org")
		s.now = s.now.Add(minFill)
		if r := s.signUp("203.0.113.7:1", form); r.StatusCode != 200 || len(s.list.signUps) != 1 {
			t.Errorf("%s: then: %d, %d sign-ups", name, r.StatusCode, len(s.list.signUps))
		}
	}
}

// Who has a stamp could have the visitors of another site send the form, each from
// a network of their own. Browsers say where a form stood, all but old ones.
func TestAFormOfAnotherSiteSignsNobodyUp(t *testing.T) {
	for site, signUps := range map[string]int{"cross-site": 0, "same-site": 1, "same-origin": 1, "none": 1, "": 1} {
		s := newStand(t, nil)
		r := httptest.NewRequest(http.MethodPost, "/s/weekly", strings.NewReader(filledIn(s.stamped(t, "/s/weekly"), "reader@example.org").Encode()))
		r.Header.Set("Content-Type", urlencoded)
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		a := s.do(r)
		p := read(t, a)
		if again := strings.Contains(p.text, "check the address and press"); a.StatusCode != 200 || len(s.list.signUps) != signUps || again != (signUps == 0) {
			t.Errorf("%q: %d, %d sign-ups: %s", site, a.StatusCode, len(s.list.signUps), p.text)
		}
	}
}

func TestTheFieldThatIsNoneSaysSo(t *testing.T) {
	s := newStand(t, nil)
	p := read(t, s.signUp("203.0.113.7:1", filledIn(s.stamped(t, "/s/weekly"), "reader")))
	for _, n := range p.all("input") {
		if name, _ := attr(n, "name"); name != "address" {
			continue
		}
		by, _ := attr(n, "aria-describedby")
		invalid, _ := attr(n, "aria-invalid")
		told := 0
		for d := range p.Descendants() {
			if id, _ := attr(d, "id"); id != "" && id == by {
				told++
			}
		}
		if invalid != "true" || told != 1 {
			t.Errorf("aria-invalid %q, described by %q", invalid, by)
		}
	}
}

// Whoever hears a page begins with its title, and goes on where the focus is. Nobody
// reads aloud what stood in a page from the start.
func TestWhatIsNewIsHeardFirst(t *testing.T) {
	s := withLinks(t, func(o *Options) {
		o.Newsletters = map[string]Newsletter{weekly: {Name: "weekly", Title: "The Weekly", Language: "en"}}
	})
	stamp := s.stamped(t, "/s/weekly")
	for name, c := range map[string]struct {
		r            *http.Response
		title, focus string
	}{
		"form":        {s.get("/s/weekly"), "Subscribe – The Weekly", ""},
		"again":       {s.signUp("192.0.2.1:1", url.Values{}), "Subscribe – The Weekly", "Please check the address and press the button."},
		"no address":  {s.signUp("192.0.2.1:1", filledIn(stamp, "x")), "Error: Subscribe – The Weekly", "not a whole mail address"},
		"no day":      {s.post("/u/"+s.token, urlencoded, "do=pause"), "Error: Unsubscribe – The Weekly", "choose a day"},
		"no day here": {s.post("/p/prefs", urlencoded, "do=pause"), "Error: Preferences – The Weekly", "choose a day"},
		"saved":       {s.post("/p/prefs", urlencoded, "do=save"), "Preferences – The Weekly", "Your changes are saved."},
		"unsubscribe": {s.get("/u/" + s.token), "Unsubscribe – The Weekly", ""},
		"of all":      {s.get("/e/erase"), "Erase all that is stored about you?", ""},
	} {
		p := read(t, c.r)
		if title := p.all("title")[0].FirstChild.Data; title != c.title {
			t.Errorf("%s: the title is %q, not %q", name, title, c.title)
		}
		if heard := p.focused(); (heard == "") != (c.focus == "") || !strings.Contains(heard, c.focus) {
			t.Errorf("%s: the focus is on %q", name, heard)
		}
	}
}

// focused is what the element that has the focus says, or is described by.
func (p page) focused() string {
	var ids []string
	said := map[string]string{}
	for d := range p.Descendants() {
		id, _ := attr(d, "id")
		if _, has := attr(d, "autofocus"); has {
			ids = append(ids, strings.Fields(described(d)+" "+id)...)
		}
		if d.FirstChild != nil {
			said[id] = d.FirstChild.Data
		}
	}
	var all string
	for _, id := range ids {
		all += said[id]
	}
	return all
}

func TestANetworkSignsUpFiveTimesAnHour(t *testing.T) {
	s := newStand(t, nil)
	stamp := s.stamped(t, "/s/weekly")
	for i := range 5 {
		if r := s.signUp("[2001:db8:1:2::1]:1", filledIn(stamp, fmt.Sprintf("r%d@example.org", i))); r.StatusCode != 200 {
			t.Fatal(r.StatusCode)
		}
	}
	// The same /64, the trap included: no answer tells one from the other.
	trap := filledIn(stamp, "r@example.org")
	trap.Set("website", "x")
	for _, form := range []url.Values{filledIn(stamp, "r@example.org"), trap} {
		r := s.signUp("[2001:db8:1:2:ffff::9]:9", form)
		if p := read(t, r); r.StatusCode != 429 || r.Header.Get("Retry-After") != "3600" || !strings.Contains(p.text, "for an hour") || len(p.all("strong")) != 1 {
			t.Errorf("%d %v %s", r.StatusCode, r.Header, p.text)
		}
	}
	if r := s.signUp("[2001:db8:1:3::1]:1", filledIn(stamp, "r@example.org")); r.StatusCode != 200 {
		t.Errorf("another network: %d", r.StatusCode)
	}
	s.now = s.now.Add(limitSpan)
	if r := s.signUp("[2001:db8:1:2::1]:1", filledIn(stamp, "r@example.org")); r.StatusCode != 200 {
		t.Errorf("an hour later: %d", r.StatusCode)
	}
	if len(s.list.signUps) != networkSignUps+2 || s.log.Len() != 0 {
		t.Errorf("%d sign-ups, log %s", len(s.list.signUps), s.log)
	}
}

// Unsubscribing, and every other page, goes on where signing up is stopped.
func TestAFloodStopsSignUpsAlone(t *testing.T) {
	s := newStand(t, nil)
	stamp := s.stamped(t, "/s/weekly")
	refused := 0
	for i := range 2 * signUpsBurst {
		r := s.signUp(fmt.Sprintf("10.%d.%d.1:1", i/250, i%250), filledIn(stamp, fmt.Sprintf("r%d@example.org", i)))
		if r.StatusCode == 503 {
			refused++
		}
	}
	if refused != signUpsBurst || len(s.list.signUps) != signUpsBurst || s.log.Len() != 0 {
		t.Errorf("%d of %d refused, log %s", refused, 2*signUpsBurst, s.log)
	}
	if r := s.post("/u/"+s.token, urlencoded, oneClickBy); r.StatusCode != 200 {
		t.Errorf("unsubscribing: %d", r.StatusCode)
	}
	s.now = s.now.Add(time.Second)
	if r := s.signUp("192.0.2.1:1", filledIn(stamp, "r@example.org")); r.StatusCode != 200 {
		t.Errorf("a second later: %d", r.StatusCode)
	}
}

// What one host can send, with or without a good form, must not close it to others.
func TestNobodyFloodsAlone(t *testing.T) {
	for name, stamped := range map[string]bool{"no stamp": false, "its own limit used up": true} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, nil)
			stamp := s.stamped(t, "/s/weekly")
			for i := range 2 * signUpsBurst {
				form := url.Values{}
				if stamped {
					form = filledIn(stamp, fmt.Sprintf("x%d@example.org", i))
				}
				s.signUp("198.51.100.66:1", form)
			}
			if r := s.signUp("203.0.113.7:1", filledIn(stamp, "reader@example.org")); r.StatusCode != http.StatusOK {
				t.Errorf("a reader from another network is answered %d", r.StatusCode)
			}
		})
	}
}

func TestSignUpsThatCannotBeTakenDown(t *testing.T) {
	s := newStand(t, nil)
	s.list.trouble = errors.New("database is locked")
	r := s.signUp("192.0.2.1:1", filledIn(s.stamped(t, "/s/weekly"), "reader@example.org"))
	if p := read(t, r); r.StatusCode != 503 || !strings.Contains(p.text, "in a minute") {
		t.Errorf("%d %s", r.StatusCode, p.text)
	}
	if log := s.log.String(); !strings.Contains(log, "database is locked") || strings.Contains(log, "reader@") {
		t.Errorf("log: %s", log)
	}
}

func TestFormsOfNewslettersThatAreNotThere(t *testing.T) {
	s := newStand(t, nil)
	for _, path := range []string{"/s/", "/s/daily", "/s/daily/embed", "/s/weekly/", "/s/%77eekly%00", "/s/" + weekly} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if r := s.do(httptest.NewRequest(method, path, http.NoBody)); r.StatusCode != 404 && r.StatusCode != 405 {
				t.Errorf("%s %s: %d", method, path, r.StatusCode)
			}
		}
	}
}

// The snippet is what a page elsewhere holds: posting it as a browser there
// would leads to the form, filled in.
func TestTheSnippet(t *testing.T) {
	s := newStand(t, func(o *Options) { o.PublicURL = "https://example.org/mail" })
	areas := read(t, s.get("/s/weekly/embed")).all("textarea")
	if len(areas) != 1 {
		t.Fatalf("%d text areas", len(areas))
	}
	elsewhere, err := html.Parse(strings.NewReader(areas[0].FirstChild.Data))
	if err != nil {
		t.Fatal(err)
	}
	p := page{Node: elsewhere}
	action, _ := attr(p.all("form")[0], "action")
	if method, _ := attr(p.all("form")[0], "method"); method != "post" || action != "https://example.org/mail/s/weekly" {
		t.Fatalf("%s to %s", method, action)
	}
	if len(p.all("input")) != 1 || len(p.all("script"))+len(p.all("style"))+len(p.all("img")) != 0 {
		t.Error("the snippet holds more than a form")
	}
	checkLabels(t, "snippet", p)
	name, _ := attr(p.all("input")[0], "name")
	r := httptest.NewRequest(http.MethodPost, action, strings.NewReader(url.Values{name: {"reader@example.org"}}.Encode()))
	r.Header.Set("Content-Type", urlencoded)
	r.Header.Set("Origin", "https://elsewhere.example")
	a := s.do(r)
	if form := read(t, a); a.StatusCode != 200 || field(t, form, "address") != "reader@example.org" || len(s.list.changes) != 0 {
		t.Errorf("%d %s", a.StatusCode, form.text)
	}
}

func TestNothingElseIsReadOfASignUp(t *testing.T) {
	s := newStand(t, nil)
	body := &endless{}
	r := httptest.NewRequest(http.MethodPost, "/s/weekly", body)
	r.Header.Set("Content-Type", urlencoded)
	if a := s.do(r); a.StatusCode != 200 || body.sent > 2*maxForm || len(s.list.signUps) != 0 {
		t.Errorf("%d after %d bytes", a.StatusCode, body.sent)
	}
}

// FuzzTyped: whatever is typed, the page stays the page.
func FuzzTyped(f *testing.F) {
	catalog, err := texts.New()
	if err != nil {
		f.Fatal(err)
	}
	s := &site{Options: Options{Templates: pagesOnDisk(), FormKey: []byte("k"), Now: time.Now}, catalog: catalog}
	if err := s.parse(); err != nil {
		f.Fatal(err)
	}
	f.Add(`"><script>`)
	f.Add("a@b.example")
	f.Fuzz(func(t *testing.T, address string) {
		b, err := s.execute(s.tongues[0], pageSubscribe, view{Subscribe: &subscribeForm{Address: typed(address), Bad: true}})
		if err != nil {
			t.Fatal(err)
		}
		doc, err := html.Parse(strings.NewReader(string(b)))
		if err != nil {
			t.Fatal(err)
		}
		if p := (page{Node: doc}); len(p.all("input")) != 3 || len(p.all("script")) != 0 {
			t.Errorf("%q changed the page: %s", address, b)
		}
	})
}
