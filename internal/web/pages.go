package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"digest.example/internal/texts"
)

// The pages; each is a template of this name beside layout.html.
const (
	pageSubscribe    = "subscribe.html"
	pageEmbed        = "embed.html"
	pageSent         = "sent.html"
	pageLimited      = "limited.html"
	pageConfirm      = "confirm.html"
	pageWelcome      = "welcome.html"
	pageAlready      = "already.html"
	pageExpired      = "expired.html"
	pageUnsubscribe  = "unsubscribe.html"
	pageUnsubscribed = "unsubscribed.html"
	pagePaused       = "paused.html"
	pageInactive     = "inactive.html"
	pagePreferences  = "preferences.html"
	pageMailed       = "mailed.html"
	pageData         = "data.html"
	pageErase        = "erase.html"
	pageErased       = "erased.html"
	pageBadLink      = "badlink.html"
	pageNotFound     = "notfound.html"
	pageUnavailable  = "unavailable.html"
	pageFailed       = "failed.html"
)

// pages are all of them.
var pages = []string{
	pageSubscribe, pageEmbed, pageSent, pageLimited, pageConfirm, pageWelcome, pageAlready, pageExpired, pageUnsubscribe,
	pageUnsubscribed, pagePaused, pageInactive, pagePreferences, pageMailed, pageData, pageErase, pageErased, pageBadLink,
	pageNotFound, pageUnavailable, pageFailed,
}

// view is what every template gets.
type view struct {
	Newsletter template.HTML // its title, marked with its language; empty: not known
	Of         template.HTML // the same, where it stands above the page's heading; empty: it does not
	Title      string        // the same in the page's title, as text; empty: it does not stand there
	Mistake    bool          // what was filled in cannot be, which the page's title says first
	Lang       string        // of the page, BCP 47
	Dir        string        // ltr or rtl
	Style      template.CSS  // the whole of style.css

	// What single pages show; addresses are relative to the page's.
	Subscribe   *subscribeForm
	Sender      string // the newsletter's postal address
	Pause       *pauseForm
	Preferences *preferencesView
	Date        string // until when a subscription is paused
	Archive     string // address; empty: there is none
	Form        string // address of the form to subscribe; empty: there is none
	AskAgain    bool   // another link is to be had by that to the preferences
	Snippet     string // HTML to copy
	Link        bool   // a link was used too often, not a form

	id       string          // the newsletter's; empty: not known
	language *texts.Language // what the page speaks; nil: not known
}

// about is a page of a newsletter, in the language that a person chose or, where
// that is empty, in the newsletter's.
func (s *site) about(id, language string) view {
	v := view{id: id, language: s.spoken[id]}
	if language != "" {
		v.language = s.catalog.For(language)
	}
	if title := s.Newsletters[id].Title; title != "" {
		v.Newsletter = template.HTML(`<strong dir="auto" lang="` + s.spoken[id].Tag + `">` + template.HTMLEscapeString(title) + `</strong>`)
		v.Of, v.Title = v.Newsletter, title
	}
	return v
}

// speaks is the language of what a page says in sentences of its own.
func (s *site) speaks(v view) *texts.Language {
	if v.language == nil {
		return s.catalog.For("")
	}
	return v.language
}

// formOf is where to subscribe, as seen from the pages of links in mails.
func (s *site) formOf(id string) string {
	n := s.Newsletters[id]
	if n.Name == "" {
		return ""
	}
	return "../s/" + url.PathEscape(n.Name)
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
	s.parsed = map[string]*template.Template{}
	for _, name := range pages {
		page := template.New(name).Funcs(template.FuncMap{"text": s.catalog.For("en").HTML})
		if s.parsed[name], err = page.ParseFS(s.Templates, "layout.html", name); err != nil {
			return fmt.Errorf("web: parse %s: %w", name, err)
		}
	}
	s.spoken = map[string]*texts.Language{}
	for id, n := range s.Newsletters {
		s.spoken[id] = s.catalog.For(n.Language)
	}
	var known []language.Tag
	for _, tag := range s.languages() {
		t, err := s.speak(tag)
		if err != nil {
			return err
		}
		s.tongues, known = append(s.tongues, t), append(known, language.Make(t.lang.Tag))
	}
	s.matcher = language.NewMatcher(known)
	return nil
}

// languages are those that the pages speak. The first is for whoever asks for
// none of them: the one that all newsletters share, or English.
func (s *site) languages() []string {
	var all []string
	for _, lang := range s.spoken {
		all = append(all, lang.Messages)
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) != 1 {
		all = slices.DeleteFunc(all, func(tag string) bool { return tag == "en" })
		all = slices.Insert(all, 0, "en")
	}
	return all
}

// speak makes all pages in a language, and tries them.
func (s *site) speak(tag string) (tongue, error) {
	t := tongue{lang: s.catalog.For(tag), pages: map[string]*template.Template{}}
	for _, name := range pages {
		page, err := s.parsed[name].Clone()
		if err != nil {
			return tongue{}, fmt.Errorf("web: copy %s: %w", name, err)
		}
		t.pages[name] = page.Funcs(template.FuncMap{"text": t.lang.HTML})
		for _, v := range trials {
			if _, err := s.execute(t, name, v); err != nil {
				return tongue{}, fmt.Errorf("web: try %s: %w", name, err)
			}
		}
	}
	return t, nil
}

// trials are what every page is tried with.
var trials = []view{
	{},
	{
		Newsletter: "Trial", Of: "Trial", Title: "Trial", Mistake: true, Subscribe: &subscribeForm{Bad: true, Again: true}, Sender: "s", Pause: &pauseForm{Bad: true},
		Preferences: &preferencesView{Active: true, Saved: true, Languages: []languageChoice{{Chosen: true}}},
		Archive:     "a", Form: "f", AskAgain: true, Link: true,
	},
	{Newsletter: "Trial", Form: "f", Preferences: &preferencesView{Paused: "1 January"}},
}

// tongue is the language of an answer: the one that the page is to speak, or
// where that is not known the one of the newsletters' that the reader's browser
// likes best.
func (s *site) tongue(r *http.Request, v view) (tongue, error) {
	if v.language != nil {
		return s.tongueFor(v.language)
	}
	// What cannot be read is none.
	liked, _, _ := language.ParseAcceptLanguage(wish(r.Header.Get("Accept-Language")))
	if _, i, confidence := s.matcher.Match(liked...); confidence > language.No {
		return s.tongues[i], nil
	}
	return s.tongues[0], nil
}

// maxWish is longer than what browsers send. To compare thousands of languages takes
// a hundred times as long as all the rest of a page.
const maxWish = 256

// wish is an Accept-Language, cut behind a language where it is too long.
func wish(header string) string {
	if len(header) <= maxWish {
		return header
	}
	return header[:max(0, strings.LastIndexByte(header[:maxWish], ','))]
}

// tongueFor is made when somebody first needs it, unless a newsletter does: there
// are at most as many as texts knows languages.
func (s *site) tongueFor(lang *texts.Language) (tongue, error) {
	if i := slices.IndexFunc(s.tongues, func(t tongue) bool { return t.lang.Tag == lang.Messages }); i >= 0 {
		return s.tongues[i], nil
	}
	tag := lang.Base()
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, made := s.others[tag]; made {
		return t, nil
	}
	t, err := s.speak(tag)
	if err != nil {
		return tongue{}, err
	}
	s.others[tag] = t
	return t, nil
}

func (s *site) execute(t tongue, name string, v view) ([]byte, error) {
	v.Style, v.Lang, v.Dir = s.style, t.lang.Tag, t.lang.Dir
	var b bytes.Buffer
	err := t.pages[name].ExecuteTemplate(&b, "layout", v)
	return b.Bytes(), err
}

// render writes a page, or nothing if its template fails.
func (s *site) render(w http.ResponseWriter, r *http.Request, status int, name string, v view) error {
	v.Mistake = status == http.StatusUnprocessableEntity
	t, err := s.tongue(r, v)
	var b []byte
	if err == nil {
		b, err = s.execute(t, name, v)
	}
	if err != nil {
		return fmt.Errorf("%w: render %s: %w", errPage, name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // whoever asked may be gone; their request was served all the same
	return nil
}
