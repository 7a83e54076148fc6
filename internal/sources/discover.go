package sources

import "context"

// Discover finds out what answers at an address that a person typed: the
// address of a front page, of a feed, or a bare host name.
func Discover(ctx context.Context, g Getter, address string) (Site, error) {
	panic("to be written")
}
