package sources

import (
	"bytes"
	"context"
	"net/url"
	"slices"
	"strings"

	"digest.example/internal/feeds"
)

// wellKnown are where feeds stand that no page names.
var wellKnown = []string{"feed/", "rss", "atom.xml", "feed.xml", "index.xml", "rss.xml", "feed.json"}

// maxGuesses is how many of them are tried.
const maxGuesses = 8

// guessFeeds are the addresses where the feed of the site of a page may be: the
// most usual names beside the page, then all at the host's root.
func guessFeeds(page *url.URL) []*url.URL {
	var all []*url.URL
	if path := folder(page.Path); path != "/" {
		all = append(all, at(page, path+wellKnown[0]))
	}
	for _, name := range wellKnown {
		all = append(all, at(page, "/"+name))
	}
	return all[:min(len(all), maxGuesses)]
}

// fromFeed is the site of a feed. If the feed is the main one of a WordPress,
// the site is that; a feed of one category or author was meant as it is.
func (d *discovery) fromFeed(ctx context.Context, doc document, f feeds.Feed) Site {
	site := Site{
		Kind: KindFeed, Home: home(f.Home, doc.at), Title: f.Title,
		Language: languageTag(f.Language), Feeds: []string{doc.at.String()},
	}
	if site.Home == "" {
		site.Home = at(doc.at, "/").String()
	}
	if !madeByWordPress(doc.body) || !mainFeed(doc.at, site.Home) {
		return site
	}
	site.Kind = KindWordPress
	front, _ := url.Parse(site.Home)
	p := page{at: front, title: site.Title, language: site.Language, feeds: []*url.URL{doc.at}}
	if wp, found := d.wordpress(ctx, p, guessAPI(front, nil)); found {
		return wp
	}
	return site
}

// madeByWordPress looks for the generator that its feeds name.
func madeByWordPress(body []byte) bool {
	return bytes.Contains(body[:min(len(body), 8<<10)], []byte("://wordpress.org/?v="))
}

// mainFeed says whether a feed of a WordPress stands where that of all articles does.
func mainFeed(feed *url.URL, home string) bool {
	front, err := url.Parse(home)
	if err != nil {
		return false
	}
	if len(feed.Query()) > 0 {
		return feed.Path == front.Path && len(feed.Query()) == 1 && feed.Query().Has("feed")
	}
	rest, found := strings.CutPrefix(feed.Path, front.Path)
	return found && slices.Contains([]string{"feed", "feed/rss2", "feed/atom", "feed/rdf"}, strings.TrimSuffix(rest, "/"))
}
