package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/sanitize"
	"digest.example/internal/store"
)

func (a *app) explainCommand() *cobra.Command {
	var newsletter string
	c := &cobra.Command{
		Use:   "explain [ISSUE]",
		Short: "Say what an issue prints, what it leaves out, and why",
		Long: `Say what an issue prints and why, and what it leaves out. Without an issue: the one
that would be made now. + is printed, ~ replaces a comment that disappears, - is left out.`,
		Example: `  digest explain weekly/47
  digest explain`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("%w: explain takes one issue at most", digest.ErrUsage)
			}
			return a.explain(c.Context(), newsletter, strings.Join(args, ""))
		},
	}
	c.Flags().StringVar(&newsletter, "newsletter", "", "which newsletter, where there are several")
	return c
}

func (a *app) explain(ctx context.Context, newsletter, issue string) (err error) {
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
	return a.print(content, func(w io.Writer) { explainTo(w, content) })
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
