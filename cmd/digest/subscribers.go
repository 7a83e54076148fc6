package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

func (a *app) subscribersCommand() *cobra.Command {
	var newsletter string
	c := group(&cobra.Command{
		Use:   "subscribers",
		Short: "Add, remove, list, show, erase, import and export the readers of a newsletter",
		Example: `  digest subscribers add ann@example.org
  digest subscribers list
  digest subscribers import readers.csv`,
	}, a.addCommand(&newsletter), a.removeCommand(&newsletter), a.listCommand(&newsletter), a.showCommand(&newsletter), a.eraseCommand(&newsletter),
		a.importCommand(&newsletter), a.exportCommand(&newsletter))
	c.PersistentFlags().StringVar(&newsletter, "newsletter", "", "which newsletter, where there are several")
	return c
}

// everywhere refuses to narrow down what is about a person in all newsletters.
func everywhere(c *cobra.Command, newsletter string) error {
	if newsletter != "" {
		return fmt.Errorf("%w: %s is about all newsletters: leave --newsletter out (digest subscribers remove takes "+
			"somebody off one list)", digest.ErrUsage, c.CommandPath())
	}
	return nil
}

func (a *app) addCommand(newsletter *string) *cobra.Command {
	var how string
	c := &cobra.Command{
		Use:   "add ADDRESS...|-",
		Short: "Put people who agreed to it on the list",
		Long: `Put people on the list on your word that they agreed; --how is kept as the evidence.
Nobody who left, bounced or complained comes back this way: who left or bounced does by
signing up on the page and confirming. With - the addresses are read from standard input,
one a line, as ann@example.org or Ann <ann@example.org>.`,
		Example: `  digest subscribers add ann@example.org "Bob <bob@example.org>"
  digest subscribers add --how "sign-up sheet, harbour fair 2026" - < sheet.txt`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 && slices.Contains(args, "-") {
				return fmt.Errorf("%w: - reads the addresses from standard input; give it alone", digest.ErrUsage)
			}
			if len(args) == 0 {
				return fmt.Errorf("%w: which addresses? Give them, or - to read them from standard input", digest.ErrUsage)
			}
			return a.withList(c.Context(), *newsletter, func(ctx context.Context, l *subscribers.List, n *publish.Newsletter) error {
				return a.add(ctx, l, n, args, how)
			})
		},
	}
	c.Flags().StringVar(&how, "how", "operator", "how they agreed, kept as evidence")
	return c
}

// addMost is how many lines are read before they are added.
const addMost = 5000

func (a *app) add(ctx context.Context, l *subscribers.List, n *publish.Newsletter, args []string, how string) error {
	count := map[subscribers.Result]int{}
	trouble := []subscribers.Outcome{}
	err := inBatches(a.in, args, func(entries []string) error {
		outcomes, err := l.Add(ctx, n.ID, entries, how)
		for _, o := range outcomes {
			count[o.Result]++
			if o.Result == subscribers.Refused || o.Result == subscribers.Invalid {
				trouble = append(trouble, o)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	result := added{n.Name, count, trouble}
	if err := a.print(result, result.print); err != nil {
		return err
	}
	if len(trouble) > 0 {
		return fmt.Errorf("%w: %d not added; the reasons stand above", digest.ErrRefused, len(trouble))
	}
	return nil
}

// added is what digest subscribers add prints.
type added struct {
	Newsletter string                     `json:"newsletter"`
	Counts     map[subscribers.Result]int `json:"counts"`
	NotAdded   []subscribers.Outcome      `json:"not_added"`
}

func (r added) print(w io.Writer) {
	for _, o := range r.NotAdded {
		fmt.Fprintf(w, "%s %q: %s\n", o.Result, o.Entry, o.Why)
	}
	fmt.Fprintf(w, "%s: %d added, %d already active, %d refused, %d invalid\n", r.Newsletter,
		r.Counts[subscribers.Added], r.Counts[subscribers.Already], r.Counts[subscribers.Refused], r.Counts[subscribers.Invalid])
}

// inBatches calls f with the entries given as arguments, or, for the single
// argument "-", with those of in.
func inBatches(in io.Reader, args []string, f func([]string) error) error {
	if len(args) != 1 || args[0] != "-" {
		return f(args)
	}
	lines := bufio.NewScanner(in)
	var batch []string
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			batch = append(batch, line)
		}
		if len(batch) == addMost {
			if err := f(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the addresses: %w", err)
	}
	if len(batch) == 0 {
		return nil
	}
	return f(batch)
}

func (a *app) removeCommand(newsletter *string) *cobra.Command {
	var evidence string
	c := &cobra.Command{
		Use:     "remove ADDRESS",
		Short:   "Unsubscribe somebody who asked you to",
		Example: `  digest subscribers remove ann@example.org --evidence "letter of 3 May"`,
		Args:    exactly(1, "one address"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withList(c.Context(), *newsletter, func(ctx context.Context, l *subscribers.List, n *publish.Newsletter) error {
				return a.remove(ctx, l, n, args[0], evidence)
			})
		},
	}
	c.Flags().StringVar(&evidence, "evidence", "asked the operator", "why, kept as evidence")
	return c
}

func (a *app) remove(ctx context.Context, l *subscribers.List, n *publish.Newsletter, address, evidence string) error {
	changed, err := l.Remove(ctx, n.ID, address, evidence)
	if errors.Is(err, digest.ErrNotFound) {
		return fmt.Errorf("%w: %s is not on the list of %s: digest subscribers list shows who is", digest.ErrNotFound, address, n.Name)
	}
	if err != nil {
		return err
	}
	result := map[string]any{"newsletter": n.Name, "address": address, "changed": changed}
	return a.print(result, func(w io.Writer) {
		if changed {
			fmt.Fprintf(w, "%s: %s is unsubscribed\n", n.Name, address)
			return
		}
		fmt.Fprintf(w, "%s: %s had left already\n", n.Name, address)
	})
}

// withList opens the database for a change of a newsletter's list.
func (a *app) withList(ctx context.Context, name string, do func(context.Context, *subscribers.List, *publish.Newsletter) error) error {
	newsletters, err := a.load()
	if err != nil {
		return err
	}
	n, err := pick(newsletters, name)
	if err != nil {
		return err
	}
	return a.withPublisher(ctx, newsletters, func(s *store.Store, keys *subscribers.Keys, _ *publish.Publisher) error {
		return do(ctx, a.service(s, keys), n)
	})
}
