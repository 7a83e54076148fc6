package web

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"digest.example/internal/compose"
	"digest.example/internal/digest"
)

var sent = time.Date(2026, 11, 22, 9, 0, 5, 0, time.UTC)

// box is an archive in memory: issues by newsletter, oldest first.
type box struct {
	records  map[string][]digest.IssueRecord
	contents map[string]digest.Issue
	former   map[string]string
	fail     error
	reads    atomic.Int32 // of contents
}

func (b *box) Archives(context.Context) ([]string, error) {
	var names []string
	for _, name := range []string{"monthly", "weekly"} {
		if len(b.records[name]) > 0 {
			names = append(names, name)
		}
	}
	return names, b.fail
}

func (b *box) ArchivedIssues(_ context.Context, newsletter string, before, n int) ([]digest.IssueRecord, error) {
	var out []digest.IssueRecord
	all := b.records[newsletter]
	for i := len(all) - 1; i >= 0 && len(out) < n; i-- {
		if before == 0 || all[i].Number < before {
			out = append(out, all[i])
		}
	}
	return out, b.fail
}

func (b *box) ArchivedIssue(_ context.Context, newsletter string, number int) (r digest.IssueRecord, older, newer int, err error) {
	all := b.records[newsletter]
	for i, r := range all {
		if r.Number != number {
			continue
		}
		if i > 0 {
			older = all[i-1].Number
		}
		if i < len(all)-1 {
			newer = all[i+1].Number
		}
		return r, older, newer, b.fail
	}
	return r, 0, 0, errors.Join(b.fail, fmt.Errorf("%s/%d: %w", newsletter, number, digest.ErrNotFound))
}

func (b *box) Content(_ context.Context, id string) (digest.Issue, error) {
	b.reads.Add(1)
	return b.contents[id], b.fail
}

func (b *box) PresentName(_ context.Context, name string) (string, error) {
	if now := b.former[name]; now != "" {
		return now, b.fail
	}
	return name, b.fail
}

func (b *box) NewsletterID(_ context.Context, name string) (string, error) {
	return "id of " + name, b.fail
}

// add sends an issue whose writers want to break its page.
func (b *box) add(newsletter string, number int, change func(*digest.Issue)) {
	id := fmt.Sprintf("%s-%d", newsletter, number)
	said := digest.Comment{
		Source: "blog", Article: "1", ID: "c", URL: "javascript:alert(1)", Published: sent,
		Author: digest.Author{Name: `<script>alert(1)</script>`},
		HTML:   `<p onclick="x()">We <a href="https://ferry.test/">ferried</a> ]]> it.<script>alert(2)</script><img src="https://track.test/p.gif"></p></div></main>`,
	}
	issue := digest.Issue{
		Newsletter: newsletter, Title: "The <i>Harbour</i> & more", Language: "en-GB", Number: number,
		Slot: digest.Slot{At: sent, Zone: "Europe/London"}, Note: "Hello from the *harbour*. <iframe src=x>",
		Lead: []digest.Pick{{Article: digest.Article{
			Source: "blog", ID: "1", URL: "https://blog.test/1", Title: fmt.Sprintf("Herons & <b>tides</b> %d", number),
			HTML: "<p>Nobody planned it.</p><style>*{display:none}</style>", CommentCount: 1,
		}, Comments: []digest.CommentPick{{Comment: said}}}},
	}
	if change != nil {
		change(&issue)
	}
	b.contents[id] = issue
	b.records[newsletter] = append(b.records[newsletter], digest.IssueRecord{
		ID: id, Newsletter: newsletter, Number: number, Slot: issue.Slot, Spent: sent.AddDate(0, 0, number),
	})
}

// withArchive is a site with an archive of numbers that have gaps.
func withArchive(t *testing.T, change func(*Options)) (*stand, *box) {
	t.Helper()
	pages, err := compose.NewArchive(os.DirFS("../../templates"))
	if err != nil {
		t.Fatal(err)
	}
	b := &box{records: map[string][]digest.IssueRecord{}, contents: map[string]digest.Issue{}, former: map[string]string{"old": "weekly"}}
	for _, n := range []int{1, 3, 4} {
		b.add("weekly", n, nil)
	}
	return newStand(t, func(o *Options) {
		o.Archive, o.Pages = b, pages
		if change != nil {
			change(o)
		}
	}), b
}

func TestIssuePage(t *testing.T) {
	s, _ := withArchive(t, nil)
	r := s.get("/archive/weekly/3")
	p := read(t, r)
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", r.StatusCode, r.Header)
	}
	for _, want := range []string{"The <i>Harbour</i> & more", "Issue 3 · 22 November 2026", "Hello from the harbour.", "Herons & <b>tides</b> 3", "Nobody planned it.", "<script>alert(1)</script>", "We ferried ]]> it."} {
		if !strings.Contains(p.text, want) {
			t.Errorf("the page lacks %q: %s", want, p.text)
		}
	}
	rel := map[string]string{}
	for _, n := range append(p.all("a"), p.all("link")...) {
		if name, _ := attr(n, "rel"); name != "" {
			rel[name], _ = attr(n, "href")
		}
	}
	for name, want := range map[string]string{"prev": "1", "next": "4", "alternate": "feed.atom", "canonical": "https://digest.example.org/archive/weekly/3"} {
		if rel[name] != want {
			t.Errorf("rel=%s leads to %q", name, rel[name])
		}
	}
	if lang, _ := attr(p.all("html")[0], "lang"); lang != "en-GB" {
		t.Errorf("lang %q", lang)
	}
}

// No page of the archive runs, loads or shows anything that is not the page's own.
func TestArchiveIsInert(t *testing.T) {
	s, b := withArchive(t, nil)
	b.add("monthly", 1, nil)
	for _, path := range []string{"/archive/", "/archive/weekly/", "/archive/weekly/1"} {
		r := s.get(path)
		p := read(t, r)
		if r.StatusCode != http.StatusOK || len(p.all("main")) != 1 || len(p.all("h1")) != 1 {
			t.Errorf("%s: %d, %d main, %d h1", path, r.StatusCode, len(p.all("main")), len(p.all("h1")))
		}
		for n := range p.Descendants() {
			if n.Type == html.ElementNode && strings.Contains(" script iframe img form object embed base ", " "+n.Data+" ") {
				t.Errorf("%s: <%s>", path, n.Data)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" || strings.HasPrefix(a.Val, "javascript:") {
					t.Errorf("%s: <%s %s=%q>", path, n.Data, a.Key, a.Val)
				}
			}
		}
		if strings.Contains(p.text, "unsubscribe") || strings.Contains(p.text, "/u/") {
			t.Errorf("%s speaks of unsubscribing", path)
		}
		policy := r.Header.Get("Content-Security-Policy")
		if style := p.all("style"); !strings.Contains(policy, "default-src 'none'; style-src 'sha256-") || len(style) != 1 ||
			archivePolicy(style[0].FirstChild.Data) != policy {
			t.Errorf("%s: policy %q, %d styles", path, policy, len(style))
		}
	}
}

func TestArchiveMayBeKeptAndFound(t *testing.T) {
	s, b := withArchive(t, nil)
	for _, path := range []string{"/archive/weekly/", "/archive/weekly/3", "/archive/weekly/feed.atom"} {
		first := s.get(path)
		tag := first.Header.Get("ETag")
		if first.Header.Get("Cache-Control") != fresh || first.Header.Get("X-Robots-Tag") != "" || tag == "" || first.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", path, first.Header)
		}
		ask := func(method, tag string) *http.Response {
			r := httptest.NewRequest(method, path, http.NoBody)
			r.Header.Set("If-None-Match", tag)
			return s.do(r)
		}
		if again := ask("GET", tag); again.StatusCode != http.StatusNotModified || again.Header.Get("ETag") != tag {
			t.Errorf("%s: asked again: %d", path, again.StatusCode)
		}
		if other := ask("GET", `"x"`); other.StatusCode != http.StatusOK {
			t.Errorf("%s: asked with another tag: %d", path, other.StatusCode)
		}
		head := ask("HEAD", "")
		if body, _ := io.ReadAll(head.Body); head.StatusCode != 200 || len(body) > 0 || head.Header.Get("ETag") != tag {
			t.Errorf("%s: HEAD: %d, %d bytes", path, head.StatusCode, len(body))
		}
	}
	if b.reads.Load() != 3 {
		t.Errorf("three issues were rendered %d times", b.reads.Load())
	}
}

// What was taken out is gone at the next request, from page, index and feed.
func TestRedactionShowsAtOnce(t *testing.T) {
	s, b := withArchive(t, nil)
	paths := []string{"/archive/weekly/3", "/archive/weekly/", "/archive/weekly/feed.atom"}
	before := map[string]string{}
	for _, path := range paths {
		r := s.get(path)
		before[path] = r.Header.Get("ETag")
		if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), "tides&lt;/b&gt; 3") && !strings.Contains(string(body), "tides&amp;lt;/b&amp;gt; 3") {
			t.Fatalf("%s lacks the words", path)
		}
	}
	gone := b.contents["weekly-3"]
	gone.Lead = []digest.Pick{{Article: digest.Article{Source: "blog", ID: "1", Redacted: true}}}
	b.contents["weekly-3"] = gone
	b.records["weekly"][1].Revised = sent.AddDate(0, 1, 0)
	for _, path := range paths {
		r := s.get(path)
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "tides&lt;/b&gt; 3") || strings.Contains(string(body), "ferried") && path == paths[0] || r.Header.Get("ETag") == before[path] {
			t.Errorf("%s still shows it: %s", path, body)
		}
	}
}

func TestArchiveAddresses(t *testing.T) {
	for _, prefix := range []string{"", "/mail"} {
		s, _ := withArchive(t, func(o *Options) { o.PublicURL += prefix })
		for path, want := range map[string]string{
			"/archive":                             "301 ./archive/",
			"/archive/":                            "302 weekly/",
			"/archive/weekly":                      "301 ./weekly/",
			"/archive/weekly/":                     "200",
			"/archive/weekly/?utm_x=1":             "200",
			"/archive/weekly/?before=4":            "200",
			"/archive/weekly/?before=1":            "404",
			"/archive/weekly/?before=x":            "404",
			"/archive/weekly/?before=04":           "404",
			"/archive/weekly/3":                    "200",
			"/archive/weekly/2":                    "404", // no such issue, or none that anybody got
			"/archive/weekly/5":                    "404",
			"/archive/weekly/03":                   "404",
			"/archive/weekly/0":                    "404",
			"/archive/weekly/-1":                   "404",
			"/archive/weekly/x":                    "404",
			"/archive/weekly/3/":                   "404",
			"/archive/weekly/99999999999999999999": "404",
			"/archive/weekly/feed.atom":            "200",
			"/archive/none/":                       "404",
			"/archive/none/3":                      "404",
			"/archive/none/feed.atom":              "404",
			"/archive/old/":                        "301 ../weekly/",
			"/archive/old/3":                       "301 ../weekly/3",
			"/archive/old/feed.atom":               "301 ../weekly/feed.atom",
			"/archive/..%2f/":                      "404",
		} {
			r := s.get(prefix + path)
			if got := strings.TrimSpace(fmt.Sprint(r.StatusCode, " ", r.Header.Get("Location"))); got != want {
				t.Errorf("%s%s: %s, want %s", prefix, path, got, want)
			}
			if r.StatusCode == http.StatusNotFound && (r.Header.Get("X-Robots-Tag") != "noindex" || r.Header.Get("Cache-Control") != "no-store") {
				t.Errorf("%s: %v", path, r.Header)
			}
		}
		if r := s.post(prefix+"/archive/weekly/3", "", ""); r.StatusCode != http.StatusNotFound && r.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST: %d", r.StatusCode)
		}
	}
}

// Nobody learns which numbers are about to be sent.
func TestUnsentLooksLikeNothing(t *testing.T) {
	s, _ := withArchive(t, nil)
	body := func(path string) string {
		b, _ := io.ReadAll(s.get(path).Body)
		return string(b)
	}
	if body("/archive/weekly/2") != body("/archive/none/7") {
		t.Error("two answers to what is not there")
	}
}

func TestArchiveWithoutItsDatabase(t *testing.T) {
	s, b := withArchive(t, nil)
	b.fail = errors.New("down")
	for _, path := range []string{"/archive/", "/archive/weekly/", "/archive/weekly/feed.atom"} {
		if r := s.get(path); r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
}

func TestIndexLeafs(t *testing.T) {
	s, b := withArchive(t, nil)
	for n := 5; n <= indexSize+10; n++ {
		b.add("weekly", n, nil)
	}
	path, seen, pages := "/archive/weekly/", 0, 0
	for path != "" && pages < 5 {
		p := read(t, s.get(path))
		seen += len(p.all("li"))
		path = ""
		for _, a := range p.all("a") {
			if href, _ := attr(a, "href"); strings.HasPrefix(href, "?") {
				path = "/archive/weekly/" + href
			}
		}
		seen -= len(p.all("nav")) // one link on each page leads to another
		pages++
	}
	if pages != 2 || seen != indexSize+9 {
		t.Errorf("%d issues on %d pages", seen, pages)
	}
}

func TestListOfArchives(t *testing.T) {
	s, b := withArchive(t, nil)
	b.add("monthly", 1, func(i *digest.Issue) { i.Title, i.Language = "رسالة الميناء", "ar" })
	p := read(t, s.get("/archive/"))
	var got []string
	for _, a := range p.all("a") {
		href, _ := attr(a, "href")
		got = append(got, href)
	}
	if strings.Join(got, " ") != "monthly/ weekly/" || !strings.Contains(p.text, "رسالة الميناء") {
		t.Errorf("%v: %s", got, p.text)
	}
}

// An issue from before issues kept their title has that of the configuration,
// or at least its name.
func TestTitleOfOldIssues(t *testing.T) {
	old := func(i *digest.Issue) { i.Title, i.Language = "", "" }
	s, b := withArchive(t, func(o *Options) {
		o.Newsletters = map[string]Newsletter{"1": {Name: "monthly", Title: "Mensuel", Language: "fr"}}
	})
	b.add("monthly", 1, old)
	b.add("retired", 1, old)
	for name, want := range map[string][2]string{"monthly": {"Mensuel", "fr"}, "retired": {"retired", "en"}} {
		p := read(t, s.get("/archive/"+name+"/1"))
		if lang, _ := attr(p.all("html")[0], "lang"); lang != want[1] || p.all("h1")[0].FirstChild.Data != want[0] {
			t.Errorf("%s: %s, %s", name, lang, p.all("h1")[0].FirstChild.Data)
		}
	}
}

func TestFeed(t *testing.T) {
	s, b := withArchive(t, nil)
	b.records["weekly"][0].Revised = sent.AddDate(1, 0, 0)
	r := s.get("/archive/weekly/feed.atom")
	if r.Header.Get("Content-Type") != "application/atom+xml; charset=utf-8" {
		t.Errorf("%v", r.Header)
	}
	var feed atomFeed
	if err := xml.NewDecoder(r.Body).Decode(&feed); err != nil {
		t.Fatal(err)
	}
	if feed.Title != "The <i>Harbour</i> & more" || feed.Lang != "en-GB" || feed.Updated != "2027-11-22T09:00:05Z" || len(feed.Entries) != 3 ||
		feed.Links[0].Href != "https://digest.example.org/archive/weekly/feed.atom" || !strings.HasPrefix(feed.ID, "urn:uuid:") || feed.Author == "" {
		t.Errorf("%+v", feed)
	}
	ids := map[string]bool{feed.ID: true}
	for i, e := range feed.Entries {
		number := []int{4, 3, 1}[i]
		ids[e.ID] = true
		if e.Links[0].Href != fmt.Sprintf("https://digest.example.org/archive/weekly/%d", number) || e.Content.Type != "html" || e.Title == "" {
			t.Errorf("%+v", e)
		}
		if want := stamp(sent.AddDate(0, 0, number)); e.Published != want || number != 1 && e.Updated != want {
			t.Errorf("issue %d: %s, %s", number, e.Published, e.Updated)
		}
		content, err := html.Parse(strings.NewReader(e.Content.Text))
		if err != nil {
			t.Fatal(err)
		}
		for n := range content.Descendants() {
			if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "img") {
				t.Errorf("<%s> in the feed", n.Data)
			}
		}
		if !strings.Contains(e.Content.Text, fmt.Sprintf("Herons &amp; &lt;b&gt;tides&lt;/b&gt; %d", number)) {
			t.Errorf("issue %d: %s", number, e.Content.Text)
		}
	}
	if len(ids) != 4 {
		t.Errorf("ids %v", ids)
	}
	// Neither another name nor another address makes other entries.
	moved, c := withArchive(t, func(o *Options) { o.PublicURL = "https://other.test" })
	c.records["renamed"] = c.records["weekly"]
	var again atomFeed
	if err := xml.NewDecoder(moved.get("/archive/renamed/feed.atom").Body).Decode(&again); err != nil || again.Entries[0].ID != feed.Entries[0].ID {
		t.Errorf("%v, %v", again.Entries, err)
	}
}

func TestShelfIsBounded(t *testing.T) {
	s := newShelf()
	body := strings.Repeat("x", shelfSize/8)
	for n := range 20 {
		s.put(fmt.Sprint(n), compose.ArchivedIssue{Body: htmltemplate.HTML(body)})
	}
	s.put("huge", compose.ArchivedIssue{Body: htmltemplate.HTML(strings.Repeat("x", shelfSize))})
	_, huge := s.get("huge")
	_, oldest := s.get("0")
	_, newest := s.get("19")
	if s.size > shelfSize || len(s.kept) != len(s.order) || huge || oldest || !newest {
		t.Errorf("%d bytes, %d issues; huge %v, oldest %v, newest %v", s.size, len(s.kept), huge, oldest, newest)
	}
	s.put("19", compose.ArchivedIssue{})
	if i, _ := s.get("19"); len(i.Body) != len(body) {
		t.Error("what is kept was replaced")
	}
}

// One issue is rendered at a time, and nobody waits for ever.
func TestRenderingWaitsItsTurn(t *testing.T) {
	pages, err := compose.NewArchive(os.DirFS("../../templates"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{Options: Options{Archive: &box{}, Pages: pages}, shelf: newShelf()}
	s.shelf.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.shown(ctx, []digest.IssueRecord{{ID: "a"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	<-s.shelf.turn
	if _, err := s.shown(t.Context(), []digest.IssueRecord{{ID: "a"}}); err != nil {
		t.Error(err)
	}
	if len(s.shelf.turn) != 0 {
		t.Error("the turn was not given on")
	}
}

// Many may ask for what is not on the shelf yet.
func TestArchiveServesManyAtOnce(t *testing.T) {
	s, _ := withArchive(t, nil)
	paths := []string{"/archive/weekly/", "/archive/weekly/1", "/archive/weekly/4", "/archive/weekly/feed.atom"}
	answers := make(chan int)
	for n := range 4 * len(paths) {
		go func() { answers <- s.get(paths[n%len(paths)]).StatusCode }()
	}
	for range 4 * len(paths) {
		if status := <-answers; status != http.StatusOK {
			t.Errorf("answered %d", status)
		}
	}
}
