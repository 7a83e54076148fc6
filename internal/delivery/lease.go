package delivery

import (
	"context"
	"time"
)

// holdLease renews the lease of what this process holds, three times within
// each, until stop is called. One that comes too late finds the rows gone and
// changes nothing: their epoch keeps a former owner from them.
func (e *Engine) holdLease(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(max(e.o.Lease/3, time.Millisecond))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			err := e.store.Renew(ctx, e.o.Owner, e.o.Now(), e.o.Lease)
			if err != nil && ctx.Err() == nil {
				e.o.Log.Warn("the lease could not be renewed; it will be tried again", "error", err)
			}
		}
	}()
	return func() { cancel(); <-ended }
}
