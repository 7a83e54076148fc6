package rank

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
	"pgregory.net/rapid"
)

// Paragraphs that nobody has written about the same thing.
const (
	tides   = "We measured the tides at the old pier for 12 years, and the mean level rose by 4 centimetres; the harbour office keeps the sheets and lends them to whoever asks politely at the counter on Tuesdays."
	bakery  = "My grandmother ran the bakery across the square, and what the article leaves out is how the flour rationing shaped the recipes: rye was cheap, wheat was not, so the dark loaf became the local speciality. Her handwritten ledger with all 60 recipes survives in the parish archive, together with photographs of the ovens."
	engines = "Steam engines of that class were built without superheaters, which explains the coal consumption the author wonders about. The later rebuilds halved it, according to the depot records from Crewe. Drivers complained about the steam brake rather than the firebox, which the workshop replaced during the following summer."
	gardens = "Gardeners here have used seaweed as fertiliser for generations because the sandy soil holds no nutrients. Spread it in November, let the rain wash the salt out, and dig it under before planting potatoes. The parish used to regulate who may collect it, and the regulations of that period still make interesting reading today. Families held fixed stretches of beach, marked by 2 painted stones, and quarrels about misplaced stones fill entire volumes of court minutes."
	library = "The municipal library digitised its newspaper collection last winter; searching for the architect's name returns several interviews in which he describes the competition entries that were rejected."
)

func article(comments ...digest.Comment) digest.Article {
	return digest.Article{
		Source: "blog", ID: "1", URL: "https://blog.example.org/1", Title: "The harbour",
		Author: digest.Author{Name: "Editor"}, Published: now.Add(-72 * time.Hour),
		HTML:     `<p>The harbour was founded by fishermen who came from the islands in the north and stayed for the herring, see <a href="https://museum.example/ships">the museum</a>.</p>`,
		Comments: comments,
	}
}

// say is a comment written some hours after the article.
func say(id, author, parent string, hours int, html string) digest.Comment {
	return digest.Comment{
		Source: "blog", Article: "1", ID: id, Parent: parent, HTML: html,
		Author: digest.Author{Name: author}, Published: now.Add(time.Duration(hours-72) * time.Hour),
	}
}

func discussion() digest.Article {
	return article(
		say("a", "Ann", "", 1, tides),
		say("b", "Bob", "", 2, bakery),
		say("c", "Cem", "a", 3, "The counter is closed on Tuesdays now, try Thursdays instead."),
		say("d", "Dee", "a", 4, "They sent me scans by mail within two days, very kind people."),
		say("e", "Eve", "", 5, engines),
		say("f", "Ann", "", 30, gardens),
		say("g", "Guy", "a", 6, library),
	)
}

func top(n int) Options { return Options{PerArticle: n, MinAge: 24 * time.Hour} }

func ids(picks []digest.CommentPick) []string {
	out := []string{}
	for _, p := range picks {
		out = append(out, p.Comment.ID)
	}
	return out
}

func whyLost(r Result, id string) string {
	for _, l := range r.Lost {
		if l.Comment == id {
			return l.Why
		}
	}
	return ""
}

func wantIDs(t *testing.T, got []digest.CommentPick, want ...string) {
	t.Helper()
	if !slices.Equal(ids(got), want) {
		t.Errorf("picked %v, want %v", ids(got), want)
	}
}

var sentences = []string{tides, bakery, engines, gardens, library}

// comments draws hostile threads: ids that occur twice, orphans, circles, odd
// times, empty names, foreign scripts, links, copies and shouting.
func comments(t *rapid.T, prefix string) []digest.Comment {
	n := rapid.IntRange(0, 12).Draw(t, "n")
	var out []digest.Comment
	for i := range n {
		c := say(fmt.Sprint(prefix, i), "", "", 0, text(t))
		c.Author.Name = rapid.SampledFrom([]string{"", "Ann", "ann ", "Bob", "Cem", "Dee", "Editor", "Eve", "Guy"}).Draw(t, "author")
		c.Parent = rapid.SampledFrom([]string{"", "lost", prefix + "0", prefix + "1", prefix + "2", prefix + "5"}).Draw(t, "parent")
		c.Published = rapid.SampledFrom([]time.Time{
			{},
			now, now.Add(1000 * time.Hour), now.Add(-60 * time.Hour), now.Add(-50 * time.Hour), now.Add(-2 * time.Hour),
			time.Unix(-1<<60, 0), time.Unix(1<<60, 0),
		}).Draw(t, "time")
		if rapid.Bool().Draw(t, "voted") {
			c.Votes = &digest.Votes{
				Up:   rapid.SampledFrom([]int{0, 1, 2, 50, -3, 1 << 62, -1 << 62}).Draw(t, "up"),
				Down: rapid.SampledFrom([]int{-1, 0, 7, 1 << 62}).Draw(t, "down"), Base: rapid.IntRange(0, 1).Draw(t, "base"),
			}
		}
		out = append(out, c)
	}
	return out
}

func text(t *rapid.T) string {
	words := strings.Fields(strings.Join(sentences, " ") + " 汉字漢字 かな ทดสอบ مرحبا привет https://spam.example/x https://else.example/y <b>! <blockquote> &lt; 3.5 ? idiot")
	if rapid.Bool().Draw(t, "whole") {
		return rapid.SampledFrom(append(sentences, "", "\xff\x00", "<", strings.Repeat("a ", 200))).Draw(t, "text")
	}
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 40).Draw(t, "words"), " ")
}

func hostile(t *rapid.T) digest.Article {
	a := article(comments(t, "c")...)
	if rapid.Bool().Draw(t, "undated") {
		a.Published = time.Time{}
	}
	if n := len(a.Comments); n > 1 && rapid.Bool().Draw(t, "twice") {
		a.Comments[n-1].ID = a.Comments[0].ID
	}
	return a
}
