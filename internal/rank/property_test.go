package rank

import (
	"math"
	"math/rand/v2"
	"testing"

	"digest.example/internal/digest"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var some = Options{PerArticle: 3, Reserves: 3, Forum: true}

func TestInputOrderNeverMatters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := hostile(t)
		want := Thread(a, now, some)
		a.Comments = append([]digest.Comment(nil), a.Comments...)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		rng.Shuffle(len(a.Comments), func(i, j int) { a.Comments[i], a.Comments[j] = a.Comments[j], a.Comments[i] })
		if diff := cmp.Diff(want, Thread(a, now, some)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestVetoedCommentsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := article(comments(t, "c")...)
		more := comments(t, "new")
		all := a
		all.Comments = append(append([]digest.Comment(nil), a.Comments...), more...)
		vetoed := map[string]bool{}
		for _, e := range ranked(all).entries {
			vetoed[e.comment.ID] = e.veto != ""
		}
		with := a
		with.Comments = append([]digest.Comment(nil), a.Comments...)
		for _, c := range all.Comments[len(a.Comments):] {
			if vetoed[c.ID] {
				with.Comments = append(with.Comments, c)
			}
		}
		// the vetoed ones may owe their veto to newcomers that stand, so ask again
		for _, e := range ranked(with).entries {
			if e.veto == "" && len(e.comment.ID) > 3 && e.comment.ID[:3] == "new" {
				return
			}
		}
		before, after := Thread(a, now, some), Thread(with, now, some)
		if diff := cmp.Diff(before.Picks, after.Picks); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(before.Reserves, after.Reserves); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestPicksDifferInWriterAndSubThread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := hostile(t)
		r := Thread(a, now, some)
		branch := map[string]int{}
		for _, e := range ranked(a).entries {
			branch[e.comment.ID] = e.branch
		}
		writers, branches := map[string]bool{}, map[int]bool{}
		for _, p := range append(r.Picks, r.Reserves...) {
			w := authorKey(p.Comment.Author)
			if w != "" && writers[w] || branches[branch[p.Comment.ID]] {
				t.Fatalf("%s shares its writer or sub-thread with another pick", p.Comment.ID)
			}
			writers[w], branches[branch[p.Comment.ID]] = true, true
			if len(p.Why) == 0 || len(p.Why) > maxReasons {
				t.Fatalf("%s has the reasons %q", p.Comment.ID, p.Why)
			}
		}
		if len(r.Picks) > some.PerArticle || len(r.Reserves) > some.Reserves {
			t.Fatal("more than was asked for")
		}
	})
}

func TestEveryCommentIsAccountedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := hostile(t)
		r := Thread(a, now, some)
		if n := len(r.Picks) + len(r.Reserves) + len(r.Lost); n != len(a.Comments) {
			t.Fatalf("%d of %d comments came back", n, len(a.Comments))
		}
		for _, l := range r.Lost {
			if l.Why == "" {
				t.Fatalf("%s lost for no reason", l.Comment)
			}
		}
	})
}

func TestScoresAreFinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, e := range ranked(hostile(t)).entries {
			if math.IsNaN(e.score) || math.IsInf(e.score, 0) {
				t.Fatalf("%s has the score %v", e.comment.ID, e.score)
			}
			for f, x := range e.x {
				if !(x >= 0 && x <= 1) {
					t.Fatalf("feature %d of %s is %v", f, e.comment.ID, x)
				}
			}
		}
	})
}

// ranked is a thread with everything computed.
func ranked(a digest.Article) *thread {
	t, _ := rankAll(a, now, some)
	return t
}
