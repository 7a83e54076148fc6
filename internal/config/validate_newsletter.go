package config

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (ps *Problems) checkNewsletters(ns []Newsletter) {
	if len(ns) == 0 {
		ps.add("newsletters", "empty: describe at least one newsletter")
	}
	names := map[string]int{}
	sites := map[string]Source{}
	for i, n := range ns {
		key := indexed("newsletters", i)
		ps.checkName(key+".name", n.Name)
		if first, taken := names[n.Name]; taken {
			ps.add(key+".name", "%q is the name of newsletters[%d] as well: choose another", n.Name, first)
		} else {
			names[n.Name] = i
		}
		ps.checkNewsletter(key, n)
		ps.checkSources(key+".sources", n.Sources, sites)
	}
}

func (ps *Problems) checkName(key, name string) {
	switch {
	case name == "":
		ps.add(key, "missing: give a short name of a-z, 0-9 and hyphens")
	case !namePattern.MatchString(name):
		ps.add(key, "%q is not a name: use a-z, 0-9 and hyphens, a letter or digit first, at most 40", name)
	}
}

func (ps *Problems) checkNewsletter(key string, n Newsletter) {
	ps.checkText(key+".title", n.Title, "the name that readers see")
	ps.checkText(key+".postal_address", n.PostalAddress, "mail to many must name a postal address")
	ps.checkText(key+".schedule", n.Schedule, `such as "0 9 * * SUN"`)
	ps.checkMailbox(key+".from", n.From, true)
	ps.checkMailbox(key+".reply_to", n.ReplyTo, false)
	ps.checkAddress(key+".envelope_from", n.EnvelopeFrom)
	ps.checkAddress(key+".unsubscribe_mailbox", n.UnsubscribeMailbox)
	if _, err := language.Parse(n.Language); err != nil || strings.Contains(n.Language, "_") {
		ps.add(key+".language", "%q is not a language tag, such as en, de or pt-BR", n.Language)
	}
	// The empty zone and Local are whatever the machine has, which may change.
	if _, err := time.LoadLocation(n.Timezone); err != nil || n.Timezone == "" || n.Timezone == "Local" {
		ps.add(key+".timezone", "%q is not a time zone, such as Europe/London or UTC", n.Timezone)
	}
	ps.checkRange(key+".articles.max", n.Articles.Max, 1, 100)
	ps.checkRange(key+".comments.per_article", n.Comments.PerArticle, 0, 10)
	ps.checkBar(key+".comments.bar", n.Comments.Bar)
	ps.checkBlocked(key+".comments.blocked_words", n.Comments.BlockedWords)
	ps.checkBlocked(key+".comments.blocked_authors", n.Comments.BlockedAuthors)
	ps.checkDuration(key+".articles.window", n.Articles.Window, true)
	ps.checkDuration(key+".comments.min_age", n.Comments.MinAge, false)
	ps.checkDuration(key+".catch_up", n.CatchUp, false)
	ps.checkDuration(key+".hold_max", n.HoldMax, true)
	if d := n.Delivery.InDoubt; d != InDoubtHold && d != InDoubtResend {
		ps.add(key+".delivery.in_doubt", "%q is not one of hold, resend", d)
	}
}

func (ps *Problems) checkText(key, s, what string) {
	switch {
	case strings.TrimSpace(s) == "":
		ps.add(key, "missing: %s", what)
	case hasControl(s):
		ps.add(key, "holds a line break or control character: write it on one line")
	case len(s) > 500:
		ps.add(key, "longer than 500 bytes: shorten it")
	}
}

func (ps *Problems) checkMailbox(key, s string, needed bool) {
	if s == "" {
		if needed {
			ps.add(key, "missing: give a mailbox such as The Example Weekly <digest@example.org>")
		}
		return
	}
	a, err := mail.ParseAddress(s)
	if err != nil || hasControl(s) || hasControl(a.Name) || !isBareAddress(a.Address) {
		ps.add(key, "%q is not a mailbox, such as The Example Weekly <digest@example.org>", s)
	}
}

func (ps *Problems) checkAddress(key, s string) {
	if s != "" && !isBareAddress(s) {
		ps.add(key, "%q is not a bare address, such as bounces@example.org", s)
	}
}

// isBareAddress takes what can stand in an SMTP envelope without SMTPUTF8: no
// name, brackets, quoting or letters beyond ASCII, and a host name after the @.
func isBareAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" || len(s) > 254 {
		return false
	}
	local, domain, _ := strings.Cut(s, "@")
	plain := !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
	return plain && len(local) <= 64 && isHost(domain)
}

func (ps *Problems) checkRange(key string, n, low, high int) {
	if n < low || n > high {
		ps.add(key, "%d is out of range: give %d to %d", n, low, high)
	}
}

// checkBar refuses what no comment could ever reach, and what is no number.
func (ps *Problems) checkBar(key string, bar float64) {
	if !(bar >= 0 && bar <= maxBar) {
		ps.add(key, "%g is out of range: give 0 for the usual bar, or up to %d", bar, maxBar)
	}
}

// maxBar is about the content score of the best comment there can be.
const maxBar = 3

// indexed is the key of an entry of a list.
func indexed(key string, i int) string { return fmt.Sprintf("%s[%d]", key, i) }

func (ps *Problems) checkBlocked(key string, list []string) {
	for i, s := range list {
		ps.checkText(indexed(key, i), s, "write a word, or leave the entry out")
	}
}

const maxDuration = Duration(3660 * day)

func (ps *Problems) checkDuration(key string, d Duration, positive bool) {
	switch {
	case d < 0, positive && d == 0:
		ps.add(key, "%s is no span of time: give one such as 24h or 7d", d)
	case d > maxDuration:
		ps.add(key, "%s is longer than ten years", d)
	}
}

// kinds are the kinds of site that there is a package for.
var kinds = []string{KindAuto, KindWordPress, KindFeed, KindSample}

func (ps *Problems) checkSources(key string, sources []Source, sites map[string]Source) {
	if len(sources) == 0 {
		ps.add(key, "empty: name at least one site to pull from")
	}
	here := map[string]bool{}
	for i, s := range sources {
		at := indexed(key, i)
		ps.checkName(at+".name", s.Name)
		if here[s.Name] {
			ps.add(at+".name", "%q is the name of another source of this newsletter: choose another", s.Name)
		}
		here[s.Name] = true
		if first, known := sites[s.Name]; known && (first.URL != s.URL || first.Kind != s.Kind) {
			ps.add(at+".name", "%q names another site in another newsletter: give both the same url and kind, or choose another name", s.Name)
		} else {
			sites[s.Name] = s
		}
		ps.checkSite(at, s)
	}
}

func (ps *Problems) checkSite(key string, s Source) {
	switch {
	case s.Kind == "":
		ps.add(key+".kind", "empty: leave it out, or give one of %s", strings.Join(kinds, ", "))
	case !slices.Contains(kinds, s.Kind):
		ps.add(key+".kind", "%q is not a kind of site that this version can read: give one of %s", s.Kind, strings.Join(kinds, ", "))
	}
	if s.URL == "" {
		if s.Kind != KindSample {
			ps.add(key+".url", "missing: give the site's address, such as https://blog.example.org")
		}
		return
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || hasControl(s.URL) {
		ps.add(key+".url", "%q is not the address of a site, such as https://blog.example.org", shownURL(s.URL))
	}
}
