package subscribers

import (
	"context"
	"errors"
	"fmt"

	"digest.example/internal/digest"
)

// EraseAddress forgets a person on the operator's word, as Erase does on their
// own. Of an address that is only suppressed it leaves the hash. It fails with
// digest.ErrUsage for what is no address, and with digest.ErrNotFound where there
// is no trace of it, or nothing but what erasing leaves.
func (l *List) EraseAddress(ctx context.Context, address string) error {
	p, err := l.Lookup(ctx, address)
	if err != nil {
		return err
	}
	if p.Subscriber.ID == "" {
		a, err := ParseAddress(address)
		if err != nil {
			return fmt.Errorf("%w: erase %q: %w", digest.ErrUsage, address, err)
		}
		if p.erased() {
			return fmt.Errorf("erase %s: %w: it is erased already", a.Normal, digest.ErrNotFound)
		}
		p.Subscriber.Hash = l.keys.AddressHash(a.Normal)
	}
	if err := l.erase(ctx, p.Subscriber); err != nil && !errors.Is(err, digest.ErrNotFound) {
		return err
	}
	return nil
}

// erased says whether this is what erasing somebody leaves.
func (p Person) erased() bool {
	for _, s := range p.Suppressions {
		if s.Newsletter == "" && s.Reason == ReasonErased {
			return p.Subscriber.ID == ""
		}
	}
	return false
}
