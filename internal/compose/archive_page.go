package compose

import (
	"bytes"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"sync"

	"digest.example/internal/digest"
	"digest.example/internal/mail"
	"digest.example/internal/sanitize"
	"digest.example/internal/texts"
)

// Archive renders issues as pages. It is safe for concurrent use.
type Archive struct {
	parts   parts // never executed, so that they can be cloned for each language
	catalog *texts.Catalog
	style   htmltemplate.CSS

	mu     sync.Mutex
	spoken map[string]pages // by language: there are as many as newsletters speak
}

// ArchivedIssue is an issue as the archive shows it: all that was chosen,
// without a budget, and nothing that is one reader's alone. It is as large as
// its Body.
type ArchivedIssue struct {
	Lang    string // BCP 47
	Dir     string // ltr or rtl
	Title   string // the newsletter's
	Subject string
	Number  int
	When    string // its date
	Counts  string // "5 articles, 186 comments"
	Body    htmltemplate.HTML
}

// Place is where a page stands. All addresses but Address are relative to it.
type Place struct {
	Address string // absolute
	Older   string // empty: there is none
	Newer   string
	Form    string // where to subscribe; empty: nowhere
}

// Listed is a newsletter in the list of archives.
type Listed struct {
	Title string
	Link  string
}

// issuePage is what archive_body is given.
type issuePage struct {
	Note                  htmltemplate.HTML
	Lead, More, Discussed []htmltemplate.HTML
}

// frame is what the pages are given.
type frame struct {
	Place
	Lang, Dir   string
	Name        string // of the page
	Title       string // of the newsletter, or of the list
	Feed        string // empty: has none
	Style       htmltemplate.CSS
	Issue       ArchivedIssue
	Issues      []ArchivedIssue
	Newsletters []Listed
}

// NewArchive parses the templates of the mail, which say how articles and
// comments read, and those of the pages, and tries them.
func NewArchive(templates fs.FS) (*Archive, error) {
	catalog, err := texts.New()
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	p, err := parse(templates, catalog.For("en"))
	if err != nil {
		return nil, fmt.Errorf("archive templates: %w", err)
	}
	css, err := fs.ReadFile(templates, "web/archive.css")
	if err != nil {
		return nil, fmt.Errorf("archive templates: %w", err)
	}
	a := &Archive{parts: p, catalog: catalog, style: htmltemplate.CSS(css), spoken: map[string]pages{}}
	if _, err := p.html.ParseFS(templates, "web/archive.html"); err != nil {
		return nil, fmt.Errorf("archive templates: %w", err)
	}
	if err := a.try(); err != nil {
		return nil, fmt.Errorf("archive templates: %w", err)
	}
	return a, nil
}

func (a *Archive) try() error {
	issue, err := a.Render(trialIssue(), trialNewsletter())
	if err != nil {
		return err
	}
	if _, err = a.IssuePage(issue, Place{Older: "1", Newer: "3", Form: "f"}); err != nil {
		return err
	}
	if _, err = a.IndexPage([]ArchivedIssue{issue}, Place{Older: "?before=1", Newer: "./", Form: "f"}); err != nil {
		return err
	}
	_, err = a.ListPage([]Listed{{"Trial", "trial/"}}, "en", Place{})
	return err
}

// Style is the one style of all pages, byte for byte as it stands in them.
func (a *Archive) Style() string { return string(a.style) }

// class is the template function for a named style. On a page it is a class,
// since the policy allows no style but that of the page.
func class(name string) (htmltemplate.HTMLAttr, error) {
	if _, ok := looks[name]; !ok {
		return "", fmt.Errorf("no look is named %q", name)
	}
	return htmltemplate.HTMLAttr(`class="` + name + `"`), nil
}

// Render makes what the archive shows of an issue.
func (a *Archive) Render(issue digest.Issue, nl digest.Newsletter) (ArchivedIssue, error) {
	v := archiveViews(issue, nl, a.catalog.For(nl.Language))
	fail := func(err error) (ArchivedIssue, error) {
		return ArchivedIssue{}, fmt.Errorf("archive %s/%d: %w", issue.Newsletter, issue.Number, err)
	}
	speaking, err := a.in(v.lang)
	if err != nil {
		return fail(err)
	}
	var p issuePage
	if p.Note, _, err = v.note(issue.Note); err != nil {
		return fail(err)
	}
	for _, s := range []struct {
		to    *[]htmltemplate.HTML
		picks []digest.Pick
		kind  string
	}{
		{&p.Lead, issue.Lead, "article"}, {&p.More, issue.More, "title"}, {&p.Discussed, issue.Discussed, "discussed"},
	} {
		if *s.to, err = speaking.section(v, s.picks, s.kind); err != nil {
			return fail(err)
		}
	}
	body, err := speaking.execute("archive_body", p)
	if err != nil {
		return fail(err)
	}
	page := v.frame(issue)
	page.Body = htmltemplate.HTML(body) // safe: html/template wrote it
	return page, nil
}

// archiveViews are those of a page: no hole, and classes for styles.
func archiveViews(issue digest.Issue, nl digest.Newsletter, lang *texts.Language) *views {
	v := newViews(issue, nl, IDs{}, mail.HoleUnsubscribe("archive"), lang)
	v.outside = sanitize.Attributes{
		"p": `dir="auto"`, "li": `dir="auto"`, "blockquote": `dir="auto"`, "ul": `dir="auto"`, "ol": `dir="auto"`,
		"pre": `dir="auto" class="pre"`,
	}
	v.comments = sanitize.Attributes{"a": `rel="nofollow ugc"`} // search engines must not reward what strangers link to
	for name, attributes := range v.outside {
		v.comments[name] = attributes
	}
	return v
}

// frame is the page without its body.
func (v *views) frame(issue digest.Issue) ArchivedIssue {
	left := issue
	left.Lead, left.More, left.Discussed = standing(issue.Lead), standing(issue.More), standing(issue.Discussed)
	out := ArchivedIssue{
		Lang: v.lang.Tag, Dir: v.lang.Dir, Title: v.title(v.nl.Title), Number: issue.Number,
		When: v.lang.DayYear(v.date), Counts: v.counts(left),
	}
	if out.Subject = out.When; !left.Empty() {
		out.Subject = v.subject(left)
	}
	return out
}

// standing are the picks whose words are still there.
func standing(picks []digest.Pick) []digest.Pick {
	var out []digest.Pick
	for _, p := range picks {
		if !p.Article.Redacted {
			out = append(out, p)
		}
	}
	return out
}

// section renders picks, each by the template of its kind.
func (p pages) section(v *views, picks []digest.Pick, kind string) ([]htmltemplate.HTML, error) {
	var out []htmltemplate.HTML
	for _, pick := range picks {
		name, data := kind+".html", any(nil)
		if pick.Article.Redacted {
			name = "removed"
		} else {
			if kind == "title" {
				pick.Comments = nil
			}
			view := v.article(pick)
			if kind == "article" {
				v.excerpt(&view, pick.Article, longCut)
			}
			data = view
		}
		html, err := p.execute(name, data)
		if err != nil {
			return nil, fmt.Errorf("article %s: %w", pick.Article.ID, err)
		}
		out = append(out, htmltemplate.HTML(html)) // safe: html/template wrote it
	}
	return out, nil
}

// IssuePage is the page of an issue.
func (a *Archive) IssuePage(i ArchivedIssue, at Place) ([]byte, error) {
	return a.page("archive_issue", i.Lang, frame{
		Place: at, Name: i.Subject + " · " + i.Title, Title: i.Title, Feed: "feed.atom", Issue: i,
	})
}

// IndexPage lists issues of one newsletter in the given order; at least one.
func (a *Archive) IndexPage(all []ArchivedIssue, at Place) ([]byte, error) {
	i := all[0]
	return a.page("archive_index", i.Lang, frame{Place: at, Name: i.Title, Title: i.Title, Feed: "feed.atom", Issues: all})
}

// ListPage lists the newsletters that have an archive, in a language.
func (a *Archive) ListPage(all []Listed, language string, at Place) ([]byte, error) {
	title := a.catalog.For(language).Say("archive_list")
	return a.page("archive_list", language, frame{Place: at, Name: title, Title: title, Newsletters: all})
}

func (a *Archive) page(name, language string, f frame) ([]byte, error) {
	lang := a.catalog.For(language)
	speaking, err := a.in(lang)
	if err != nil {
		return nil, err
	}
	f.Lang, f.Dir, f.Style = lang.Tag, lang.Dir, a.style
	return speaking.execute(name, f)
}

// pages are the templates in one language.
type pages struct {
	html *htmltemplate.Template
}

func (a *Archive) in(lang *texts.Language) (pages, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p, ok := a.spoken[lang.Tag]; ok {
		return p, nil
	}
	p, err := a.parts.in(lang)
	if err != nil {
		return pages{}, err
	}
	a.spoken[lang.Tag] = pages{p.html.Funcs(htmltemplate.FuncMap{"look": class})}
	return a.spoken[lang.Tag], nil
}

func (p pages) execute(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := p.html.ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	return b.Bytes(), nil
}
