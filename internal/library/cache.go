package library

import (
	"context"
	"slices"
	"sync"

	"digest.example/internal/digest"
	"digest.example/internal/sources"
)

// Cache keeps in memory what sources gave, so that a preview which is made again
// and again asks a site once. Failures are not kept. It is safe for concurrent
// use.
type Cache struct {
	mu   sync.Mutex
	kept map[digest.SourceRef]*cached
}

// NewCache returns an empty one.
func NewCache() *Cache { return &Cache{kept: map[digest.SourceRef]*cached{}} }

// Wrap returns the sources as they answer from the cache. One with another
// address or kind than before is another source.
func (s *Cache) Wrap(all []Source) []Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	wrapped := slices.Clone(all)
	for i, source := range all {
		key := source.SourceRef
		key.Required = false
		if s.kept[key] == nil {
			s.kept[key] = &cached{seen: map[digest.Item]bool{}, now: map[string]digest.Article{}}
		}
		s.kept[key].follow(source.Source)
		wrapped[i].Source = s.kept[key]
	}
	return wrapped
}

// cached is a source with what it gave.
type cached struct {
	mu      sync.Mutex
	source  sources.Source
	window  sources.Window
	harvest *digest.Harvest
	seen    map[digest.Item]bool      // what was rechecked
	now     map[string]digest.Article // what rechecks found, by id
	gone    []digest.Item
}

func (s *cached) follow(source sources.Source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.source = source
}

// Pull implements sources.Source. A window that reaches further back than what
// is kept is asked for anew.
func (s *cached) Pull(ctx context.Context, r sources.Request) (digest.Harvest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.harvest == nil || r.Since.Before(s.window.Since) {
		h, err := s.source.Pull(ctx, r)
		if err != nil {
			return digest.Harvest{}, err
		}
		s.harvest, s.window = &h, r.Window
	}
	h := *s.harvest
	h.Articles = slices.Clone(h.Articles)
	h.Warnings = slices.Clone(h.Warnings)
	return h, nil
}

// Recheck implements sources.Source. What was looked up once is not again.
func (s *cached) Recheck(ctx context.Context, r sources.Request, articles []digest.Article) (digest.Harvest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if unseen := s.unseen(articles); len(unseen) > 0 {
		h, err := s.source.Recheck(ctx, r, unseen)
		if err != nil {
			return digest.Harvest{}, err
		}
		s.learn(unseen, h)
	}
	return s.known(articles), nil
}

// unseen are the articles that were not looked up, or not with these comments.
func (s *cached) unseen(articles []digest.Article) []digest.Article {
	return slices.DeleteFunc(slices.Clone(articles), func(a digest.Article) bool {
		return s.seen[digest.Item{Article: a.ID}] && !slices.ContainsFunc(a.Comments, func(c digest.Comment) bool {
			return !s.seen[digest.Item{Article: a.ID, Comment: c.ID}]
		})
	})
}

func (s *cached) learn(asked []digest.Article, h digest.Harvest) {
	for _, a := range asked {
		s.seen[digest.Item{Article: a.ID}] = true
		for _, c := range a.Comments {
			s.seen[digest.Item{Article: a.ID, Comment: c.ID}] = true
		}
	}
	for _, a := range h.Articles {
		if before, ok := s.now[a.ID]; ok && !a.Whole {
			a.Comments = joined(before.Comments, a.Comments)
		}
		s.now[a.ID] = a
	}
	s.gone = append(s.gone, h.Gone...)
}

// joined are the comments of two answers; of one in both, the later version.
func joined(old, fresh []digest.Comment) []digest.Comment {
	all := slices.Clone(fresh)
	for _, c := range old {
		if !slices.ContainsFunc(fresh, func(f digest.Comment) bool { return f.ID == c.ID }) {
			all = append(all, c)
		}
	}
	return all
}

// known is what rechecks found so far about the articles.
func (s *cached) known(articles []digest.Article) digest.Harvest {
	var h digest.Harvest
	about := map[string]bool{}
	for _, a := range articles {
		about[a.ID] = true
		if now, ok := s.now[a.ID]; ok {
			h.Articles = append(h.Articles, now)
		}
	}
	for _, item := range s.gone {
		if about[item.Article] {
			h.Gone = append(h.Gone, item)
		}
	}
	return h
}
