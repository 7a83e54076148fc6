package publish

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/library"
)

// vault is what redacting needs, in memory. Like the store, it finds by text.
type vault struct {
	library  []digest.Article
	issues   map[string]digest.Issue // by id, which is the name too
	ended    map[string]bool
	redacted []digest.Redaction
}

func holds(v any, what string) bool {
	b, _ := json.Marshal(v)
	quoted, _ := json.Marshal(what)
	return strings.Contains(string(b), string(quoted[1:len(quoted)-1]))
}

func (v *vault) Mentions(_ context.Context, what string, f func(digest.Article) error) error {
	for _, a := range v.library {
		comments := a.Comments
		a.Comments = nil
		if holds(a, what) {
			if err := f(a); err != nil {
				return err
			}
		}
		for _, c := range comments {
			if holds(c, what) {
				if err := f(digest.Article{Source: c.Source, ID: c.Article, Comments: []digest.Comment{c}}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (v *vault) MentioningIssues(_ context.Context, what string) ([]digest.IssueRecord, error) {
	var all []digest.IssueRecord
	for id, i := range v.issues {
		if holds(i, what) {
			state := digest.IssueSending
			if v.ended[id] {
				state = digest.IssueDone
			}
			all = append(all, digest.IssueRecord{ID: id, Newsletter: i.Newsletter, Number: i.Number, State: state})
		}
	}
	return all, nil
}

func (v *vault) Content(_ context.Context, id string) (digest.Issue, error) {
	var copied digest.Issue
	b, err := json.Marshal(v.issues[id])
	return copied, errors.Join(err, json.Unmarshal(b, &copied))
}

func (v *vault) Redactions(context.Context) ([]digest.Redaction, error) { return v.redacted, nil }

func (v *vault) Redact(ctx context.Context, all []digest.Redaction, issues []string, edit func(*digest.Issue) int, _ time.Time) (digest.Redacted, error) {
	var done digest.Redacted
	for _, r := range all {
		r.URL = ""
		v.redacted = append(v.redacted, r)
		v.library = slices.DeleteFunc(v.library, func(a digest.Article) bool { return r.Comment == "" && a.Source == r.Source && a.ID == r.Article })
		for i, a := range v.library {
			v.library[i].Comments = slices.DeleteFunc(a.Comments, func(c digest.Comment) bool {
				return c.Source == r.Source && c.Article == r.Article && c.ID == r.Comment
			})
		}
	}
	for _, id := range issues {
		content, err := v.Content(ctx, id)
		if err != nil {
			return done, err
		}
		if n := edit(&content); n > 0 {
			done.Issues = append(done.Issues, digest.RedactedIssue{Name: id, Places: n})
		}
		v.issues[id] = content
	}
	return done, nil
}

func remark(article, id, parent, who, url string) digest.CommentPick {
	return digest.CommentPick{Comment: digest.Comment{
		Source: "blog", Article: article, ID: id, Parent: parent, URL: url, Author: digest.Author{Name: who}, HTML: "<p>Said by " + who + "</p>",
	}}
}

// harbourVault has the words of Kettle and Quist in a library and two issues.
func harbourVault() *vault {
	ferry := digest.Article{Source: "blog", ID: "7", URL: "https://www.blog.test/ferry/", Title: "The ferry", Author: digest.Author{Name: "Quist"}, Published: time.Unix(5, 0).UTC()}
	kettle := remark("7", "7-1", "", "Kettle", "https://blog.test/ferry/#comment-1")
	answer := remark("7", "7-2", "7-1", "Pontoon", "https://blog.test/ferry/#comment-2")
	answer.Answers = "Kettle"
	nowhere := remark("7", "7-3", "", "Aoife", "https://blog.test/ferry/") // its source has no addresses for comments
	pick := digest.Pick{Article: ferry, Why: []string{"new"}, Comments: []digest.CommentPick{answer, nowhere}, Reserves: []digest.CommentPick{kettle}}
	other := digest.Pick{Article: digest.Article{Source: "blog", ID: "8", URL: "https://blog.test/heron", Title: "Herons"}, Comments: []digest.CommentPick{remark("8", "8-1", "7-1", "Dray", "https://blog.test/heron#comment-9")}}
	other.Comments[0].Answers = "Somebody"
	v := &vault{ended: map[string]bool{"weekly/1": true}, issues: map[string]digest.Issue{
		"weekly/1": {Newsletter: "weekly", Number: 1, Lead: []digest.Pick{other, pick}},
		"weekly/2": {Newsletter: "weekly", Number: 2, More: []digest.Pick{other}, Left: []digest.Omission{
			{Source: "blog", Article: "7", Comment: "7-1", URL: "https://blog.test/ferry/#comment-1", Why: "printed"},
			{Source: "blog", Article: "7", Title: "The ferry", URL: ferry.URL, Why: "printed"},
			{Source: "other", Article: "7", Title: "Another ferry", URL: "https://other.test/ferry"},
		}},
	}}
	ferry.Comments = []digest.Comment{kettle.Comment, answer.Comment, nowhere.Comment}
	mirror := ferry
	mirror.Source, mirror.ID, mirror.URL, mirror.Comments = "mirror", "m7", "http://blog.test/ferry?utm_source=x", nil
	v.library = []digest.Article{ferry, mirror, other.Article}
	return v
}

func TestFindRedaction(t *testing.T) {
	for _, c := range []struct{ what, issue, want string }{
		{"7-1", "", "comment 7-1 under article 7 of blog"},
		{"8", "", "article 8 of blog"},
		{"7", "", "usage"}, // blog's and other's
		{"7", "weekly/1", "article 7 of blog"},
		{"7", "weekly/2", "usage"},
		{"https://blog.test/heron/", "", "article 8 of blog"},
		{"https://blog.test/ferry?utm_medium=mail", "", "article 7 of blog; article m7 of mirror"},
		{"http://www.blog.test/ferry/#comment-1", "", "comment 7-1 under article 7 of blog"},
		{"https://blog.test/ferry/#comment-99", "", "not found"},
		{"https://blog.test/", "", "not found"},
		{"7-9", "", "not found"},
		{"The ferry", "", "not found"},
		{"7-1", "weekly/9", "not found"},
	} {
		all, err := FindRedaction(t.Context(), harbourVault(), c.what, c.issue)
		var names []string
		for _, r := range all {
			names = append(names, r.String())
			if r.Fingerprint == "" {
				t.Errorf("%s: no fingerprint", c.what)
			}
		}
		got := strings.Join(names, "; ")
		switch {
		case errors.Is(err, digest.ErrUsage):
			got = "usage"
		case errors.Is(err, digest.ErrNotFound):
			got = "not found"
		case err != nil:
			t.Fatal(err)
		}
		if got != c.want {
			t.Errorf("%s in %q: %s (%v), want %s", c.what, c.issue, got, err, c.want)
		}
	}
}

// Whatever is taken out can be named once more in the same way, and nothing
// that is stored says its words.
func TestRedactTakesTheWordsOut(t *testing.T) {
	for _, c := range []struct {
		what   string
		words  []string
		stays  []string
		places map[string]int
	}{
		{"https://blog.test/ferry/#comment-1", []string{"Kettle", "comment-1\""}, []string{"Pontoon", "The ferry", "Quist", "Somebody", "Another ferry"}, map[string]int{"weekly/1": 2, "weekly/2": 1}},
		{"7-2", []string{"Pontoon"}, []string{"Kettle", "Aoife"}, map[string]int{"weekly/1": 1}},
		{"https://blog.test/ferry/", []string{"The ferry", "Quist", "Kettle", "Pontoon", "blog.test/ferry"}, []string{"Herons", "Dray", "Another ferry"}, map[string]int{"weekly/1": 4, "weekly/2": 2}},
	} {
		v := harbourVault()
		all, err := FindRedaction(t.Context(), v, c.what, "")
		if err != nil {
			t.Fatal(err)
		}
		would, err := Redact(t.Context(), v, all, true, time.Now())
		if err != nil || len(v.redacted) > 0 || len(would.Issues) != len(c.places) || would.Articles+would.Comments == 0 {
			t.Errorf("%s: dry: %+v, %v", c.what, would, err)
		}
		for _, i := range would.Issues {
			if i.Places != c.places[i.Name] || i.Waits == v.ended[i.Name] || i.Message != v.ended[i.Name] {
				t.Errorf("%s: dry: %+v", c.what, i)
			}
		}
		done, err := Redact(t.Context(), v, all, false, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range done.Issues {
			if i.Places != c.places[i.Name] {
				t.Errorf("%s: %+v", c.what, i)
			}
		}
		for _, word := range c.words {
			if b, _ := json.Marshal([]any{v.issues, v.library}); strings.Contains(string(b), word) {
				t.Errorf("%s: %q is still there", c.what, word)
			}
		}
		for _, word := range c.stays {
			if !holds([]any{v.issues, v.library}, word) {
				t.Errorf("%s: %q has gone", c.what, word)
			}
		}
		again, err := FindRedaction(t.Context(), v, c.what, "")
		if err != nil || len(again) != len(all) {
			t.Errorf("%s: the second time: %v, %v", c.what, again, err)
			continue
		}
		if done, err := Redact(t.Context(), v, again, false, time.Now()); err != nil || len(done.Issues) != 0 {
			t.Errorf("%s: the second time: %+v, %v", c.what, done, err)
		}
	}
}

// Its place stays, so that the page can say that something is gone.
func TestRedactedArticleKeepsItsPlace(t *testing.T) {
	v := harbourVault()
	if _, err := Redact(t.Context(), v, []digest.Redaction{{Source: "blog", Article: "7"}}, false, time.Now()); err != nil {
		t.Fatal(err)
	}
	lead := v.issues["weekly/1"].Lead
	if len(lead) != 2 || !lead[1].Article.Redacted || lead[1].Article.ID != "7" || lead[1].Article.Published.IsZero() || len(lead[1].Comments)+len(lead[1].Reserves)+len(lead[1].Why) > 0 || lead[0].Article.Redacted {
		t.Errorf("%+v", lead)
	}
}

func TestFingerprintsTellPlacesApart(t *testing.T) {
	at := func(comment, url string) string {
		return library.Fingerprint(digest.Redaction{Comment: comment, URL: url})
	}
	same := at("", "https://blog.test/ferry/")
	for url, want := range map[string]bool{
		"http://www.blog.test/ferry?utm_source=x": true, "https://blog.test/ferry#top": true, "https://blog.test/heron": false, "": false,
	} {
		if got := at("", url) == same; got != want {
			t.Errorf("%s: %v", url, got)
		}
	}
	if at("1", "https://blog.test/ferry/#comment-1") == at("2", "https://blog.test/ferry/#comment-2") || at("1", "https://blog.test/ferry/") == same {
		t.Error("two places have one fingerprint")
	}
	if at("", "") != "" || at("1", "not an address") != "" {
		t.Error("what has no address has a fingerprint")
	}
}

// emptied is a store whose issue has lost its message.
type emptied struct{ Store }

func (emptied) Stencil(context.Context, string) ([]byte, error) { return nil, nil }

func TestNothingIsSentAgainOfWhatWasRedacted(t *testing.T) {
	r := digest.IssueRecord{Newsletter: "weekly", Number: 1, State: digest.IssueDone, Revised: time.Now()}
	n, err := Resolve(t.Context(), emptied{}, r, delivery.Ready, "", "the operator", time.Now())
	if n != 0 || !errors.Is(err, digest.ErrRefused) || !strings.Contains(err.Error(), "--accept") {
		t.Errorf("%d, %v", n, err)
	}
}
