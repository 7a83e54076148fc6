// Package web serves what the world can see of a digest: the pages by which
// readers act on their own subscription, the archive of what was sent, and the
// health check. It holds no state but copies, and counts of who did what lately,
// so several processes can serve the same readers. What a page does to a
// subscription is decided elsewhere.
package web

import (
	"context"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/time/rate"

	"digest.example/internal/compose"
	"digest.example/internal/subscribers"
	"digest.example/internal/texts"
)

// Subscriptions is what the pages need to know and do; subscribers.List does it,
// and says how each fails. Errors never contain tokens or addresses, since they
// are logged.
type Subscriptions interface {
	// Newsletter returns the id of the newsletter that an unsubscribe token
	// stands for, or a digest.ErrRefused, without asking a database.
	Newsletter(token string) (id string, err error)
	// Unsubscribe ends the subscription, idempotently; digest.ErrRefused for a
	// token that does not verify. Evidence says how the person asked.
	Unsubscribe(ctx context.Context, token, evidence string) error
	// Pause takes the tokens of both links of a mail.
	Pause(ctx context.Context, token string, until time.Time) error

	// SignUp does the same for every address, whatever is known of it.
	SignUp(ctx context.Context, s subscribers.SignUp) error
	// Peek says what a single-use token is for, and changes nothing.
	Peek(ctx context.Context, p subscribers.Purpose, token string) (subscribers.Confirmation, error)
	Confirm(ctx context.Context, token, evidence string) error

	// The tokens of these are of the link to the preferences.
	Preferences(ctx context.Context, token string) (subscribers.Preferences, error)
	SetPreferences(ctx context.Context, token string, p subscribers.Preferences) error
	Leave(ctx context.Context, token, evidence string) error
	AskData(ctx context.Context, token string) error
	AskErase(ctx context.Context, token string) error

	// The tokens of these work once.
	Data(ctx context.Context, token string) ([]byte, error)
	Erase(ctx context.Context, token string) error
}

// Database answers with its id if it can be read now.
type Database interface {
	DatabaseID(ctx context.Context) (string, error)
}

// Newsletter is how a newsletter is called on its pages.
type Newsletter struct {
	Name     string // short, as addresses have it
	Title    string
	Language string // BCP 47, of the title
	Location *time.Location
	// PostalAddress is who sends it, on one line; empty: not known.
	PostalAddress string
}

// Options are what New needs; all are required but Newsletters
// and TrustedProxies.
type Options struct {
	PublicURL     string                // http or https; its path is the prefix of all pages
	Templates     fs.FS                 // the pages and style.css, as in templates/web
	Newsletters   map[string]Newsletter // by id; one that is missing is not named
	Subscriptions Subscriptions
	Database      Database
	Archive       Archive
	Pages         *compose.Archive // renders what Archive has; nil: no archive is served
	// TrustedProxies are those whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// FormKey marks the forms to subscribe. It is a secret, and the same in all
	// processes that serve the same readers.
	FormKey []byte
	Now     func() time.Time
	Log     *slog.Logger
}

type site struct {
	Options
	catalog *texts.Catalog
	parsed  map[string]*template.Template // never executed, so that they can be copied for each language
	spoken  map[string]*texts.Language    // the newsletters', by id
	tongues []tongue                      // of those; the first is for those who ask for another
	matcher language.Matcher              // of tongues: to make it takes longer than a page
	style   template.CSS
	policy  string // Content-Security-Policy

	public        string // PublicURL without a slash at the end
	archivePolicy string
	shelf         *shelf

	limits       limits
	flood        *rate.Limiter
	changes      *limiter[string] // by token
	proxyWarning sync.Once

	mu     sync.Mutex
	others map[string]tongue // by language: those that only some readers chose
}

// New makes the handler of all pages. It fails where a template is missing or
// wrong, or the public URL is none. The pages answer below the public URL's
// path and without it too, because some proxies strip the prefix and some do not.
func New(o Options) (http.Handler, error) {
	public, err := url.Parse(o.PublicURL)
	if err != nil || public.Host == "" || public.Scheme != "https" && public.Scheme != "http" {
		return nil, fmt.Errorf("web: public_url %q is not like https://digest.example.org", o.PublicURL)
	}
	s := &site{
		Options: o, public: strings.TrimRight(o.PublicURL, "/"), others: map[string]tongue{},
		limits: newLimits(o.Now), flood: rate.NewLimiter(signUpsPerSecond, signUpsBurst),
		changes: newLimiter[string](linkChanges, o.Now),
	}
	if err := s.parse(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /u/{token}", s.handle(s.askUnsubscribe))
	mux.HandleFunc("POST /u/{token}", s.handle(s.unsubscribe))
	mux.HandleFunc("GET /s/{newsletter}", s.handle(s.askSubscribe))
	mux.HandleFunc("POST /s/{newsletter}", s.handle(s.subscribe))
	mux.HandleFunc("GET /s/{newsletter}/embed", s.handle(s.embed))
	mux.HandleFunc("GET /c/{token}", s.handle(s.askConfirm))
	mux.HandleFunc("POST /c/{token}", s.handle(s.confirm))
	mux.HandleFunc("GET /p/{token}", s.handle(s.askPreferences))
	mux.HandleFunc("POST /p/{token}", s.handle(s.setPreferences))
	mux.HandleFunc("GET /d/{token}", s.handle(s.askPerson(subscribers.PurposeData, pageData)))
	mux.HandleFunc("POST /d/{token}", s.handle(s.download))
	mux.HandleFunc("GET /e/{token}", s.handle(s.askPerson(subscribers.PurposeErase, pageErase)))
	mux.HandleFunc("POST /e/{token}", s.handle(s.erase))
	mux.HandleFunc("GET /healthz", s.health)
	if o.Pages != nil {
		s.archivePolicy, s.shelf = archivePolicy(o.Pages.Style()), newShelf()
		s.archiveRoutes(mux)
	}
	mux.HandleFunc("/", s.handle(s.nothing))
	return s.guard(s.harden(stripPrefix(strings.TrimRight(public.Path, "/"), mux))), nil
}

// stripPrefix looks for a page below the prefix first, and for one without it
// where there is none: a prefix may be a word that our paths begin with, too.
func stripPrefix(prefix string, mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path, below := strings.CutPrefix(r.URL.Path, prefix+"/"); prefix != "" && below {
			short := new(http.Request)
			*short = *r
			// How the prefix was escaped is no matter; nothing of ours needs escapes.
			short.URL = &url.URL{Path: "/" + path, RawQuery: r.URL.RawQuery}
			if _, pattern := mux.Handler(short); pattern != "/" {
				mux.ServeHTTP(w, short)
				return
			}
		}
		mux.ServeHTTP(w, r)
	})
}
