package publish_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/preflight"
	"digest.example/internal/publish"
	"digest.example/internal/subscribers"
)

// codes are the findings of a preview in short, such as "blocks list-shrank".
func (w *world) codes(force ...string) string {
	w.t.Helper()
	v, err := w.p.Preview(w.ctx, &w.newsletter, force...)
	w.must(err)
	var all []string
	for _, f := range v.Findings {
		word := string(f.Level)
		if f.Forced {
			word = "forced"
		}
		all = append(all, word+" "+f.Code)
	}
	return strings.Join(all, ", ")
}

// What a dry run says would hold an issue does hold it, until it is put right.
func TestBlockingFindingHolds(t *testing.T) {
	w := newWorld(t, 2)
	w.site.publish(wednesday, "a")
	address := w.newsletter.PostalAddress
	w.newsletter.PostalAddress = ""
	w.start()
	w.now = sunday
	if got := w.codes(); got != "blocks no-postal-address" {
		t.Errorf("the dry run finds %q", got)
	}
	w.at(sunday)
	w.wantIssues("held")
	if r := w.last(); r.Code != preflight.NoPostalAddress || !r.HoldUntil.Equal(sunday.Add(24*time.Hour)) || !r.Frozen.IsZero() {
		t.Errorf("held with %q until %s, frozen %s", r.Code, r.HoldUntil, r.Frozen)
	}
	w.wantAlerts("weekly/1 is held until Mon 23 Nov 09:00 GMT: no postal address is configured (digest send --force no-postal-address")
	w.newsletter.PostalAddress = address
	w.start()
	w.at(sunday.Add(15 * time.Minute))
	w.wantIssues("done")
	w.wantMails(2, 1)
}

func TestForcePastFindings(t *testing.T) {
	for _, c := range []struct {
		name    string
		force   []string
		preview string
		state   digest.IssueState
		code    string
	}{
		{
			"nothing", nil,
			"blocks no-postal-address, blocks placeholder-left", digest.IssueHeld, "no-postal-address,placeholder-left",
		},
		{
			"one of two",
			[]string{preflight.NoPostalAddress},
			"forced no-postal-address, blocks placeholder-left", digest.IssueHeld, preflight.PlaceholderLeft,
		},
		{
			"both",
			[]string{preflight.NoPostalAddress, preflight.PlaceholderLeft},
			"forced no-postal-address, forced placeholder-left", digest.IssueDone, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.site.publish(wednesday, "a")
			w.newsletter.PostalAddress = ""
			w.newsletter.ReplyTo = "editor@example.org"
			w.start()
			w.now = sunday
			if got := w.codes(c.force...); got != c.preview {
				t.Errorf("the dry run finds %q, want %q", got, c.preview)
			}
			w.must(w.tryAt(sunday, c.force...))
			if r := w.last(); r.State != c.state || r.Code != c.code {
				t.Errorf("%s with %q, want %s with %q", r.State, r.Code, c.state, c.code)
			}
		})
	}
}

// An article may be about what looks like a mistake of ours.
func TestStrangersMayWriteOfTemplates(t *testing.T) {
	w := newWorld(t, 1)
	odd := article("a", wednesday)
	odd.Title, odd.HTML = "How {{.Title}} became %!s(MISSING)", "<p>Lorem ipsum, and CHANGE THIS.</p>"
	w.site.articles = append(w.site.articles, odd)
	w.at(sunday)
	w.wantIssues("done")
	w.wantAlerts()
}

func TestPlaceholderInTheNoteHolds(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.write("Dear {{name}}, lorem ipsum.")
	w.at(sunday)
	w.wantIssues("held")
	w.wantAlerts("{{name}}")
}

// What is odd but no reason to wait is told, once, when the issue goes out.
func TestSameSubjectIsTold(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.write("---\nsubject: Hérons at the pier\n---\nNews.")
	w.at(sunday)
	w.wantAlerts()
	w.site.publish(second.Add(-time.Hour), "b")
	w.write("---\nsubject: hérons at the PIER\n---\nMore news.")
	w.now = second
	if got := w.codes(); got != "warns same-subject" {
		t.Errorf("the dry run finds %q", got)
	}
	w.at(second)
	w.wantIssues("done done")
	w.wantAlerts("weekly/2 goes out, but: the last issue had the same subject (same-subject)")
}

// leave makes the readers from to to-1 unsubscribe.
func (w *world) leave(from, to int) {
	w.t.Helper()
	for i := from; i < to; i++ {
		_, err := w.db.Move(w.ctx, readerID(i), w.newsletterID(), []subscribers.State{subscribers.Active},
			subscribers.Event{At: w.time(), To: subscribers.Unsubscribed, Actor: subscribers.Reader})
		w.must(err)
	}
}

// A list is compared with the last issue that was sent to it: not with one that
// was cancelled or skipped.
func TestListThatShrinks(t *testing.T) {
	w := newWorld(t, 24)
	w.site.publish(wednesday, "a")
	w.at(sunday)
	w.leave(0, 10)
	w.site.publish(second.Add(-time.Hour), "b")
	w.now = second
	if got := w.codes(); got != "blocks list-shrank" {
		t.Errorf("the dry run finds %q", got)
	}
	w.at(second)
	w.wantIssues("done held")
	w.must(publish.Cancel(w.ctx, w.db, w.last(), "by the operator", second))
	w.at(third)
	w.wantIssues("done cancelled held")
	if r := w.last(); r.Code != preflight.ListShrank || r.Reason != "14 recipients, 24 at the last issue" {
		t.Errorf("held with %q: %q", r.Code, r.Reason)
	}
	w.must(w.tryAt(third.Add(time.Minute), preflight.ListShrank))
	w.wantIssues("done cancelled done")
	w.site.publish(third.Add(time.Hour), "c")
	w.at(third.Add(7 * 24 * time.Hour)) // by now it is the usual number
	w.wantIssues("done cancelled done done")
}

func TestListThatGrows(t *testing.T) {
	w := newWorld(t, 24)
	w.site.publish(wednesday, "a")
	w.at(sunday)
	w.enrol(24, 40)
	w.site.publish(second.Add(-time.Hour), "b")
	w.at(second)
	w.wantIssues("done done")
	w.wantAlerts("weekly/2 goes out, but: 40 recipients, 24 at the last issue (list-grew)")
	if n := w.counts(w.last())["accepted"]; n != 40 {
		t.Errorf("%d got it", n)
	}
}

// A stranger's link without https is theirs to mend: it is in the dry run and in
// the log, and alerts nobody each week.
func TestInsecureLinkOfAStranger(t *testing.T) {
	w := newWorld(t, 1)
	odd := article("a", wednesday)
	odd.URL = "http://blog.harbour.test/a"
	w.site.articles = append(w.site.articles, odd)
	w.now = sunday
	if got := w.codes(); got != "warns insecure-link" {
		t.Errorf("the dry run finds %q", got)
	}
	w.at(sunday)
	w.wantIssues("done")
	w.wantAlerts()
}

// To force past a rejection is to print what was rejected, in a dry run too.
func TestPreviewPastARejection(t *testing.T) {
	w := newWorld(t, 1)
	for i := range 4 {
		w.site.publish(wednesday, fmt.Sprint("old", i))
	}
	_, err := w.p.PullNow(w.ctx, &w.newsletter)
	w.must(err)
	for i := range w.site.articles {
		w.site.articles[i].ID = fmt.Sprint("new", i)
	}
	w.now = sunday
	if got := w.codes(); got != "blocks source-moved" {
		t.Errorf("the dry run finds %q", got)
	}
	if got := w.codes(publish.HoldMoved); got != "" {
		t.Errorf("past it, the dry run finds %q", got)
	}
}

// The library has names of its own for what it rejects: they are the same.
func TestCodesAreTheSame(t *testing.T) {
	for ours, theirs := range map[string]string{preflight.SourceMoved: publish.HoldMoved, preflight.SourceSilent: publish.HoldSilent} {
		if ours != theirs {
			t.Errorf("%s is called %s", ours, theirs)
		}
	}
}
