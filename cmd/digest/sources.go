package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/publish"
	"digest.example/internal/sanitize"
	"digest.example/internal/sources"
	"digest.example/internal/store"
)

func (a *app) sourcesCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "sources",
		Short: "Test the sites of the configuration, and show how their pulls went",
		Example: `  digest sources test
  digest sources list`,
	}, a.sourcesListCommand(), a.sourcesTestCommand())
}

func (a *app) sourcesListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Show for each source when it was last pulled, how that went and what is kept",
		Long: `Show for each source of the configuration what kind of site it was found to be, when
it was last pulled and how that went, how many articles and comments of it are in the
library, and what its last pull warned of: a site that closed its API and is read
from its feed, for example. Sources that are kept in the library but are no longer
in the configuration come last.`,
		Example: `  digest sources list
  digest sources list --json`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return a.listSources(c.Context()) },
	}
}

func (a *app) sourcesTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test [NAME]",
		Short: "Pull the sources now and show what came, keeping nothing",
		Long: `Find out anew what the sites of the configuration are, or the one of that name, and
pull what they published in the span of a first issue. Each request is printed as it
happens: address, status, size and time. Then come the articles with their dates and
numbers of comments (as 3/5 where only 3 of 5 could be had), the newest comment, and
what could not be had.

The database is neither read nor written, and nothing is sent. The exit code is 1 if
a source fails.`,
		Example: `  digest sources test
  digest sources test blog
  digest sources test blog --json`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) <= 1 {
				return nil
			}
			return exactly(1, "one name, or none")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.testSources(c.Context(), strings.Join(args, ""))
		},
	}
}

// configuredSource is a source with all newsletters that are made from it.
type configuredSource struct {
	library.Source
	newsletters []string
	window      time.Duration // the longest first issue's
}

// configuredSources are the sources of all newsletters, each once.
func configuredSources(newsletters []publish.Newsletter) []configuredSource {
	var all []configuredSource
	for _, n := range newsletters {
		for _, s := range n.Sources {
			i := slices.IndexFunc(all, func(c configuredSource) bool { return c.Name == s.Name })
			if i < 0 {
				i = len(all)
				all = append(all, configuredSource{Source: s})
			}
			all[i].newsletters = append(all[i].newsletters, n.Name)
			all[i].window = max(all[i].window, n.Window)
			all[i].Required = all[i].Required || s.Required
		}
	}
	return all
}

func (a *app) testSources(ctx context.Context, name string) error {
	newsletters, err := a.load()
	if err != nil {
		return err
	}
	chosen := configuredSources(newsletters)
	if name != "" {
		chosen, err = sourceNamed(chosen, name)
		if err != nil {
			return err
		}
	}
	looks := []look{}
	for _, s := range chosen {
		now := time.Now()
		l := lookAt(ctx, s.SourceRef, s.Source.Source, sources.Window{Since: now.Add(-s.window), Until: now}, a.showRequest(a.out))
		looks = append(looks, l)
		if !a.json {
			l.print(a.out)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if a.json {
		err = a.print(looks, nil)
	}
	return errors.Join(err, failures(looks))
}

func sourceNamed(all []configuredSource, name string) ([]configuredSource, error) {
	var names []string
	for _, s := range all {
		if s.Name == name {
			return []configuredSource{s}, nil
		}
		names = append(names, s.Name)
	}
	return nil, fmt.Errorf("%w: there is no source %q in the configuration; there is %s", digest.ErrUsage, sanitize.Line(name), strings.Join(names, ", "))
}

// showRequest prints requests for people as they happen.
func (a *app) showRequest(w io.Writer) func(seenRequest) {
	return func(r seenRequest) {
		if !a.json {
			fmt.Fprintln(w, r)
		}
	}
}

// failures is the error of those looks that failed.
func failures(looks []look) error {
	var names []string
	for _, l := range looks {
		if l.err != nil {
			names = append(names, l.Source)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("%s of %d failed: %s", plural(len(names), "source"), len(looks), strings.Join(names, ", "))
}

// listedSource is one source in digest sources list.
type listedSource struct {
	sourceStatus
	URL         string        `json:"url,omitempty"`
	Kind        string        `json:"kind,omitempty"` // as configured; empty: no longer there
	Found       *sources.Site `json:"found,omitempty"`
	Required    bool          `json:"required"`
	Newsletters []string      `json:"newsletters"`
}

func (a *app) listSources(ctx context.Context) (err error) {
	newsletters, err := a.load()
	if err != nil {
		return err
	}
	s, err := a.open(ctx, store.ReadOnly)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	health, err := s.SourcesInFull(ctx)
	if err != nil {
		return err
	}
	all := listed(configuredSources(newsletters), health)
	return a.print(all, func(w io.Writer) {
		for _, one := range all {
			one.print(w)
		}
	})
}

// listed puts what is configured beside what is known.
func listed(configured []configuredSource, health []digest.SourceHealth) []listedSource {
	all := []listedSource{}
	for _, s := range configured {
		all = append(all, listedSource{
			sourceStatus: sourceStatus{Name: s.Name}, URL: s.URL, Kind: s.Kind, Required: s.Required, Newsletters: s.newsletters,
		})
	}
	for _, h := range health {
		i := slices.IndexFunc(all, func(l listedSource) bool { return l.Name == h.Name })
		if i < 0 {
			i = len(all)
			all = append(all, listedSource{Newsletters: []string{}})
		}
		all[i].sourceStatus = describeSource(h)
		if site, ok := sources.Remembered(h.State); ok {
			all[i].Found = &site
		}
	}
	return all
}

func (l listedSource) print(w io.Writer) {
	l.sourceStatus.print(w)
	switch {
	case l.Kind == "":
		fmt.Fprintln(w, "  no longer in the configuration")
	case l.Found != nil:
		fmt.Fprintf(w, "  %s\n", look{Site: l.Found}.what())
	case l.URL != "":
		fmt.Fprintf(w, "  %s, kind: %s\n", sanitize.Line(l.URL), l.Kind)
	}
}
