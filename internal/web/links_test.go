package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
	"digest.example/internal/texts"
)

// withLinks has a working link of each kind, all of one newsletter.
func withLinks(t *testing.T, change func(*Options)) *stand {
	t.Helper()
	s := newStand(t, change)
	of := subscribers.Confirmation{Newsletter: weekly}
	for token, p := range map[string]subscribers.Purpose{
		"confirm": subscribers.PurposeConfirm, "data": subscribers.PurposeData, "erase": subscribers.PurposeErase,
	} {
		s.list.tickets[token] = ticket{p, of, nil}
	}
	s.list.tickets["old"] = ticket{subscribers.PurposeConfirm, of, subscribers.ErrExpired}
	s.list.opens, s.list.choices = "prefs", subscribers.Preferences{Newsletter: weekly, State: subscribers.Active}
	return s
}

// allPaths are the pages of every kind.
func (s *stand) allPaths() []string {
	return []string{"/s/weekly", "/s/weekly/embed", "/c/confirm", "/c/old", "/u/" + s.token, "/p/prefs", "/d/data", "/e/erase"}
}

// Link scanners open every link, more than once and with whatever method looks
// harmless.
func TestLookingAtAnyPageChangesNothing(t *testing.T) {
	s := withLinks(t, nil)
	for range 100 {
		for _, path := range s.allPaths() {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				r := httptest.NewRequest(method, path+"?do=unsubscribe&address=a@b.example&stamp=x", http.NoBody)
				if a := s.do(r); a.StatusCode != 200 && path != "/c/old" {
					t.Fatalf("%s %s: %d", method, path, a.StatusCode)
				}
			}
		}
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch, "FOO"} {
		for _, path := range s.allPaths() {
			if r := s.do(httptest.NewRequest(method, path, http.NoBody)); r.StatusCode < 400 {
				t.Errorf("%s %s: %d", method, path, r.StatusCode)
			}
		}
	}
	if len(s.list.changes)+len(s.list.calls) != 0 {
		t.Errorf("changes %q, %q", s.list.changes, s.list.calls)
	}
}

func TestEveryPageIsHardened(t *testing.T) {
	s := withLinks(t, nil)
	for _, path := range s.allPaths() {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := s.do(httptest.NewRequest(method, path, http.NoBody))
			h := r.Header
			if h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Robots-Tag") != "noindex" ||
				h.Get("Set-Cookie")+h.Get("Location")+h.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s: %v", method, path, h)
			}
			checkPolicy(t, path, h.Get("Content-Security-Policy"), read(t, r))
		}
	}
}

// checkPolicy looks for anything in a page that its policy would block.
func checkPolicy(t *testing.T, path, policy string, p page) {
	t.Helper()
	if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("%s: policy %q", path, policy)
	}
	for d := range p.Descendants() {
		if d.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{"script", "img", "iframe", "link", "object", "video", "audio", "base"}, d.Data) {
			t.Errorf("%s: <%s>", path, d.Data)
		}
		for _, a := range d.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "://") {
				t.Errorf("%s: %s=%q", path, a.Key, a.Val)
			}
		}
	}
}

func TestConfirming(t *testing.T) {
	s := withLinks(t, nil)
	if p := read(t, s.get("/c/confirm")); !strings.Contains(p.text, "Do you want to get this newsletter") || len(p.all("form")) != 1 {
		t.Errorf("asked: %s", p.text)
	}
	r := s.post("/c/confirm", urlencoded, "")
	if p := read(t, r); r.StatusCode != 200 || !strings.Contains(p.text, "You are subscribed") || !strings.Contains(p.text, `The <b>"Weekly"</b>`) {
		t.Errorf("confirmed: %d %s", r.StatusCode, p.text)
	}
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		r := s.do(httptest.NewRequest(method, "/c/confirm", http.NoBody)) // by reloading, say
		if p := read(t, r); r.StatusCode != 200 || !strings.Contains(p.text, "confirmed already") {
			t.Errorf("%s again: %d %s", method, r.StatusCode, p.text)
		}
		r = s.do(httptest.NewRequest(method, "/c/old", http.NoBody))
		p := read(t, r)
		if href, _ := attr(p.all("a")[0], "href"); r.StatusCode != 410 || !strings.Contains(p.text, "has run out") || href != "../s/weekly" {
			t.Errorf("%s too late: %d %s", method, r.StatusCode, p.text)
		}
	}
	if !slices.Equal(s.list.changes, []string{"confirm"}) {
		t.Errorf("changes %q", s.list.changes)
	}
}

func TestLinksThatDoNothing(t *testing.T) {
	s := withLinks(t, nil)
	for _, path := range []string{
		"/c/nothing", "/c/data", "/d/confirm", "/e/data", "/d/erase", "/p/confirm", "/p/" + s.token, "/c/prefs", "/u/prefs", "/d/" + s.token,
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			r := s.do(httptest.NewRequest(method, path, http.NoBody))
			if p := read(t, r); r.StatusCode != 404 || method != http.MethodHead && !strings.Contains(p.text, "or it is too old") {
				t.Errorf("%s %s: %d %s", method, path, r.StatusCode, p.text)
			}
		}
	}
	if len(s.list.changes)+len(s.list.calls)+s.log.Len() != 0 {
		t.Errorf("changes %q, log %s", s.list.changes, s.log)
	}
}

func TestPausingInsteadOfLeaving(t *testing.T) {
	s := withLinks(t, func(o *Options) {
		oslo := time.FixedZone("", 3600)
		o.Newsletters = map[string]Newsletter{weekly: {Name: "weekly", Title: "The Weekly", Language: "en", Location: oslo}}
	})
	r := s.post("/u/"+s.token, urlencoded, "do=pause&until=2026-12-20")
	if p := read(t, r); r.StatusCode != 200 || !strings.Contains(p.text, "no issues before 20 December 2026") {
		t.Errorf("%d %s", r.StatusCode, p.text)
	}
	if !slices.Equal(s.list.changes, []string{"paused until 2026-12-20T00:00:00+01:00"}) || len(s.list.calls) != 0 {
		t.Errorf("%q, %q", s.list.changes, s.list.calls)
	}
	// In that zone it is the 23rd already, at half past midnight.
	for _, day := range []string{"", "x", "2026-11-23", "2026-11-22", "2027-11-24", "2026-13-01", "2026-11-31", "20261220", "+2026-12-2", "9999-12-31"} {
		r := s.post("/u/"+s.token, urlencoded, url.Values{"do": {"pause"}, "until": {day}}.Encode())
		if p := read(t, r); r.StatusCode != 422 || !strings.Contains(p.text, "choose a day") || !strings.Contains(p.text, "Yes, unsubscribe me") {
			t.Errorf("%q: %d %s", day, r.StatusCode, p.text)
		}
	}
	for _, day := range []string{"2026-11-24", "2027-11-23"} {
		if r := s.post("/u/"+s.token, urlencoded, "do=pause&until="+day); r.StatusCode != 200 {
			t.Errorf("%s: %d", day, r.StatusCode)
		}
	}
	if len(s.list.changes) != 3 || len(s.list.calls) != 0 {
		t.Errorf("%q, %q", s.list.changes, s.list.calls)
	}
}

// Whoever opens an old mail after leaving is not told that issues come again.
func TestWhoHasLeftCannotPause(t *testing.T) {
	for _, err := range []error{subscribers.ErrNoIssues, digest.ErrNotFound} {
		s := withLinks(t, nil)
		s.list.trouble = fmt.Errorf("pause: %w", err)
		r := s.post("/u/"+s.token, urlencoded, "do=pause&until=2026-12-20")
		p := read(t, r)
		if r.StatusCode != 200 || !strings.Contains(p.text, "You get no issues") || strings.Contains(p.text, "December") {
			t.Errorf("%v: %d %s", err, r.StatusCode, p.text)
		}
		if links := p.all("a"); len(links) != 1 || !slices.Contains(links[0].Attr, html.Attribute{Key: "href", Val: "../s/weekly"}) {
			t.Errorf("%v: no way back in %s", err, p.text)
		}
	}
}

// A mail client's request is obeyed whatever else stands in it.
func TestNothingTurnsOneClickIntoAPause(t *testing.T) {
	s := withLinks(t, nil)
	if r := s.post("/u/"+s.token, urlencoded, oneClickBy+"&do=pause&until=2026-12-20"); r.StatusCode != 200 || len(s.list.calls) != 1 {
		t.Errorf("%d, %q", r.StatusCode, s.list.changes)
	}
}

func TestPreferences(t *testing.T) {
	for form, want := range map[string]struct {
		change, text string
		status       int
	}{
		"do=pause&until=2026-12-20": {"paused until 2026-12-20T00:00:00Z", "no issues before 20 December 2026", 200},
		"do=pause&until=2026-11-22": {"", "choose a day", 422},
		"do=resume":                 {"paused until 0001-01-01T00:00:00Z", "You get each issue", 200},
		"do=save&plain=1":           {`plain true, language ""`, "changes are saved", 200},
		"do=save&language=de":       {`plain false, language "de"`, "Änderungen sind gespeichert", 200},
		// The language that the page has anyway is no choice.
		"do=save&language=en": {`plain false, language ""`, "changes are saved", 200},
		"do=save&language=xx": {`plain false, language ""`, "changes are saved", 200},
		"do=unsubscribe":      {"left", "You are unsubscribed", 200},
		"do=data":             {"asked for data", "At most one such mail an hour", 200},
		"do=erase":            {"asked to be erased", "works once, for one hour", 200},
		"do=":                 {"", "You get each issue", 200},
		"do=drop&plain=1":     {"", "You get each issue", 200},
	} {
		s := withLinks(t, nil)
		r := s.post("/p/prefs", urlencoded, form)
		if p := read(t, r); r.StatusCode != want.status || !strings.Contains(p.text, want.text) {
			t.Errorf("%s: %d %s", form, r.StatusCode, p.text)
		}
		if got := strings.Join(s.list.changes, "; "); got != want.change {
			t.Errorf("%s: %q", form, got)
		}
	}
}

func TestWhatThePreferencesShow(t *testing.T) {
	s := withLinks(t, nil)
	buttons := func() (all []string) {
		for _, b := range read(t, s.get("/p/prefs")).all("button") {
			value, _ := attr(b, "value")
			all = append(all, value)
		}
		return all
	}
	if got := buttons(); !slices.Equal(got, []string{"pause", "save", "unsubscribe", "data", "erase"}) {
		t.Errorf("%q", got)
	}
	s.list.choices.PausedUntil = s.now.Add(72 * time.Hour)
	p := read(t, s.get("/p/prefs"))
	if got := buttons(); got[0] != "resume" || !strings.Contains(p.text, "no issues before 25 November 2026") || field(t, p, "until") != "2026-11-25" {
		t.Errorf("%q %s", got, p.text)
	}
	s.list.choices = subscribers.Preferences{Newsletter: weekly, State: subscribers.Unsubscribed, Language: "pt-BR"}
	p = read(t, s.get("/p/prefs"))
	lang, _ := attr(p.all("html")[0], "lang")
	if got := buttons(); !slices.Equal(got, []string{"data", "erase"}) || lang != "pt" || !strings.Contains(p.text, "não recebe nenhuma edição") {
		t.Errorf("%q %s %s", got, lang, p.text)
	}
	// Nothing comes again by itself to who has left.
	s.list.choices.PausedUntil = s.now.Add(72 * time.Hour)
	if p := read(t, s.get("/p/prefs")); strings.Contains(p.text, "25 de novembro") {
		t.Error(p.text)
	}
	s.list.choices.Newsletter = "ffffffff" // was taken out of the configuration
	if p := read(t, s.get("/p/prefs")); len(p.all("a")) != 0 || len(p.all("strong")) != 0 {
		t.Error(p.text)
	}
}

func TestDataAndErasing(t *testing.T) {
	s := withLinks(t, nil)
	for _, path := range []string{"/d/data", "/e/erase"} {
		if p := read(t, s.get(path)); len(p.all("strong")) != 0 || len(p.all("button")) != 1 {
			t.Errorf("%s: the page is about all newsletters: %s", path, p.text)
		}
	}
	if p := read(t, s.get("/e/erase")); !strings.Contains(p.text, "The address cannot be subscribed again.") {
		t.Errorf("who is erased is not told what that means: %s", p.text)
	}
	r := s.post("/d/data", urlencoded, "")
	h := r.Header
	if r.StatusCode != 200 || !strings.HasPrefix(h.Get("Content-Type"), "application/json") ||
		!strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", r.StatusCode, h)
	}
	r = s.post("/d/data", urlencoded, "")
	if p := read(t, r); r.StatusCode != 410 || len(p.all("a")) != 0 || !strings.Contains(p.text, "Preferences") {
		t.Errorf("again: %d %s", r.StatusCode, p.text)
	}
	r = s.post("/e/erase", urlencoded, "")
	if p := read(t, r); r.StatusCode != 200 || !strings.Contains(p.text, "are erased") {
		t.Errorf("%d %s", r.StatusCode, p.text)
	}
	// Whoever pressed twice must not read that nothing was done.
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		r := s.do(httptest.NewRequest(method, "/e/erase", http.NoBody))
		if p := read(t, r); r.StatusCode != 200 || !strings.Contains(p.text, "are erased") || len(p.all("form")) != 0 {
			t.Errorf("%s again: %d %s", method, r.StatusCode, p.text)
		}
	}
	if !slices.Equal(s.list.changes, []string{"data", "erase"}) {
		t.Errorf("%q", s.list.changes)
	}
}

func TestTroubleBehindLinks(t *testing.T) {
	s := withLinks(t, nil)
	s.list.trouble = errors.New("database is locked")
	for path, form := range map[string]string{"/c/confirm": "", "/d/data": "", "/e/erase": "", "/p/prefs": "do=data", "/u/" + s.token: "do=pause&until=2026-12-20"} {
		if r := s.post(path, urlencoded, form); r.StatusCode != 503 {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
		if log := s.log.String(); !strings.Contains(log, "database is locked") || strings.Contains(log, strings.Split(path, "/")[2]) && path != "/d/data" {
			t.Errorf("%s: log %s", path, log)
		}
		s.log.Reset()
	}
	s.list.trouble = nil
	if r := s.post("/c/confirm", urlencoded, ""); r.StatusCode != 200 {
		t.Errorf("afterwards: %d", r.StatusCode)
	}
}

// Whoever may want to read first, or to subscribe after, is shown the way;
// relative, since a proxy may have taken off what stands before.
func TestTheWayBetweenFormAndArchive(t *testing.T) {
	s, b := withArchive(t, nil)
	s.list.tickets["confirm"] = ticket{subscribers.PurposeConfirm, subscribers.Confirmation{Newsletter: weekly}, nil}
	leads := func(from string, r *http.Response) (to []string) {
		base := &url.URL{Path: from}
		for _, n := range read(t, r).all("a") {
			href, _ := attr(n, "href")
			to = append(to, base.ResolveReference(&url.URL{Path: href}).Path)
		}
		return to
	}
	for from, r := range map[string]*http.Response{
		"/mail/s/weekly": s.get("/s/weekly"), "/mail/c/confirm": s.post("/c/confirm", urlencoded, ""),
	} {
		if to := leads(from, r); !slices.Contains(to, "/mail/archive/weekly/") {
			t.Errorf("%s leads to %q", from, to)
		}
	}
	for _, from := range []string{"/archive/weekly/", "/archive/weekly/3"} {
		if to := leads("/mail"+from, s.get(from)); !slices.Contains(to, "/mail/s/weekly") {
			t.Errorf("%s leads to %q", from, to)
		}
	}
	b.add("monthly", 1, nil) // was retired
	if to := leads("/archive/monthly/", s.get("/archive/monthly/")); slices.ContainsFunc(to, func(a string) bool { return strings.HasPrefix(a, "/s/") }) {
		t.Errorf("a newsletter that is no more can be subscribed to: %q", to)
	}
	for _, fail := range []error{nil, errors.New("down")} {
		b.records, b.fail = nil, fail
		if to := leads("/s/weekly", s.get("/s/weekly")); len(to) != 0 {
			t.Errorf("leads to an empty archive: %q", to)
		}
	}
}

// checkLabels: each field that is seen has a label, and no id stands twice.
func checkLabels(t *testing.T, name string, p page) {
	t.Helper()
	labels, ids := map[string]bool{}, map[string]bool{}
	for _, l := range p.all("label") {
		of, _ := attr(l, "for")
		labels[of] = l.FirstChild != nil && strings.TrimSpace(l.FirstChild.Data) != ""
	}
	for d := range p.Descendants() {
		id, has := attr(d, "id")
		if has && ids[id] {
			t.Errorf("%s: the id %q stands twice", name, id)
		}
		ids[id] = true
		if kind, _ := attr(d, "type"); kind != "hidden" && slices.Contains([]string{"input", "select", "textarea"}, d.Data) && !labels[id] {
			t.Errorf("%s: a field %q without a label", name, id)
		}
	}
	for d := range p.Descendants() {
		for _, by := range strings.Fields(described(d)) {
			if !ids[by] {
				t.Errorf("%s: described by %q, which is not there", name, by)
			}
		}
	}
}

func described(n *html.Node) string { by, _ := attr(n, "aria-describedby"); return by }

// Every page in every language is whole: all is said, in its language and
// direction, with one heading, and each field has its label.
func TestEveryPageInEveryLanguage(t *testing.T) {
	catalog, err := texts.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range append(catalog.Tags(), "he") {
		s := withLinks(t, func(o *Options) {
			o.Newsletters = map[string]Newsletter{weekly: {Name: "weekly", Title: "The Weekly", Language: tag}}
		})
		lang := catalog.For(tag)
		stamp := s.stamped(t, "/s/weekly")
		answers := map[string]*http.Response{
			"bad address": s.signUp("192.0.2.1:1", filledIn(stamp, "x")), "snippet": s.signUp("192.0.2.1:1", url.Values{}),
			"sent": s.signUp("192.0.2.1:1", filledIn(stamp, "a@b.example")), "mailed": s.post("/p/prefs", urlencoded, "do=data"),
			"paused": s.post("/p/prefs", urlencoded, "do=pause&until=2026-12-20"), "bad day": s.post("/p/prefs", urlencoded, "do=pause"),
			"pause": s.post("/u/"+s.token, urlencoded, "do=pause&until=2026-12-20"),
		}
		for _, path := range s.allPaths() {
			answers[path] = s.get(path)
		}
		for _, path := range []string{"/c/confirm", "/e/erase", "/u/" + s.token} {
			answers["POST "+path] = s.post(path, urlencoded, "")
		}
		for name, r := range answers {
			p := read(t, r)
			spoken, _ := attr(p.all("html")[0], "lang")
			dir, _ := attr(p.all("html")[0], "dir")
			if spoken != lang.Messages || dir != catalog.For(lang.Messages).Dir {
				t.Errorf("%s %s: lang %s, dir %s", tag, name, spoken, dir)
			}
			if len(p.all("h1")) != 1 || len(p.all("title")) != 1 || len(p.all("main")) != 1 || strings.Contains(p.text, "page_") {
				t.Errorf("%s %s: %s", tag, name, p.text)
			}
			checkLabels(t, tag+" "+name, p)
		}
	}
}

// A person's own choice goes before the newsletter's language.
func TestPagesSpeakWhatAPersonChose(t *testing.T) {
	s := withLinks(t, nil)
	s.list.choices.Language = "ar"
	s.list.tickets["data"] = ticket{subscribers.PurposeData, subscribers.Confirmation{Newsletter: weekly, Language: "ja-JP"}, nil}
	for path, want := range map[string]string{"/p/prefs": "ar rtl", "/d/data": "ja ltr", "/e/erase": "en-GB ltr"} {
		html := read(t, s.get(path)).all("html")[0]
		lang, _ := attr(html, "lang")
		if dir, _ := attr(html, "dir"); lang+" "+dir != want {
			t.Errorf("%s: %s %s", path, lang, dir)
		}
	}
}
