package wordpress

import (
	"strings"
	"testing"

	"digest.example/internal/digest"
	"digest.example/internal/feeds"
	"digest.example/internal/sitetest"
)

func TestProtectedEntry(t *testing.T) {
	entry := func(title, html, summary string) feeds.Entry {
		return feeds.Entry{Article: digest.Article{Title: title, HTML: html, Summary: summary}}
	}
	for _, c := range []struct {
		e    feeds.Entry
		want bool
	}{
		{entry("Protected: Members", `<form action="/wp-login.php?action=postpass" class="post-password-form">`, ""), true},
		{entry("Geschützt: Mitglieder", `<form class="post-password-form">`, "x"), true},
		{entry("Protected: Members", "", "There is no excerpt because this is a protected post."), true},
		{entry("Protected: how herons live", "<p>They are a protected species.</p>", ""), false},
		{entry("News", "<p>x</p>", "x"), false},
	} {
		if protected(c.e) != c.want {
			t.Errorf("%q: %v", c.e.Title, !c.want)
		}
	}
}

func TestIDOf(t *testing.T) {
	p := &pull{home: at, state: readState(nil)}
	p.state.learn("https://old.test/?p=5", "77")
	for guid, want := range map[string]string{
		"https://paper.test/?p=12":                   "12",
		"http://paper.test/?p=12":                    "12",
		"https://www.paper.test/blog/?p=12":          "12",
		"https://paper.test/?post_type=x&p=12":       "12",
		"https://paper.test/?p=012":                  "12",
		"https://old.test/?p=12":                     "",
		"https://old.test/?p=5":                      "77",
		"https://paper.test/2026/03/herons/":         "",
		"https://paper.test/?p=-1":                   "",
		"https://paper.test/?p=99999999999999999999": "",
		"12":  "",
		"":    "",
		"://": "",
	} {
		if got := p.idOf(guid); got != want {
			t.Errorf("%q is post %q, want %q", guid, got, want)
		}
	}
}

func TestPageOf(t *testing.T) {
	for _, c := range []struct {
		at   string
		n    int
		want string
	}{
		{"https://a.test/feed/", 1, "https://a.test/feed/"},
		{"https://a.test/feed/", 2, "https://a.test/feed/?paged=2"},
		{"https://a.test/?feed=rss2", 3, "https://a.test/?feed=rss2&paged=3"},
		{"http://[", 2, "http://["},
	} {
		if got := pageOf(c.at, "paged", c.n); got != c.want {
			t.Errorf("page %d of %s is %s", c.n, c.at, got)
		}
	}
}

// TestFeedArticle: what the feed alone knows of an article.
func TestFeedArticle(t *testing.T) {
	site := riverbank()
	site.AddPost(sitetest.Post{
		ID: 15, Slug: "taken", Title: "Taken", Author: 1, Date: ago(3),
		Content: `<p>LEAD [et_pb_text]words[/et_pb_text] <a href="/x">x</a></p><p>Originally published at <a href="https://estuary.example/a">the Estuary</a>.</p><div class="sharedaddy">Share this:</div>`,
	})
	all := byID(pullOf(t, source(t, site, sitetest.Switches{RESTOff: 401}), nil))
	a := all["15"]
	if a.Original != "https://estuary.example/a" || strings.Contains(a.HTML, "et_pb") || strings.Contains(a.HTML, "Share this") || strings.Contains(a.HTML, `"/x"`) {
		t.Errorf("from %q: %s", a.Original, a.HTML)
	}
	if a.CommentsURL != a.URL+"#comments" || a.Whole || a.CommentCount != 0 || a.Language != "en-US" {
		t.Errorf("%+v", a)
	}
	if a := all["10"]; !strings.Contains(a.Summary, "The herons") || a.Title != "Herons & ferries" {
		t.Errorf("%q: %q", a.Title, a.Summary)
	}
}

// TestExcerptsWithoutPages: where not even the pages can be read, the excerpts
// are what there is, and it is said.
func TestExcerptsWithoutPages(t *testing.T) {
	g := plainGetter{fail: func(url string) error {
		if strings.Contains(url, "feed") || strings.Contains(url, "wp-json") {
			return nil
		}
		return errDown
	}}
	site := riverbank()
	site.Change(func(posts *[]sitetest.Post, _ *[]sitetest.Comment) {
		(*posts)[0].Content = "<p>LEAD-10 " + strings.Repeat("and so on ", 40) + "TAIL-10</p>"
		(*posts)[0].Excerpt = ""
	})
	h := pullOf(t, sourceOf(t, site, sitetest.Switches{RESTOff: 401, ExcerptFeeds: true}, g), nil)
	said := strings.Join(h.Warnings, "\n")
	if !strings.Contains(said, "excerpts only") || !strings.Contains(said, "pages cannot be read") {
		t.Errorf("it warns %q", said)
	}
	a := byID(h)["10"]
	if !strings.Contains(a.HTML, "LEAD-10") || strings.Contains(a.HTML, "TAIL-10") || !a.Whole {
		t.Errorf("article 10: %q", a.HTML)
	}
	if a := byID(h)["14"]; a.Whole || len(a.Comments) != 10 || a.CommentCount != 26 {
		t.Errorf("%d of %d comments", len(a.Comments), a.CommentCount)
	}
}

// TestProtectedNeverShows: none of the ways to a post shows one that asks for a password.
func TestProtectedNeverShows(t *testing.T) {
	for _, on := range []sitetest.Switches{
		{},
		{RESTOff: 401},
		{RESTOff: 401, ExcerptFeeds: true},
		{RESTOff: 401, ExcerptFeeds: true, NoCommentFeed: true},
		{CommentsOff: true},
		{Plain: true, RESTOff: 401, ExcerptFeeds: true},
		{HidePosts: true},
		{RESTOff: 401, Translated: true},
		{RESTOff: 401, ExcerptFeeds: true, Translated: true},
	} {
		site := riverbank()
		site.Change(func(posts *[]sitetest.Post, _ *[]sitetest.Comment) {
			for i := range *posts {
				if (*posts)[i].ID == 21 {
					(*posts)[i].Title = "HID-TITLE"
					(*posts)[i].GUID = "https://old-home.test/?p=10" // another post's number
				}
			}
		})
		h := pullOf(t, source(t, site, on), nil)
		if len(h.Articles) != len(due) {
			t.Errorf("%+v: %d articles", on, len(h.Articles))
		}
	}
}

// TestDoubleEntry: a post that the feed lists under two guids is one article.
func TestDoubleEntry(t *testing.T) {
	site := riverbank()
	site.AddPost(sitetest.Post{ID: 10, Slug: "herons", Title: "Herons, moved", Content: "<p>LEAD-10</p>", Author: 1, Date: ago(21), GUID: "https://old-home.test/?p=3"})
	if h := pullOf(t, source(t, site, sitetest.Switches{RESTOff: 401}), nil); len(h.Articles) != len(due) {
		t.Errorf("%d articles", len(h.Articles))
	}
}

// TestPingsAreNotComments: what the feeds count with the comments is not one.
func TestPingsAreNotComments(t *testing.T) {
	site := riverbank()
	site.AddComment(sitetest.Comment{ID: 130, Post: 10, Name: "A Blog", Date: ago(5), Type: "pingback", Content: "<p>[&#8230;] the herons [&#8230;]</p>"})
	for _, on := range []sitetest.Switches{{}, {RESTOff: 401}, {RESTOff: 401, NoCommentFeed: true}} {
		a := byID(pullOf(t, source(t, site, on), nil))["10"]
		if len(a.Comments) != 4 || a.CommentCount != 4 || !a.Whole {
			t.Errorf("%+v: %d of %d comments, whole %v", on, len(a.Comments), a.CommentCount, a.Whole)
		}
	}
}

// TestAnswersInFeed: the line that says what a comment answers becomes its
// parent, and does not stay in its text.
func TestAnswersInFeed(t *testing.T) {
	a := byID(pullOf(t, source(t, riverbank(), sitetest.Switches{RESTOff: 401}), nil))["10"]
	c := a.Comments[1]
	if c.Parent != "100" || strings.Contains(c.HTML, "In reply to") || !strings.Contains(c.HTML, "The author answers.") {
		t.Errorf("%+v", c)
	}
}
