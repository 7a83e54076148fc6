package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/sanitize"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

// consentStates are what --state takes.
var consentStates = []string{
	string(subscribers.Pending), string(subscribers.Active), string(subscribers.Unsubscribed),
	string(subscribers.Bounced), string(subscribers.Complained),
}

func (a *app) listCommand(newsletter *string) *cobra.Command {
	var state string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the readers and what they agreed to",
		Long: `List the readers by address: the state of their consent, since when, how they agreed,
and their name. --json prints an object a line; digest subscribers export writes CSV.`,
		Example: `  digest subscribers list
  digest subscribers list --state unsubscribed --json`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			if state != "" && !slices.Contains(consentStates, state) {
				return fmt.Errorf("%w: --state takes one of %s, not %q", digest.ErrUsage, strings.Join(consentStates, ", "), state)
			}
			return a.list(c.Context(), *newsletter, subscribers.State(state))
		},
	}
	c.Flags().StringVar(&state, "state", "", "only these: "+strings.Join(consentStates, ", "))
	return c
}

func (a *app) list(ctx context.Context, newsletter string, state subscribers.State) (err error) {
	n, s, id, err := a.readList(ctx, newsletter)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	out := bufio.NewWriter(a.out)
	defer func() { err = errors.Join(err, out.Flush()) }()
	return s.Consents(ctx, id, state, a.listing(out, n))
}

// readList opens the database to read the list of a newsletter. A database that
// was never used knows no newsletter; its id is empty then, and has no readers.
func (a *app) readList(ctx context.Context, newsletter string) (n *publish.Newsletter, s *store.Store, id string, err error) {
	newsletters, err := a.load()
	if err != nil {
		return nil, nil, "", err
	}
	if n, err = pick(newsletters, newsletter); err != nil {
		return nil, nil, "", err
	}
	a.tellSample()
	if s, err = a.open(ctx, store.ReadOnly); err != nil {
		return nil, nil, "", err
	}
	id, err = s.NewsletterID(ctx, n.Name)
	if err != nil && !errors.Is(err, digest.ErrNotFound) {
		return nil, nil, "", errors.Join(err, s.Close())
	}
	return n, s, id, nil
}

// consentLine is one reader in JSON.
type consentLine struct {
	Address string            `json:"address"`
	Name    string            `json:"name,omitempty"`
	State   subscribers.State `json:"state"`
	Since   time.Time         `json:"since"`
	How     string            `json:"how"`
	Wording string            `json:"wording,omitempty"`
	Agreed  time.Time         `json:"agreed,omitzero"`
	Paused  time.Time         `json:"paused_until,omitzero"`
	Plain   bool              `json:"plain_text,omitempty"`
}

// listing writes one reader after the other, since lists may be long: columns
// have a width of their own.
func (a *app) listing(out *bufio.Writer, n *publish.Newsletter) func(subscribers.Consent) error {
	const columns = "%-36s  %-12s  %-10s  %-24s  %s\n"
	lines := json.NewEncoder(out)
	first := true
	return func(c subscribers.Consent) error {
		if a.json {
			return lines.Encode(consentLine{
				c.Subscriber.Address, c.Subscriber.Name, c.State, c.Since.UTC(), c.How, c.Wording, c.Agreed, c.PausedUntil, c.Plain,
			})
		}
		if first {
			first = false
			fmt.Fprintf(out, columns, "ADDRESS", "STATE", "SINCE", "HOW", "NAME")
		}
		line := fmt.Sprintf(columns, sanitize.Line(c.Subscriber.Address), c.State,
			c.Since.In(n.Location).Format(time.DateOnly), sanitize.Line(c.How), sanitize.Line(c.Subscriber.Name))
		_, err := out.WriteString(strings.TrimRight(line, " \n") + "\n")
		return err
	}
}
