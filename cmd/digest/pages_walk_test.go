package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"digest.example/internal/browsertest"
	"digest.example/internal/texts"
)

// walker is somebody with a browser who goes through all pages.
type walker struct {
	*host
	tab        *browsertest.Tab
	name       string
	newsletter string
	address    string
	network    string
	lang       *texts.Language
	axe        string
	look       browsertest.Look
	opened     map[string]bool // templates of which a page was seen
}

// walkers between them see every page light and dark, in both directions, wide
// and narrow, with scripts and without.
var walkers = []walker{
	{name: "light", newsletter: "weekly", look: browsertest.Look{Width: 1280, Scripts: true}},
	{name: "dark", newsletter: "weekly", look: browsertest.Look{Width: 375, Dark: true}},
	{name: "arabic", newsletter: "port", look: browsertest.Look{Width: 375}},
	{name: "arabic-dark", newsletter: "port", look: browsertest.Look{Width: 1280, Dark: true, Scripts: true}},
}

// TestPagesInABrowser has readers subscribe, confirm, choose and leave in Chromium,
// by the links of mails that came through SMTP, and looks in the database for what
// each step did. In the end each of them has seen every page that there is.
func TestPagesInABrowser(t *testing.T) {
	h, browser := install(t), browsertest.Start(t)
	own, names := ownTemplates(t)
	h.environ = append(h.environ, "DIGEST_TEMPLATES="+own)
	t.Cleanup(h.serve())
	opened := make([]map[string]bool, len(walkers))
	for i := range opened {
		opened[i] = map[string]bool{}
	}
	axe := browser.Axe()
	catalog, err := texts.New()
	if err != nil {
		t.Fatal(err)
	}
	phase := func(name string, do func(walker)) {
		t.Run(name, func(t *testing.T) {
			for i, w := range walkers {
				t.Run(w.name, func(t *testing.T) {
					t.Parallel()
					w.lang = catalog.For(map[string]string{"weekly": "en", "port": "ar"}[w.newsletter])
					w.network, w.address = fmt.Sprintf("198.51.100.%d", i+1), w.name+"@example.org"
					w.look.Language, w.look.Forwarded = w.lang.Tag, w.network
					at := *h
					at.TB, w.axe, w.opened = t, axe, opened[i]
					w.host, w.tab = &at, browser.Tab(t, w.look)
					do(w)
					for _, trouble := range w.tab.Troubles(h.pages) {
						t.Error(trouble)
					}
				})
			}
		})
	}
	phase("subscribe", walker.subscribe)
	if t.Failed() {
		return
	}
	h.send("weekly")
	h.send("port")
	phase("choose", walker.choose)
	release := h.full()
	phase("wait", walker.wait)
	release()
	phase("leave", walker.leave)
	phase("read", walker.read)
	if t.Failed() {
		return
	}
	for i, w := range walkers {
		if missed := unopened(names, opened[i]); len(missed) > 0 {
			t.Errorf("%s has seen no page of %q", w.name, missed)
		}
	}
}

// sees wants the page of that heading, that status, and nothing wrong with it.
func (w walker) sees(status, want int, heading string) {
	w.Helper()
	w.shows(status, want, w.lang.Say(heading))
	var tag, dir string
	w.tab.Eval(`document.documentElement.lang`, &tag)
	w.tab.Eval(`getComputedStyle(document.body).direction`, &dir)
	if tag != w.lang.Tag || dir != w.lang.Dir {
		w.Errorf("%s is in %q, %s", heading, tag, dir)
	}
}

func (w walker) shows(status, want int, heading string) {
	w.Helper()
	if got := w.tab.Text("h1"); status != want || got != heading {
		w.Fatalf("status %d and %q, not %d and %q", status, got, want, heading)
	}
	if wider := w.tab.Overflow(); wider > 0 {
		w.Errorf("%s is %d pixels wider than the screen", heading, wider)
	}
	for _, barrier := range w.tab.Barriers(w.axe) {
		w.Errorf("%s: %s", heading, barrier)
	}
	w.notes()
}

// focused wants the element of an id to have the focus, where somebody who hears the
// page goes on.
func (w walker) focused(id string) {
	w.Helper()
	w.await("the focus on "+id, func() bool {
		var on string
		w.tab.Eval(`document.activeElement.id`, &on)
		return on == id
	})
}

// state wants a subscription in a state, and returns it.
func (w walker) state(want string, mailed, paused bool) {
	w.Helper()
	p := w.person(w.address)
	if len(p.Subscriptions) != 1 {
		w.Fatalf("there are %d subscriptions", len(p.Subscriptions))
	}
	s := p.Subscriptions[0]
	if s.Newsletter != w.newsletter || s.State != want || s.Mailed != mailed ||
		want == "active" && s.PausedUntil.IsZero() == paused {
		w.Errorf("the subscription is %+v; want %s, mailed %t, paused %t", s, want, mailed, paused)
	}
}

// submit presses the button until the form has been open for as long as people need.
func (w walker) submit() int {
	w.Helper()
	again := w.lang.Say("page_subscribe_again")
	for {
		status := w.tab.Press("form button")
		if !strings.Contains(w.tab.Text("main"), again) {
			return status
		}
	}
}

func (w walker) subscribe() {
	form := w.pages + "/s/" + w.newsletter
	w.sees(w.tab.Open(form), http.StatusOK, "subscribe")
	w.tab.Type("#address", "no address")
	w.tab.Eval(`document.forms[0].stamp.value = ""`, nil) // as on somebody else's page
	w.sees(w.tab.Press("form button"), http.StatusOK, "subscribe")
	w.sees(w.submit(), http.StatusUnprocessableEntity, "subscribe")
	w.focused("address")
	var stamp string
	w.tab.Eval(`document.forms[0].stamp.value`, &stamp)
	w.tab.Type("#address", w.address)
	w.sees(w.submit(), http.StatusOK, "page_sent_title")

	link := w.link(w.address, "/c/")
	w.state("pending", false, false)
	w.sees(w.tab.Open(link), http.StatusOK, "page_confirm_title")
	w.state("pending", false, false)
	w.sees(w.tab.Press("form button"), http.StatusOK, "page_welcome_title")
	w.state("active", true, false)
	w.sees(w.tab.Open(link), http.StatusOK, "page_already_title")

	// Whoever else signs up from there is asked to come back.
	for i := range 4 {
		w.post(form, http.StatusOK, url.Values{"stamp": {stamp}, "address": {fmt.Sprintf("%s-%d@example.org", w.name, i)}})
	}
	w.tab.Open(form)
	w.tab.Type("#address", "more@example.org")
	w.sees(w.submit(), http.StatusTooManyRequests, "page_limited_title")
}

// post posts a form as this walker's network does.
func (w walker) post(address string, want int, form url.Values) {
	w.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Content-Type", urlencoded)
	req.Header.Set("X-Forwarded-For", w.network)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != want {
		w.Fatalf("POST %s: %s, %v", address, resp.Status, err)
	}
}

func (w walker) choose() {
	preferences := w.link(w.address, "/p/")
	w.sees(w.tab.Open(preferences), http.StatusOK, "preferences")
	w.sees(w.tab.Press("button[value=pause]"), http.StatusOK, "preferences")
	w.focused("done")
	w.state("active", false, true)
	w.sees(w.tab.Press("button[value=resume]"), http.StatusOK, "preferences")
	w.state("active", true, false)

	w.sees(w.tab.Press("button[value=data]"), http.StatusOK, "page_sent_title")
	data := w.link(w.address, "/d/")
	w.sees(w.tab.Open(data), http.StatusOK, "page_data_title")
	if file := w.tab.Download("form button"); !bytes.Contains(file, []byte(`"`+w.address+`"`)) {
		w.Errorf("the file about %s is %s", w.address, file)
	}
	w.sees(w.tab.Open(data), http.StatusGone, "page_expired_title")
	if text := w.tab.Text("main"); !strings.Contains(text, w.lang.Say("preferences")) || w.tab.Text("main a") != "" {
		w.Errorf("where to ask for another link is not in %q", text)
	}

	w.tab.Open(preferences)
	w.tab.Click("#plain")
	w.tab.Choose("#language", "Deutsch")
	w.tab.Press("button[value=save]")
	if p := w.person(w.address); !p.Subscriptions[0].Plain || p.Language != "de" {
		w.Errorf("plain text and German are not taken: %+v", p)
	}
	if got := w.tab.Text("h1"); got == w.lang.Say("preferences") {
		w.Errorf("the page still says %q", got)
	}
	w.tab.Choose("#language", w.lang.Say("language_name"))
	w.sees(w.tab.Press("button[value=save]"), http.StatusOK, "preferences")
}

// wait is what a reader can do while the disk is full: see what is there.
func (w walker) wait() {
	w.sees(w.tab.Open(w.link(w.address, "/p/")), http.StatusOK, "preferences")
	w.sees(w.tab.Press("button[value=pause]"), http.StatusServiceUnavailable, "page_unavailable_title")
	w.state("active", true, false)
}

func (w walker) leave() {
	unsubscribe, preferences := w.link(w.address, "/u/"), w.link(w.address, "/p/")
	w.sees(w.tab.Open(unsubscribe), http.StatusOK, "unsubscribe")
	w.tab.Eval(`document.querySelector("#until").max = document.querySelector("#until").value = "2999-01-01"`, nil)
	w.sees(w.tab.Press("button[value=pause]"), http.StatusUnprocessableEntity, "unsubscribe")
	w.focused("until")
	w.state("active", true, false)
	w.sees(w.tab.Press("button[value=pause]"), http.StatusOK, "page_paused_title")
	w.state("active", false, true)
	w.tab.Open(unsubscribe)
	w.sees(w.tab.Press("form button"), http.StatusOK, "page_stopped_title")
	w.state("unsubscribed", false, false)
	w.tab.Open(unsubscribe)
	w.sees(w.tab.Press("button[value=pause]"), http.StatusOK, "page_stopped_title")
	if got := w.tab.Text("main a"); got != w.lang.Say("subscribe") {
		w.Errorf("who has left is offered %q", got)
	}
	for range 27 { // three were used before
		w.post(unsubscribe, http.StatusUnprocessableEntity, url.Values{"do": {"pause"}, "until": {"soon"}})
	}
	w.tab.Open(unsubscribe)
	w.sees(w.tab.Press("button[value=pause]"), http.StatusTooManyRequests, "page_limited_title")
	w.sees(w.tab.Open(preferences), http.StatusOK, "preferences")

	w.sees(w.tab.Press("button[value=erase]"), http.StatusOK, "page_sent_title")
	erase := w.link(w.address, "/e/")
	w.sees(w.tab.Open(erase), http.StatusOK, "page_erase_title")
	w.sees(w.tab.Press("form button"), http.StatusOK, "page_erased_title")
	if p := w.person(w.address); len(p.Subscriptions) != 0 || len(p.Suppressions) != 1 || p.Suppressions[0].Reason != "erased" {
		w.Errorf("after erasing there is %+v", p)
	}
	w.sees(w.tab.Open(preferences), http.StatusNotFound, "page_badlink_title")
	w.sees(w.tab.Open(erase), http.StatusOK, "page_erased_title")
}

// read looks at the pages that need no link of a mail.
func (w walker) read() {
	w.sees(w.tab.Open(w.pages+"/u/none"), http.StatusNotFound, "page_badlink_title")
	w.sees(w.tab.Open(w.pages+"/none"), http.StatusNotFound, "page_notfound_title")
	w.tab.Open(w.pages + "/s/" + w.newsletter)
	w.tab.Type("#address", "me")
	w.tab.Eval(`document.forms[0].stamp.value = ""`, nil)
	w.sees(w.tab.Press("form button"), http.StatusInternalServerError, "page_failed_title")
	w.sees(w.tab.Open(w.pages+"/s/"+w.newsletter+"/embed"), http.StatusOK, "page_embed_title")
	title := map[string]string{"weekly": "The Harbour Weekly", "port": "نشرة الميناء"}[w.newsletter]
	w.tab.Open(w.pages + "/archive/")
	w.shows(http.StatusOK, http.StatusOK, w.tab.Text("h1"))
	w.shows(w.tab.Open(w.pages+"/archive/"+w.newsletter+"/"), http.StatusOK, title)
	w.shows(w.tab.Press(".issues a"), http.StatusOK, title)
}
