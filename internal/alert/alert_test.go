package alert

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestNobodyToTell(t *testing.T) {
	a, log := newAlerter(t, Options{})
	a.Alert("x")
	closed(t, a)
	closed(t, a)
	wantLog(t, log)
}

func TestNewRefuses(t *testing.T) {
	for _, webhook := range []string{"geheim", "ftp://harbour.test/geheim", "https:///geheim", "https://h\x7f/geheim", "//harbour.test/geheim"} {
		if _, err := New(Options{Webhook: webhook}); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v", webhook, err)
		}
	}
}

// laneOf runs a lane by a function of the test.
func laneOf(ctx context.Context, deliver func(context.Context, message) error) (*Alerter, *record) {
	r := &record{}
	ctx, stop := context.WithCancel(ctx)
	l := newLane("test", slog.New(slog.NewTextHandler(r, nil)), deliver)
	go l.run(ctx)
	return &Alerter{now: time.Now, lanes: []*lane{l}, stop: stop}, r
}

func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got, want []string
		a, log := laneOf(t.Context(), func(_ context.Context, m message) error {
			time.Sleep(time.Second)
			got = append(got, m.text)
			return nil
		})
		begun := time.Now()
		for i := range 50 {
			text := fmt.Sprint("alert ", i)
			want = append(want, text)
			a.Alert(text)
		}
		if time.Since(begun) != 0 {
			t.Error("Alert waits")
		}
		closed(t, a)
		if !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
		wantLog(t, log)
		a.Alert("too late")
		wantLog(t, log, "already stopping", "too late")
	})
}

func TestCloseWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := laneOf(t.Context(), func(context.Context, message) error { return nil })
		a.Alert("x")
		synctest.Wait()
		closed(t, a)
	})
}

// The oldest go first when nothing gets out, and the log has them.
func TestFullQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		a, log := laneOf(t.Context(), func(_ context.Context, m message) error {
			time.Sleep(time.Second)
			got = append(got, m.text)
			return nil
		})
		a.Alert("first")
		synctest.Wait() // that one is under way
		for i := range maxQueue + 2 {
			a.Alert(fmt.Sprint("alert ", i))
		}
		closed(t, a)
		if len(got) != maxQueue+1 || got[0] != "first" || got[1] != "alert 2" || got[maxQueue] != fmt.Sprint("alert ", maxQueue+1) {
			t.Errorf("got %q", got)
		}
		wantLog(t, log, "the oldest is dropped", `text="alert 0"`, `text="alert 1"`)
		if n := strings.Count(log.String(), "\n"); n != 2 {
			t.Errorf("%d lines were logged", n)
		}
	})
}

func TestFailureDoesNotStopTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		a, log := laneOf(t.Context(), func(_ context.Context, m message) error {
			got = append(got, m.text)
			return fmt.Errorf("no luck with %s", m.text)
		})
		a.Alert("one")
		a.Alert("two")
		closed(t, a)
		if len(got) != 2 {
			t.Errorf("got %q", got)
		}
		wantLog(t, log, "no luck with one", "no luck with two")
	})
}

func TestCloseGivesUpInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := laneOf(t.Context(), func(ctx context.Context, _ message) error {
			<-ctx.Done()
			return ctx.Err()
		})
		for range 3 {
			a.Alert("x")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		for range 2 { // the second finds the same, at once
			if err := a.Close(ctx); err == nil || !strings.Contains(err.Error(), "3 not delivered by test") {
				t.Errorf("got %v", err)
			}
		}
		if time.Since(begun) != time.Minute {
			t.Errorf("closed after %s", time.Since(begun))
		}
	})
}
