package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"digest.example/internal/subscribers"
)

// maxAddress is the length of the longest address, in bytes (RFC 5321, 4.5.3.1.3).
const maxAddress = 254

// All sign-ups together: more than this a second, once burst is used up, are
// asked to come back, so that a flood does not take the database from the mail.
const (
	signUpsPerSecond = 20
	signUpsBurst     = 200
)

var (
	// errLimited: too many sign-ups of one network.
	errLimited = errors.New("too many sign-ups")
	// errFlood: too many sign-ups of all networks together.
	errFlood = errors.New("a flood of sign-ups")
)

// subscribeForm is what subscribe.html shows.
type subscribeForm struct {
	Stamp   string
	Address string // as typed before
	Bad     bool   // Address is none
	Again   bool   // the button has to be pressed here
}

// askSubscribe shows the form.
func (s *site) askSubscribe(w http.ResponseWriter, r *http.Request) error {
	id, err := s.named(r)
	if err != nil {
		return err
	}
	return s.showSubscribe(w, r, http.StatusOK, id, subscribeForm{})
}

// named is the id of the newsletter that the request's path names.
func (s *site) named(r *http.Request) (string, error) {
	name := r.PathValue("newsletter")
	for id, n := range s.Newsletters {
		if n.Name == name && name != "" {
			return id, nil
		}
	}
	return "", errNoPage
}

func (s *site) showSubscribe(w http.ResponseWriter, r *http.Request, status int, id string, form subscribeForm) error {
	if form.Stamp == "" {
		form.Stamp = s.stamp(id)
	}
	data := s.about(id, "")
	data.Subscribe, data.Archive, data.Sender = &form, s.archiveFor(r, id), s.Newsletters[id].PostalAddress
	return s.render(w, r, status, pageSubscribe, data)
}

// subscribe takes a sign-up down. Nothing that it does or answers depends on
// what is known of the address; all of that is decided later, elsewhere.
func (s *site) subscribe(w http.ResponseWriter, r *http.Request) error {
	id, err := s.named(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	form := subscribeForm{Address: typed(r.PostFormValue("address")), Stamp: r.PostFormValue("stamp")}
	// A form on somebody else's page has no stamp, or one that its visitors must not
	// use (https://www.w3.org/TR/fetch-metadata/): it gets ours, filled in.
	how := s.judge(id, form.Stamp)
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		how = filledNever
	}
	switch how {
	case filledNever:
		form.Stamp, form.Again = "", true
		return s.showSubscribe(w, r, http.StatusOK, id, form)
	case filledFast:
		form.Again = true
		return s.showSubscribe(w, r, http.StatusOK, id, form)
	}
	if _, err := subscribers.ParseAddress(form.Address); err != nil {
		form.Bad = true
		return s.showSubscribe(w, r, http.StatusUnprocessableEntity, id, form)
	}
	network := s.network(r)
	if !s.limits.allow(network) {
		return errLimited
	}
	// Last, so that nobody can use it up alone.
	if !s.flood.AllowN(s.Now(), 1) {
		return errFlood
	}
	if r.PostFormValue("website") == "" { // only robots see that field
		if err := s.signUp(r.Context(), id, form.Address, network); err != nil {
			return err
		}
	}
	return s.render(w, r, http.StatusOK, pageSent, s.about(id, ""))
}

func (s *site) signUp(ctx context.Context, id, address string, from netip.Prefix) error {
	// A browser may be closed early; the person has pressed the button nevertheless.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	lang := s.spoken[id]
	wording, err := lang.Text("page_subscribe_wording", "Newsletter", s.Newsletters[id].Title)
	if err != nil {
		return fmt.Errorf("%w: %w", errPage, err)
	}
	return s.Subscriptions.SignUp(ctx, subscribers.SignUp{
		Newsletter: id, Address: address, Language: lang.Tag, Wording: wording, // as the form has it
		Evidence: "subscribe form, from " + from.Addr().String(), At: s.Now(),
	})
}

// archiveFor is where a newsletter's issues are, as seen from the pages of
// links; empty where there are none yet.
func (s *site) archiveFor(r *http.Request, id string) string {
	name := s.Newsletters[id].Name
	if s.Pages == nil || name == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if issues, err := s.Archive.ArchivedIssues(ctx, name, 0, 1); err != nil || len(issues) == 0 {
		return "" // the page is good without it
	}
	return "../archive/" + url.PathEscape(name) + "/"
}

// typed is what somebody entered as an address, as far as a page shows it again.
func typed(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxAddress || !utf8.ValidString(s) {
		return ""
	}
	return s
}

// embed shows the form as HTML for other pages. It needs no script and no
// stamp, since it leads to our form.
func (s *site) embed(w http.ResponseWriter, r *http.Request) error {
	id, err := s.named(r)
	if err != nil {
		return err
	}
	n := s.Newsletters[id]
	lang := s.spoken[id]
	escape := template.HTMLEscapeString
	data := s.about(id, "")
	data.Snippet = fmt.Sprintf(`<form action="%s" method="post" novalidate lang="%s" dir="%s">
<label for="digest-address">%s</label>
<input type="email" id="digest-address" name="address" autocomplete="email" maxlength="%d" required>
<button type="submit">%s</button>
</form>
`, escape(s.public+"/s/"+url.PathEscape(n.Name)), escape(lang.Tag), lang.Dir,
		escape(lang.Say("page_subscribe_address")), maxAddress, escape(lang.Say("subscribe")))
	return s.render(w, r, http.StatusOK, pageEmbed, data)
}
