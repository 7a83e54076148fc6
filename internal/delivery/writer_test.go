package delivery

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// intents queues n of them, and returns their answers.
func intents(w *writer, n int) []<-chan bool {
	var answers []<-chan bool
	for range n {
		answer := make(chan bool, 1)
		w.commit(Change{Issue: "i", Subscriber: "s", Owner: "o", Epoch: 1, From: Claimed, To: Committing, IfActive: true}, answer)
		answers = append(answers, answer)
	}
	return answers
}

// After a slow commit the writer waits for the intents of all sessions, but not
// for one that does not come.
func TestSlowCommitsWaitForCompany(t *testing.T) {
	for name, c := range map[string]struct {
		slow       bool
		late       int // intents that come a little later
		want       int // entries of the group
		wantWaited time.Duration
	}{
		"a fast disk waits for nobody": {false, 2, 1, 0},
		"all come":                     {true, 2, 3, linger / 2},
		"one does not":                 {true, 1, 2, linger},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWriter(nil, slog.New(slog.DiscardHandler), time.Now, 3, func() int { return 3 })
				w.slow = c.slow
				intents(w, 1)
				go func() {
					time.Sleep(linger / 2)
					intents(w, c.late)
				}()
				began := time.Now()
				got := w.gather([]entry{<-w.in})
				if waited := time.Since(began); len(got) != c.want || waited != c.wantWaited {
					t.Errorf("a group of %d after %s", len(got), waited)
				}
				time.Sleep(time.Second) // let who is late go
			})
		})
	}
}
