package compose

import (
	"strings"
	"testing"
)

func TestExcerptBeginsWhereSomethingIsSaid(t *testing.T) {
	const embed = `<iframe src="https://www.youtube.com/embed/abc"></iframe>`
	for _, c := range []struct{ name, html, summary, want string }{
		{"a video first", embed + "<p>The herons are back.</p>", "", "The herons are back."},
		{"several", embed + `<p><a href="https://vimeo.test/1">vimeo.test</a></p><p>The herons are back.</p>`, "", "The herons are back."},
		{"a caption that is a link", `<p><a href="/photo.jpg"><em>The</em> quay at dawn</a></p><p>The herons are back.</p>`, "", "The herons are back."},
		{"bare words of a host", "<p>youtube.com</p><p>example.org https://x.test/a</p><p>The herons are back.</p>", "", "The herons are back."},
		{"the title after a video", embed + "<h1>Herons</h1><p>The herons are back.</p>", "", "The herons are back."},
		{"a link among words stays", `<p><a href="https://x.test/">Herons</a> are back.</p>`, "", "Herons are back."},
		{"two links are a sentence", `<p><a href="https://x.test/">Herons</a> <a href="https://y.test/">and gulls</a></p>`, "", "Herons and gulls"},
		{"nothing but a video, but a summary", embed, "<p>In short: herons.</p>", "In short: herons."},
		{"nothing but a link", `<p><a href="https://x.test/a">Counting herons by radar</a></p>`, "", "Counting herons by radar"},
		{"nothing but a video", embed, "", ""},
		{"only the title", "<h1>Herons</h1>", "", ""},
		{"a first paragraph that is a link", `<p><a href="/1">` + strings.Repeat("The herons are back. ", 5) + `</a></p><p>Posted on Sunday.</p>`, "", strings.TrimSpace(strings.Repeat("The herons are back. ", 5)) + "\n\nPosted on Sunday."},
	} {
		p := pick(0, 0)
		p.Article.Title, p.Article.HTML, p.Article.Summary = "Herons", c.html, c.summary
		var out article
		viewsOf(t, titled("x")).excerpt(&out, p.Article, longCut)
		if out.ExcerptText != c.want {
			t.Errorf("%s: %q, want %q", c.name, out.ExcerptText, c.want)
		}
	}
}

func TestAuthorsBioIsThereForTemplates(t *testing.T) {
	c, err := New(replaced(t, "title.txt", "{{.Author}}, {{.Bio}}"))
	if err != nil {
		t.Fatal(err)
	}
	issue := variety()
	issue.More[0].Article.Author.Bio = "Repairs\r\naccordions \u202eby the quay."
	r, err := c.Render(issue, weekly(), testIDs)
	if err != nil || !strings.Contains(r.Text, "Repairs accordions by the quay.") {
		t.Errorf("%v\n%s", err, r.Text)
	}
	if r := mustRender(t, issue, weekly()); strings.Contains(r.Text+r.HTML, "Repairs accordions") {
		t.Error("our own templates print it")
	}
}
