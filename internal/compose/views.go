package compose

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/sanitize"
	"digest.example/internal/texts"
)

// Lengths in characters. A title or a name of a megabyte must not push
// everything else out of the mail.
const (
	maxTitle    = 250
	maxName     = 60
	shortTitle  = 40
	longCut     = 600 // an article's excerpt, and a comment
	shortCut    = 250 // an excerpt when the mail is too long
	maxLinks    = 5   // links of one comment that stay links
	holeKeySize = 32  // hex digits at the end of mail.HoleUnsubscribe
)

// views turns the nouns of an issue into what templates are given: cleaned,
// shortened, in the newsletter's zone and language.
type views struct {
	nl   digest.Newsletter
	date time.Time // the issue's, in the newsletter's zone
	lang *texts.Language
	hole string
	key  string             // the part of hole that makes it one
	used map[string]*target // by the words of links so far

	outside, comments sanitize.Attributes // the looks of strangers' markup
}

// target is what some words lead to, and the numbered words for all others that
// wanted the same.
type target struct {
	href string
	also map[string]string // words by address
}

func newViews(issue digest.Issue, nl digest.Newsletter, ids IDs, hole string, lang *texts.Language) *views {
	date := issue.Slot.At
	if date.IsZero() {
		date = ids.Date
	}
	v := &views{nl: nl, lang: lang, hole: hole, key: hole[len(hole)-holeKeySize:], used: map[string]*target{}}
	v.label(nil, lang.Say("unsubscribe"), hole)
	v.label(nil, lang.Say("view_in_browser"), viewURL(nl, issue.Number))
	v.date = v.local(date)
	v.outside, v.comments = foreign("12px", lang.Dir), foreign("6px", lang.Dir)
	return v
}

func (v *views) local(t time.Time) time.Time {
	if v.nl.Location == nil {
		return t.UTC()
	}
	return t.In(v.nl.Location)
}

// day leaves the year out where it is the issue's own.
func (v *views) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if t = v.local(t); t.Year() == v.date.Year() {
		return v.lang.Day(t)
	}
	return v.lang.DayYear(t)
}

// line is a clean line without what could be taken for the hole.
func (v *views) line(s string) string { return strings.ReplaceAll(sanitize.Line(s), v.key, "-") }

func (v *views) title(s string) string {
	if s = sanitize.Short(v.line(s), maxTitle); s == "" {
		return v.lang.Say("untitled")
	}
	return s
}

func (v *views) name(s string) string { return sanitize.Short(v.line(s), maxName) }

// label returns words, numbered where the link that they make already leads
// elsewhere in this mail: people who hear links read out one by one have nothing
// else to tell them apart by. whole is the sentence around the words; nil: there
// is none.
func (v *views) label(whole func(words string) string, words, href string) string {
	key := strings.ToLower(words)
	if whole != nil {
		key = strings.ToLower(whole(words))
	}
	first, taken := v.used[key]
	switch {
	case !taken:
		v.used[key] = &target{href: href}
		return words
	case first.href == href:
		return words
	case first.also[href] == "":
		if first.also == nil {
			first.also = map[string]string{}
		}
		numbered := words + " (" + v.lang.Number(len(first.also)+2) + ")"
		first.also[href] = v.label(whole, numbered, href)
	}
	return first.also[href]
}

// article is the view of a pick without its excerpt.
func (v *views) article(p digest.Pick) article {
	out := v.head(p)
	for _, c := range p.Comments {
		out.Comments = append(out.Comments, v.comment(c, out))
	}
	return out
}

// head is the view without what depends on the room there is: excerpt and
// comments.
func (v *views) head(p digest.Pick) article {
	a := p.Article
	out := article{
		Title: v.title(a.Title), URL: sanitize.Address(a.URL, nil), Author: v.name(a.Author.Name), Bio: sanitize.Short(v.line(a.Author.Bio), maxTitle),
		When: v.day(a.Published), Count: max(a.CommentCount, 0), Read: p.Read, Closed: a.CommentsClosed,
		Quiet: p.Read > 0 && len(p.Comments) == 0,
	}
	if spoken := v.label(nil, out.Title, out.URL); spoken != out.Title {
		out.Spoken = spoken
	}
	out.MetaText = joined(" · ", out.Author, out.When)
	if out.Count > 0 {
		out.MetaText = joined(" · ", out.MetaText, v.lang.Say("comments", out.Count))
	}
	if original := sanitize.Address(a.Original, nil); original != "" && original != out.URL {
		whole := func(host string) string { return v.lang.Say("original", "Host", host) }
		out.Original = &link{URL: original, Title: v.label(whole, sanitize.Host(original), original)}
	}
	out.thread = cmp.Or(sanitize.Address(a.CommentsURL, nil), out.URL)
	if out.Count > 0 && out.thread != "" {
		whole := func(title string) string { return v.lang.Say("all_comments", out.Count, "Title", title) }
		out.All = &link{URL: out.thread, Title: v.label(whole, sanitize.Short(out.Title, shortTitle), out.thread)}
	}
	return out
}

func (v *views) comment(p digest.CommentPick, a article) comment {
	c := p.Comment
	out := comment{
		Bar: "bar-" + v.lang.Dir, Name: v.name(c.Author.Name), ByAuthor: c.ByArticleAuthor,
		Answers: v.name(p.Answers), Votes: v.votes(c.Votes),
	}
	if out.Name == "" {
		out.Name = v.lang.Say("anonymous")
	}
	address := sanitize.Address(c.URL, nil)
	if address != "" {
		words := v.day(c.Published)
		if words == "" {
			words = v.lang.Say("link")
		}
		title := v.lang.Say("comment_link", "Words", words, "Name", out.Name, "Title", sanitize.Short(a.Title, shortTitle))
		out.Link = &link{URL: address, Words: words, Title: v.label(nil, title, address)}
	}
	v.body(&out, c, a.URL, cmp.Or(address, a.thread))
	out.HeadText = v.commentHead(out)
	return out
}

// body cuts the comment at a sentence and makes its links short and few.
func (v *views) body(out *comment, c digest.Comment, articleURL, address string) {
	doc, more := sanitize.Parse(c.HTML, base(cmp.Or(c.URL, articleURL))).Cut(longCut)
	if more && address != "" {
		whole := func(name string) string { return v.lang.Say("rest", "Name", name) }
		out.Rest = &link{URL: address, Title: v.label(whole, out.Name, address)}
	}
	links := 0
	doc = doc.MapLinks(func(words, href string) (string, string) {
		links++
		if links > maxLinks {
			return words, ""
		}
		return v.label(nil, linkWords(words, href), href), href
	})
	out.Body = doc.HTML(v.comments)
	out.BodyText = doc.Text()
	out.Links = doc.Links()
}

func base(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil || !u.IsAbs() {
		return nil
	}
	return u
}
