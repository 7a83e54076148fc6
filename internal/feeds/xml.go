package feeds

import (
	"bytes"
	"fmt"
	"net/url"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/rss"

	"digest.example/internal/digest"
)

// parseXML reads RSS, RDF and Atom.
func parseXML(text []byte, at *url.URL) (Feed, error) {
	var kept shelf
	o, err := newOutline(legible(text), at)
	if err != nil {
		return Feed{}, err
	}
	o.emit = func(b *batch) bool {
		readBatch(o.kind, b, 0, len(b.notes), &kept)
		return !kept.full()
	}
	o.run()
	if o.cut && o.seen == 0 {
		return Feed{}, fmt.Errorf("%w: the document is cut off before its first entry ends", ErrNoFeed)
	}
	f, author := about(o)
	f.Entries, f.Warnings = kept.finish()
	f.inherit(author)
	if o.cut && !o.full {
		f.warn(cutOffAfter, o.seen)
	}
	if o.cost.left > 0 {
		f.warn("%d parts of the feed are larger or more deeply nested than can be read and were left out", o.cost.left)
	}
	return f, nil
}

const cutOffAfter = "the feed is cut off after %d entries; what stood behind them is missing"

func (f *Feed) warn(format string, args ...any) {
	f.Warnings = append(f.Warnings, fmt.Sprintf(format, args...))
}

// readBatch reads the entries of a batch from i until k. Where gofeed refuses
// them, it is asked about halves, so that one broken entry costs no other.
func readBatch(kind string, b *batch, i, k int, kept *shelf) {
	doc := bytes.Join([][]byte{b.open, b.text[b.begin(i):b.begin(k)], b.end}, nil)
	drafts, err := read(kind, doc, b.notes[i:k])
	if err == nil {
		for _, d := range drafts {
			kept.add(d.entry())
		}
		return
	}
	if k-i == 1 {
		kept.spoiled++
		return
	}
	middle := (i + k) / 2
	readBatch(kind, b, i, middle, kept)
	readBatch(kind, b, middle, k, kept)
}

// read has gofeed read a document of as many entries as there are notes. A panic
// of its would be a bug, and no reason to stop the program.
func read(kind string, doc []byte, notes []note) (drafts []draft, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("read a feed: %v", p)
		}
	}()
	if kind == "feed" {
		return readAtom(doc, notes)
	}
	return readRSS(doc, notes)
}

func readRSS(doc []byte, notes []note) ([]draft, error) {
	feed, common, err := gofeedRSS(doc)
	if err != nil {
		return nil, err
	}
	if len(feed.Items) != len(notes) {
		return nil, fmt.Errorf("read a feed: %d entries of %d", len(feed.Items), len(notes))
	}
	drafts := make([]draft, len(notes))
	for i, item := range feed.Items {
		drafts[i] = rssDraft(common.Items[i], item, notes[i])
	}
	return drafts, nil
}

func readAtom(doc []byte, notes []note) ([]draft, error) {
	feed, common, err := gofeedAtom(doc)
	if err != nil {
		return nil, err
	}
	if len(feed.Entries) != len(notes) {
		return nil, fmt.Errorf("read a feed: %d entries of %d", len(feed.Entries), len(notes))
	}
	drafts := make([]draft, len(notes))
	for i, entry := range feed.Entries {
		drafts[i] = atomDraft(common.Items[i], entry, notes[i])
	}
	return drafts, nil
}

// gofeedRSS and gofeedAtom skip gofeed's guessing of the kind, which is known,
// and its search for pictures, which parses every text as HTML.
func gofeedRSS(doc []byte) (*rss.Feed, *gofeed.Feed, error) {
	feed, err := (&rss.Parser{}).Parse(bytes.NewReader(doc))
	if err != nil {
		return nil, nil, fmt.Errorf("read RSS: %w", err)
	}
	common, err := (&gofeed.DefaultRSSTranslator{DisableContentImageScan: true}).Translate(feed)
	if err != nil {
		return nil, nil, fmt.Errorf("read RSS: %w", err)
	}
	return feed, common, nil
}

func gofeedAtom(doc []byte) (*atom.Feed, *gofeed.Feed, error) {
	feed, err := (&atom.Parser{}).Parse(bytes.NewReader(doc))
	if err != nil {
		return nil, nil, fmt.Errorf("read Atom: %w", err)
	}
	common, err := (&gofeed.DefaultAtomTranslator{}).Translate(feed)
	if err != nil {
		return nil, nil, fmt.Errorf("read Atom: %w", err)
	}
	return feed, common, nil
}

// about reads what a document says of the feed itself. Its author is that of
// entries that name none (RFC 4287 section 4.2.1).
func about(o *outline) (f Feed, author digest.Author) {
	doc := bytes.Join([][]byte{o.shell.open, o.frame, o.shell.end}, nil)
	base := o.base
	if o.kind == "feed" {
		feed, common, err := gofeedAtom(doc)
		if err != nil {
			return f, author
		}
		f = frame(common, firstOf(o.language, common.Language), base)
		f.Next = resolve(base, rel(feed.Links, "next", isAny))
		return f, atomAuthor(base, feed.Authors)
	}
	feed, common, err := gofeedRSS(doc)
	if err != nil {
		return f, author
	}
	f = frame(common, firstOf(common.Language, o.language), base)
	f.Next = resolve(base, atomLink(feed.Extensions, "next"))
	return f, author
}

func frame(common *gofeed.Feed, lang string, base *url.URL) Feed {
	return Feed{
		Title:    plain(common.Title, true, maxTitle),
		Home:     resolve(base, common.Link),
		Self:     resolve(base, common.FeedLink),
		Language: language(lang),
	}
}
