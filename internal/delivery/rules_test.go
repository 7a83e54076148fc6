package delivery

import (
	"testing"
	"time"

	"digest.example/internal/mail"
)

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name     string
		at       stage
		code     int
		enhanced string
		want     verdict
	}{
		{"greylisting", atRcpt, 450, "4.2.0", retryLater},
		{"local error", atRcpt, 451, "", retryLater},
		{"insufficient storage", atRcpt, 452, "4.3.1", retryLater},
		{"too many recipients as 552", atRcpt, 552, "5.5.3", retryLater},
		{"shutting down", atRcpt, 421, "4.3.2", dropped},
		{"shutting down at the dot", atDot, 421, "", dropped},
		{"no such user", atRcpt, 550, "5.1.1", bounce},
		{"moved", atRcpt, 551, "5.1.6", bounce},
		{"bad syntax of mailbox", atRcpt, 553, "5.1.3", bounce},
		{"no such user, told after the body", atDot, 550, "5.1.1", refused},
		{"550 without an enhanced code", atRcpt, 550, "", refused},
		{"mailbox disabled", atRcpt, 550, "5.2.1", refused},
		{"too large", atDot, 552, "5.3.4", refused},
		{"transaction failed", atDot, 554, "5.6.0", policy},
		{"policy", atDot, 550, "5.7.1", policy},
		{"policy at RCPT", atRcpt, 550, "5.7.1", policy},
		{"authentication required", atMail, 530, "5.7.0", ownFault},
		{"credentials invalid", atMail, 535, "5.7.8", ownFault},
		{"bad sender", atRcpt, 553, "5.1.8", ownFault},
		{"SPF", atDot, 550, "5.7.23", ownFault},
		{"DKIM", atDot, 550, "5.7.20", ownFault},
		{"DMARC of one receiver", atDot, 550, "5.7.515", ownFault},
		{"sender refused", atMail, 550, "5.1.0", ownFault},
		{"sender deferred", atMail, 451, "", retryLater},
	} {
		if got := judge(c.at, mail.Reply{Code: c.code, Enhanced: c.enhanced}); got != c.want {
			t.Errorf("%s: judged %d, want %d", c.name, got, c.want)
		}
	}
}

func TestPauseGrowsAndIsSpread(t *testing.T) {
	if got := pause(1, 0.5); got != 5*time.Minute {
		t.Errorf("the first pause is %s", got)
	}
	if low, high := pause(1, 0), pause(1, 0.999); low != 4*time.Minute || high <= 5*time.Minute || high >= 6*time.Minute {
		t.Errorf("the first pause lies between %s and %s", low, high)
	}
	last := time.Duration(0)
	for n := 1; n <= 6; n++ {
		p := pause(n, 0.5)
		if p <= last {
			t.Errorf("pause %d is %s, not longer than %s", n, p, last)
		}
		last = p
	}
	if got := pause(50, 0.5); got != 4*time.Hour {
		t.Errorf("the fiftieth pause is %s", got)
	}
	if got := pause(0, 0.5); got != 5*time.Minute {
		t.Errorf("pause 0 is %s", got)
	}
}

func TestGiveUp(t *testing.T) {
	began := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name       string
		next, want time.Duration
	}{
		{"weekly", 7 * 24 * time.Hour, 4 * 24 * time.Hour},
		{"daily", 24 * time.Hour, 23 * time.Hour},
		{"hourly", time.Hour, 30 * time.Minute},
		{"a quarter of an hour before the slot", 15 * time.Minute, 450 * time.Second},
	} {
		if got := GiveUp(began, began.Add(c.next)).Sub(began); got != c.want {
			t.Errorf("%s: given up after %s, want %s", c.name, got, c.want)
		}
	}
}

func TestWindow(t *testing.T) {
	var w window
	for i := range policyMax {
		if why := w.add(policyRefusal); why != "" {
			t.Fatalf("paused at refusal %d: %s", i+1, why)
		}
	}
	if w.add(policyRefusal) == "" {
		t.Error("not paused above the limit")
	}
	for range windowSize {
		w.add(Accepted)
	}
	if why := w.add(policyRefusal); why != "" {
		t.Errorf("what left the window still counts: %s", why)
	}
	for range renderMax {
		w.add(RenderError)
	}
	if w.add(RenderError) == "" {
		t.Error("not paused above the limit of unbuilt messages")
	}
}

func TestCounts(t *testing.T) {
	c := Counts{Accepted: 5, Skipped: 1, Bounced: 1, InDoubt: 2, Failed: 3, Ready: 4}
	if c.Missing() != 9 || c.Total() != 16 {
		t.Errorf("missing %d of %d", c.Missing(), c.Total())
	}
}
