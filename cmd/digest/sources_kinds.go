package main

import (
	"fmt"
	"log/slog"
	"net/mail"
	"runtime/debug"
	"strings"
	"time"

	"digest.example/internal/config"
	"digest.example/internal/digest"
	"digest.example/internal/fetch"
	"digest.example/internal/sources"
	"digest.example/internal/sources/feed"
	"digest.example/internal/sources/sample"
	"digest.example/internal/sources/wordpress"
)

// client is what sites are asked with. There is one in a run, since it is what
// lets only one request at a time through to a host.
func (a *app) client() (*fetch.Client, error) {
	if a.fetcher != nil {
		return a.fetcher, nil
	}
	info, _ := debug.ReadBuildInfo()
	c, err := fetch.New(fetch.Options{
		UserAgent: userAgent(versionOf(info).Version, a.config), AllowHosts: a.config.Fetch.AllowHosts, Log: a.log(),
	})
	if err != nil {
		return nil, err
	}
	a.fetcher = c
	return c, nil
}

// userAgent tells a site who asks, and where to complain. What is still a
// placeholder would tell nothing.
func userAgent(version string, c config.Config) string {
	var contact []string
	if u := c.Web.PublicURL; u != "" && !placeholder(u) {
		contact = append(contact, "+"+u)
	}
	if len(c.Newsletters) > 0 {
		if a := contactAddress(c.Newsletters[0]); a != "" && !placeholderMailbox(a) {
			contact = append(contact, a)
		}
	}
	name := "digest/" + strings.Trim(version, "()")
	if len(contact) == 0 {
		return name
	}
	return name + " (" + strings.Join(contact, "; ") + ")"
}

// contactAddress is where somebody reads what is written to a newsletter.
func contactAddress(n config.Newsletter) string {
	for _, mailbox := range []string{n.ReplyTo, n.From} {
		if a, err := mail.ParseAddress(mailbox); err == nil {
			return a.Address
		}
	}
	return ""
}

// siteKinds makes sources of all kinds.
type siteKinds struct {
	getter sources.Getter
	log    *slog.Logger
}

// found are the kinds of site that can be found out.
func (k siteKinds) found() map[string]func(name string, site sources.Site) sources.Source {
	return map[string]func(string, sources.Site) sources.Source{
		sources.KindWordPress: func(name string, site sources.Site) sources.Source {
			return wordpress.New(k.getter, name, site, time.Now)
		},
		sources.KindFeed: func(name string, site sources.Site) sources.Source {
			return feed.New(k.getter, name, site, time.Now, k.log)
		},
	}
}

// source makes the source that the configuration describes. It asks nobody.
func (k siteKinds) source(ref digest.SourceRef) (sources.Source, error) {
	switch ref.Kind {
	case config.KindSample:
		site, err := sample.New(ref.Name, time.Now)
		if err != nil {
			return nil, fmt.Errorf("the built-in sample site: %w", err)
		}
		return site, nil
	case config.KindAuto, config.KindWordPress, config.KindFeed:
		return sources.NewFound(sources.FoundOptions{
			Name: ref.Name, Address: ref.URL, Kind: ref.Kind,
			Getter: k.getter, Kinds: k.found(), Now: time.Now, Log: k.log,
		}), nil
	}
	return nil, fmt.Errorf("%q is not a kind of site that this digest knows", ref.Kind)
}
