package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"digest.example/internal/compose"
	"digest.example/internal/digest"
)

// Archive is what the pages of issues need to know. Newsletters are their
// names. All but Archives fail with digest.ErrNotFound where there is no such
// thing, or none that somebody got.
type Archive interface {
	// Archives are the newsletters of which somebody got an issue, by name.
	Archives(ctx context.Context) ([]string, error)
	// ArchivedIssues are the issues with smaller numbers than before (0: all),
	// newest first, at most n.
	ArchivedIssues(ctx context.Context, newsletter string, before, n int) ([]digest.IssueRecord, error)
	// ArchivedIssue is one issue, with the numbers of those around it; 0: none.
	ArchivedIssue(ctx context.Context, newsletter string, number int) (r digest.IssueRecord, older, newer int, err error)
	Content(ctx context.Context, issue string) (digest.Issue, error)
	// PresentName is what the newsletter that once had the name is called now;
	// the same name where it is not known to have changed.
	PresentName(ctx context.Context, newsletter string) (string, error)
	// NewsletterID never changes.
	NewsletterID(ctx context.Context, newsletter string) (string, error)
}

const (
	indexSize = 50 // issues on one page of an index
	feedSize  = 20

	// fresh is how long others may show a page without asking. It is short,
	// since words that were taken out must not be shown for long.
	fresh = "public, max-age=60"
)

func (s *site) archiveRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /archive", s.handle(addSlash))
	mux.HandleFunc("GET /archive/{$}", s.handle(s.archives))
	mux.HandleFunc("GET /archive/{newsletter}", s.handle(addSlash))
	mux.HandleFunc("GET /archive/{newsletter}/{$}", s.handle(s.index))
	mux.HandleFunc("GET /archive/{newsletter}/feed.atom", s.handle(s.feed))
	mux.HandleFunc("GET /archive/{newsletter}/{number}", s.handle(s.issue))
}

// archivePolicy lets nothing into a page but its own style.
func archivePolicy(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
}

// addSlash sends who left it out to the folder. Addresses stay relative, since
// a proxy may have taken off what stands before them, and begin with a dot: a name
// such as http:elsewhere.example would else be an address of its own.
func addSlash(w http.ResponseWriter, r *http.Request) error {
	return redirect(w, http.StatusMovedPermanently, "./"+url.PathEscape(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])+"/")
}

func redirect(w http.ResponseWriter, status int, to string) error {
	w.Header().Set("Location", to)
	w.WriteHeader(status)
	return nil
}

// archives lists the newsletters; a single one has its index right there.
func (s *site) archives(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	names, err := s.Archive.Archives(ctx)
	if err != nil {
		return err
	}
	switch len(names) {
	case 0:
		return errNoPage
	case 1:
		return redirect(w, http.StatusFound, url.PathEscape(names[0])+"/")
	}
	var all []compose.Listed
	language := ""
	for _, name := range names {
		records, err := s.Archive.ArchivedIssues(ctx, name, 0, 1)
		if err != nil {
			return err
		}
		issues, err := s.shown(ctx, records)
		if err != nil {
			return err
		}
		for _, i := range issues {
			all = append(all, compose.Listed{Title: i.Title, Link: url.PathEscape(name) + "/"})
			if language == "" {
				language = i.Lang
			}
		}
	}
	page, err := s.Pages.ListPage(all, language, compose.Place{Address: s.public + "/archive/"})
	if err != nil {
		return fmt.Errorf("%w: %w", errPage, err)
	}
	return s.show(w, r, "text/html; charset=utf-8", page)
}

// index lists the issues of a newsletter.
func (s *site) index(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	name, before := r.PathValue("newsletter"), 0
	if asked := r.URL.Query().Get("before"); asked != "" {
		n, ok := number(asked)
		if !ok {
			return errNoPage
		}
		before = n
	}
	records, err := s.Archive.ArchivedIssues(ctx, name, before, indexSize+1)
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return s.moved(ctx, w, name, "")
	}
	place := compose.Place{Address: s.archiveOf(name), Form: s.formFrom(name)}
	if before > 0 {
		place.Address += "?before=" + strconv.Itoa(before)
		place.Newer = "./"
	}
	if len(records) > indexSize {
		records = records[:indexSize]
		place.Older = "?before=" + strconv.Itoa(records[indexSize-1].Number)
	}
	issues, err := s.shown(ctx, records)
	if err != nil {
		return err
	}
	page, err := s.Pages.IndexPage(issues, place)
	if err != nil {
		return fmt.Errorf("%w: %w", errPage, err)
	}
	return s.show(w, r, "text/html; charset=utf-8", page)
}

// issue shows one issue. One that nobody got yet is answered like one that
// never was.
func (s *site) issue(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	name, digits := r.PathValue("newsletter"), r.PathValue("number")
	n, ok := number(digits)
	if !ok {
		return errNoPage
	}
	record, older, newer, err := s.Archive.ArchivedIssue(ctx, name, n)
	if errors.Is(err, digest.ErrNotFound) {
		return s.moved(ctx, w, name, digits)
	}
	if err != nil {
		return err
	}
	issues, err := s.shown(ctx, []digest.IssueRecord{record})
	if err != nil {
		return err
	}
	page, err := s.Pages.IssuePage(issues[0], compose.Place{
		Address: s.archiveOf(name) + digits, Older: digitsOf(older), Newer: digitsOf(newer), Form: s.formFrom(name),
	})
	if err != nil {
		return fmt.Errorf("%w: %w", errPage, err)
	}
	return s.show(w, r, "text/html; charset=utf-8", page)
}

// moved leads from a name that a newsletter once had to its present one.
func (s *site) moved(ctx context.Context, w http.ResponseWriter, name, page string) error {
	present, err := s.Archive.PresentName(ctx, name)
	if err != nil {
		return err
	}
	if present == name {
		return errNoPage
	}
	return redirect(w, http.StatusMovedPermanently, "../"+url.PathEscape(present)+"/"+page)
}

// archiveOf is the absolute address of a newsletter's archive.
func (s *site) archiveOf(name string) string {
	return compose.ArchiveURL(digest.Newsletter{PublicURL: s.public, Name: name})
}

// formFrom is where to subscribe to a newsletter, as seen from its archive;
// empty where it is one that was retired.
func (s *site) formFrom(name string) string {
	for _, n := range s.Newsletters {
		if n.Name == name {
			return "../../s/" + url.PathEscape(name)
		}
	}
	return ""
}

// show answers with a page that anybody may keep for a little while, and says
// nothing new to who has it already (RFC 9110, section 13).
func (s *site) show(w http.ResponseWriter, r *http.Request, contentType string, body []byte) error {
	sum := sha256.Sum256(body)
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", fresh)
	header.Set("Content-Security-Policy", s.archivePolicy)
	header.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
	header.Del("X-Robots-Tag")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	return nil
}

// number reads a number as addresses write it, in one way only.
func number(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0 && n <= 1<<31-1 && strconv.Itoa(n) == s
}

func digitsOf(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
