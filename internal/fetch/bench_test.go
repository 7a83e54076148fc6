package fetch

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// BenchmarkHundredSites asks a hundred sites at a time for 100 KB each.
func BenchmarkHundredSites(b *testing.B) {
	body := []byte(strings.Repeat("Herons on Harbour Street. ", 4000))
	c := newClient(b)
	b.Cleanup(c.Close)
	urls := make([]string, 100)
	for i := range urls {
		s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.Write(body) }))
		b.Cleanup(s.Close)
		c.allowed[s.Listener.Addr().String()] = true
		urls[i] = s.URL
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(urls) * len(body)))
	for b.Loop() {
		var wg sync.WaitGroup
		for _, url := range urls {
			wg.Go(func() {
				if _, err := c.Get(b.Context(), Request{URL: url}); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
}
