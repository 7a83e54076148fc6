package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/sanitize"
	"digest.example/internal/subscribers"
)

func (a *app) showCommand(newsletter *string) *cobra.Command {
	return &cobra.Command{
		Use:   "show ADDRESS",
		Short: "Say why somebody gets mail, or none: all that is known of them",
		Long: `Say why somebody gets mail, or none: what they agreed to, when, how and in which words,
what they chose, who changed it since, whether the address is suppressed, what became of
letters to them, and which issues they were sent. It shows all newsletters. Of who was
erased it knows only that.`,
		Example: `  digest subscribers show ann@example.org
  digest subscribers show ann@example.org --json`,
		Args: exactly(1, "one address"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := everywhere(c, *newsletter); err != nil {
				return err
			}
			return a.show(c.Context(), args[0])
		},
	}
}

func (a *app) show(ctx context.Context, address string) (err error) {
	if _, err := a.load(); err != nil {
		return err
	}
	a.tellSample()
	s, keys, err := a.look(ctx)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	p, err := a.service(s, keys).Lookup(ctx, address)
	if errors.Is(err, digest.ErrNotFound) {
		return fmt.Errorf("%w: %s is on no list and not suppressed", digest.ErrNotFound, address)
	}
	if err != nil {
		return err
	}
	now := a.now()
	data, err := p.Disclose(now)
	if err != nil {
		return err
	}
	return a.print(json.RawMessage(data), func(w io.Writer) { showPerson(w, p, now) })
}

// minute is how times are shown here: evidence is not about seconds.
const minute = "2006-01-02 15:04 UTC"

func showPerson(w io.Writer, p subscribers.Person, now time.Time) {
	if s := p.Subscriber; s.Address == "" {
		fmt.Fprintln(w, "not on any list")
	} else {
		fmt.Fprintf(w, "%s%s, added %s%s\n", sanitize.Line(s.Address), optional(" (%s)", s.Name),
			s.Created.UTC().Format(minute), optional(", language %s", s.Language))
	}
	for _, c := range p.Consents {
		showConsent(w, p, c, now)
	}
	for _, s := range p.Suppressions {
		list := "all newsletters"
		if s.Newsletter != "" {
			list = p.Newsletters[s.Newsletter]
		}
		fmt.Fprintf(w, "suppressed for %s since %s: %s%s\n", list, s.At.UTC().Format(minute), s.Reason, optional(" (%s)", s.Evidence))
		if s.Reason == subscribers.ReasonBounced {
			fmt.Fprintln(w, "  lifted once the reader signs up on the page again and confirms by the letter")
		}
	}
	showLetters(w, p.Letters)
	showIssues(w, p.Issues)
	if !p.Forgotten.IsZero() {
		fmt.Fprintf(w, "issues until %s: who got them is no longer known (ledger.keep)\n", p.Forgotten.UTC().Format(time.DateOnly))
	}
}

func showConsent(w io.Writer, p subscribers.Person, c subscribers.Consent, now time.Time) {
	name := p.Newsletters[c.Newsletter]
	if mailed, why := p.Mailed(c, now); mailed {
		fmt.Fprintf(w, "\n%s: gets mail\n", name)
	} else {
		fmt.Fprintf(w, "\n%s: gets no mail: %s\n", name, sanitize.Line(why))
	}
	if !c.Agreed.IsZero() {
		fmt.Fprintf(w, "  agreed   %s: %s\n", c.Agreed.UTC().Format(minute), sanitize.Line(c.How))
	}
	if c.Wording != "" {
		fmt.Fprintf(w, "  to       %q\n", sanitize.Line(c.Wording))
	}
	if c.Plain {
		fmt.Fprintln(w, "  prefers  plain text")
	}
	for _, e := range p.History {
		if e.Newsletter == c.Newsletter {
			fmt.Fprintf(w, "  %s  %-12s by %s: %s%s\n", e.At.UTC().Format(minute), e.To, e.Actor,
				sanitize.Line(e.How), optional(" (%s)", e.Evidence))
		}
	}
}

// showLetters answers those who hear nothing of what they asked for. Of many it shows
// the last ones.
func showLetters(w io.Writer, letters []subscribers.Written) {
	for i, l := range letters[max(0, len(letters)-issuesShown):] {
		if i == 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s letter  %s  %s%s\n", l.Kind, words(delivery.State(l.State)), l.At.UTC().Format(minute), optional(" (%s)", l.Reply))
	}
}

// issuesShown are as many as answer "did I get it?"; --json has all.
const issuesShown = 10

func showIssues(w io.Writer, issues []subscribers.Received) {
	for i, r := range issues {
		if i == 0 {
			fmt.Fprintln(w)
		}
		if i == issuesShown {
			fmt.Fprintf(w, "and %d older issues\n", len(issues)-i)
			return
		}
		fmt.Fprintf(w, "%-12s %-10s %s%s\n", r.Issue, r.State, r.At.UTC().Format(minute), optional(" (%s)", r.Reply))
	}
}

// optional is outside text in its format, or nothing where there is none.
func optional(format, text string) string {
	if text == "" {
		return ""
	}
	return fmt.Sprintf(format, sanitize.Line(text))
}
