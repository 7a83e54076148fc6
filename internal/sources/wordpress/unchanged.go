package wordpress

import (
	"cmp"
	"slices"
	"time"

	"digest.example/internal/digest"
)

// How long a thread is left alone while its count stays the same: a comment may
// have been edited, or one written and another deleted. One that was not read
// whole is tried again sooner.
const (
	restWhole  = 6 * time.Hour
	restShort  = 2 * time.Hour
	maxThreads = 200
)

// readThread is what the last reading of an article's comments gave. The feed of
// articles has no validators that would do instead: WordPress's know nothing of comments.
type readThread struct {
	Article string    `json:"article"`
	Said    int       `json:"said"`  // the count in the feed of articles
	Count   int       `json:"count"` // CommentCount
	Got     int       `json:"got"`
	Whole   bool      `json:"whole,omitempty"`
	At      time.Time `json:"at"`
	Closed  bool      `json:"closed,omitempty"`
	Bio     string    `json:"bio,omitempty"`
}

// rests says whether there is no need to read the thread now.
func (t readThread) rests(said int, now time.Time) bool {
	rest := restShort
	if t.Whole {
		rest = restWhole
	}
	return t.Said == said && now.Sub(t.At).Abs() < rest
}

// thread is what is known of an article's thread; zero: nothing.
func (s *state) thread(article string) readThread {
	i := slices.IndexFunc(s.Threads, func(t readThread) bool { return t.Article == article })
	if i < 0 {
		return readThread{}
	}
	return s.Threads[i]
}

// learnThread keeps t. The longest unread is forgotten first.
func (s *state) learnThread(t readThread) {
	const longest = 300 // bytes of a text
	s.Threads = slices.DeleteFunc(s.Threads, func(o readThread) bool { return o.Article == t.Article })
	if len(t.Article) > longest || len(t.Bio) > longest {
		return
	}
	s.Threads = append(s.Threads, t)
	s.Threads = s.Threads[max(0, len(s.Threads)-maxThreads):]
}

// skip leaves out a thread that need not be read, and says whether it did. The
// article then claims nothing about its comments but their number.
func (p *pull) skip(a *digest.Article, said int) bool {
	known := p.state.thread(a.ID)
	switch {
	case said == 0 && known.Said == 0:
		// Nothing is to be had, and those who look there for what the feed, which may
		// come from a cache, does not say yet would have to ask for every article.
	case known.Article != "" && known.rests(said, p.now()):
		a.CommentsClosed = a.CommentsClosed || known.Closed
		a.Author.Bio = cmp.Or(a.Author.Bio, known.Bio)
		if !known.Whole {
			p.tellShort(*a, known.Got, known.Count)
		}
	default:
		return false
	}
	a.Comments, a.CommentCount, a.Whole = nil, known.Count, false
	return true
}

// remember keeps that a thread was read to its end, if the next pull can know it again.
func (p *pull) remember(a digest.Article, said int) {
	if said == unknown {
		return
	}
	p.state.learnThread(readThread{
		Article: a.ID, Said: said, Count: a.CommentCount, Got: len(a.Comments), Whole: a.Whole,
		At: p.now().UTC(), Closed: a.CommentsClosed, Bio: a.Author.Bio,
	})
}
