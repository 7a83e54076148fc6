package publish_test

import (
	"fmt"
	"testing"
	"time"

	"digest.example/internal/digest"
)

// What an unbelievable site shows at the recheck is not believed either: its
// library stays, and its operator is told.
func TestRefusedSiteIsNotRechecked(t *testing.T) {
	w := newWorld(t, 1)
	w.newsletter.Sources[0].Required = false
	w.start()
	w.site.publish(wednesday, "a", "b", "c", "d")
	w.must(w.p.PullStale(w.ctx, time.Hour))
	for i := range w.site.articles {
		w.site.articles[i].ID += "2"
	}
	w.site.recheck = func(asked []digest.Article) (h digest.Harvest, err error) {
		for _, a := range asked {
			h.Gone = append(h.Gone, digest.Item{Article: a.ID})
		}
		return h, nil
	}
	w.at(sunday)
	w.wantIssues("done")
	same(t, "printed", w.printed(w.last()), []string{"a", "b", "c", "d"})
	w.wantAlerts("weekly/1 has to do without anything new from blog: 4 of 4 articles have another id")
}

// All that a long issue prints is looked up, some in each round.
func TestRecheckReachesAll(t *testing.T) {
	w := newWorld(t, 1)
	w.newsletter.MaxArticles = 60
	w.start()
	for i := range 60 {
		w.site.publish(wednesday, fmt.Sprint("a", i))
	}
	asked, rounds := map[string]bool{}, 0
	w.site.recheck = func(as []digest.Article) (digest.Harvest, error) {
		rounds++
		for _, a := range as {
			asked[a.ID] = true
		}
		return digest.Harvest{}, nil
	}
	w.at(sunday)
	if len(asked) != 60 || rounds != 2 {
		t.Errorf("%d looked up in %d rounds", len(asked), rounds)
	}
}

// A first issue that was held prints what it would have printed at its slot.
func TestFirstIssueHeldLosesNothing(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(sunday.AddDate(0, 0, -7).Add(time.Hour), "early")
	w.site.publish(sunday.Add(-time.Hour), "late")
	w.must(w.p.PullStale(w.ctx, time.Hour))
	w.site.err = errDown
	w.at(sunday)
	w.wantIssues("held")
	w.site.err = nil
	w.at(sunday.Add(5 * time.Hour))
	same(t, "printed", w.printed(w.last()), []string{"early", "late"})
}

// What a site lists beyond the reach of the issue is discussed neither in a dry
// run nor in the issue.
func TestPreviewReachesAsFarAsSending(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.at(sunday)
	lately := second.Add(-30 * time.Hour)
	old := article("ancient", sunday.AddDate(0, 0, -40))
	for i := range remarks {
		old.Comments = append(old.Comments, remark("ancient", i, lately))
	}
	w.site.articles = append(w.site.articles, old)
	w.site.publish(second.Add(-72*time.Hour), "b")
	w.now = second
	v, err := w.p.Preview(w.ctx, &w.newsletter)
	w.must(err)
	w.at(second)
	content, err := w.db.Content(w.ctx, w.last().ID)
	w.must(err)
	if len(v.Issue.Discussed)+len(content.Discussed) != 0 {
		t.Errorf("discussed: %d in the dry run, %d sent", len(v.Issue.Discussed), len(content.Discussed))
	}
}

// A held issue is tried again although the clock was ahead when it was held.
func TestRestEndsWhenTheClockIsSetBack(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.site.err = errDown
	w.at(sunday)
	w.at(sunday.Add(10 * time.Hour))
	w.site.err = nil
	w.at(sunday.Add(time.Hour))
	w.wantIssues("done")
}

// The operator is told of a failing site although somebody else's pull was the
// one that would have been told.
func TestFailingIsToldWhoeverPulls(t *testing.T) {
	w := newWorld(t, 1)
	w.site.err = errDown
	for i := range 12 {
		w.now = wednesday.Add(time.Duration(i) * time.Hour)
		w.must(w.p.PullStale(w.ctx, time.Hour))
		if i == 4 {
			_, _ = w.p.PullNow(w.ctx, &w.newsletter)
		}
	}
	w.wantAlerts("source blog gives nothing")
}

// Two processes that work on one database at the same time do not both freeze
// the same article.
func TestTwoPublishersPrintAnArticleOnce(t *testing.T) {
	w := newWorld(t, 3)
	w.shared = true
	w.start()
	w.site.publish(wednesday, "a")
	w.now = sunday
	other := w.publisher(w.newsletter)
	w.must(other.Start(w.ctx))
	done := false
	w.site.recheck = func([]digest.Article) (digest.Harvest, error) {
		if !done {
			done = true
			_, err := other.SendNow(w.ctx, &w.newsletter, nil, 0)
			w.must(err)
		}
		return digest.Harvest{}, nil
	}
	_ = w.tryAt(sunday) // refused: it has lost
	w.at(sunday.Add(2 * time.Minute))
	w.wantMails(3, 1)
}
