package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/sanitize"
	"digest.example/internal/store"
)

func (a *app) explainCommand() *cobra.Command {
	var newsletter string
	var now bool
	c := &cobra.Command{
		Use:   "explain [ISSUE] [ARTICLE|COMMENT]",
		Short: "Say what an issue prints, what it leaves out, and why",
		Long: `Say what an issue prints and why, and what it leaves out. Without an issue, or with
--now: the one that would be made now. + is printed, ~ replaces a comment that
disappears, - is left out. With the address or id of an article or a comment: of that
one alone.`,
		Example: `  digest explain weekly/47
  digest explain weekly/47 https://blog.example.org/the-tide-mill-turns-again/
  digest explain --now 101-6`,
		RunE: func(c *cobra.Command, args []string) error {
			issue, item, err := explainArgs(args, now)
			if err != nil {
				return err
			}
			return a.explain(c.Context(), newsletter, issue, item)
		},
	}
	c.Flags().StringVar(&newsletter, "newsletter", "", "which newsletter, where there are several")
	c.Flags().BoolVar(&now, "now", false, "the issue that would be made now")
	return c
}

// explainArgs tells the name of an issue from what is asked of it.
func explainArgs(args []string, now bool) (issue, item string, err error) {
	rest := args
	if len(rest) > 0 {
		if _, _, err := digest.ParseIssueName(rest[0]); err == nil {
			issue, rest = rest[0], rest[1:]
		}
	}
	switch {
	case issue != "" && now:
		return "", "", fmt.Errorf("%w: explain takes an issue or --now, not both", digest.ErrUsage)
	case len(rest) > 1:
		return "", "", fmt.Errorf("%w: explain takes an issue, like weekly/47, and one article or comment at most, not %q", digest.ErrUsage, args)
	case len(rest) == 1:
		item = rest[0]
	}
	return issue, item, nil
}

func (a *app) explain(ctx context.Context, newsletter, issue, item string) (err error) {
	newsletters, err := a.load()
	if err != nil {
		return err
	}
	s, p, err := a.viewer(ctx, newsletters)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	content, err := contentOf(ctx, s, p, newsletters, newsletter, issue)
	if err != nil {
		return err
	}
	if item != "" {
		if content = only(content, item); content.Empty() && len(content.Left) == 0 {
			return fmt.Errorf("%w: the issue neither prints %s nor left it out; digest explain without it lists the ids",
				digest.ErrNotFound, item)
		}
	}
	return a.print(content, func(w io.Writer) { explainTo(w, content) })
}

// only is what an issue says of one article, with its comments, or of one
// comment, named by address or id.
func only(i digest.Issue, item string) digest.Issue {
	picks := func(all []digest.Pick) []digest.Pick {
		var some []digest.Pick
		for _, p := range all {
			if item == p.Article.URL || item == p.Article.ID {
				some = append(some, p)
				continue
			}
			other := func(c digest.CommentPick) bool { return item != c.Comment.URL && item != c.Comment.ID }
			p.Comments = slices.DeleteFunc(slices.Clone(p.Comments), other)
			p.Reserves = slices.DeleteFunc(slices.Clone(p.Reserves), other)
			lost := slices.ContainsFunc(i.Left, func(o digest.Omission) bool {
				return o.Article == p.Article.ID && o.Source == p.Article.Source && (item == o.Comment || item == o.URL)
			})
			if lost || len(p.Comments)+len(p.Reserves) > 0 {
				some = append(some, p)
			}
		}
		return some
	}
	whole := i.Left
	i.Left = nil
	for _, o := range whole {
		article := slices.ContainsFunc(slices.Concat(i.Lead, i.Discussed), func(p digest.Pick) bool {
			return p.Article.Source == o.Source && p.Article.ID == o.Article && (item == p.Article.URL || item == p.Article.ID)
		})
		if article || item == o.URL || item == o.Comment || (o.Comment == "" && item == o.Article) {
			i.Left = append(i.Left, o)
		}
	}
	i.Lead, i.More, i.Discussed = picks(i.Lead), picks(i.More), picks(i.Discussed)
	return i
}

func contentOf(ctx context.Context, s *store.Store, p *publish.Publisher, newsletters []publish.Newsletter, newsletter, issue string) (digest.Issue, error) {
	if issue == "" {
		n, err := pick(newsletters, newsletter)
		if err != nil {
			return digest.Issue{}, err
		}
		v, err := p.Preview(ctx, n)
		return v.Issue, err
	}
	r, err := issueNamed(ctx, s, issue)
	if err != nil {
		return digest.Issue{}, err
	}
	if r.Frozen.IsZero() {
		return digest.Issue{}, fmt.Errorf("%w: %s is %s (%s) and has no content: digest explain shows the issue that would be made now",
			digest.ErrNotFound, r.Name(), r.State, r.Reason)
	}
	return s.Content(ctx, r.ID)
}

// explainTo writes for people. What strangers wrote is made fit for a terminal.
func explainTo(w io.Writer, i digest.Issue) {
	if i.Empty() {
		fmt.Fprintln(w, "Nothing new to print")
	}
	left := map[string][]digest.Omission{}
	for _, o := range i.Left {
		left[o.Source+"\x00"+o.Article] = append(left[o.Source+"\x00"+o.Article], o)
	}
	for _, section := range []struct {
		title string
		picks []digest.Pick
	}{{"In full", i.Lead}, {"As titles", i.More}, {"Still being discussed", i.Discussed}} {
		if len(section.picks) == 0 {
			continue
		}
		fmt.Fprintf(w, "%s\n", section.title)
		for _, p := range section.picks {
			explainPick(w, p, left)
		}
	}
	var others []digest.Omission
	for _, o := range i.Left {
		if o.Comment == "" {
			others = append(others, o)
		}
	}
	if len(others) > 0 {
		fmt.Fprintln(w, "Left out")
	}
	for _, o := range others {
		fmt.Fprintf(w, "  %s: %s\n", sanitize.Line(o.Title), o.Why)
	}
}

// headline names an article by title and author, as far as it has them.
func headline(a digest.Article) string {
	title, author := sanitize.Line(a.Title), sanitize.Line(a.Author.Name)
	if title == "" {
		title = "(no title) " + sanitize.Line(a.URL)
	}
	if author == "" {
		return title
	}
	return title + " (" + author + ")"
}

func explainPick(w io.Writer, p digest.Pick, left map[string][]digest.Omission) {
	fmt.Fprintf(w, "  %s: %s\n", headline(p.Article), strings.Join(p.Why, "; "))
	for _, c := range p.Comments {
		fmt.Fprintf(w, "    + %s, comment %s: %s\n", sanitize.Line(c.Comment.Author.Name), sanitize.Line(c.Comment.ID), strings.Join(c.Why, "; "))
	}
	for _, c := range p.Reserves {
		fmt.Fprintf(w, "    ~ %s, comment %s: in reserve; %s\n", sanitize.Line(c.Comment.Author.Name), sanitize.Line(c.Comment.ID), strings.Join(c.Why, "; "))
	}
	for _, o := range left[p.Article.Source+"\x00"+p.Article.ID] {
		if o.Comment != "" {
			fmt.Fprintf(w, "    - comment %s: %s\n", sanitize.Line(o.Comment), o.Why)
		}
	}
}
