package rank

import (
	"math"
	"testing"
	"time"

	"digest.example/internal/digest"
)

// described is the entry of the comment named id, with its features.
func described(t *testing.T, a digest.Article, id string) *entry {
	t.Helper()
	for _, e := range ranked(a).entries {
		if e.comment.ID == id {
			return e
		}
	}
	t.Fatalf("no comment %s", id)
	return nil
}

func wantFeature(t *testing.T, e *entry, f feature, want float64) {
	t.Helper()
	if math.Abs(e.x[f]-want) > 1e-6 {
		t.Errorf("feature %d of %s is %v, want %v", f, e.comment.ID, e.x[f], want)
	}
}

func TestFeatures(t *testing.T) {
	a := article(
		say("a", "Ann", "", 6, "The old pier measured 12 metres in 1953, see https://en.wikipedia.org/wiki/Pier for it."),
		say("b", "Bob", "a", 12, "Does nobody here know where those numbers come from?"),
		say("c", "Editor", "b", 18, "The harbour office keeps a register of all measurements since then."),
		say("d", "Bob", "a", 24, "The old pier measured less in my register, by two."),
		say("e", "Ann", "a", 30, "Nobody answers oneself here and gets counted for it."),
		say("f", "Fay", "a", 36, "Yes."),
	)
	first, question, editor, reply := described(t, a, "a"), described(t, a, "b"), described(t, a, "c"), described(t, a, "d")
	fast := math.Exp(-18.0 / 24) // the median of those five that stand

	wantFeature(t, first, fLength, math.Log(12)/math.Log(251))
	wantFeature(t, first, fEarlyFast, fast)
	wantFeature(t, first, fEarlyTop, fast)
	wantFeature(t, first, fNovel, 1)
	wantFeature(t, first, fFirstHours, math.Exp(-1))
	wantFeature(t, first, fSource, 1)
	wantFeature(t, first, fNumbers, math.Log(3)/math.Log(6))
	wantFeature(t, first, fReplies, math.Log(3)/math.Log(11)) // not by Ann herself, not "Yes."
	wantFeature(t, first, fChatty, 0.25)
	wantFeature(t, first, fQuestion, 0)

	wantFeature(t, question, fQuestion, 1)
	wantFeature(t, question, fDepth, 0.2)
	wantFeature(t, question, fEarlyFast, 0.75*fast)
	wantFeature(t, question, fEarlyTop, 0)
	wantFeature(t, editor, fDepth, 0.4)
	wantFeature(t, editor, fByAuthor, 1)
	wantFeature(t, editor, fSource, 0)
	if x := reply.x[fNovel]; !(x > 0 && x < 0.9) {
		t.Errorf("a comment that takes up four words is novel by %v", x)
	}
	if len(first.repliers) != 1 {
		t.Errorf("%d people answered, want one", len(first.repliers))
	}
}

func TestWordLength(t *testing.T) {
	for html, want := range map[string]float64{
		"five words each have fives":         (22.0/5 - 3) / 4,
		"我们在旧码头测量了十二年的潮位":                    neutral,
		"قمنا بقياس مستوى المياه في الميناء": neutral,
	} {
		wantFeature(t, described(t, article(say("a", "Ann", "", 1, html)), "a"), fWordLength, want)
	}
}

func TestUndatedThread(t *testing.T) {
	a := discussion()
	for i := range a.Comments {
		a.Comments[i].Published = time.Time{}
	}
	for _, e := range ranked(a).entries {
		wantFeature(t, e, fEarlyFast, 0)
		wantFeature(t, e, fFirstHours, 0)
	}
}

func TestYoungCommentsGetCreditForVotesToCome(t *testing.T) {
	a := article(say("a", "Ann", "", 1, tides), say("b", "Bob", "", 71, bakery))
	for i := range a.Comments {
		a.Comments[i].Votes = &digest.Votes{Up: 4, Down: -1}
	}
	th := ranked(a)
	old, young := th.voteSignal(th.entries[0], 4), th.voteSignal(th.entries[1], 4)
	if young <= old {
		t.Errorf("as many votes in an hour count %v, in three days %v", young, old)
	}
}

func TestUnit(t *testing.T) {
	for x, want := range map[float64]float64{-1: 0, 0.5: 0.5, 7: 1, math.Inf(1): 1, math.Inf(-1): 0} {
		if got := unit(x); got != want {
			t.Errorf("unit(%v) = %v", x, got)
		}
	}
	if got := unit(math.NaN()); got != 0 {
		t.Errorf("unit(NaN) = %v", got)
	}
}
