package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
	"time"

	"digest.example/internal/compose"
	"digest.example/internal/digest"
)

// atomFeed is a feed of RFC 4287.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string     `xml:"id"`
	Title     string     `xml:"title"`
	Published string     `xml:"published"`
	Updated   string     `xml:"updated"`
	Links     []atomLink `xml:"link"`
	Content   atomText   `xml:"content"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

// feed is the newest issues as an Atom feed, each whole.
func (s *site) feed(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	name := r.PathValue("newsletter")
	records, err := s.Archive.ArchivedIssues(ctx, name, 0, feedSize)
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return s.moved(ctx, w, name, "feed.atom")
	}
	var keys []string
	for _, r := range records {
		keys = append(keys, shelfKey(r))
	}
	body, err := s.shelf.feed(name, strings.Join(keys, "\n"), func() ([]byte, error) { return s.makeFeed(ctx, name, records) })
	if err != nil {
		return err
	}
	return s.show(w, r, "application/atom+xml; charset=utf-8", body)
}

func (s *site) makeFeed(ctx context.Context, name string, records []digest.IssueRecord) ([]byte, error) {
	issues, err := s.shown(ctx, records)
	if err != nil {
		return nil, err
	}
	id, err := s.feedID(ctx, name)
	if err != nil {
		return nil, err
	}
	body, err := s.atom(name, id, records, issues)
	if err != nil {
		return nil, fmt.Errorf("%w: feed: %w", errPage, err)
	}
	return body, nil
}

// feedID is the same for ever: whatever the newsletter is called, and wherever
// its pages stand.
func (s *site) feedID(ctx context.Context, name string) (string, error) {
	database, err := s.Database.DatabaseID(ctx)
	if err != nil {
		return "", err
	}
	newsletter, err := s.Archive.NewsletterID(ctx, name)
	return urn("feed " + database + " " + newsletter), err
}

// urn is a name in the form of a UUID of version 8 (RFC 9562, section 5.8).
func urn(of string) string {
	b := sha256.Sum256([]byte(of))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

func (s *site) atom(name, id string, records []digest.IssueRecord, issues []compose.ArchivedIssue) ([]byte, error) {
	base := s.archiveOf(name)
	feed := atomFeed{
		Lang: issues[0].Lang, ID: id, Title: issues[0].Title, Author: issues[0].Title,
		Links: []atomLink{{"self", "application/atom+xml", base + "feed.atom"}, {"alternate", "text/html", base}},
	}
	var latest time.Time
	for n, i := range issues {
		updated := records[n].Spent
		if records[n].Revised.After(updated) {
			updated = records[n].Revised
		}
		if updated.After(latest) {
			latest = updated
		}
		feed.Entries = append(feed.Entries, atomEntry{
			ID: urn("issue " + records[n].ID), Title: i.Subject, Published: stamp(records[n].Spent), Updated: stamp(updated),
			Links: []atomLink{{"alternate", "text/html", base + strconv.Itoa(i.Number)}},
			Content: atomText{"html", `<div lang="` + html.EscapeString(i.Lang) + `" dir="` + html.EscapeString(i.Dir) + `">` +
				string(i.Body) + `</div>`},
		})
	}
	feed.Updated = stamp(latest)
	b := bytes.NewBufferString(xml.Header)
	err := xml.NewEncoder(b).Encode(feed)
	return b.Bytes(), err
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
