package fetch

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestNamesOfPrivateAddresses(t *testing.T) {
	address, connected := watch(t)
	_, port, _ := net.SplitHostPort(address)
	w := newWorld(t)
	passed := w.offline()
	for _, answer := range []string{
		"127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "10.0.0.1", "169.254.169.254", "fd00::1",
		"fe80::1%lo", "0.0.0.0", "127.0.0.1 ::1 10.0.0.1",
	} {
		w.names.answers["rebind.test"] = []string{answer}
		_, err := w.get(Request{URL: "http://rebind.test/"})
		if !errors.Is(err, ErrForbidden) || !strings.Contains(err.Error(), "name rebind.test:80 in fetch.allow_hosts") {
			t.Errorf("%s: %v", answer, err)
		}
		// The watched port, as if it were a usual one.
		if c, err := w.dialer.dial(t.Context(), "tcp", "rebind.test:"+port); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: connected: %v, %v", answer, c, err)
		}
	}
	if len(*passed) != 0 || connected() != 0 {
		t.Errorf("%q passed, %d connections", *passed, connected())
	}
}

func TestMixedAnswers(t *testing.T) {
	address, connected := watch(t)
	_, port, _ := net.SplitHostPort(address)
	for _, answer := range []string{"127.0.0.1 93.184.216.34", "93.184.216.34 127.0.0.1", "::1 127.0.0.1 93.184.216.34 10.0.0.1"} {
		w := newWorld(t)
		passed := w.offline()
		w.names.answers["mixed.test"] = []string{answer}
		if _, err := w.dialer.dial(t.Context(), "tcp", "mixed.test:"+port); err == nil {
			t.Errorf("%s: connected", answer)
		}
		if want := []string{"93.184.216.34"}; !slices.Equal(*passed, want) {
			t.Errorf("%s: passed %q, want only the public one", answer, *passed)
		}
	}
	if n := connected(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

// A name that is public when first asked and private afterwards does not get
// through: there is no second look.
func TestRebinding(t *testing.T) {
	address, connected := watch(t)
	_, port, _ := net.SplitHostPort(address)
	w := newWorld(t)
	passed := w.offline()
	w.names.answers["rebind.test"] = []string{"93.184.216.34", "127.0.0.1"}
	for range 4 {
		if _, err := w.dialer.dial(t.Context(), "tcp", "rebind.test:"+port); !errors.Is(err, ErrForbidden) {
			t.Errorf("got %v", err)
		}
	}
	if len(w.names.asked) != 4 || len(*passed) != 1 || connected() != 0 {
		t.Errorf("asked %q, passed %q", w.names.asked, *passed)
	}
}

func TestRedirectIntoPrivate(t *testing.T) {
	address, connected := watch(t)
	w := newWorld(t)
	var to string
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Location", to)
		rw.WriteHeader(http.StatusFound)
	})
	w.offline()
	w.names.answers["inside.test"] = []string{"127.0.0.1"}
	for _, to = range []string{
		"http://" + address + "/", "//" + address, "http://inside.test/", "http://127.1/", "http://[::1]/",
		"ftp://example.com/", "http://user@example.com/", "file:///etc/passwd", "http://127.0.0.1", "http://[/",
	} {
		if r, err := w.get(Request{URL: url}); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: %v, %v", to, r, err)
		}
	}
	if n := connected(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

// An entry of the list holds for one host on one port, as they are asked for.
func TestAllowedHosts(t *testing.T) {
	w := newWorld(t)
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) { io.WriteString(rw, r.Host) })
	address := strings.TrimPrefix(url, "http://")
	_, port, _ := net.SplitHostPort(address)
	w.allowed["blog:"+port] = true
	w.allowed["loose.test:80"] = true
	w.names.answers["blog"] = []string{"127.0.0.1"}
	w.names.answers["other"] = []string{"127.0.0.1"}
	if r := w.mustGet(Request{URL: "http://blog:" + port + "/"}); string(r.Body) != "blog:"+port {
		t.Errorf("got %q", r.Body)
	}
	for _, raw := range []string{
		"http://other:" + port + "/", "http://blog/", "https://blog/", "http://127.0.0.1/",
		"http://[::ffff:127.0.0.1]:" + port + "/", "http://loose.test:" + port + "/",
	} {
		if r, err := w.get(Request{URL: raw}); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: %v, %v", raw, r, err)
		}
	}
}

func TestDialTriesAddressesInTurn(t *testing.T) {
	w := newWorld(t)
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) {})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	key := "blog:" + port
	w.allowed[key] = true
	dead := "127.0.0.2" // nobody listens there on this port
	for answer, ok := range map[string]bool{
		"127.0.0.1": true, dead + " 127.0.0.1": true, dead: false,
		strings.Repeat(dead+" ", maxAddresses) + "127.0.0.1":   false,
		strings.Repeat(dead+" ", maxAddresses-1) + "127.0.0.1": true,
		"": false,
	} {
		w.names.answers["blog"] = []string{answer}
		c, err := w.dialer.dial(t.Context(), "tcp", key)
		if (err == nil) != ok || errors.Is(err, ErrForbidden) {
			t.Errorf("%q: %v", answer, err)
		}
		if err == nil {
			c.Close()
		}
	}
}

// One forbidden address does not hide why the others failed.
func TestDialTellsOfTheNetwork(t *testing.T) {
	w := newWorld(t)
	w.dialer.judge = func(ip netip.Addr) string {
		if ip.String() == "127.0.0.3" {
			return "refused"
		}
		return ""
	}
	w.names.answers["half.test"] = []string{"127.0.0.3 127.0.0.2"}
	address, _ := watch(t)
	_, port, _ := net.SplitHostPort(address)
	if _, err := w.dialer.dial(t.Context(), "tcp", "half.test:"+port); err == nil || errors.Is(err, ErrForbidden) {
		t.Errorf("got %v", err)
	}
	if _, err := w.get(Request{URL: "http://unknown.test/"}); err == nil || !strings.Contains(err.Error(), "look up unknown.test") {
		t.Errorf("got %v", err)
	}
}

// The environment names a proxy (TestMain) that nobody runs.
func TestNoProxy(t *testing.T) {
	w := newWorld(t)
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) {})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	w.allowed["blog.test:"+port] = true // no proxy is ever used for addresses of this machine
	w.names.answers["blog.test"] = []string{"127.0.0.1"}
	w.mustGet(Request{URL: "http://blog.test:" + port + "/"})
}
