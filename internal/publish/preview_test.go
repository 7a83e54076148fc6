package publish_test

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/mail"
	"digest.example/internal/preflight"
	"digest.example/internal/publish"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

// tree is a folder's files and what is in them.
func tree(t *testing.T, folder string) map[string][32]byte {
	t.Helper()
	files := map[string][32]byte{}
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		files[path] = sha256.Sum256(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// What a dry run shows is what freezing at that moment stores.
func TestPreviewIsWhatWouldBeFrozen(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a", "b", "c")
	w.at(sunday) // a first issue, so that there is a history
	w.site.articles = append(w.site.articles, article("d", second.Add(-72*time.Hour),
		remark("d", 0, second.Add(-71*time.Hour)), remark("d", 1, second.Add(-70*time.Hour)), remark("d", 2, second.Add(-69*time.Hour))))
	w.site.publish(second.Add(-48*time.Hour), "e", "f")
	w.site.articles = append(w.site.articles, article("undated", time.Time{}))
	w.site.warnings = []string{"a thread was cut short"}
	w.write("A note")
	w.now = second
	v, err := w.p.Preview(w.ctx, &w.newsletter)
	w.must(err)
	if v.Issue.Number != 2 || len(v.Findings)+len(v.Failures) != 0 {
		t.Errorf("issue %d, findings %v, failures %v", v.Issue.Number, v.Findings, v.Failures)
	}
	same(t, "warnings", v.Issue.Warnings, []string{"blog: a thread was cut short"})
	w.at(second)
	content, err := w.db.Content(w.ctx, w.last().ID)
	w.must(err)
	same(t, "frozen", articlesOf(content), []string{"d", "e", "f", "undated"})
	utc := cmp.Transformer("utc", func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) })
	if diff := cmp.Diff(v.Issue, content, utc, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(digest.Issue{}, "Slot")); diff != "" {
		t.Errorf("the preview is not what was frozen: %s", diff)
	}
	for _, part := range []string{"Subject: " + v.Rendered.Subject} {
		if !strings.Contains(w.mailer.last, part) {
			t.Errorf("the mail lacks %q", part)
		}
	}
}

func TestPreviewChangesNothing(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.write("A note")
	w.must(w.db.Close())
	w.open(store.Options{Mode: store.ReadOnly})
	before, notes := tree(t, filepath.Dir(w.file)), tree(t, filepath.Dir(w.newsletter.NoteFile))
	p := w.publisher(w.newsletter) // not started: that would write
	v, err := p.Preview(w.ctx, &w.newsletter)
	w.must(err)
	if len(v.Issue.Lead) != 1 || v.Issue.Number != 1 || v.Rendered.HTML == "" || v.Rendered.Stencil == nil {
		t.Errorf("previewed %+v", v.Issue)
	}
	if diff := cmp.Diff(before, tree(t, filepath.Dir(w.file))); diff != "" {
		t.Errorf("the database's folder changed: %s", diff)
	}
	if diff := cmp.Diff(notes, tree(t, filepath.Dir(w.newsletter.NoteFile))); diff != "" {
		t.Errorf("the notes changed: %s", diff)
	}
}

func TestPreviewTellsOfHolds(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	optional := library.Source{SourceRef: digest.SourceRef{Name: "optional"}, Source: &site{err: errDown}}
	broken := library.Source{SourceRef: digest.SourceRef{Name: "forum", Required: true}, Source: &site{err: errDown}}
	w.newsletter.Sources = append(w.newsletter.Sources, optional, broken)
	w.unreach = errors.New("no such host")
	w.start()
	v, err := w.p.Preview(w.ctx, &w.newsletter)
	w.must(err)
	want := []preflight.Finding{
		{Code: publish.HoldUnsubscribe, Level: preflight.Blocks, Why: "no such host"},
		{Code: publish.HoldSource, Level: preflight.Blocks, Why: "source forum: connection refused"},
		{Code: publish.HoldSource, Level: preflight.Warns, Why: "source optional: connection refused"},
	}
	if diff := cmp.Diff(want, v.Findings, cmpopts.IgnoreFields(preflight.Finding{}, "Remedy")); diff != "" {
		t.Error(diff)
	}
	same(t, "failures", v.Failures, []string{"optional: connection refused", "forum: connection refused"})
	same(t, "what is left to print", articlesOf(v.Issue), []string{"a"})
	if kept, err := w.db.Library(w.ctx, []string{"blog"}, time.Time{}); err != nil || len(kept) != 0 {
		t.Errorf("a preview filled the library: %v, %v", kept, err)
	}
	w.wantIssues("")
}

func TestPreviewOfNothing(t *testing.T) {
	w := newWorld(t, 1)
	v, err := w.p.Preview(w.ctx, &w.newsletter)
	if err != nil || !v.Issue.Empty() || v.Rendered.Stencil != nil {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestPreviewErrors(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.write(strings.Repeat("x", 64<<10+1))
	if _, err := w.p.Preview(w.ctx, &w.newsletter); !errors.Is(err, digest.ErrHeld) {
		t.Errorf("a note that is too large: %v", err)
	}
}

// A sample belongs to nobody, on a database that knows the newsletter or not.
func TestSample(t *testing.T) {
	w := newWorld(t, 1)
	unknown := weekly(t)
	for _, c := range []struct {
		n  *publish.Newsletter
		id string
	}{{&w.newsletter, w.newsletter.ID}, {&unknown, "00000000"}} {
		if c.n == &w.newsletter {
			var err error
			c.id, err = w.db.NewsletterID(w.ctx, "weekly")
			w.must(err)
			c.n.ID = c.id
		}
		got, err := w.p.Sample(c.n, "me@example.org")
		w.must(err)
		want := mail.Personal{
			To: "me@example.org", MessageID: got.MessageID,
			Unsubscribe: "https://digest.harbour.test/u/" + subscribers.Nobody + "." + c.id,
			Preferences: "https://digest.harbour.test/p/" + subscribers.Nobody + "-" + c.id,
		}
		if got != want || !strings.HasSuffix(got.MessageID, "@harbour.test") {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if unknown.ID != "" {
		t.Error("the newsletter itself was changed")
	}
	w.now = w.now.Add(time.Millisecond)
	one, err := w.p.Sample(&w.newsletter, "me@example.org")
	w.must(err)
	w.now = w.now.Add(time.Millisecond)
	two, err := w.p.Sample(&w.newsletter, "me@example.org")
	w.must(err)
	if one.MessageID == two.MessageID {
		t.Error("two samples have the same Message-ID")
	}
}
