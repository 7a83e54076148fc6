package rank

import (
	"slices"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
)

func TestDiscussion(t *testing.T) {
	r := Thread(discussion(), now, Options{PerArticle: 2, Reserves: 1})
	wantIDs(t, r.Picks, "a", "b")
	wantIDs(t, r.Reserves, "e")
	if r.Read != 7 {
		t.Errorf("read %d comments", r.Read)
	}
	if !slices.Contains(r.Picks[0].Why, "3 people answered it") {
		t.Errorf("reasons are %q", r.Picks[0].Why)
	}
	for id, want := range map[string]string{
		"f": "its writer has a better comment in this thread",
		"g": "a better comment was taken from the same sub-thread",
		"c": "below the quality bar: only 10 words",
	} {
		if why := whyLost(r, id); why != want {
			t.Errorf("%s lost because %q, want %q", id, why, want)
		}
	}
}

func TestLosersAreCompared(t *testing.T) {
	r := Thread(discussion(), now, Options{PerArticle: 1})
	if why := whyLost(r, "e"); !strings.HasPrefix(why, "place 3 of ") || !strings.Contains(why, "came later") {
		t.Errorf("e lost because %q", why)
	}
}

func TestBadThreadYieldsNothing(t *testing.T) {
	r := Thread(article(
		say("a", "Ann", "", 1, "I really like this one a lot."),
		say("b", "Bob", "", 2, "Is there more about it anywhere?"),
		say("c", "Cem", "", 3, "first"),
	), now, top(2))
	wantIDs(t, r.Picks)
	if r.Read != 3 || len(r.Lost) != 3 || r.Good != 0 {
		t.Errorf("%+v", r)
	}
}

func TestForumBarIsLower(t *testing.T) {
	a := article(say("a", "Ann", "", 1, "The valve in the pump usually sticks after the winter months, so grease it with silicone before storage."))
	wantIDs(t, Thread(a, now, top(1)).Picks)
	o := top(1)
	o.Forum = true
	wantIDs(t, Thread(a, now, o).Picks, "a")
}

func TestTwoRepliersPassTheBar(t *testing.T) {
	a := article(
		say("a", "Ann", "", 1, "Why does nobody mention the ferry of 1953?"),
		say("b", "Bob", "a", 2, "The ferry sank before the harbour was opened, and nobody was ever charged for it."),
		say("c", "Cem", "a", 3, "My father worked on it for years and would tell anybody who asked him."),
	)
	wantIDs(t, Thread(a, now, top(1)).Picks, "a")
	a.Comments[2].HTML = "Thank you for asking that at last."
	wantIDs(t, Thread(a, now, top(1)).Picks)
}

func TestVotesDecide(t *testing.T) {
	a := discussion()
	for i := range a.Comments {
		a.Comments[i].Votes = &digest.Votes{Up: 1, Down: -1, Base: 1}
	}
	a.Comments[4].Votes.Up = 32 // e
	r := Thread(a, now, top(1))
	wantIDs(t, r.Picks, "e")
	if r.Picks[0].Why[0] != "31 likes, most in the thread" {
		t.Errorf("reasons are %q", r.Picks[0].Why)
	}
	a.Comments[0].Votes.Up = -20
	r = Thread(a, now, top(3))
	if slices.Contains(ids(r.Picks), "a") {
		t.Error("a comment voted down was picked before unvoted ones")
	}
}

func TestVotesOf(t *testing.T) {
	votes := func(up, down, base int) float64 {
		return votesOf(digest.Comment{Votes: &digest.Votes{Up: up, Down: down, Base: base}})
	}
	if v := votesOf(digest.Comment{}); v != 0 {
		t.Errorf("no votes count %v", v)
	}
	if v := votes(8, -1, 1); v != 7 {
		t.Errorf("a sum of 8 above 1 counts %v", v)
	}
	if votes(10, 0, 0) <= votes(60, 50, 0) {
		t.Error("10 against 0 must beat 60 against 50")
	}
	if votes(100, 0, 0) <= votes(10, 0, 0) || votes(3, 9, 0) != -6 {
		t.Error("more is more, and a deficit stays one")
	}
}

func TestAnswers(t *testing.T) {
	a := article(
		say("a", "Ann", "", 1, "What is the museum's address in town?"),
		say("b", "Bob", "a", 2, bakery), say("c", "Cem", "lost", 2, tides), say("d", "Dee", "", 2, "Hm."),
		say("e", "Dee", "d", 3, engines),
	)
	got := map[string]string{}
	for _, p := range Thread(a, now, top(9)).Picks {
		got[p.Comment.ID] = p.Answers
	}
	if got["b"] != "Ann" || got["c"] != "" || got["e"] != "" || len(got) != 3 {
		t.Errorf("%v", got)
	}
}

func TestHostileShapes(t *testing.T) {
	a := article(
		say("a", "Ann", "b", 1, tides), say("b", "Bob", "a", 2, bakery), // a circle is one sub-thread
		say("c", "Cem", "c", 3, engines),                                         // its own parent
		say("d", "Dee", "gone", 4, gardens), say("e", "Eve", "gone", 5, library), // siblings of a lost parent
		say("c", "Fay", "", 6, library+" Twice."),
	)
	r := Thread(a, now, top(9))
	if len(r.Picks) != 3 || whyLost(r, "c") != "listed twice under one id" {
		t.Errorf("%v %v", ids(r.Picks), r.Lost)
	}
}

func TestCandidate(t *testing.T) {
	o := top(1)
	o.Candidate = func(c digest.Comment) bool { return c.ID != "a" }
	r := Thread(discussion(), now, o)
	wantIDs(t, r.Picks, "b")
	if why := whyLost(r, "a"); why != "not a candidate this time" {
		t.Error(why)
	}
}

func TestDiscussed(t *testing.T) {
	a := discussion()
	if r, is := Discussed(a, now, a.Published.Add(90*time.Minute), top(2)); !is || !slices.Equal(ids(r.Picks), []string{"b", "e"}) {
		t.Errorf("%v %v", is, ids(r.Picks))
	}
	if r, is := Discussed(a, now, a.Published.Add(10*time.Hour), top(2)); is {
		t.Errorf("one new comment (%v) is no burst", ids(r.Picks))
	}
}

// Of a thread that had not settled when it was last looked through, two people's
// new comments are enough; of one that had, they are not.
func TestDiscussedAfterSettling(t *testing.T) {
	a := discussion()
	since := a.Published.Add(4*time.Hour + 30*time.Minute) // e, g and the later f follow
	a.Comments = a.Comments[:6]                            // without g
	for _, c := range []struct {
		minAge time.Duration
		want   bool
	}{{24 * time.Hour, true}, {5 * time.Hour, true}, {4 * time.Hour, false}, {0, false}} {
		o := top(2)
		o.MinAge = c.minAge
		if r, is := Discussed(a, now, since, o); is != c.want || r.Writers != 2 {
			t.Errorf("settling in %s: %v, %d people", c.minAge, is, r.Writers)
		}
	}
}

func TestEmpty(t *testing.T) {
	r := Thread(digest.Article{}, now, top(2))
	if len(r.Picks)+len(r.Lost) != 0 || r.Read != 0 {
		t.Errorf("%+v", r)
	}
	if r := Thread(discussion(), now, Options{PerArticle: -1, Reserves: -1}); len(r.Picks) != 0 {
		t.Errorf("%+v", r)
	}
}
