package fetch

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain sets proxies before anything may read and remember them.
func TestMain(m *testing.M) {
	for _, v := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		os.Setenv(v, "http://127.0.0.1:1")
	}
	goleak.VerifyTestMain(m)
}

// names is a resolver whose answers for a name are given in turn, the last one
// for ever.
type names struct {
	mu      sync.Mutex
	answers map[string][]string // each a list of addresses, separated by spaces
	asked   []string
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, host)
	left := n.answers[host]
	if len(left) == 0 {
		return nil, fmt.Errorf("no such host: %s", host)
	}
	if len(left) > 1 {
		n.answers[host] = left[1:]
	}
	var ips []netip.Addr
	for f := range strings.FieldsSeq(left[0]) {
		ips = append(ips, netip.MustParseAddr(f))
	}
	return ips, nil
}

// clock stands still but for the sleeps.
type clock struct {
	mu    sync.Mutex
	t     time.Time
	slept []time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
	c.slept = append(c.slept, d)
	return ctx.Err()
}

var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// world is a client whose names all lead to servers of the test.
type world struct {
	*Client
	t     *testing.T
	clock *clock
	names *names
}

// newWorld makes a client that may ask the hosts of the servers.
func newWorld(t *testing.T, allow ...string) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{t: start}, names: &names{answers: map[string][]string{}}}
	c, err := New(Options{
		UserAgent: "digest/1 (+https://harbour.example/bot)", AllowHosts: allow,
		Now: w.clock.now, Sleep: w.clock.sleep, Resolver: w.names,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Client = c
	t.Cleanup(c.Close)
	return w
}

// serve starts a server that the client of the world may ask, and returns its address.
func (w *world) serve(h http.HandlerFunc) string {
	w.t.Helper()
	s := httptest.NewServer(h)
	w.t.Cleanup(s.Close)
	w.allowed[s.Listener.Addr().String()] = true
	return s.URL
}

func (w *world) get(r Request) (*Response, error) {
	w.t.Helper()
	return w.Get(w.t.Context(), r)
}

func (w *world) mustGet(r Request) *Response {
	w.t.Helper()
	resp, err := w.get(r)
	if err != nil {
		w.t.Fatalf("get %s: %v", r.URL, err)
	}
	return resp
}

// watch listens on a port of this machine. connected ends that and says how
// many have come.
func watch(t *testing.T) (address string, connected func() int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String(), func() int {
		// The queue of connections is in order: ours is behind all others.
		own, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer own.Close()
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			if c.RemoteAddr().String() == own.LocalAddr().String() {
				return n
			}
		}
	}
}

// offline lets no connection leave this machine, and records the addresses that
// would have been let through.
func (w *world) offline() *[]string {
	var passed []string
	var mu sync.Mutex
	w.dialer.judge = func(ip netip.Addr) string {
		if kind := special(ip); kind != "" {
			return kind
		}
		mu.Lock()
		defer mu.Unlock()
		passed = append(passed, ip.String())
		return "public, and this is a test"
	}
	return &passed
}
