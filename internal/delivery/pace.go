package delivery

import "sync"

// pace decides how many sessions may be open at once. A relay that hangs up, or
// has no room, has too many: each time their number is halved, and it grows
// again by one for every growAfter messages that each has brought home since.
type pace struct {
	mu    sync.Mutex
	more  sync.Cond
	most  int // as configured
	limit int
	open  int
	well  int // messages accepted since the limit last changed
	drops int // sessions lost in a row, with no message accepted between them
	home  int // messages accepted since the run began
	ended bool
}

// growAfter is slow on purpose: a relay that has just said 421 says it again to
// those who come back at once.
const growAfter = 20

func newPace(most, limit int) *pace {
	p := &pace{most: most, limit: limit}
	p.more.L = &p.mu
	return p
}

// enter waits until one more session may be open, and counts it. It says false
// where it would have to wait although the run is ending.
func (p *pace) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.open >= p.limit && !p.ended {
		p.more.Wait()
	}
	if p.open >= p.limit {
		return false
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

// lost halves the limit and says how many sessions were lost in a row.
func (p *pace) lost() int {
	p.slower()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drops++
	return p.drops
}

// accepted counts a message that the relay took.
func (p *pace) accepted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drops = 0
	p.home++
	if p.limit == p.most {
		return
	}
	if p.well++; p.well >= growAfter*p.limit {
		p.limit, p.well = p.limit+1, 0
		p.more.Signal()
	}
}

// fruitless says whether no message has been accepted since the run began.
func (p *pace) fruitless() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.home == 0
}

// end wakes all who wait to enter: others finish what is left.
func (p *pace) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.more.Broadcast()
}
