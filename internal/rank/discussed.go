package rank

import (
	"time"

	"digest.example/internal/digest"
)

// burst is how many people must have said something good since then for an older
// article to count as still being discussed.
const burst = 3

// Discussed ranks what was said under an older article after since, against the
// background of its whole thread, and says whether that is enough to show the
// article once more. Options.Candidate leaves out what was printed before.
func Discussed(a digest.Article, now, since time.Time, o Options) (Result, bool) {
	allowed := o.Candidate
	o.Candidate = func(c digest.Comment) bool {
		return c.Published.After(since) && (allowed == nil || allowed(c))
	}
	r := Thread(a, now, o)
	return r, r.Writers >= burst && len(r.Picks) > 0
}
