package web

import (
	"context"
	"fmt"
	"sync"
	"time"

	"digest.example/internal/compose"
	"digest.example/internal/digest"
)

// shelfSize bounds the issues that are kept ready, in bytes of their bodies.
const shelfSize = 16 << 20

// shelf keeps rendered issues. What was taken out of one shows at once, since
// it is kept under the moment of its last revision.
type shelf struct {
	// turn lets one issue be rendered at a time: whoever leafs through a whole
	// archive must not take all cores from the mail.
	turn chan struct{}

	mu    sync.Mutex
	kept  map[string]compose.ArchivedIssue
	order []string // of kept, oldest first
	size  int
	feeds map[string]keptFeed // by newsletter
}

// keptFeed is a feed of the issues that key names.
type keptFeed struct {
	key  string
	body []byte
}

func newShelf() *shelf {
	return &shelf{turn: make(chan struct{}, 1), kept: map[string]compose.ArchivedIssue{}, feeds: map[string]keptFeed{}}
}

func shelfKey(r digest.IssueRecord) string {
	return fmt.Sprintf("%s %d", r.ID, r.Revised.UnixMilli())
}

func (s *shelf) get(key string) (compose.ArchivedIssue, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.kept[key]
	return i, ok
}

func (s *shelf) put(key string, i compose.ArchivedIssue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.kept[key]; ok || len(i.Body) > shelfSize/4 {
		return
	}
	s.kept[key] = i
	s.order = append(s.order, key)
	s.size += weight(i)
	for s.size > shelfSize {
		oldest := s.order[0]
		s.size -= weight(s.kept[oldest])
		delete(s.kept, oldest)
		s.order = s.order[1:]
	}
}

// feed is the newsletter's feed of those issues; made, unless it is kept. Feed
// readers ask all day, and mostly for what they have.
func (s *shelf) feed(newsletter, key string, made func() ([]byte, error)) ([]byte, error) {
	s.mu.Lock()
	have := s.feeds[newsletter]
	s.mu.Unlock()
	if have.key == key && have.body != nil {
		return have.body, nil
	}
	body, err := made()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.feeds[newsletter] = keptFeed{key, body}
	s.mu.Unlock()
	return body, nil
}

// weight is about what keeping an issue takes.
func weight(i compose.ArchivedIssue) int { return len(i.Body) + 1024 }

// shown are the issues as the archive shows them.
func (s *site) shown(ctx context.Context, records []digest.IssueRecord) ([]compose.ArchivedIssue, error) {
	all := make([]compose.ArchivedIssue, len(records))
	for n, r := range records {
		i, ok := s.shelf.get(shelfKey(r))
		if !ok {
			var err error
			if i, err = s.renderIssue(ctx, r); err != nil {
				return nil, err
			}
			s.shelf.put(shelfKey(r), i)
		}
		all[n] = i
	}
	return all, nil
}

func (s *site) renderIssue(ctx context.Context, r digest.IssueRecord) (compose.ArchivedIssue, error) {
	select {
	case s.shelf.turn <- struct{}{}:
		defer func() { <-s.shelf.turn }()
	case <-ctx.Done():
		return compose.ArchivedIssue{}, ctx.Err()
	}
	content, err := s.Archive.Content(ctx, r.ID)
	if err != nil {
		return compose.ArchivedIssue{}, err
	}
	i, err := s.Pages.Render(content, s.publication(r, content))
	if err != nil {
		return i, fmt.Errorf("%w: %w", errPage, err)
	}
	return i, nil
}

// publication is the newsletter as it was when it sent the issue. It may have
// been retired since; what was sent before issues told their title has that of
// today.
func (s *site) publication(r digest.IssueRecord, content digest.Issue) digest.Newsletter {
	n := digest.Newsletter{
		Name: r.Newsletter, Title: content.Title, Language: content.Language, PublicURL: s.public, Location: time.UTC,
	}
	if n.Title == "" {
		n.Title = r.Newsletter
		for _, known := range s.Newsletters {
			if known.Name == r.Newsletter {
				n.Title, n.Language = known.Title, known.Language
			}
		}
	}
	if zone, err := time.LoadLocation(content.Slot.Zone); err == nil {
		n.Location = zone
	}
	return n
}
