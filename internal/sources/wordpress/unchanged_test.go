package wordpress

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"digest.example/internal/sitetest"
)

// TestPullUnchanged: without the API, threads whose count is the same are not
// read again within hours, and nothing is claimed about them.
func TestPullUnchanged(t *testing.T) {
	site := riverbank()
	s := source(t, site, sitetest.Switches{RESTOff: 401, CommentsPerPage: 2})
	first := pullOf(t, s, nil)
	site.Requests()
	again := pullOf(t, s, first.State)
	if n := len(site.Requests()); n > 2 {
		t.Errorf("%d requests for a site that has not changed", n)
	}
	if fmt.Sprint(again.Warnings[1:]) != fmt.Sprint(first.Warnings[1:]) {
		t.Errorf("warns %q, at first %q", again.Warnings, first.Warnings)
	}
	before := byID(first)
	for id, a := range byID(again) {
		b := before[id]
		if a.Whole || len(a.Comments) > 0 || a.CommentCount != b.CommentCount || a.CommentsClosed != b.CommentsClosed || a.Author != b.Author || a.HTML != b.HTML {
			t.Errorf("article %s is %+v, was %+v", id, a, b)
		}
	}
	site.AddComment(sitetest.Comment{ID: 900, Post: 10, Name: "Late", Date: ago(1), Content: "<p>x</p>"})
	after := byID(pullOf(t, s, again.State))
	if a := after["10"]; !a.Whole || len(a.Comments) != 5 || len(after["14"].Comments) > 0 {
		t.Errorf("a new comment: %d under article 10, whole %v", len(a.Comments), a.Whole)
	}
}

// TestPullEmptied: that all comments of a thread are gone is looked up.
func TestPullEmptied(t *testing.T) {
	site := riverbank()
	s := source(t, site, sitetest.Switches{RESTOff: 401})
	first := pullOf(t, s, nil)
	site.Change(func(_ *[]sitetest.Post, comments *[]sitetest.Comment) {
		for i := range *comments {
			(*comments)[i].Hidden = true
		}
	})
	for id, a := range byID(pullOf(t, s, first.State)) {
		if talked := id == "10" || id == "14"; a.Whole != talked || a.CommentCount > 0 || len(a.Comments) > 0 {
			t.Errorf("article %s: %d of %d comments, whole %v", id, len(a.Comments), a.CommentCount, a.Whole)
		}
	}
}

// TestPullFailedThread: what could not be read is tried again at once.
func TestPullFailedThread(t *testing.T) {
	down := true
	g := plainGetter{fail: func(url string) error {
		if down && strings.Contains(url, "/herons/") {
			return errDown
		}
		return nil
	}}
	s := sourceOf(t, riverbank(), sitetest.Switches{RESTOff: 401}, g)
	first := pullOf(t, s, nil)
	down = false
	if a := byID(pullOf(t, s, first.State))["10"]; !a.Whole || len(a.Comments) != 4 {
		t.Errorf("%d comments, whole %v", len(a.Comments), a.Whole)
	}
}

func TestRests(t *testing.T) {
	for _, c := range []struct {
		whole bool
		said  int
		after time.Duration
		want  bool
	}{
		{true, 5, time.Hour, true},
		{true, 5, 5 * time.Hour, true},
		{true, 5, 6 * time.Hour, false},
		{true, 5, -7 * time.Hour, false}, // the clock was wrong
		{true, 6, time.Hour, false},
		{true, 4, time.Hour, false},
		{true, unknown, time.Hour, false},
		{false, 5, time.Hour, true},
		{false, 5, 3 * time.Hour, false},
	} {
		if got := (readThread{Article: "1", Said: 5, Whole: c.whole, At: now}).rests(c.said, now.Add(c.after)); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestLearnThread: what is kept is bounded, and of one thread once.
func TestLearnThread(t *testing.T) {
	var s state
	for i := range 2 * maxThreads {
		s.learnThread(readThread{Article: fmt.Sprint(i), Said: i, Bio: strings.Repeat("x", 300)})
		s.learnThread(readThread{Article: "0", Said: i})
	}
	s.learnThread(readThread{Article: strings.Repeat("x", 400)})
	again := readState(s.bytes())
	if len(again.Threads) != maxThreads || again.thread("0").Said != 2*maxThreads-1 || again.thread("5").Article != "" || len(s.bytes()) > 128<<10 {
		t.Errorf("%d threads in %d bytes, %+v", len(again.Threads), len(s.bytes()), again.thread("0"))
	}
	s.learnThread(readThread{Article: "0", Bio: strings.Repeat("x", 400)})
	if s.thread("0").Article != "" {
		t.Error("a thread counts as read though not all of it could be kept")
	}
}
