package wordpress

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/fetch"
	"digest.example/internal/sitetest"
)

// themes show one thread each: Ada (5), to whom Ben (6) answers, to whom Cleo
// (7) answers, and Dov (8); and a pingback where the theme shows these.
var themes = map[string]string{
	"HTML 5 list": `<ol class="comment-list">
<li id="comment-5" class="comment even depth-1"><article id="div-comment-5" class="comment-body"><footer class="comment-meta"><div class="comment-author vcard"><img alt="" src="a.png" class="avatar"> <b class="fn"><a href="https://ada.test/" rel="external nofollow" class="url">Ada</a></b> <span class="says">says:</span></div><div class="comment-metadata"><a href="#comment-5"><time datetime="2026-03-20T08:00:00-05:00">March 20, 2026 at 8:00 am</time></a></div></footer><div class="comment-content"><p>Words of Ada</p></div><div class="reply"><a class="comment-reply-link" href="#">Reply</a></div></article>
<ol class="children"><li id="comment-6" class="comment bypostauthor depth-2"><article id="div-comment-6" class="comment-body"><footer class="comment-meta"><div class="comment-author vcard"><b class="fn">Ben</b></div><time datetime="2026-03-20T09:00:00-05:00">x</time></footer><div class="comment-content"><p>Words of Ben</p></div></article>
<ol class="children"><li id="comment-7" class="comment depth-3"><article id="div-comment-7" class="comment-body"><footer class="comment-meta"><b class="fn">Cleo</b><time datetime="2026-03-20T10:00:00-05:00">x</time></footer><div class="comment-content"><p>Words of Cleo</p></div></article></li></ol></li></ol></li>
<li id="comment-9" class="pingback"><div class="comment-body">Pingback: <a href="https://other.test/">Other</a></div></li>
<li id="comment-8" class="comment depth-1"><article id="div-comment-8" class="comment-body"><footer class="comment-meta"><b class="fn">Dov</b><time datetime="2026-03-20T11:00:00-05:00">x</time></footer><div class="comment-content"><p>Words of Dov</p></div></article></li></ol>`,

	"older list": `<ul>
<li class="comment depth-1" id="comment-5"><div id="div-comment-5" class="comment-body"><div class="comment-author vcard"><cite class="fn"><a href='https://ada.test/' class='url'>Ada</a></cite> <span class="says">says:</span></div><div class="comment-meta commentmetadata"><a href="x/#comment-5">March 20, 2026 at 1:00 pm</a>&nbsp;&nbsp;<a class="comment-edit-link" href="#">(Edit)</a></div><p>Words of Ada</p><div class="reply"><a href="#">Reply</a></div></div>
<ul class="children"><li class="comment bypostauthor depth-2" id="comment-6"><div id="div-comment-6" class="comment-body"><div class="comment-author vcard"><cite class="fn">Ben</cite></div><div class="comment-meta commentmetadata">March 20, 2026 at 2:00 pm</div><p>Words of Ben</p></div>
<ul class="children"><li class="comment depth-3" id="comment-7"><div id="div-comment-7" class="comment-body"><cite class="fn">Cleo</cite><div class="commentmetadata">March 20, 2026 at 3:00 pm</div><p>Words of Cleo</p></div></li></ul></li></ul></li>
<li class="comment depth-1" id="comment-8"><div id="div-comment-8" class="comment-body"><cite class="fn">Dov</cite><div class="commentmetadata">20 March 2026 at 16:00</div><p>Words of Dov</p></div></li></ul>`,

	"blocks": `<ol class="wp-block-comment-template">
<li id="comment-5" class="comment depth-1"><div class="wp-block-comment-author-name"><a href="https://ada.test/">Ada</a></div><div class="wp-block-comment-date"><time datetime="2026-03-20T13:00:00+00:00"><a href="#comment-5">March 20</a></time></div><div class="wp-block-comment-content"><p>Words of Ada</p></div><ol><li id="comment-6" class="comment bypostauthor depth-2"><div class="wp-block-comment-author-name">Ben</div><div class="wp-block-comment-date"><time datetime="2026-03-20T14:00:00Z">x</time></div><div class="wp-block-comment-content"><p>Words of Ben</p></div><ol><li id="comment-7" class="comment depth-3"><div class="wp-block-comment-author-name">Cleo</div><div class="wp-block-comment-date"><time datetime="2026-03-20T15:00:00Z">x</time></div><div class="wp-block-comment-content"><p>Words of Cleo</p></div></li></ol></li></ol></li>
<li id="comment-8" class="comment depth-1"><div class="wp-block-comment-author-name">Dov</div><div class="wp-block-comment-date"><time datetime="2026-03-20T16:00:00Z">x</time></div><div class="wp-block-comment-content"><p>Words of Dov</p></div></li></ol>`,

	"side by side": `<div>
<div id="comment-5" class="comment depth-1"><div class="comment-author meta"><strong><a href="https://ada.test/" class="url">Ada</a></strong>March 20, 2026 at 13:00</div><div class="comment-text"><p>Words of Ada</p></div></div>
<div id="comment-6" class="comment bypostauthor depth-2"><div class="comment-author meta"><strong>Ben</strong>March 20th, 2026 2.00 pm</div><div class="comment-text"><p>Words of Ben</p></div></div>
<div id="comment-7" class="comment depth-3"><div class="comment-author meta"><strong>Cleo</strong>2026-03-20 15:00:00</div><div class="comment-text"><p>Words of Cleo</p></div></div>
<div id="comment-8" class="comment depth-1"><div class="comment-author meta"><strong>Dov</strong>20. March 2026, 16h00</div><div class="comment-text"><p>Words of Dov</p></div></div></div>`,
}

func TestCommentsInThemes(t *testing.T) {
	first := time.Date(2026, 3, 20, 13, 0, 0, 0, time.UTC)
	for name, markup := range themes {
		var got []pageComment
		for _, c := range readPage("<body>"+markup+"</body>", at.String()).comments {
			if !c.ping {
				got = append(got, c)
			}
		}
		if len(got) != 4 {
			t.Errorf("%s: %d comments: %+v", name, len(got), got)
			continue
		}
		for i, want := range []pageComment{
			{id: "5", author: "Ada", authorURL: "https://ada.test/"},
			{id: "6", parent: "5", author: "Ben", byAuthor: true},
			{id: "7", parent: "6", author: "Cleo"},
			{id: "8", author: "Dov"},
		} {
			c := got[i]
			if c.id != want.id || c.parent != want.parent || c.author != want.author || c.authorURL != want.authorURL || c.byAuthor != want.byAuthor {
				t.Errorf("%s: %+v, want %+v", name, c, want)
			}
			if !c.at.Equal(first.Add(time.Duration(i) * time.Hour)) {
				t.Errorf("%s: comment %s at %v", name, c.id, c.at)
			}
			if text := strings.TrimSpace(c.html); text != "<p>Words of "+want.author+"</p>" {
				t.Errorf("%s: comment %s says %q", name, c.id, text)
			}
		}
	}
}

// TestCommentTwice: themes repeat ids on anchors and inner elements.
func TestCommentTwice(t *testing.T) {
	const one = `<li id="comment-5" class="comment"><a id="comment-5"></a><b class="fn">Ada</b><div class="comment-content"><p>Words</p></div></li>`
	for name, markup := range map[string]string{
		"list twice":    "<ol>" + one + "</ol><aside>" + one + "</aside>",
		"anchor before": `<a id="comment-6"></a><ol>` + one + "</ol>",
		"same anchor":   `<a id="comment-5"></a><ol>` + one + "</ol>",
		"one in itself": `<div id="comment-5">` + one + "</div>",
	} {
		got := readPage(markup, at.String()).comments
		if len(got) != 1 || got[0].id != "5" || got[0].parent != "" || got[0].author != "Ada" || got[0].html != "<p>Words</p>" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestReadPage(t *testing.T) {
	for name, c := range map[string]struct {
		markup string
		want   func(page) bool
	}{
		"body class":        {`<body class="single postid-42 x">`, func(p page) bool { return p.postID() == "42" }},
		"short link":        {`<link rel='shortlink' href='https://paper.test/?p=43'>`, func(p page) bool { return p.postID() == "43" }},
		"link to the API":   {`<link rel="alternate" type="application/json" href="https://paper.test/wp-json/wp/v2/posts/44">`, func(p page) bool { return p.postID() == "44" }},
		"plain API":         {`<link rel="alternate" href="https://paper.test/?rest_route=%2Fwp%2Fv2%2Fposts%2F45">`, func(p page) bool { return p.postID() == "45" }},
		"form":              {`<input type="hidden" name="comment_post_ID" value="46">`, func(p page) bool { return p.postID() == "46" }},
		"none":              {`<body class="home blog"><link rel="shortlink" href="x">`, func(p page) bool { return p.postID() == "" }},
		"password":          {`<body class="postid-1"><form class="post-password-form">`, func(p page) bool { return p.protected }},
		"closed":            {`<p class="no-comments">Geschlossen.</p>`, func(p page) bool { return p.closed }},
		"open":              {`<p class="comments">`, func(p page) bool { return !p.closed }},
		"content":           {`<div class="entry-content"><p>Text</p></div>`, func(p page) bool { return p.content == "<p>Text</p>" }},
		"longest content":   {`<aside><div class="post-content">x</div></aside><div class="post-content"><p>Text</p></div>`, func(p page) bool { return p.content == "<p>Text</p>" }},
		"no content":        {`<li id="comment-1"><div class="entry-content">x</div></li>`, func(p page) bool { return p.content == "" }},
		"bio":               {`<div class="author-bio"><p>Ada  rows.</p></div>`, func(p page) bool { return p.bio == "Ada rows." }},
		"pages of comments": {`<a href="/2026/03/herons/comment-page-3/#comments">3</a><a href="/2026/03/herons/comment-page-1/#comments">1</a>`, func(p page) bool { return p.commentPages == 3 && strings.Contains(p.commentPageLink, "comment-page-3") }},
		"plain pages":       {`<a href="/?p=1&#038;cpage=2#comments">2</a>`, func(p page) bool { return p.commentPages == 2 }},
		"pages elsewhere":   {`<a href="https://other.test/a/comment-page-3/">3</a><a href="?replytocom=3&cpage=9">r</a>`, func(p page) bool { return p.commentPages == 0 }},
	} {
		if p := readPage(c.markup, at.String()); !c.want(p) {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestCommentPageAddress(t *testing.T) {
	for _, c := range []struct{ link, want string }{
		{"https://a.test/x/comment-page-3/#comments", "https://a.test/x/comment-page-2/"},
		{"https://a.test/x/comment-page-12", "https://a.test/x/comment-page-2"},
		{"https://a.test/?p=7&cpage=3#comments", "https://a.test/?p=7&cpage=2"},
	} {
		if got := commentPage(c.link, 2); got != c.want {
			t.Errorf("%s gives %s", c.link, got)
		}
	}
}

func TestWordedTime(t *testing.T) {
	for s, want := range map[string]string{
		"November 19, 2026 at 7:41 pm":      "2026-11-19 19:41",
		"on Nov. 9, 2026 at 12:05 am":       "2026-11-09 00:05",
		"19 November 2026 at 19:41":         "2026-11-19 19:41",
		"19th Nov 2026, 07:41":              "2026-11-19 07:41",
		"Ada says: March 2nd, 2026 12:00pm": "2026-03-02 12:00",
		"2026-11-19 19:41:07":               "2026-11-19 19:41",
		"2026.11.19":                        "2026-11-19 00:00",
		"November 31, 2026":                 "",
		"May 2026":                          "",
		"99 Maybe 2026":                     "",
		"":                                  "",
		"2 days ago":                        "",
		"March 2, 2026 at 25:99":            "2026-03-02 00:00",
	} {
		got := ""
		if at := wordedTime(s); !at.IsZero() {
			got = at.Format("2006-01-02 15:04")
		}
		if got != want {
			t.Errorf("%q gives %q, want %q", s, got, want)
		}
	}
}

func TestMachineTime(t *testing.T) {
	for s, want := range map[string]struct {
		at    string
		local bool
	}{
		"2026-03-20T08:00:00-05:00": {"2026-03-20 13:00", false},
		"2026-03-20T08:00:00-0500":  {"2026-03-20 13:00", false},
		"2026-03-20T08:00:00Z":      {"2026-03-20 08:00", false},
		" 2026-03-20T08:00 ":        {"2026-03-20 08:00", true},
		"2026-03-20 08:00:00":       {"2026-03-20 08:00", true},
		"yesterday":                 {"", false},
		"0001-01-01T00:00:00Z":      {"", false},
	} {
		at, local, ok := machineTime(s)
		if ok != (want.at != "") || ok && (at.Format("2006-01-02 15:04") != want.at || local != want.local) {
			t.Errorf("%q gives %v, %v, %v", s, at, local, ok)
		}
	}
}

// TestMergeZone: one comment that the feed dates as well says in which zone the page is.
func TestMergeZone(t *testing.T) {
	p := source(t, riverbank(), sitetest.Switches{})
	run := &pull{Source: p}
	a := &digest.Article{ID: "1", URL: at.String(), Published: now}
	f := found{comments: map[string]digest.Comment{"5": {ID: "5", Published: now}}, pings: map[string]bool{}}
	run.merge(a, page{comments: []pageComment{
		{id: "5", at: now.Add(-4 * time.Hour), local: true, byAuthor: true, parent: "4"},
		{id: "6", at: now.Add(-3 * time.Hour), local: true},
		{id: "7"},
		{id: "8", ping: true},
	}}, &f)
	if c := f.comments["5"]; !c.Published.Equal(now) || !c.ByArticleAuthor || c.Parent != "4" {
		t.Errorf("the known one: %+v", c)
	}
	if c := f.comments["6"]; !c.Published.Equal(now.Add(time.Hour)) {
		t.Errorf("at %v", c.Published)
	}
	if c := f.comments["7"]; !c.Published.Equal(now.Add(time.Hour)) || !f.guessed {
		t.Errorf("without a time: %v, guessed %v", c.Published, f.guessed)
	}
	if _, ok := f.comments["8"]; ok || !f.pings["8"] || f.seen() != 4 {
		t.Error("a pingback counts as a comment")
	}
}

func TestReplyLead(t *testing.T) {
	for markup, want := range map[string][2]string{
		`<p>In reply to <a href="https://a.test/x/#comment-7">Ada</a>.</p>` + "\n<p>Yes</p>":                       {"7", "<p>Yes</p>"},
		`Als Antwort auf <a href="https://a.test/x/#comment-8">Ada <img src="x" alt="y"></a>.` + "\n\n<p>Ja</p>":   {"8", "<p>Ja</p>"},
		`<p>See <a href="https://a.test/">this</a>.</p><p>And <a href="https://a.test/x/#comment-7">that</a>.</p>`: {"", ""},
		`<p>No</p>`: {"", ""},
	} {
		got := [2]string{}
		if m := replyLead.FindStringSubmatchIndex(markup); m != nil {
			got = [2]string{markup[m[2]:m[3]], markup[m[1]:]}
		}
		if got != want {
			t.Errorf("%q gives %q", markup, got)
		}
	}
}

func TestPingText(t *testing.T) {
	for markup, want := range map[string]bool{
		"<p>[&#8230;] wrote about it [&#8230;]</p>": true,
		"[…] and\nagain […]":                        true,
		"<p>[…] is what he left out</p>":            false,
		"<p>Words</p>":                              false,
	} {
		if pingText(markup) != want {
			t.Errorf("%q: %v", markup, !want)
		}
	}
}

func TestUsualCommentFeed(t *testing.T) {
	for article, want := range map[string]string{
		"https://a.test/2026/x/":    "https://a.test/2026/x/feed/",
		"https://a.test/2026/x":     "https://a.test/2026/x/feed/",
		"https://a.test/?p=7":       "https://a.test/?feed=rss2&p=7",
		"https://a.test/x.html?l=1": "https://a.test/x.html/feed/?l=1",
		"http://[":                  "",
	} {
		if got := usualCommentFeed(article); got != want {
			t.Errorf("%s has %s", article, got)
		}
	}
}

// TestDecoded: a page in another encoding than UTF-8 is read by what it says.
func TestDecoded(t *testing.T) {
	for _, c := range []struct{ contentType, body, want string }{
		{"text/html; charset=utf-8", "caf\u00e9", "caf\u00e9"},
		{"text/html; charset=ISO-8859-1", "caf\xe9", "caf\u00e9"},
		{"text/html", `<meta charset="iso-8859-2"><p>` + "\xb1", `<meta charset="iso-8859-2"><p>` + "\u0105"},
		{"text/html; charset=utf-8", "a\x00b\xff", "ab\uFFFD"},
	} {
		r := &fetch.Response{Header: http.Header{"Content-Type": {c.contentType}}, Body: []byte(c.body)}
		if got := decoded(r); got != c.want {
			t.Errorf("%q as %s gives %q", c.body, c.contentType, got)
		}
	}
}
