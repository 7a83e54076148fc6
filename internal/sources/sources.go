// Package sources says what a site that articles and comments are pulled from
// looks like to the rest of the program. Each kind of site has a package of its
// own below this one.
package sources

import (
	"context"
	"time"

	"digest.example/internal/digest"
)

// Source is one site.
type Source interface {
	// Pull returns the articles published in the window with all their
	// comments. Text in the harvest is valid UTF-8 without NUL; HTML in it is
	// untrusted. A harvest that misses something says so in its warnings; an
	// error means that there is none.
	Pull(ctx context.Context, w Window) (digest.Harvest, error)
}

// Window is a span of time, Since included, Until excluded.
type Window struct {
	Since, Until time.Time
}

// Contains says whether t lies in the window.
func (w Window) Contains(t time.Time) bool {
	return !t.Before(w.Since) && t.Before(w.Until)
}
