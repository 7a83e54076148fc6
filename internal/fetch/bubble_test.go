package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener without a network, so that time in a bubble can pass
// while somebody waits for bytes.
type pipes struct {
	incoming chan net.Conn
	closed   chan struct{}
	close    func()
}

func newPipes() *pipes {
	p := &pipes{incoming: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	return p
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.incoming:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.close(); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.incoming <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inBubble runs f with a client whose hosts are all served by h, on the
// bubble's clock.
func inBubble(t *testing.T, h http.HandlerFunc, f func(t *testing.T, c *Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t)
		p := newPipes()
		c.transport.DialContext = p.dial
		server := &http.Server{Handler: h}
		go server.Serve(p)
		t.Cleanup(func() {
			c.Close()
			server.Close()
			time.Sleep(2 * time.Hour) // for what handlers are still at; what leaks fails the test
		})
		f(t, c)
	})
}

func TestRetryAfter(t *testing.T) {
	for name, c := range map[string]struct {
		answers []string // one each time, the last one for ever; empty: 200
		status  int
		in      time.Duration // how long the caller has
		asked   int
		took    time.Duration
		want    string // of the answer, or of the error
	}{
		"none":                {[]string{"-"}, 429, 0, 1, 0, "429"},
		"unreadable":          {[]string{"soon"}, 503, 0, 1, 0, "503"},
		"other status":        {[]string{"5"}, 500, 0, 1, 0, "500"},
		"moved":               {[]string{"5"}, 301, 0, 1, 0, "301"},
		"once":                {[]string{"5", ""}, 429, 0, 2, 5 * time.Second, "200"},
		"twice":               {[]string{"5", "7", ""}, 503, 0, 3, 12 * time.Second, "200"},
		"three times":         {[]string{"5"}, 503, 0, 3, 10 * time.Second, "not before 2000-01-01T00:00:15Z"},
		"a minute":            {[]string{"60", ""}, 503, 0, 2, time.Minute, "200"},
		"more":                {[]string{"61"}, 503, 0, 1, 0, "not before 2000-01-01T00:01:01Z"},
		"at once":             {[]string{"0", ""}, 503, 0, 2, time.Second, "200"},
		"a date":              {[]string{"Sat, 01 Jan 2000 00:00:30 GMT", ""}, 503, 0, 2, 30 * time.Second, "200"},
		"a far date":          {[]string{"Sat, 01 Jan 2000 01:00:00 GMT"}, 503, 0, 1, 0, "not before 2000-01-01T01:00:00Z"},
		"a year":              {[]string{"31536000"}, 503, 0, 1, 0, "not before 2000-01-02T00:00:00Z"},
		"later than we have":  {[]string{"30"}, 429, 30 * time.Second, 1, 0, "not before 2000-01-01T00:00:30Z"},
		"within what we have": {[]string{"30", ""}, 429, 31 * time.Second, 2, 30 * time.Second, "200"},
	} {
		asked := 0
		h := func(rw http.ResponseWriter, r *http.Request) {
			answer := c.answers[min(asked, len(c.answers)-1)]
			asked++
			if answer == "" {
				return
			}
			if answer != "-" {
				rw.Header().Set("Retry-After", answer)
			}
			rw.WriteHeader(c.status)
		}
		inBubble(t, h, func(t *testing.T, cl *Client) {
			ctx, begun := t.Context(), time.Now()
			if c.in > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.in)
				defer cancel()
			}
			r, err := cl.Get(ctx, Request{URL: "http://harbour.test/"})
			if asked != c.asked || time.Since(begun) != c.took {
				t.Errorf("%s: asked %d times in %s, want %d in %s", name, asked, time.Since(begun), c.asked, c.took)
			}
			if err == nil && fmt.Sprint(r.Status) != c.want ||
				err != nil && (!errors.Is(err, ErrBusy) || err.Error() != "fetch http://harbour.test/: host asks to come back later: "+c.want) {
				t.Errorf("%s: %v, %v; want %s", name, r, err, c.want)
			}
		})
	}
}

// Until the time that a busy host has named, nobody asks it; others are asked.
func TestBusyHostIsLeftAlone(t *testing.T) {
	asked := map[string]int{}
	h := func(rw http.ResponseWriter, r *http.Request) {
		asked[r.Host]++
		if r.Host == "busy.test" && asked[r.Host] == 1 {
			rw.Header().Set("Retry-After", "3600")
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	inBubble(t, h, func(t *testing.T, c *Client) {
		get := func(url string, wantBusy bool) {
			t.Helper()
			begun := time.Now()
			if _, err := c.Get(t.Context(), Request{URL: url}); errors.Is(err, ErrBusy) != wantBusy || (err != nil) != wantBusy {
				t.Errorf("%s: %v", url, err)
			}
			if time.Since(begun) != 0 {
				t.Errorf("%s took %s", url, time.Since(begun))
			}
		}
		get("http://busy.test/", true)
		get("http://busy.test/other", true)
		get("http://calm.test/", false)
		for i := range 100 { // hosts that come and go do not make it forget
			get(fmt.Sprintf("http://n%d.test/", i), false)
		}
		time.Sleep(time.Hour - time.Nanosecond)
		get("http://BUSY.test:80/", true)
		time.Sleep(time.Nanosecond)
		get("http://busy.test/", false)
		if asked["busy.test"] != 2 {
			t.Errorf("asked %d times", asked["busy.test"])
		}
		get("http://last.test/", false)
		if len(c.hosts.byKey) != 1 {
			t.Errorf("%d hosts are remembered", len(c.hosts.byKey))
		}
	})
}

// While one waits as asked, the others who want that host wait with it.
func TestWaitKeepsTheTurn(t *testing.T) {
	var order []string
	h := func(rw http.ResponseWriter, r *http.Request) {
		order = append(order, r.URL.Path)
		if len(order) == 1 {
			rw.Header().Set("Retry-After", "20")
			rw.WriteHeader(http.StatusTooManyRequests)
		}
	}
	inBubble(t, h, func(t *testing.T, c *Client) {
		for _, path := range []string{"/a", "/b", "/c"} {
			go func() {
				if r, err := c.Get(t.Context(), Request{URL: "http://harbour.test" + path}); err != nil || !r.OK() {
					t.Errorf("%s: %v", path, err)
				}
			}()
			synctest.Wait()
		}
		if fmt.Sprint(order) != "[/a]" {
			t.Errorf("%s", order)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if fmt.Sprint(order) != "[/a /a /b /c]" {
			t.Errorf("%s", order)
		}
	})
}

func TestOneRequestAtATimePerHost(t *testing.T) {
	var mu sync.Mutex
	now, most := map[string]int{}, 0
	h := func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		now[r.Host]++
		most = max(most, now[r.Host])
		mu.Unlock()
		rw.Write([]byte("slow"))
		rw.(http.Flusher).Flush()
		time.Sleep(time.Second) // the turn lasts until the body is read
		mu.Lock()
		now[r.Host]--
		mu.Unlock()
	}
	inBubble(t, h, func(t *testing.T, c *Client) {
		begun := time.Now()
		var wg sync.WaitGroup
		for i := range 300 {
			wg.Go(func() {
				if _, err := c.Get(t.Context(), Request{URL: fmt.Sprintf("http://n%d.test/", i%100)}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if most != 1 || time.Since(begun) != 3*time.Second {
			t.Errorf("%d at a time, took %s", most, time.Since(begun))
		}
	})
}

func TestWaitForTheTurnEndsWithContext(t *testing.T) {
	h := func(rw http.ResponseWriter, r *http.Request) { time.Sleep(30 * time.Second) }
	inBubble(t, h, func(t *testing.T, c *Client) {
		go c.Get(t.Context(), Request{URL: "http://harbour.test/"})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if _, err := c.Get(ctx, Request{URL: "http://harbour.test/"}); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
		time.Sleep(30 * time.Second)
		if r, err := c.Get(t.Context(), Request{URL: "http://harbour.test/"}); err != nil || !r.OK() {
			t.Errorf("the turn was lost: %v", err)
		}
		c.hosts.join("other.test:80", time.Now())
		if len(c.hosts.byKey) != 1 {
			t.Errorf("%d hosts are remembered", len(c.hosts.byKey))
		}
	})
}

func TestSleepEndsWithContext(t *testing.T) {
	h := func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Retry-After", "30")
		rw.WriteHeader(http.StatusServiceUnavailable)
	}
	inBubble(t, h, func(t *testing.T, c *Client) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begun := time.Now()
		if _, err := c.Get(ctx, Request{URL: "http://harbour.test/"}); !errors.Is(err, context.Canceled) || time.Since(begun) != time.Second {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
	})
}

// However a server is slow, the request ends in time.
func TestSlowServers(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		took    time.Duration
		ok      bool
	}{
		"no header": {func(rw http.ResponseWriter, r *http.Request) { time.Sleep(time.Hour) }, 45 * time.Second, false},
		"trickles": {func(rw http.ResponseWriter, r *http.Request) {
			for range 100 {
				fmt.Fprint(rw, "x")
				rw.(http.Flusher).Flush()
				time.Sleep(time.Second)
			}
		}, Timeout, false},
		"redirects": {func(rw http.ResponseWriter, r *http.Request) {
			time.Sleep(25 * time.Second)
			http.Redirect(rw, r, "/", http.StatusFound)
		}, Timeout, false},
		"redirect that trickles": {func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Location", "/")
			rw.Header().Set("Content-Length", "1000")
			rw.WriteHeader(http.StatusFound)
			rw.(http.Flusher).Flush()
			time.Sleep(time.Hour)
		}, Timeout, false},
		"just in time": {func(rw http.ResponseWriter, r *http.Request) {
			fmt.Fprint(rw, "x")
			rw.(http.Flusher).Flush()
			time.Sleep(Timeout - time.Nanosecond)
		}, Timeout - time.Nanosecond, true},
	} {
		inBubble(t, c.handler, func(t *testing.T, cl *Client) {
			begun := time.Now()
			_, err := cl.Get(t.Context(), Request{URL: "http://harbour.test/"})
			if took := time.Since(begun); took != c.took || (err == nil) != c.ok || c.took == Timeout && !errors.Is(err, errSlow) {
				t.Errorf("%s: %v after %s", name, err, took)
			}
		})
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t)
		p := newPipes()
		c.transport.DialContext = p.dial
		var open atomic.Int32
		server := &http.Server{Handler: http.NotFoundHandler(), ConnState: func(_ net.Conn, s http.ConnState) {
			switch s {
			case http.StateNew:
				open.Add(1)
			case http.StateClosed:
				open.Add(-1)
			}
		}}
		go server.Serve(p)
		t.Cleanup(func() { server.Close() })
		for i := range 10 {
			if _, err := c.Get(t.Context(), Request{URL: fmt.Sprintf("http://n%d.test/", i)}); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if n := open.Load(); n != 10 {
			t.Errorf("%d connections are open, want 10", n)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := open.Load(); n != 0 {
			t.Errorf("%d connections stay open", n)
		}
	})
}
