package store

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/compose"
	"digest.example/internal/digest"
	"digest.example/internal/subscribers"
	"digest.example/internal/web"
	"digest.example/templates"
)

// readersPages are the pages over a world's store, as the program serves them, at a
// clock of their own.
type readersPages struct {
	http.Handler
	keys *subscribers.Keys
	now  time.Time
	log  bytes.Buffer
}

func (w *world) pages(newsletter string) *readersPages {
	w.Helper()
	p := &readersPages{now: noon}
	clock := func() time.Time { return p.now }
	var err error
	p.keys, err = subscribers.NewKeys(bytes.Repeat([]byte{7}, 32))
	w.must(err)
	files, err := fs.Sub(templates.Files, "web")
	w.must(err)
	archive, err := compose.NewArchive(templates.Files)
	w.must(err)
	p.Handler, err = web.New(web.Options{
		PublicURL: "https://news.example", Templates: files,
		Newsletters:   map[string]web.Newsletter{newsletter: {Name: "weekly", Title: "The Harbour Weekly", Language: "en", Location: time.UTC}},
		Subscriptions: subscribers.NewList(subscribers.Options{Store: w.Store, Keys: p.keys, Now: clock, Random: rand.Reader}),
		Database:      w.Store, Archive: w.Store, Pages: archive, FormKey: []byte("key"), Now: clock,
		Log: slog.New(slog.NewTextHandler(&p.log, nil)),
	})
	w.must(err)
	return p
}

// ask returns the whole answer to a request of the nth reader's network.
func (p *readersPages) ask(method, path string, n int, form url.Values) string {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = fmt.Sprintf("198.51.100.%d:80", 10+n)
	rec := httptest.NewRecorder()
	p.ServeHTTP(rec, r)
	body, _ := io.ReadAll(rec.Result().Body)
	return fmt.Sprint(rec.Code, rec.Result().Header, string(body))
}

var stampField = regexp.MustCompile(`name="stamp" value="([^"]+)"`)

// stamped is a form that was open long enough.
func (p *readersPages) stamped() string {
	defer func() { p.now = p.now.Add(time.Minute) }()
	return stampField.FindStringSubmatch(p.ask(http.MethodGet, "/s/weekly", 0, nil))[1]
}

// standings are all that an address can be on a list, by the number of a person.
var standings = []string{"new", "pending", "active", "unsubscribed", "bounced", "complained", "suppressed", "erased", "on another list"}

// standing is a person whose id a token can carry.
func standing(n int) subscribers.Subscriber {
	p := person(n)
	p.ID = strings.Repeat("a", 15) + string(rune('b'+n))
	return p
}

// everyStanding makes a person of each.
func (w *world) everyStanding(newsletter string) {
	w.Helper()
	other := w.newsletter("monthly")
	for n, is := range standings {
		p, list := standing(n), newsletter
		if is == "new" {
			continue
		}
		if is == "on another list" {
			list = other
		}
		_, err := w.Enrol(w.ctx, list, []subscribers.Subscriber{p}, subscribers.Consent{State: subscribers.Active, Since: noon},
			subscribers.Event{At: noon, To: subscribers.Active, Actor: subscribers.Operator})
		w.must(err)
		switch is {
		case "on another list":
		case "erased":
			w.must(w.ErasePerson(w.ctx, p.ID, subscribers.Suppression{Hash: p.Hash, Reason: subscribers.ReasonErased, At: noon}))
		case "suppressed":
			w.exec(`INSERT INTO suppression VALUES ($1, '', 'bounced', '', '', 0)`, p.Hash)
		default:
			w.exec(`UPDATE consent SET state = $1 WHERE subscriber = $2`, is, p.ID)
		}
	}
}

// Who asks to be subscribed learns nothing of who is: neither by the answer, nor by
// what is done before it.
func testSignUpsAreAlike(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.everyStanding(newsletter)
	p := w.pages(newsletter)
	stamp := p.stamped()
	trace := w.traced()
	type outcome struct {
		Answer     string
		Statements []string
	}
	var first outcome
	for n, is := range standings {
		for range 2 { // once more while the first waits
			var got outcome
			got.Statements = trace.during(func() {
				got.Answer = p.ask(http.MethodPost, "/s/weekly", n, url.Values{"stamp": {stamp}, "address": {standing(n).Address}})
			})
			if first.Answer == "" {
				first = got
			}
			if d := cmp.Diff(first, got); d != "" {
				t.Errorf("an address that is %s:\n%s", is, d)
			}
		}
	}
	if s := first.Statements; len(s) != 2 || s[0] != "BEGIN" || !strings.HasPrefix(s[1], "INSERT INTO intake ") || !strings.HasPrefix(first.Answer, "200") {
		t.Errorf("%q, answered %.3s", s, first.Answer)
	}
	if n := w.query(`SELECT COUNT(*) FROM intake`); n != fmt.Sprint(2*len(standings)) || p.log.Len() > 0 {
		t.Errorf("%s were taken down; log: %s", n, p.log.String())
	}
}

// A mail that was forwarded tells its holder nothing by the link to unsubscribe, of
// whoever it is; and opening it asks the database nothing.
func testLinksAreAlike(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.everyStanding(newsletter)
	p := w.pages(newsletter)
	trace := w.traced()
	first := map[string]string{}
	for n, is := range standings {
		token, err := p.keys.Token(subscribers.PurposeUnsubscribe, standing(n).ID, newsletter)
		w.must(err)
		for i, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPost} {
			var answer string
			asked := trace.during(func() {
				answer = p.ask(method, "/u/"+token, n, url.Values{"List-Unsubscribe": {"One-Click"}})
			})
			if first[method] == "" {
				first[method] = answer
			}
			if answer != first[method] || !strings.HasPrefix(answer, "200") {
				t.Errorf("%s by the link of who is %s:\n%s", method, is, cmp.Diff(first[method], answer))
			}
			if method != http.MethodPost && len(asked) > 0 {
				t.Errorf("%s by the link of who is %s asks the database %q", method, is, asked)
			}
			if i == 3 && slices.Contains(asked, "BEGIN") {
				t.Errorf("once more by the link of who was %s begins to change something: %q", is, asked)
			}
		}
		if c, err := w.Consent(w.ctx, standing(n).ID, newsletter); err == nil && (c.State == subscribers.Active || c.State == subscribers.Pending) {
			t.Errorf("who was %s is still %s, %v", is, c.State, err)
		}
	}
	if p.log.Len() > 0 {
		t.Errorf("log: %s", p.log.String())
	}
}

// Asked for by the link to the preferences, a letter costs the same whether or not
// one will be written.
func testLettersToOneselfAreAlike(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.everyStanding(newsletter)
	p := w.pages(newsletter)
	trace := w.traced()
	for _, do := range []digest.LetterKind{digest.LetterData, digest.LetterErase} {
		var first []string
		for range 3 {
			token, err := p.keys.Token(subscribers.PurposePreferences, standing(2).ID, newsletter)
			w.must(err)
			asked := trace.during(func() {
				if a := p.ask(http.MethodPost, "/p/"+token, 2, url.Values{"do": {string(do)}}); !strings.HasPrefix(a, "200") {
					t.Error(a)
				}
			})
			if first == nil {
				first = asked
			}
			if d := cmp.Diff(first, asked); d != "" {
				t.Errorf("%s: %s", do, d)
			}
			w.settle(do, p.now, true)
		}
	}
}
