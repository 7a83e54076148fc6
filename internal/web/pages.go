package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"
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
	Newsletter string       // title, plain text; empty: not known
	Language   string       // of the title, BCP 47; may be empty
	Style      template.CSS // the whole of style.css
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
	s.pages = map[string]*template.Template{}
	for _, name := range []string{
		pageUnsubscribe, pageUnsubscribed, pageBadLink, pageNotFound, pageUnavailable, pageFailed,
	} {
		t, err := template.ParseFS(s.Templates, "layout.html", name)
		if err != nil {
			return fmt.Errorf("web: parse %s: %w", name, err)
		}
		if _, err := s.execute(t, pageData{}); err != nil {
			return fmt.Errorf("web: try %s: %w", name, err)
		}
		s.pages[name] = t
	}
	return nil
}

func (s *site) execute(t *template.Template, d pageData) ([]byte, error) {
	d.Style = s.style
	var b bytes.Buffer
	err := t.ExecuteTemplate(&b, "layout", d)
	return b.Bytes(), err
}

// render writes a page, or nothing if its template fails.
func (s *site) render(w http.ResponseWriter, status int, name string, d pageData) error {
	b, err := s.execute(s.pages[name], d)
	if err != nil {
		return fmt.Errorf("%w: render %s: %w", errPage, name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // whoever asked may be gone; their request was served all the same
	return nil
}
