// Package web serves what the world can see of a digest: the pages by which
// readers act on their own subscription, and the health check. It holds no
// state, so several processes can serve the same readers. What a page does to
// a subscription is decided elsewhere.
package web

import (
	"context"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// Subscriptions is what the pages need to know and do. Errors never contain
// tokens or addresses, since they are logged.
type Subscriptions interface {
	// Newsletter returns the id of the newsletter that an unsubscribe token
	// stands for, or a digest.ErrRefused, without asking a database.
	Newsletter(token string) (id string, err error)
	// Unsubscribe ends the subscription, idempotently; digest.ErrRefused for a
	// token that does not verify. Evidence says how the person asked.
	Unsubscribe(ctx context.Context, token, evidence string) error
}

// Database answers with its id if it can be read now.
type Database interface {
	DatabaseID(ctx context.Context) (string, error)
}

// Newsletter is how a newsletter is called on its pages.
type Newsletter struct {
	Title    string
	Language string // BCP 47, of the title
}

// Options are what New needs; all are required but Newsletters.
type Options struct {
	PublicURL     string                // http or https; its path is the prefix of all pages
	Templates     fs.FS                 // the pages and style.css, as in templates/web
	Newsletters   map[string]Newsletter // by id; one that is missing is not named
	Subscriptions Subscriptions
	Database      Database
	Log           *slog.Logger
}

type site struct {
	Options
	pages  map[string]*template.Template
	style  template.CSS
	policy string // Content-Security-Policy
}

// New makes the handler of all pages. It fails where a template is missing or
// wrong, or the public URL is none. The pages answer below the public URL's
// path and without it too, because some proxies strip the prefix and some do not.
func New(o Options) (http.Handler, error) {
	public, err := url.Parse(o.PublicURL)
	if err != nil || public.Host == "" || public.Scheme != "https" && public.Scheme != "http" {
		return nil, fmt.Errorf("web: public_url %q is not like https://digest.example.org", o.PublicURL)
	}
	s := &site{Options: o}
	if err := s.parse(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /u/{token}", s.handle(s.askUnsubscribe))
	mux.HandleFunc("POST /u/{token}", s.handle(s.unsubscribe))
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("/", s.handle(s.nothing))
	return s.guard(s.harden(stripPrefix(strings.TrimRight(public.Path, "/"), mux))), nil
}

func stripPrefix(prefix string, h http.Handler) http.Handler {
	stripped := http.StripPrefix(prefix, h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if prefix != "" && strings.HasPrefix(r.URL.Path, prefix+"/") {
			stripped.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}
