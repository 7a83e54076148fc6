package sources

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"digest.example/internal/sanitize"
)

// namespace is that of the articles and comments in WordPress's API.
const namespace = "wp/v2"

// rootFields keep the API's root short: all of it is over 100 KB.
const rootFields = "_fields=name,home,namespaces,timezone_string"

// apiInfo is what the root of the API says.
type apiInfo struct {
	Name       string   `json:"name"` // HTML
	Home       string   `json:"home"`
	Namespaces []string `json:"namespaces"`
	Timezone   string   `json:"timezone_string"`
}

// wordpress is the site of the page, if one of the addresses is the root of its API.
func (d *discovery) wordpress(ctx context.Context, p page, roots []*url.URL) (Site, bool) {
	for _, root := range roots {
		if !d.news(root) {
			continue
		}
		info, api, err := d.probe(ctx, root)
		if lost(err) {
			break
		}
		if err != nil {
			continue
		}
		site := Site{
			Kind: KindWordPress, Home: home(info.Home, api), Title: sanitize.LineFromHTML(info.Name),
			Language: p.language, Timezone: timezone(info.Timezone), API: api.String(),
		}
		if site.Home == "" {
			site.Home = at(api, above(api)).String()
		}
		if site.Title == "" {
			site.Title = p.title
		}
		site.Feeds = feedsOf(site, p.feeds)
		return site, true
	}
	return Site{}, false
}

// feedsOf are those that the page names, brought back to the host that
// answered, or where WordPress has its feed.
func feedsOf(site Site, declared []*url.URL) []string {
	front, _ := url.Parse(site.Home)
	var all []string
	for _, u := range declared {
		all = append(all, secured(u, front).String())
	}
	if len(all) == 0 && strings.Contains(site.API, "rest_route") {
		return []string{site.Home + "?feed=rss2"}
	}
	if len(all) == 0 {
		return []string{site.Home + "feed/"}
	}
	return all
}

// probe asks whether root is that of a WordPress API, and under which address.
// Sites with plain permalinks answer everything with their front page, so the
// shape counts, not the status.
func (d *discovery) probe(ctx context.Context, root *url.URL) (apiInfo, *url.URL, error) {
	ask := *root
	ask.RawQuery = joinQuery(ask.RawQuery, rootFields)
	doc, err := d.ask(ctx, &ask, acceptJSON)
	if err != nil {
		return apiInfo{}, nil, err
	}
	if doc.at.Host != root.Host {
		return apiInfo{}, nil, fmt.Errorf("%w from another host, %s", errStatus, doc.at.Host)
	}
	if doc.media != "application/json" && !strings.HasSuffix(doc.media, "+json") {
		return apiInfo{}, nil, fmt.Errorf("%w with %s", errStatus, doc.media)
	}
	var info apiInfo
	if err := unmarshalRoot(doc.body, &info); err != nil {
		return apiInfo{}, nil, fmt.Errorf("%w with JSON of another shape: %w", errStatus, err)
	}
	if !slices.Contains(info.Namespaces, namespace) {
		return apiInfo{}, nil, fmt.Errorf("%w without %s", errStatus, namespace)
	}
	api := *doc.at // a redirect may have added a language or taken a slash
	api.RawQuery = withoutFields(api.RawQuery)
	return info, apiRoot(&api, &api), nil
}

// unmarshalRoot reads the first object in body that is one: sites that show
// PHP's warnings print them before the JSON.
func unmarshalRoot(body []byte, info *apiInfo) (err error) {
	const tries = 20
	for range tries {
		i := bytes.IndexByte(body, '{')
		if i < 0 {
			break
		}
		if err = json.Unmarshal(body[i:], info); err == nil {
			return nil
		}
		body = body[i+1:]
	}
	return cmp.Or(err, errors.New("no object"))
}

func joinQuery(a, b string) string { return strings.TrimPrefix(a+"&"+b, "&") }

func withoutFields(query string) string {
	parts := slices.DeleteFunc(strings.Split(query, "&"), func(s string) bool {
		return strings.HasPrefix(s, "_fields=")
	})
	return strings.Join(parts, "&")
}

// apiRoot is the claimed address of the API's root at the host that answered,
// in the form that paths can be appended to.
func apiRoot(answered, claimed *url.URL) *url.URL {
	root := at(answered, claimed.Path)
	if claimed.Query().Has("rest_route") {
		root.RawQuery = "rest_route=/"
		return root
	}
	root.Path = folder(root.Path)
	return root
}

// above is the path of the site that an API belongs to.
func above(api *url.URL) string {
	path := strings.TrimSuffix(api.Path, "wp-json/")
	return folder(strings.TrimSuffix(strings.TrimSuffix(path, "/"), "index.php"))
}

// guessAPI are the addresses where the API of the site of a page may be: with
// and without pretty permalinks, in the folders that the page hints at, at the
// host's root, and where the page is.
func guessAPI(page *url.URL, folders []string) []*url.URL {
	paths := append(slices.Clone(folders), "/", folder(page.Path))
	var all []*url.URL
	for i, path := range paths {
		if slices.Contains(paths[:i], path) {
			continue
		}
		plain := at(page, path)
		plain.RawQuery = "rest_route=/"
		all = append(all, at(page, path+"wp-json/"), plain)
	}
	return all
}

// timezone is the name of a time zone that there is, or empty.
func timezone(name string) string {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" || len(name) > 64 {
		return ""
	}
	return name
}
