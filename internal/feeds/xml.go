package feeds

import (
	"bytes"
	"fmt"
	"net/url"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/rss"
)

func parseXML(text []byte, at *url.URL) (Feed, error) {
	p := gofeed.NewParser()
	p.KeepOriginalFeed = true
	p.RSSTranslator = &gofeed.DefaultRSSTranslator{DisableContentImageScan: true}
	common, err := p.Parse(bytes.NewReader(text))
	if err != nil {
		return Feed{}, fmt.Errorf("%w: %w", ErrNoFeed, err)
	}
	f := Feed{
		Title:    plain(common.Title, true, maxTitle),
		Home:     resolve(at, common.Link),
		Self:     resolve(at, common.FeedLink),
		Language: language(common.Language),
	}
	switch original := common.OriginalFeed().(type) {
	case *rss.Feed:
		f.Next = resolve(at, atomLink(original.Extensions, "next"))
		for i, item := range original.Items {
			f.Entries = append(f.Entries, rssDraft(common.Items[i], item, at).entry())
		}
	case *atom.Feed:
		f.Next = resolve(at, rel(original.Links, "next", isAny))
		for i, e := range original.Entries {
			f.Entries = append(f.Entries, atomDraft(common.Items[i], e, original, at).entry())
		}
	}
	return f, nil
}
