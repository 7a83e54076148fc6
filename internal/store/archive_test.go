package store

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/publish"
)

var _ publish.Archive = (*Store)(nil)

// frozen makes issue n of the newsletter, with content and a stencil.
func (w *world) frozen(newsletter string, n int, content digest.Issue) (id string) {
	w.Helper()
	r, _, err := w.OpenIssue(w.ctx, newsletter, digest.EditionScheduled, slot(n), noon)
	w.must(err)
	w.must(w.Freeze(w.ctx, r.ID, digest.Frozen{Content: content, Stencil: []byte("message of the kettle"), Plain: []byte("plainly the kettle"), From: "d@example.org", At: noon}))
	return r.ID
}

// got makes the issue one that somebody got.
func (w *world) got(issue string) {
	w.Helper()
	w.exec(`UPDATE issue SET spent = $1 WHERE id = $2`, ms(noon), issue)
}

func testArchive(t *testing.T, w *world) {
	w.newsletter("weekly")
	w.newsletter("monthly")
	for n := 1; n <= 7; n++ {
		id := w.frozen("weekly", n, digest.Issue{Number: n})
		switch n {
		case 2: // nobody got it
			w.move(id, digest.IssuePlanning, digest.IssueCancelled)
		case 4: // somebody had got it
			w.got(id)
			w.move(id, digest.IssuePlanning, digest.IssueCancelled)
		case 6: // about to be sent
		default:
			w.got(id)
		}
	}
	numbers := func(newsletter string, before, n int) string {
		t.Helper()
		all, err := w.ArchivedIssues(w.ctx, newsletter, before, n)
		w.must(err)
		var out []string
		for _, r := range all {
			out = append(out, fmt.Sprint(r.Number))
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct {
		newsletter string
		before, n  int
		want       string
	}{
		{"weekly", 0, 50, "7 5 4 3 1"},
		{"weekly", 0, 2, "7 5"},
		{"weekly", 5, 2, "4 3"},
		{"weekly", 1, 2, ""},
		{"monthly", 0, 50, ""},
		{"nothing", 0, 50, ""},
	} {
		if got := numbers(c.newsletter, c.before, c.n); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	for number, want := range map[int]string{1: "1: 0 3", 3: "3: 1 4", 7: "7: 5 0", 2: "none", 6: "none", 8: "none", 0: "none"} {
		r, older, newer, err := w.ArchivedIssue(w.ctx, "weekly", number)
		got := fmt.Sprintf("%d: %d %d", r.Number, older, newer)
		if errors.Is(err, digest.ErrNotFound) {
			got = "none"
		} else if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("issue %d: %s, want %s", number, got, want)
		}
	}
	w.must(w.RetireNewsletter(w.ctx, "weekly", noon))
	if names, err := w.Archives(w.ctx); err != nil || !slices.Equal(names, []string{"weekly"}) {
		t.Errorf("archives %v, %v", names, err)
	}
	if numbers("weekly", 0, 50) == "" {
		t.Error("a retired newsletter has lost its archive")
	}
}

func testPresentName(t *testing.T, w *world) {
	w.newsletter("first")
	w.must(w.RenameNewsletter(w.ctx, "first", "second"))
	w.must(w.RenameNewsletter(w.ctx, "second", "third"))
	w.newsletter("second") // a new one takes the name
	for name, want := range map[string]string{"first": "third", "second": "second", "third": "third", "none": "none"} {
		if got, err := w.PresentName(w.ctx, name); err != nil || got != want {
			t.Errorf("%s is now %s, %v; want %s", name, got, err, want)
		}
	}
	w.must(w.RenameNewsletter(w.ctx, "third", "first"))
	if got, err := w.PresentName(w.ctx, "first"); err != nil || got != "first" {
		t.Errorf("first is now %s, %v", got, err)
	}
}

// harbour is a library and an issue that hold the words of two people.
func (w *world) harbour() (harvest digest.Harvest, content digest.Issue) {
	w.Helper()
	kettle := comment("a", "a-1", noon)
	kettle.Author, kettle.HTML, kettle.URL = digest.Author{Name: "Wilhelmina Kettle"}, "<p>whistling kettle</p>", "https://blog.example.org/a#kettle"
	other := comment("a", "a-2", noon)
	other.Author = digest.Author{Name: "Pontoon"}
	story := article("a", noon, kettle, other)
	story.Title = "The tide mill"
	harvest = digest.Harvest{Source: "blog", At: noon, Articles: []digest.Article{story, article("b", noon, comment("b", "b-1", noon))}}
	w.must(w.SaveHarvest(w.ctx, harvest))
	picked := story
	picked.Comments = nil
	content = digest.Issue{Newsletter: "weekly", Number: 1, Lead: []digest.Pick{
		{Article: picked, Comments: []digest.CommentPick{{Comment: kettle}, {Comment: other, Answers: "Wilhelmina Kettle"}}},
	}}
	return harvest, content
}

// dropKettle is what publish.Redact would do.
func dropKettle(i *digest.Issue) int {
	p := &i.Lead[0]
	if len(p.Comments) < 2 {
		return 0
	}
	p.Comments = []digest.CommentPick{{Comment: p.Comments[1].Comment}}
	return 2
}

var kettle = digest.Redaction{Source: "blog", Article: "a", Comment: "a-1", URL: "https://blog.example.org/a#kettle", Fingerprint: "f"}

// shown are the ids in the library.
func (w *world) shown() string {
	w.Helper()
	all, err := w.Library(w.ctx, []string{"blog"}, time.Time{})
	w.must(err)
	var out []string
	for _, a := range all {
		out = append(out, a.ID)
		for _, c := range a.Comments {
			out = append(out, c.ID)
		}
	}
	return strings.Join(out, " ")
}

func testRedactComment(t *testing.T, w *world) {
	w.newsletter("weekly")
	harvest, content := w.harbour()
	id := w.frozen("weekly", 1, content)
	w.got(id)
	w.move(id, digest.IssuePlanning, digest.IssueDone)
	done, err := w.Redact(w.ctx, []digest.Redaction{kettle}, []string{id}, dropKettle, noon)
	w.must(err)
	want := digest.RedactedIssue{Name: "weekly/1", State: digest.IssueDone, Places: 2, Message: true}
	if done.Articles != 0 || done.Comments != 1 || len(done.Issues) != 1 || done.Issues[0] != want {
		t.Errorf("%+v", done)
	}
	after, err := w.Content(w.ctx, id)
	w.must(err)
	if len(after.Lead[0].Comments) != 1 || after.Lead[0].Comments[0].Answers != "" {
		t.Errorf("%+v", after.Lead[0].Comments)
	}
	if stencil, err := w.Stencil(w.ctx, id); err != nil || len(stencil) != 0 {
		t.Errorf("stencil %q, %v", stencil, err)
	}
	if plain, err := w.PlainStencil(w.ctx, id); err != nil || len(plain) != 0 {
		t.Errorf("plain stencil %q, %v", plain, err)
	}
	if r, err := w.Issue(w.ctx, id); err != nil || !r.Revised.Equal(noon) {
		t.Errorf("revised %s, %v", r.Revised, err)
	}
	harvest.At = noon.Add(time.Hour)
	harvest.Articles[0].Whole = true
	for range 2 { // the site shows it still
		w.must(w.SaveHarvest(w.ctx, harvest))
		if got := w.shown(); got != "a a-2 b b-1" {
			t.Errorf("the library has %s", got)
		}
	}
	again, err := w.Redact(w.ctx, []digest.Redaction{kettle}, []string{id}, dropKettle, noon.Add(time.Hour))
	w.must(err)
	if again.Comments != 0 || len(again.Issues) != 0 {
		t.Errorf("the second time: %+v", again)
	}
	m, err := w.Memory(w.ctx, "blog", time.Time{}, noon)
	w.must(err)
	all, err := w.Redactions(w.ctx)
	w.must(err)
	known := kettle
	known.URL = ""
	if !slices.Equal(m.Redacted, []digest.Redaction{known}) || !slices.Equal(all, m.Redacted) {
		t.Errorf("memory %+v, all %+v", m.Redacted, all)
	}
	if other, err := w.Memory(w.ctx, "other", time.Time{}, noon); err != nil || other.Redacted != nil {
		t.Errorf("another source's: %+v, %v", other.Redacted, err)
	}
}

func testRedactArticle(t *testing.T, w *world) {
	harvest, _ := w.harbour()
	harvest.Articles[0].Alias = "a2"
	w.must(w.SaveHarvest(w.ctx, harvest))
	done, err := w.Redact(w.ctx, []digest.Redaction{{Source: "blog", Article: "a"}}, nil, nil, noon)
	w.must(err)
	if done.Articles != 1 || done.Comments != 2 {
		t.Errorf("%+v", done)
	}
	harvest.At = noon.Add(time.Hour)
	harvest.Articles[0].Comments = append(harvest.Articles[0].Comments, comment("a", "a-3", noon))
	w.must(w.SaveHarvest(w.ctx, harvest))
	if got := w.shown(); got != "b b-1" {
		t.Errorf("the library has %s", got)
	}
	if got := w.query(`SELECT content || url || link || alias FROM article WHERE id = 'a'`); got != "{}a2" {
		t.Errorf("its row is %q", got)
	}
	m, err := w.Memory(w.ctx, "blog", time.Time{}, noon)
	if err != nil || len(m.Articles) != 2 || m.Articles[0].Alias != "a2" {
		t.Errorf("memory %+v, %v", m.Articles, err)
	}
}

// Who is still to get an issue gets it as it was frozen; then its message goes.
func testRedactWhileSending(t *testing.T, w *world) {
	newsletter := w.newsletter("weekly")
	w.enrolN(newsletter, 0, 2)
	_, content := w.harbour()
	id := w.frozen("weekly", 1, content)
	w.planAll(id)
	w.move(id, digest.IssuePlanning, digest.IssueSending)
	redact := func(waits, message bool) {
		t.Helper()
		done, err := w.Redact(w.ctx, []digest.Redaction{kettle}, []string{id}, dropKettle, noon)
		w.must(err)
		stencil, err := w.Stencil(w.ctx, id)
		w.must(err)
		if len(done.Issues) != 1 || done.Issues[0].Waits != waits || done.Issues[0].Message != message || len(stencil) > 0 != waits {
			t.Errorf("%+v, stencil %q", done, stencil)
		}
	}
	redact(true, false)
	redact(true, false) // there is nothing left in its content, and it waits still
	// Ending with somebody to send to is what only a race between two processes
	// does; the message stays for them.
	w.move(id, digest.IssueSending, digest.IssueDone)
	redact(true, false)
	w.exec(`UPDATE delivery SET state = 'accepted'`)
	redact(false, true)

	id = w.frozen("weekly", 2, content)
	w.move(id, digest.IssuePlanning, digest.IssueSending)
	redact(true, false)
	w.move(id, digest.IssueSending, digest.IssueDone)
	if stencil, err := w.Stencil(w.ctx, id); err != nil || len(stencil) > 0 {
		t.Errorf("it ended and has %q, %v", stencil, err)
	}
}

func testMentions(t *testing.T, w *world) {
	w.newsletter("weekly")
	harvest, content := w.harbour()
	harvest.Articles[1].Title = `100% "sure" of a_b & <c>!`
	w.must(w.SaveHarvest(w.ctx, harvest))
	w.frozen("weekly", 1, content)
	w.frozen("weekly", 2, digest.Issue{Note: "nothing"})
	for what, want := range map[string]string{
		"whistling kettle": "a/a-1", "The tide mill": "a", `100% "sure" of a_b & <c>!`: "b", "100X": "", "aXb": "",
		"blog.example.org": "a b a/a-1",
	} {
		var got []string
		w.must(w.Mentions(w.ctx, what, func(a digest.Article) error {
			id := a.ID
			for _, c := range a.Comments {
				id += "/" + c.ID
			}
			got = append(got, id)
			return nil
		}))
		slices.SortStableFunc(got, func(a, b string) int {
			return strings.Compare(strings.Repeat("~", strings.Count(a, "/"))+a, strings.Repeat("~", strings.Count(b, "/"))+b)
		})
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", what, got, want)
		}
	}
	issues, err := w.MentioningIssues(w.ctx, "whistling kettle")
	if err != nil || len(issues) != 1 || issues[0].Number != 1 {
		t.Errorf("%+v, %v", issues, err)
	}
	broken := errors.New("broken")
	if err := w.Mentions(w.ctx, "blog", func(digest.Article) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// The words leave SQLite's files, not only its tables.
func TestScrub(t *testing.T) {
	file := t.TempDir() + "/digest.db"
	w := &world{T: t, ctx: t.Context(), url: file, Store: opened(t, file, Options{Mode: ReadWrite})}
	w.newsletter("weekly")
	harvest, content := w.harbour()
	for n := range 200 { // enough for the pages to be balanced
		harvest.Articles = append(harvest.Articles, article(fmt.Sprint("n", n), noon, comment(fmt.Sprint("n", n), "1", noon)))
	}
	content.Lead[0].Article.HTML = strings.Repeat("<p>long</p>", 3000) // beyond one page
	w.must(w.SaveHarvest(w.ctx, harvest))
	id := w.frozen("weekly", 1, content)
	w.got(id)
	w.move(id, digest.IssuePlanning, digest.IssueDone)
	files := func() string {
		t.Helper()
		var all strings.Builder
		for _, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(file + suffix)
			w.must(err)
			all.Write(b)
		}
		return all.String()
	}
	words := []string{"Wilhelmina Kettle", "whistling kettle", "#kettle", "message of the kettle", "plainly the kettle"}
	for _, word := range words {
		if !strings.Contains(files(), word) {
			t.Fatalf("%q was never there", word)
		}
	}
	_, err := w.Redact(w.ctx, []digest.Redaction{kettle}, []string{id}, dropKettle, noon)
	w.must(err)

	reading, err := w.read.BeginTx(w.ctx, nil)
	w.must(err)
	var n int
	w.must(reading.QueryRow(`SELECT COUNT(*) FROM article`).Scan(&n))
	w.exec(`PRAGMA busy_timeout = 10`)
	if done, err := w.Scrub(w.ctx); err != nil || done {
		t.Errorf("beside a reader: %v, %v", done, err)
	}
	w.must(reading.Rollback())
	if done, err := w.Scrub(w.ctx); err != nil || !done {
		t.Errorf("scrub: %v, %v", done, err)
	}
	for _, word := range words {
		if strings.Contains(files(), word) {
			t.Errorf("the files hold %q", word)
		}
	}
	if !strings.Contains(files(), "Pontoon") {
		t.Error("the files have lost what should stay")
	}
}

// A redaction that is repeated without its address keeps what stands for that.
func testFingerprint(t *testing.T, w *world) {
	harvest, _ := w.harbour()
	whole := digest.Redaction{Source: "blog", Article: "b"}
	whole.Fingerprint = library.Fingerprint(digest.Redaction{URL: harvest.Articles[1].URL})
	_, err := w.Redact(w.ctx, []digest.Redaction{whole, kettle}, nil, nil, noon)
	w.must(err)
	_, err = w.Redact(w.ctx, []digest.Redaction{{Source: "blog", Article: "b"}}, nil, nil, noon)
	w.must(err)
	all, err := w.Redactions(w.ctx)
	if err != nil || len(all) != 2 || all[1].Fingerprint != whole.Fingerprint {
		t.Errorf("a fingerprint was lost: %+v, %v", all, err)
	}
}
