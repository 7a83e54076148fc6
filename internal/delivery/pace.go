package delivery

import (
	"context"
	"sync"
)

// pace decides how many sessions may be open at once, whichever issue they carry. A relay that hangs up, or
// has no room, has too many: each time their number is halved, and it grows
// again by one for every growAfter messages that each has brought home since.
type pace struct {
	mu    sync.Mutex
	more  sync.Cond
	most  int // as configured
	limit int
	open  int
	well  int // messages accepted since the limit last changed
}

// growAfter is slow on purpose: a relay that has just said 421 says it again to
// those who come back at once.
const growAfter = 20

func newPace(most int) *pace {
	p := &pace{most: most, limit: most}
	p.more.L = &p.mu
	return p
}

// enter waits until one more session may be open, and counts it. It says false
// where it would have to wait although taking has ended, of which wake tells it.
func (p *pace) enter(taking context.Context) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.open >= p.limit {
		if taking.Err() != nil {
			return false
		}
		p.more.Wait()
	}
	p.open++
	return true
}

// leave counts a session that was closed, or did not come about.
func (p *pace) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	p.more.Signal()
}

// crowded says whether more sessions are open than may be.
func (p *pace) crowded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open > p.limit
}

// slower halves the limit.
func (p *pace) slower() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limit, p.well = max(p.limit/2, 1), 0
}

// accepted counts a message that the relay took.
func (p *pace) accepted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.limit == p.most {
		return
	}
	if p.well++; p.well >= growAfter*p.limit {
		p.limit, p.well = p.limit+1, 0
		p.more.Signal()
	}
}

// wake lets all who wait to enter look whether they still are to.
func (p *pace) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.more.Broadcast()
}
