package publish_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/publish"
)

var errDown = errors.New("connection refused")

func TestHoldOnUnreachableUnsubscribePage(t *testing.T) {
	w := newWorld(t, 2)
	w.site.publish(wednesday, "a")
	w.unreach = errDown
	w.at(sunday)
	w.wantIssues("held")
	r := w.last()
	if r.Code != publish.HoldUnsubscribe || r.Reason != errDown.Error() || !r.HoldUntil.Equal(sunday.Add(24*time.Hour)) {
		t.Errorf("held with %q, %q until %s", r.Code, r.Reason, r.HoldUntil)
	}
	if len(w.site.windows) != 0 {
		t.Error("the site was pulled for an issue that cannot go out")
	}
	w.unreach = nil
	w.at(sunday.Add(15*time.Minute - time.Second))
	w.wantIssues("held")
	w.at(sunday.Add(15 * time.Minute))
	w.wantIssues("done")
	w.wantMails(2, 1)
	w.wantAlerts("weekly/1 is held until Mon 23 Nov 09:00 GMT: connection refused (digest send --force unsubscribe-unreachable")
	if r := w.last(); r.Reason != "" || r.Code != "" || !r.HoldUntil.IsZero() {
		t.Errorf("the released issue is still marked: %+v", r)
	}
}

// The operator hears of each kind of trouble once, however its words change.
func TestHoldAlertsOnce(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	for i := range 5 {
		w.unreach = errors.New("port " + strings.Repeat("1", i+1))
		w.at(sunday.Add(time.Duration(i) * 15 * time.Minute))
	}
	if r := w.last(); r.Reason != "port 11111" || !r.HoldUntil.Equal(sunday.Add(24*time.Hour)) {
		t.Errorf("after five tries held with %q until %s", r.Reason, r.HoldUntil)
	}
	w.wantAlerts("port 1")
	w.unreach, w.site.err = nil, errDown
	w.at(sunday.Add(2 * time.Hour))
	w.start() // another process says it once more only for other trouble
	w.at(sunday.Add(3 * time.Hour))
	w.wantAlerts("port 1", "source blog: connection refused")
	w.wantIssues("held")
}

func TestHeldTooLongIsSkipped(t *testing.T) {
	w := newWorld(t, 2)
	w.newsletter.Window = 30 * 24 * time.Hour
	w.start()
	w.site.publish(wednesday, "a")
	w.unreach = errDown
	w.at(sunday)
	w.at(sunday.Add(24 * time.Hour))
	w.wantIssues("held")
	w.unreach = nil
	w.at(sunday.Add(24*time.Hour + 15*time.Minute))
	w.wantIssues("skipped")
	w.wantAlerts("is held", "weekly/1 is skipped: held too long: connection refused")
	w.wantMails(2, 0)
	w.site.publish(second.Add(-time.Hour), "b")
	w.at(second)
	same(t, "the next issue", w.printed(w.last()), []string{"a", "b"})
}

// A slot that was caught up late waits as long for its trouble to end as any other.
func TestCaughtUpIssueIsHeldInFull(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.unreach = errDown
	back := sunday.Add(40 * time.Hour)
	w.at(back)
	if r := w.last(); r.State != digest.IssueHeld || !r.HoldUntil.Equal(back.Add(24*time.Hour)) {
		t.Fatalf("%s until %s", r.State, r.HoldUntil)
	}
	w.at(back.Add(10 * time.Hour)) // later than catch_up, but in time for hold_max
	w.wantIssues("held")
	w.unreach = nil
	w.at(back.Add(11 * time.Hour))
	w.wantIssues("done")
}

func TestForce(t *testing.T) {
	for _, c := range []struct {
		name    string
		unreach error
		site    error
		force   []string
		state   digest.IssueState
		code    string
	}{
		{"the hold", errDown, nil, []string{publish.HoldUnsubscribe}, digest.IssueDone, ""},
		{"another hold", errDown, nil, []string{publish.HoldSource}, digest.IssueHeld, publish.HoldUnsubscribe},
		{"one of two", errDown, errDown, []string{publish.HoldUnsubscribe}, digest.IssueHeld, publish.HoldSource},
		{"both", errDown, errDown, publish.HoldCodes, digest.IssueDone, ""},
		{"the source", nil, errDown, []string{publish.HoldSource}, digest.IssueDone, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.site.publish(wednesday, "a")
			_, err := w.p.PullNow(w.ctx, &w.newsletter) // what the library has is sent all the same
			w.must(err)
			w.unreach, w.site.err = c.unreach, c.site
			w.at(sunday)
			w.wantIssues("held")
			// At once, without waiting for the next try.
			w.must(w.tryAt(sunday.Add(time.Second), c.force...))
			if r := w.last(); r.State != c.state || r.Code != c.code {
				t.Errorf("%s with %q, want %s with %q", r.State, r.Code, c.state, c.code)
			}
		})
	}
}

func TestForceAfterHoldMax(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.unreach = errDown
	w.at(sunday)
	w.must(w.tryAt(sunday.Add(30*time.Hour), publish.HoldUnsubscribe))
	w.wantIssues("done")
}

// Only holds can be gone past: a database that cannot keep the harvest cannot.
func TestForceDoesNotHideErrors(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	f := &faulty{database: w.db, fail: func(call string, _ bool) error {
		if call == "SaveHarvest" {
			return errSick
		}
		return nil
	}}
	w.store = f
	w.start()
	if err := w.tryAt(sunday, publish.HoldCodes...); !errors.Is(err, errSick) {
		t.Errorf("error %v", err)
	}
	w.wantIssues("planning")
}

func TestSources(t *testing.T) {
	for _, c := range []struct {
		name     string
		required bool
		state    string
		code     string
	}{
		{"required", true, "held", publish.HoldSource},
		{"optional", false, "done", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.site.publish(wednesday, "a")
			broken := library.Source{SourceRef: digest.SourceRef{Name: "forum", Required: c.required}, Source: &site{err: errDown}}
			w.newsletter.Sources = append([]library.Source{broken}, w.newsletter.Sources...)
			w.start()
			w.at(sunday)
			w.wantIssues(c.state)
			if r := w.last(); r.Code != c.code || !strings.Contains(c.code+r.Reason, c.code) {
				t.Errorf("code %q, reason %q", r.Code, r.Reason)
			}
			if len(w.site.windows) != 1 {
				t.Error("the source after the broken one was not asked")
			}
			health, err := w.db.SourcesInFull(w.ctx)
			w.must(err)
			for _, h := range health {
				if h.Name == "forum" && (h.Failures != 1 || h.LastError != errDown.Error()) ||
					h.Name == "blog" && (h.Failures != 0 || h.Articles != 1) {
					t.Errorf("health %+v", h)
				}
			}
		})
	}
}

// What an operator decides while the sites are being pulled stands.
func TestOperatorDuringPull(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(w *world, r digest.IssueRecord) error
		err   error // of the site
		state string
	}{
		{"paused, then frozen", func(w *world, r digest.IssueRecord) error {
			return publish.Pause(w.ctx, w.db, r, "by the operator", sunday)
		}, nil, "paused"},
		{"cancelled, then held", func(w *world, r digest.IssueRecord) error {
			return publish.Cancel(w.ctx, w.db, r, "by the operator", sunday)
		}, errDown, "cancelled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.site.publish(wednesday, "a")
			w.site.err = c.err
			w.site.during = func() { w.must(c.do(w, w.last())) }
			w.at(sunday)
			w.wantIssues(c.state)
			w.wantAlerts()
			w.wantMails(1, 0)
		})
	}
}

func TestCheckForce(t *testing.T) {
	for _, c := range []struct {
		codes []string
		ok    bool
	}{
		{nil, true},
		{publish.HoldCodes, true},
		{[]string{"nonsense"}, false},
		{[]string{publish.HoldSource, ""}, false},
	} {
		err := publish.CheckForce(c.codes)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, digest.ErrUsage) {
			t.Errorf("CheckForce(%q): %v", c.codes, err)
		}
	}
}

// A crash while a held issue is tried again neither prolongs nor repeats the hold.
func TestCrashWhileRetrying(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.unreach = errDown
	w.at(sunday)
	w.unreach = nil
	w.store = &faulty{database: w.db, fail: func(call string, _ bool) error {
		if call == "SaveHarvest" {
			return errSick
		}
		return nil
	}}
	w.start()
	if err := w.tryAt(sunday.Add(time.Hour)); !errors.Is(err, errSick) {
		t.Fatalf("error %v", err)
	}
	w.wantIssues("planning")
	w.store, w.unreach = w.db, errDown
	w.start()
	w.at(sunday.Add(23 * time.Hour))
	if r := w.last(); r.State != digest.IssueHeld || !r.HoldUntil.Equal(sunday.Add(24*time.Hour)) {
		t.Errorf("%s until %s", r.State, r.HoldUntil)
	}
	w.wantAlerts("is held until Mon 23 Nov 09:00 GMT")
}
