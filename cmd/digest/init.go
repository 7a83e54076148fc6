package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/config"
	"digest.example/internal/digest"
	"digest.example/internal/fetch"
	"digest.example/internal/sanitize"
	"digest.example/internal/sources"
)

// newSite is what digest init is asked for.
type newSite struct {
	address    string
	output     string
	force      bool
	allowHosts []string
}

func (a *app) initCommand() *cobra.Command {
	var n newSite
	c := &cobra.Command{
		Use:   "init ADDRESS",
		Short: "Look at a site, show what would be pulled from it, and write a config.yaml for it",
		Long: `Find out what a site is (WordPress, or anything with a feed), show what would be pulled
from it now (articles, discussions, the newest comment, and what could not be had), and
write a config.yaml that is complete but for what only you know: the relay, the sender,
your postal address, and where the pages for readers will be. Each key is explained in
it, and those four say CHANGE THIS. digest check names them until they are set.

ADDRESS is what you would type into a browser: a host, the front page, an article, or
the address of a feed. https is tried first. At most 24 requests find out what the site
is, one at a time; what they are is shown on a terminal.

Sites on private addresses or unusual ports are refused, since whoever can put a link
on a page could otherwise have digest fetch from your network. Name such a site of your
own with --allow-host, which is kept in the configuration.`,
		Example: `  digest init https://blog.example.org
  digest init blog.example.org/feed.xml --output herons.yaml
  digest init http://192.168.1.5:8080 --allow-host 192.168.1.5:8080`,
		Args: exactly(1, "the address of a site"),
		RunE: func(c *cobra.Command, args []string) error {
			n.address = args[0]
			if a.configFile != "" && !c.Flags().Changed("output") {
				n.output = a.configFile
			}
			return a.initialise(c.Context(), n)
		},
	}
	c.Flags().StringVar(&n.output, "output", config.DefaultFile, "where to write the configuration")
	c.Flags().BoolVar(&n.force, "force", false, "overwrite what is there")
	c.Flags().StringArrayVar(&n.allowHosts, "allow-host", nil, "a host:port that may be private, or have an unusual port; may be repeated")
	return c
}

// initialised is what digest init prints.
type initialised struct {
	look
	Config string `json:"config"`
}

func (a *app) initialise(ctx context.Context, n newSite) error {
	if err := n.free(); err != nil {
		return err
	}
	a.config = config.Default()
	a.config.Fetch.AllowHosts = n.allowHosts
	if err := a.config.Validate(); err != nil {
		return fmt.Errorf("%w: --allow-host: %v", digest.ErrUsage, err)
	}
	client, err := a.client()
	if err != nil {
		return err
	}
	defer client.Close()
	show := func(seenRequest) {}
	if isTerminal(a.err) {
		show = a.showRequest(a.err)
	}
	var asked []seenRequest
	site, err := sources.Discover(traced(ctx, func(r seenRequest) {
		asked = append(asked, r)
		show(r)
	}), client, n.address)
	if errors.Is(err, fetch.ErrForbidden) {
		err = fmt.Errorf("%w; digest init does so with --allow-host HOST:PORT", err)
	}
	if err != nil {
		return err
	}
	c := configFor(site, n.allowHosts)
	l := a.firstLook(ctx, c, site, show)
	if l.err != nil {
		return fmt.Errorf("the site is %s, but cannot be pulled: %w", l.what(), l.err)
	}
	l.Requests = append(asked, l.Requests...)
	if from, to := sanitize.Host(asked[0].URL), sanitize.Host(site.Address); from != to {
		l.Warnings = append(l.Warnings, fmt.Sprintf("%s leads to %s, and that is what will be pulled", from, to))
	}
	if err := n.write(c); err != nil {
		return err
	}
	return a.print(initialised{l, n.output}, func(w io.Writer) {
		l.print(w)
		n.printNext(w)
	})
}

// free makes sure that nothing is overwritten unasked, before any site is asked.
func (n newSite) free() error {
	_, err := os.Lstat(n.output)
	if err == nil && !n.force {
		return fmt.Errorf("%w: %s is there already: name another file with --output, or overwrite it with --force", digest.ErrUsage, n.output)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at %s: %w", n.output, err)
	}
	return nil
}

// The spans that init looks at: that of a first issue, and a longer one for
// sites where nothing was published in it.
const (
	firstSpan = 7 * 24 * time.Hour
	quietSpan = 60 * 24 * time.Hour
)

// firstLook pulls the site that was found as the configuration has it.
func (a *app) firstLook(ctx context.Context, c config.Config, site sources.Site, show func(seenRequest)) look {
	s := c.Newsletters[0].Sources[0]
	ref := digest.SourceRef{Name: s.Name, URL: s.URL, Kind: s.Kind, Required: s.Required}
	build := siteKinds{a.fetcher, a.log()}.found()[site.Kind]
	var l look
	for _, span := range []time.Duration{firstSpan, quietSpan} {
		now := time.Now()
		l = lookAt(ctx, ref, build(s.Name, site), sources.Window{Since: now.Add(-span), Until: now}, show)
		if l.err != nil || len(l.Articles) > 0 {
			break
		}
	}
	l.Site = &site
	if zone, err := time.LoadLocation(c.Newsletters[0].Timezone); err == nil && site.Timezone != "" {
		l.zone = zone
	}
	return l
}

func (n newSite) printNext(w io.Writer) {
	flag := ""
	if n.output != config.DefaultFile {
		flag = " --config " + n.output
	}
	fmt.Fprintf(w, `
wrote %s. Next:
  digest send --dry-run%s
      makes an issue of it and writes it to preview/; nothing is sent
  digest check%s
      says what is still a placeholder: set it, then look again with --smtp
  digest subscribers add you@your.domain%s
      puts the first reader on the list, and digest subscribers import a whole one
  digest serve%s
      serves the pages for readers and sends each issue when it is due
`, n.output, flag, flag, flag, flag)
}
