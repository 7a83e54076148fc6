package rank

import (
	"time"

	"digest.example/internal/digest"
)

// Thread ranks the comments of a as they stand at now.
func Thread(a digest.Article, now time.Time, o Options) Result {
	res := Result{Read: len(a.Comments), Settled: now.Sub(a.Published) >= o.MinAge}
	for i, c := range a.Comments {
		p := digest.CommentPick{Comment: c}
		switch {
		case i < o.PerArticle:
			res.Picks = append(res.Picks, p)
		case i < o.PerArticle+o.Reserves:
			res.Reserves = append(res.Reserves, p)
		}
	}
	return res
}
