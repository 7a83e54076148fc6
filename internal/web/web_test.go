package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"digest.example/internal/compose"
	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
)

const (
	databaseID = "db-1234"
	weekly     = "0a1b2c3d"
	reader     = "abcdefghijklmnop"
)

// list answers as subscribers.List does, with real tokens and no store.
type list struct {
	keys *subscribers.Keys

	mu    sync.Mutex
	calls []string // evidence of each unsubscription that verified
	fail  error
	panic any

	desk // the other pages
}

func (l *list) Newsletter(token string) (string, error) {
	_, id, err := l.keys.Open(subscribers.PurposeUnsubscribe, token)
	return id, err
}

func (l *list) Unsubscribe(ctx context.Context, token, evidence string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.panic != nil {
		panic(l.panic)
	}
	if _, _, err := l.keys.Open(subscribers.PurposeUnsubscribe, token); err != nil {
		return err
	}
	if err := errors.Join(ctx.Err(), l.fail); err != nil {
		return err
	}
	l.calls = append(l.calls, evidence)
	return nil
}

type database struct{ fail error }

func (d *database) DatabaseID(context.Context) (string, error) {
	if d.fail != nil {
		return "", d.fail
	}
	return databaseID, nil
}

// stand is a site with everything around it under the test's control.
type stand struct {
	handler http.Handler
	list    *list
	db      *database
	log     *bytes.Buffer
	token   string
	now     time.Time
}

// shippedArchive is made once: it takes longer than most tests.
var shippedArchive = sync.OnceValues(func() (*compose.Archive, error) { return compose.NewArchive(os.DirFS("../../templates")) })

func archivePages(t *testing.T) *compose.Archive {
	t.Helper()
	pages, err := shippedArchive()
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func pagesOnDisk() fs.FS { return os.DirFS("../../templates/web") }

func newStand(t *testing.T, change func(*Options)) *stand {
	t.Helper()
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	keys, err := subscribers.NewKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{
		list: &list{keys: keys, desk: desk{tickets: map[string]ticket{}}}, db: &database{}, log: &bytes.Buffer{},
		now: time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC),
	}
	s.token = s.tokenFor(t, reader, weekly)
	o := Options{
		PublicURL: "https://digest.example.org", Templates: pagesOnDisk(),
		Newsletters:   map[string]Newsletter{weekly: {Name: "weekly", Title: `The <b>"Weekly"</b> & more`, Language: "en-GB"}},
		Pages:         archivePages(t),
		Archive:       &box{},
		Subscriptions: s.list, Database: s.db,
		FormKey: []byte("a key"), Now: func() time.Time { return s.now }, Log: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	if change != nil {
		change(&o)
	}
	if s.handler, err = New(o); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stand) tokenFor(t *testing.T, subscriber, newsletter string) string {
	t.Helper()
	token, err := s.list.keys.Token(subscribers.PurposeUnsubscribe, subscriber, newsletter)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (s *stand) do(r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Result()
}

func (s *stand) get(path string) *http.Response {
	return s.do(httptest.NewRequest(http.MethodGet, path, http.NoBody))
}

func (s *stand) post(path, contentType, body string) *http.Response {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return s.do(r)
}

// page is a parsed answer.
type page struct {
	*html.Node
	text string
}

func read(t *testing.T, r *http.Response) page {
	t.Helper()
	n, err := html.Parse(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "style" {
			b.WriteString(d.Data)
		}
	}
	return page{n, strings.Join(strings.Fields(b.String()), " ")}
}

func (p page) all(tag string) []*html.Node {
	var found []*html.Node
	for d := range p.Descendants() {
		if d.Type == html.ElementNode && d.Data == tag {
			found = append(found, d)
		}
	}
	return found
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	full := Options{PublicURL: "https://d.example", Templates: pagesOnDisk(), Pages: archivePages(t), Now: time.Now}
	for name, change := range map[string]func(*Options){
		"no url":         func(o *Options) { o.PublicURL = "" },
		"a bare host":    func(o *Options) { o.PublicURL = "digest.example.org" },
		"another scheme": func(o *Options) { o.PublicURL = "ftp://digest.example.org" },
		"no templates":   func(o *Options) { o.Templates = os.DirFS(t.TempDir()) },
		"a bad template": func(o *Options) { o.Templates = changed(t, pageFailed, `{{define "title"}}{{.Nothing}}{{end}}`) },
		"not a template": func(o *Options) { o.Templates = changed(t, pageFailed, `{{`) },
	} {
		o := full
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := New(full); err != nil {
		t.Error(err)
	}
}

// changed is a copy of the templates with one file replaced.
func changed(t *testing.T, name, text string) fs.FS {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, pagesOnDisk()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return os.DirFS(dir)
}

func TestErrorKindsAndTheirAnswers(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{fmt.Errorf("x: %w", digest.ErrRefused), 404},
		{fmt.Errorf("x: %w", digest.ErrNotFound), 404},
		{errNoPage, 404},
		{fmt.Errorf("%w: x", errPage), 500},
		{errors.New("database is locked"), 503},
		{context.DeadlineExceeded, 503},
	} {
		if got := answerTo(c.err).status; got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
}
