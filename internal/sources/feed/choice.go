package feed

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// articleFeeds are the site's feeds of articles, in the order to try them: first
// the one that was read before, since another may call the same articles by
// other ids. What somebody gave as the address of the site is meant as it is,
// and so is a feed that is the only one, whatever they are called.
func (s *Source) articleFeeds(before string) []string {
	var all []string
	for _, address := range s.site.Feeds {
		if !ofComments(address) || address == s.site.Address || len(s.site.Feeds) == 1 {
			all = append(all, address)
		}
	}
	if i := slices.Index(all, before); i > 0 {
		all = slices.Insert(slices.Delete(all, i, i+1), 0, before)
	}
	return all
}

// siteFeeds are the feeds of comments on all articles.
func (s *Source) siteFeeds() []string {
	articles := s.articleFeeds("")
	return slices.DeleteFunc(slices.Clone(s.site.Feeds), func(address string) bool {
		return slices.Contains(articles, address) || !ofComments(address)
	})
}

// ofComments says whether a feed is one of comments, by its address, as it is on
// WordPress (/comments/feed/) and Blogger (/feeds/comments/default).
func ofComments(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	return slices.Contains(strings.Split(strings.ToLower(u.Path), "/"), "comments") ||
		strings.HasPrefix(u.Query().Get("feed"), "comments-")
}

// lost says whether an answer means that a feed is there no more, which no
// failure does that may pass.
func lost(err error) bool {
	status := statusOf(err)
	return status == http.StatusNotFound || status == http.StatusGone
}
