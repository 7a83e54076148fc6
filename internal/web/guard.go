package web

import (
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
)

// harden sets the headers that keep a page's address, and so its token, from
// leaking, and that let nothing foreign run in it.
func (s *site) harden(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", s.policy)
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		header.Set("X-Robots-Tag", "noindex")
		header.Set("X-Content-Type-Options", "nosniff")
		h.ServeHTTP(w, r)
	})
}

// guard keeps a fault in one page from ending the process that also sends.
func (s *site) guard(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				s.Log.Error("a page panicked", "panic", describe(v), "stack", string(debug.Stack()))
				s.fail(w, r, fmt.Errorf("%w: panic", errPage))
			}
		}()
		h.ServeHTTP(w, r)
	})
}

// describe tells the cause of a panic without its value, which could hold a
// token or an address; the runtime's own errors hold neither.
func describe(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", v)
}
