package delivery

import (
	"context"
	"sync"
	"testing"
)

func TestPaceHalvesAndGrows(t *testing.T) {
	p := newPace(10)
	for _, want := range []int{5, 2, 1, 1} {
		p.slower()
		if p.limit != want {
			t.Errorf("limit %d, want %d", p.limit, want)
		}
	}
	for limit := 1; limit < 10; limit++ {
		for range growAfter * limit {
			if p.limit != limit {
				t.Fatalf("limit %d after too few messages, want %d", p.limit, limit)
			}
			p.accepted()
		}
	}
	if p.limit != 10 {
		t.Errorf("it grew back to %d", p.limit)
	}
	p.accepted()
	if p.slower(); p.limit != 5 {
		t.Errorf("limit %d", p.limit)
	}
}

// Nobody enters beyond the limit, whoever waits gets in when somebody leaves,
// and the end lets those go who would wait for ever.
func TestPaceAdmits(t *testing.T) {
	p := newPace(4)
	taking, enough := context.WithCancel(t.Context())
	defer enough()
	p.slower() // 2
	for range 2 {
		if !p.enter(taking) || p.crowded() {
			t.Fatal("two may enter")
		}
	}
	entered := make(chan bool)
	var waiting sync.WaitGroup
	for range 2 {
		waiting.Go(func() { entered <- p.enter(taking) })
	}
	p.leave()
	if !<-entered {
		t.Error("a place was free")
	}
	enough()
	p.wake()
	if <-entered {
		t.Error("a third entered")
	}
	waiting.Wait()
	p.slower()
	if !p.crowded() {
		t.Error("two are more than one")
	}
	p.leave()
	p.leave()
	if !p.enter(taking) {
		t.Error("even at the end, what is left may be finished")
	}
}
