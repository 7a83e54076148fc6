package rank

import (
	"time"

	"digest.example/internal/digest"
)

// burst is how many people must have said something good since then for an older
// article to count as still being discussed; unsettled how many where its thread
// had not settled by then, so that what was printed came from half a discussion.
const (
	burst     = 3
	unsettled = 2
)

// Discussed ranks what was said under an older article after since, against the
// background of its whole thread, and says whether that is enough to show the
// article once more. Options.Candidate leaves out what was printed before.
func Discussed(a digest.Article, now, since time.Time, o Options) (Result, bool) {
	allowed := o.Candidate
	o.Candidate = func(c digest.Comment) bool {
		return c.Published.After(since) && (allowed == nil || allowed(c))
	}
	enough := burst
	if since.Sub(a.Published) < o.MinAge {
		enough = unsettled
	}
	r := Thread(a, now, o)
	return r, r.Writers >= enough && len(r.Picks) > 0
}
