package publish

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/library"
)

// Archive is the part of a store that redacting needs.
type Archive interface {
	// Mentions calls f for the articles of the library whose own content holds
	// the string, without comments, and for the comments that hold it, each
	// within an article of which only the ids are known.
	Mentions(ctx context.Context, what string, f func(digest.Article) error) error
	// MentioningIssues are the frozen issues whose content holds the string.
	MentioningIssues(ctx context.Context, what string) ([]digest.IssueRecord, error)
	Content(ctx context.Context, id string) (digest.Issue, error)
	// Redactions are all that there were.
	Redactions(ctx context.Context) ([]digest.Redaction, error)
	// Redact takes items out of the library for good, and has edit, which
	// returns how many places it changed, take them out of the content of issues.
	// The stored messages of all issues that were ever changed so are dropped as
	// soon as nobody is to get one any more. It can be repeated.
	Redact(ctx context.Context, all []digest.Redaction, issues []string, edit func(*digest.Issue) int, now time.Time) (digest.Redacted, error)
}

// FindRedaction finds what an operator means by the address or the id of an
// article or a comment, in the library and in issues, or in one issue only where
// its ID is given. One address may stand for the same words from several
// sources; an id that is several things is digest.ErrUsage.
func FindRedaction(ctx context.Context, s Archive, what, issue string) ([]digest.Redaction, error) {
	f := finder{what: what, found: map[digest.Item]digest.Redaction{}}
	needle := what
	if link := library.Link(what); link != "" {
		needle, _, _ = strings.Cut(link, "/") // addresses of one page are written in many ways
	}
	issues, err := s.MentioningIssues(ctx, needle)
	if err != nil {
		return nil, err
	}
	for _, r := range issues {
		if issue != "" && r.ID != issue {
			continue
		}
		content, err := s.Content(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		f.issue(content)
	}
	if issue == "" {
		err := s.Mentions(ctx, needle, func(a digest.Article) error { f.article(a); return nil })
		if err != nil {
			return nil, err
		}
		before, err := s.Redactions(ctx)
		if err != nil {
			return nil, err
		}
		f.before(before)
	}
	return f.only()
}

// finder collects what an address or an id may mean.
type finder struct {
	what  string
	found map[digest.Item]digest.Redaction
}

// offer takes a candidate if it is one.
func (f *finder) offer(r digest.Redaction) {
	id := r.Article
	if r.Comment != "" {
		id = r.Comment
	}
	if id != f.what && !library.SamePlace(r.URL, f.what, r.Comment != "") {
		return
	}
	if have, ok := f.found[r.Item()]; ok && have.URL != "" {
		return
	}
	f.found[r.Item()] = r
}

func (f *finder) article(a digest.Article) {
	if a.URL != "" {
		f.offer(digest.Redaction{Source: a.Source, Article: a.ID, URL: a.URL})
	}
	for _, c := range a.Comments {
		f.offer(digest.Redaction{Source: c.Source, Article: c.Article, Comment: c.ID, URL: c.URL})
	}
}

func (f *finder) issue(i digest.Issue) {
	for _, p := range slices.Concat(i.Lead, i.More, i.Discussed) {
		a := p.Article
		a.Comments = nil
		for _, c := range slices.Concat(p.Comments, p.Reserves) {
			a.Comments = append(a.Comments, c.Comment)
		}
		f.article(a)
	}
	for _, o := range i.Left {
		f.offer(digest.Redaction{Source: o.Source, Article: o.Article, Comment: o.Comment, URL: o.URL})
	}
}

// before offers what was redacted already, of which only a fingerprint is left.
func (f *finder) before(all []digest.Redaction) {
	for _, r := range all {
		wanted := digest.Redaction{Comment: r.Comment, URL: f.what}
		if mark := library.Fingerprint(wanted); mark != "" && mark == r.Fingerprint && f.pointed(r) {
			r.URL = f.what
		}
		f.offer(r)
	}
}

// pointed says whether the address can be the redaction's: that of a comment is
// not its article's.
func (f *finder) pointed(r digest.Redaction) bool {
	return r.Comment != "" || !strings.Contains(f.what, "#")
}

// only is what was found if it is one thing, as told by one or several sources.
func (f *finder) only() ([]digest.Redaction, error) {
	var all []digest.Redaction
	for _, r := range f.found {
		// Some sources give all comments the address of their article.
		if _, there := f.found[digest.Item{Source: r.Source, Article: r.Article}]; there && r.Comment != "" && r.Comment != f.what {
			continue
		}
		r.Fingerprint = library.Fingerprint(r)
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b digest.Redaction) int {
		return strings.Compare(a.Source+"\x00"+a.Article+"\x00"+a.Comment, b.Source+"\x00"+b.Article+"\x00"+b.Comment)
	})
	switch {
	case len(all) == 0:
		return nil, fmt.Errorf("%w: neither the library nor an issue holds an article or a comment %s", digest.ErrNotFound, f.what)
	case f.ambiguous(all):
		names := make([]string, len(all))
		for i, r := range all {
			names[i] = r.String()
		}
		return nil, fmt.Errorf("%w: %s is several things: %s. Give its own address, or say --issue",
			digest.ErrUsage, f.what, strings.Join(names, "; "))
	}
	return all, nil
}

// ambiguous says whether the findings are not one thing: an id says nothing
// across sources, and an address nothing within one.
func (f *finder) ambiguous(all []digest.Redaction) bool {
	sources := map[string]bool{}
	for _, r := range all {
		if sources[r.Source] || (r.Comment == "") != (all[0].Comment == "") || len(all) > 1 && library.Link(f.what) == "" {
			return true
		}
		sources[r.Source] = true
	}
	return false
}

// Redact takes what FindRedaction found out of the library and out of all
// issues. With dry it only says what it would do.
func Redact(ctx context.Context, s Archive, all []digest.Redaction, dry bool, now time.Time) (digest.Redacted, error) {
	ids := map[string]digest.IssueRecord{}
	for _, r := range all {
		issues, err := s.MentioningIssues(ctx, r.Article)
		if err != nil {
			return digest.Redacted{}, err
		}
		for _, i := range issues {
			ids[i.ID] = i
		}
	}
	if dry {
		return wouldRedact(ctx, s, all, ids)
	}
	var order []string
	for id := range ids {
		order = append(order, id)
	}
	slices.Sort(order)
	done, err := s.Redact(ctx, all, order, func(i *digest.Issue) int { return strike(i, all) }, now)
	if err != nil {
		return done, fmt.Errorf("take out %v: %w", all[0], err)
	}
	return done, nil
}

func wouldRedact(ctx context.Context, s Archive, all []digest.Redaction, issues map[string]digest.IssueRecord) (digest.Redacted, error) {
	would := digest.Redacted{Issues: []digest.RedactedIssue{}}
	for _, i := range issues {
		content, err := s.Content(ctx, i.ID)
		if err != nil {
			return would, err
		}
		if n := strike(&content, all); n > 0 {
			would.Issues = append(would.Issues, digest.RedactedIssue{
				Name: i.Name(), State: i.State, Places: n, Message: i.State.Ended(), Waits: !i.State.Ended(),
			})
		}
	}
	slices.SortFunc(would.Issues, func(a, b digest.RedactedIssue) int { return strings.Compare(a.Name, b.Name) })
	for _, r := range all {
		err := s.Mentions(ctx, r.Article, func(a digest.Article) error {
			switch {
			case a.Source != r.Source || a.ID != r.Article:
			case len(a.Comments) == 0 && r.Comment == "":
				would.Articles++
			case len(a.Comments) > 0 && (r.Comment == "" || r.Comment == a.Comments[0].ID):
				would.Comments++
			}
			return nil
		})
		if err != nil {
			return would, err
		}
	}
	return would, nil
}

// strike takes the words out of an issue's content, and returns from how many
// places. Of an article the ids stay, since its page says that something is
// gone; a comment leaves no trace, and nobody is shown to answer it any more.
func strike(i *digest.Issue, all []digest.Redaction) int {
	n := 0
	for _, r := range all {
		for _, picks := range [][]digest.Pick{i.Lead, i.More, i.Discussed} {
			for k := range picks {
				if picks[k].Article.Source == r.Source && picks[k].Article.ID == r.Article {
					n += strikePick(&picks[k], r)
				}
			}
		}
		left := len(i.Left)
		i.Left = slices.DeleteFunc(i.Left, func(o digest.Omission) bool {
			return o.Source == r.Source && o.Article == r.Article && (r.Comment == "" || o.Comment == r.Comment)
		})
		n += left - len(i.Left)
	}
	return n
}

func strikePick(p *digest.Pick, r digest.Redaction) int {
	if r.Comment == "" {
		if p.Article.Redacted {
			return 0
		}
		n := 1 + len(p.Comments) + len(p.Reserves)
		*p = digest.Pick{Article: digest.Article{
			Source: r.Source, ID: r.Article, Published: p.Article.Published, Redacted: true,
		}}
		return n
	}
	n := 0
	for _, list := range []*[]digest.CommentPick{&p.Comments, &p.Reserves} {
		before := len(*list)
		*list = slices.DeleteFunc(*list, func(c digest.CommentPick) bool { return c.Comment.ID == r.Comment })
		n += before - len(*list)
		for k := range *list {
			if c := &(*list)[k]; c.Comment.Parent == r.Comment && c.Answers != "" {
				c.Answers = ""
				n++
			}
		}
	}
	return n
}
