package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"digest.example/internal/compose"
	"digest.example/internal/publish"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
	"digest.example/internal/web"
	"digest.example/templates"
)

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Send on schedule and serve the readers' pages, until stopped",
		Long: `Send what is due or asked for, pull the sources every library.pull_every so that a
site which shows only its latest articles loses none, and serve the form to subscribe,
the pages behind the links in the mail, the archive, /healthz and, where metrics.listen
says so, /metrics. SIGTERM lets open transactions finish (30 seconds at most); a second
one stops at once. Whatever is cut off is taken up, and never sent twice, at the next start.

Only one process sends from a SQLite database: a second serve exits with 5. A first
start sends nothing by itself; it waits for the next slot of the schedule.`,
		Example: `  digest serve
  digest serve --config /etc/digest/config.yaml`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return a.serve(c.Context()) },
	}
}

func (a *app) serve(ctx context.Context) (err error) {
	newsletters, err := a.load()
	if err != nil {
		return err
	}
	composer, err := a.composer()
	if err != nil {
		return err
	}
	s, lock, err := a.locked(ctx)
	if err != nil {
		return err
	}
	defer release(&err, lock)
	defer closing(&err, s)
	keys, err := a.keys(ctx, s, false)
	if err != nil {
		return err
	}
	p, err := a.sender(s, keys, outgoing{newsletters, composer}, a.logged())
	if err != nil {
		return err
	}
	if err := p.Start(ctx); err != nil {
		return err
	}
	letters, err := a.letters(s)
	if err != nil {
		return err
	}
	pages, err := a.pages(s, keys, newsletters)
	if err != nil {
		return err
	}
	clerk := a.clerk(s, composer, newsletters)
	monitored, err := a.metrics(s, newsletters)
	if err != nil {
		return errors.Join(err, pages.Close())
	}
	a.announce(p, newsletters, pages)
	group, both := errgroup.WithContext(ctx)
	// The pages outlive the sending: who clicks while mail is going out must
	// get an answer.
	sent := make(chan struct{})
	group.Go(func() error {
		p.KeepPulling(both, a.config.Library.PullEvery.Std(), publish.Keep{
			Library: a.config.Library.Keep.Std(), Ledger: a.config.Ledger.Keep.Std(),
		})
		return nil
	})
	group.Go(func() error { return letters.Run(both) })
	group.Go(func() error { clerk.Run(both); return nil })
	group.Go(func() error { a.keepClean(both, s); return nil })
	group.Go(func() error {
		defer close(sent)
		return p.Serve(both)
	})
	group.Go(func() error {
		visible, hide := context.WithCancel(context.WithoutCancel(ctx))
		go func() { <-sent; hide() }()
		group.Go(func() error { return monitored(visible) })
		return pages.Run(visible)
	})
	return group.Wait()
}

// pages are the web server of the readers' pages.
func (a *app) pages(s *store.Store, keys *subscribers.Keys, newsletters []publish.Newsletter) (*web.Server, error) {
	titles := map[string]web.Newsletter{}
	for _, n := range newsletters {
		titles[n.ID] = web.Newsletter{
			Name: n.Name, Title: n.Title, Language: n.Language, Location: n.Location, PostalAddress: n.PostalAddress,
		}
	}
	set, err := templates.Open(a.config.Templates)
	if err != nil {
		return nil, err
	}
	files, err := fs.Sub(set, "web")
	if err != nil {
		return nil, fmt.Errorf("read the pages' templates: %w", err)
	}
	archive, err := compose.NewArchive(set)
	if err != nil {
		return nil, err
	}
	handler, err := web.New(web.Options{
		PublicURL: a.config.Web.PublicURL, Templates: files, Newsletters: titles,
		Subscriptions: a.service(s, keys), Database: s, Archive: s, Pages: archive,
		TrustedProxies: a.config.Web.Proxies(), FormKey: keys.FormKey(), Now: a.now, Log: a.log(),
	})
	if err != nil {
		return nil, err
	}
	server, err := web.Listen(a.config.Web.Listen, handler, a.log())
	if err != nil {
		return nil, fmt.Errorf("%w: stop what listens there, or let web.listen name another address", err)
	}
	return server, nil
}

// announce says what a running digest will do next.
func (a *app) announce(p *publish.Publisher, newsletters []publish.Newsletter, pages *web.Server) {
	a.log().Info("serving the readers' pages", "address", pages.Addr(), "public_url", a.config.Web.PublicURL)
	for i := range newsletters {
		n := &newsletters[i]
		a.log().Info("waiting for the next slot", "newsletter", n.Name,
			"at", p.Next(n).At.In(n.Location).Format(dayLayout))
	}
}
