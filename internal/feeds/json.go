package feeds

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	feedjson "github.com/mmcdole/gofeed/json"

	"digest.example/internal/digest"
)

// parseJSON reads a JSON Feed (jsonfeed.org). Item by item: a document can hold
// millions, and one that is not what it should be must not cost the others.
func parseJSON(text []byte, at *url.URL) (Feed, error) {
	r := jsonReader{at: at, members: map[string]json.RawMessage{}}
	d := json.NewDecoder(bytes.NewReader(legibleJSON(text)))
	err := object(d, r.members, r.list)
	cutOff := err != nil && !errors.Is(err, errFull)
	feed, _ := lenient[feedjson.Feed](r.members)
	if !r.items && !strings.Contains(feed.Version, "jsonfeed.org") {
		return Feed{}, fmt.Errorf("%w: JSON of another kind", ErrNoFeed)
	}
	if !r.items {
		return Feed{}, fmt.Errorf("%w: JSON without a list of items", ErrNoFeed)
	}
	if cutOff && r.kept.total == 0 {
		return Feed{}, fmt.Errorf("%w: the document is cut off before its first entry ends", ErrNoFeed)
	}
	f := Feed{
		Title:    plain(feed.Title, false, maxTitle),
		Home:     resolve(at, feed.HomePageURL),
		Self:     resolve(at, feed.FeedURL),
		Language: language(feed.Language),
		Next:     resolve(at, feed.NextURL),
	}
	f.Entries, f.Warnings = r.kept.finish()
	f.inherit(jsonAuthor(at, feed.Authors, feed.Author))
	if cutOff {
		f.warn(cutOffAfter, r.kept.total)
	}
	return f, nil
}

// inherit gives the feed's author to entries that name none.
func (f *Feed) inherit(author digest.Author) {
	for i := range f.Entries {
		if e := &f.Entries[i]; e.Author.Name == "" {
			e.Author = author
		}
	}
}

// jsonReader takes a feed apart as it is decoded.
type jsonReader struct {
	at      *url.URL
	kept    shelf
	items   bool // there is a list of items
	members map[string]json.RawMessage
}

// jsonMembers are those of the feed and of its items that are read.
var jsonMembers = set("version", "title", "home_page_url", "feed_url", "language", "next_url", "author", "authors",
	"id", "url", "external_url", "content_html", "content_text", "summary", "date_published", "date_modified")

// errFull ends the reading of a feed that has had enough.
var errFull = errors.New("too many items")

// object reads those members of an object that are known, and items with list.
// An error means that the document ends in it, or is no JSON from there on.
func object(d *json.Decoder, members map[string]json.RawMessage, list func(*json.Decoder) error) error {
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return fmt.Errorf("read JSON: %w", err)
		}
		if name == "items" && list != nil {
			if err := list(d); err != nil {
				return err
			}
			continue
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return fmt.Errorf("read JSON: %w", err)
		}
		if key, _ := name.(string); jsonMembers[key] {
			members[key] = raw
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	return nil
}

// list reads the value of items.
func (r *jsonReader) list(d *json.Decoder) error {
	open, err := d.Token()
	if err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	if open != json.Delim('[') {
		return errors.New("read JSON: items is no list")
	}
	r.items = true
	for d.More() && !r.kept.full() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return fmt.Errorf("read JSON: %w", err)
		}
		r.add(raw)
	}
	if r.kept.full() {
		return errFull
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	return nil
}

func (r *jsonReader) add(raw json.RawMessage) {
	var item feedjson.Item
	err := json.Unmarshal(raw, &item)
	if err != nil {
		members := map[string]json.RawMessage{}
		if err = object(json.NewDecoder(bytes.NewReader(raw)), members, nil); err == nil {
			item, err = lenient[feedjson.Item](members)
		}
	}
	if err != nil {
		r.kept.spoiled++
		return
	}
	r.kept.add(jsonDraft(&item, r.at).entry())
}

// lenient reads an object without those of its members that are of a wrong
// type. A single author is taken for a list of one.
func lenient[T any](members map[string]json.RawMessage) (object T, err error) {
	for name, raw := range members {
		if name == "authors" && bytes.HasPrefix(raw, []byte("{")) {
			members[name] = append(append([]byte("["), raw...), ']')
		}
		var trial T
		one, err := json.Marshal(map[string]json.RawMessage{name: members[name]})
		if err != nil || json.Unmarshal(one, &trial) != nil {
			delete(members, name)
		}
	}
	all, err := json.Marshal(members)
	if err != nil {
		return object, fmt.Errorf("read JSON: %w", err)
	}
	if err := json.Unmarshal(all, &object); err != nil {
		return object, fmt.Errorf("read JSON: %w", err)
	}
	return object, nil
}

// jsonDraft reads an item, whose texts are plain where their names do not say
// otherwise.
func jsonDraft(item *feedjson.Item, base *url.URL) draft {
	published, updated := gofeedDates(item)
	d := draft{
		base:       base,
		id:         item.ID,
		links:      []string{item.URL, item.ExternalURL},
		title:      item.Title,
		plainTitle: true,
		html:       item.ContentHTML,
		summary:    asHTML(item.Summary),
		author:     jsonAuthor(base, item.Authors, item.Author),
		published:  when(published, item.DatePublished),
		updated:    when(updated, item.DateModified),
		original:   item.ExternalURL,
		language:   item.Language,
	}
	if strings.TrimSpace(d.html) == "" {
		d.html = asHTML(item.ContentText)
	}
	if strings.Contains(item.ID, "://") {
		d.links = append(d.links, item.ID)
	}
	return d
}

// gofeedDates has gofeed read the dates of an item, and nothing else: it panics
// at authors that are null.
func gofeedDates(item *feedjson.Item) (published, updated *time.Time) {
	dates := feedjson.Item{DatePublished: item.DatePublished, DateModified: item.DateModified}
	common, err := (&gofeed.DefaultJSONTranslator{}).Translate(&feedjson.Feed{Items: []*feedjson.Item{&dates}})
	if err != nil {
		return nil, nil
	}
	return common.Items[0].PublishedParsed, common.Items[0].UpdatedParsed
}

// legibleJSON replaces control characters, line ends among them, which JSON
// allows between its tokens only, by blanks: some programs print them raw.
func legibleJSON(text []byte) []byte {
	if bytes.IndexFunc(text, isControl) < 0 {
		return text
	}
	return bytes.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, text)
}

func isControl(r rune) bool { return r < ' ' }
