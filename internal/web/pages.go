package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strconv"

	"golang.org/x/text/language"

	"digest.example/internal/texts"
)

// The pages; each is a template of this name beside layout.html.
const (
	pageUnsubscribe  = "unsubscribe.html"
	pageUnsubscribed = "unsubscribed.html"
	pageBadLink      = "badlink.html"
	pageNotFound     = "notfound.html"
	pageUnavailable  = "unavailable.html"
	pageFailed       = "failed.html"
)

// pageData is what every template gets.
type pageData struct {
	Newsletter template.HTML // its title, marked with its language; empty: not known
	Lang       string        // of the page, BCP 47
	Dir        string        // ltr or rtl
	Style      template.CSS  // the whole of style.css

	language string // the newsletter's, BCP 47; empty: not known
}

// tongue is all pages in one language.
type tongue struct {
	lang  *texts.Language
	pages map[string]*template.Template
}

// parse reads all templates, so that a mistake in one shows at start.
func (s *site) parse() error {
	css, err := fs.ReadFile(s.Templates, "style.css")
	if err != nil {
		return fmt.Errorf("web: read style: %w", err)
	}
	s.style = template.CSS(css) // trusted: it comes with the templates
	// The style stands in the page and its hash in the policy (CSP level 3,
	// section 2.3.1): one request a page, and no other style can slip in.
	sum := sha256.Sum256(css)
	s.policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	if s.catalog, err = texts.New(); err != nil {
		return fmt.Errorf("web: %w", err)
	}
	for _, tag := range s.languages() {
		t, err := s.parseIn(s.catalog.For(tag))
		if err != nil {
			return err
		}
		s.tongues = append(s.tongues, t)
	}
	return nil
}

// languages are those that the pages speak. The first is for whoever asks for
// none of them: the one that all newsletters share, or English.
func (s *site) languages() []string {
	var all []string
	for _, n := range s.Newsletters {
		all = append(all, s.catalog.For(n.Language).Messages)
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) != 1 {
		all = slices.DeleteFunc(all, func(tag string) bool { return tag == "en" })
		all = slices.Insert(all, 0, "en")
	}
	return all
}

func (s *site) parseIn(lang *texts.Language) (tongue, error) {
	t := tongue{lang: lang, pages: map[string]*template.Template{}}
	for _, name := range []string{
		pageUnsubscribe, pageUnsubscribed, pageBadLink, pageNotFound, pageUnavailable, pageFailed,
	} {
		page, err := template.New(name).Funcs(template.FuncMap{"text": lang.HTML}).ParseFS(s.Templates, "layout.html", name)
		if err != nil {
			return tongue{}, fmt.Errorf("web: parse %s: %w", name, err)
		}
		t.pages[name] = page
		for _, d := range []pageData{{}, {Newsletter: "Trial"}} {
			if _, err := s.execute(t, name, d); err != nil {
				return tongue{}, fmt.Errorf("web: try %s: %w", name, err)
			}
		}
	}
	return t, nil
}

// tongue is the language of an answer: the newsletter's, or where that is not
// known the one of them that the reader's browser likes best.
func (s *site) tongue(r *http.Request, d pageData) tongue {
	if d.language != "" {
		speaks := s.catalog.For(d.language).Messages
		if i := slices.IndexFunc(s.tongues, func(t tongue) bool { return t.lang.Tag == speaks }); i >= 0 {
			return s.tongues[i]
		}
	}
	known := make([]language.Tag, len(s.tongues))
	for i, t := range s.tongues {
		known[i] = language.Make(t.lang.Tag)
	}
	// What cannot be read is none.
	liked, _, _ := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if _, i, confidence := language.NewMatcher(known).Match(liked...); confidence > language.No {
		return s.tongues[i]
	}
	return s.tongues[0]
}

func (s *site) execute(t tongue, name string, d pageData) ([]byte, error) {
	d.Style, d.Lang, d.Dir = s.style, t.lang.Tag, t.lang.Dir
	var b bytes.Buffer
	err := t.pages[name].ExecuteTemplate(&b, "layout", d)
	return b.Bytes(), err
}

// render writes a page, or nothing if its template fails.
func (s *site) render(w http.ResponseWriter, r *http.Request, status int, name string, d pageData) error {
	b, err := s.execute(s.tongue(r, d), name, d)
	if err != nil {
		return fmt.Errorf("%w: render %s: %w", errPage, name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // whoever asked may be gone; their request was served all the same
	return nil
}
