package feeds

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/mmcdole/gofeed"
	feedjson "github.com/mmcdole/gofeed/json"
)

func parseJSON(text []byte, at *url.URL) (Feed, error) {
	var feed feedjson.Feed
	if err := json.Unmarshal(text, &feed); err != nil {
		return Feed{}, fmt.Errorf("%w: %w", ErrNoFeed, err)
	}
	if !strings.Contains(feed.Version, "jsonfeed.org") && feed.Items == nil {
		return Feed{}, fmt.Errorf("%w: JSON of another kind", ErrNoFeed)
	}
	common, err := (&gofeed.DefaultJSONTranslator{}).Translate(&feed)
	if err != nil {
		return Feed{}, fmt.Errorf("%w: %w", ErrNoFeed, err)
	}
	f := Feed{
		Title:    plain(feed.Title, false, maxTitle),
		Home:     resolve(at, feed.HomePageURL),
		Self:     resolve(at, feed.FeedURL),
		Language: language(feed.Language),
		Next:     resolve(at, feed.NextURL),
	}
	for i, item := range feed.Items {
		f.Entries = append(f.Entries, jsonDraft(common.Items[i], item, &feed, at).entry())
	}
	return f, nil
}

// jsonDraft reads an item of a JSON Feed, whose texts are plain where their
// names do not say otherwise.
func jsonDraft(common *gofeed.Item, item *feedjson.Item, feed *feedjson.Feed, base *url.URL) draft {
	d := draft{
		base:       base,
		id:         item.ID,
		links:      []string{item.URL, item.ExternalURL},
		title:      item.Title,
		plainTitle: true,
		html:       item.ContentHTML,
		summary:    asHTML(item.Summary),
		published:  when(common.PublishedParsed, item.DatePublished),
		updated:    when(common.UpdatedParsed, item.DateModified),
		original:   item.ExternalURL,
		language:   item.Language,
	}
	if strings.TrimSpace(d.html) == "" {
		d.html = asHTML(item.ContentText)
	}
	if strings.Contains(item.ID, "://") {
		d.links = append(d.links, item.ID)
	}
	d.author, d.authorPage = jsonAuthor(item.Authors, item.Author)
	if d.author.Name == "" {
		d.author, d.authorPage = jsonAuthor(feed.Authors, feed.Author)
	}
	return d
}
