package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGet(t *testing.T) {
	w := newWorld(t)
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "Text/HTML; charset=utf-8")
		rw.WriteHeader(http.StatusNotFound)
		io.WriteString(rw, "herons")
	})
	r := w.mustGet(Request{URL: url + "/feed?x=1#part"})
	if r.Status != 404 || string(r.Body) != "herons" || r.URL != url+"/feed?x=1" || r.MediaType() != "text/html" || r.OK() {
		t.Errorf("got %d %q %s %s", r.Status, r.Body, r.URL, r.MediaType())
	}
}

// What a server is told is all in this list: no cookie, credential or Referer,
// also behind redirects and after cookies were set.
func TestRequestHeader(t *testing.T) {
	w := newWorld(t)
	var got []http.Header
	echo := func(rw http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header)
		rw.Header().Set("Set-Cookie", "a=b")
		rw.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		rw.WriteHeader(http.StatusUnauthorized)
	}
	other := w.serve(echo)
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/there" {
			rw.Header().Set("Set-Cookie", "c=d")
			http.Redirect(rw, r, other, http.StatusFound)
			return
		}
		echo(rw, r)
	})
	ua, gzip := []string{"digest/1 (+https://harbour.example/bot)"}, []string{"gzip"}
	long := strings.Repeat("x", 2000)
	for _, c := range []struct {
		in   Request
		want http.Header
	}{
		{Request{URL: url}, http.Header{"Accept": {"*/*"}}},
		{Request{URL: url + "/there", Accept: "application/json"}, http.Header{"Accept": {"application/json"}}},
		{Request{URL: url, ETag: `"e"`, LastModified: "yesterday"}, http.Header{"Accept": {"*/*"}, "If-None-Match": {`"e"`}}},
		{Request{URL: url + "/there", ETag: `W/"e"`}, http.Header{"Accept": {"*/*"}, "If-None-Match": {`W/"e"`}}},
		{Request{URL: url, LastModified: "yesterday"}, http.Header{"Accept": {"*/*"}, "If-Modified-Since": {"yesterday"}}},
		{Request{URL: url, ETag: "a\nb", LastModified: "y"}, http.Header{"Accept": {"*/*"}}},
		{Request{URL: url, ETag: long, LastModified: "y"}, http.Header{"Accept": {"*/*"}}},
		{Request{URL: url, LastModified: long}, http.Header{"Accept": {"*/*"}}},
	} {
		got = nil
		if r := w.mustGet(c.in); r.Status != 401 {
			t.Errorf("status %d", r.Status)
		}
		c.want["User-Agent"], c.want["Accept-Encoding"] = ua, gzip
		if d := cmp.Diff([]http.Header{c.want}, got); d != "" {
			t.Errorf("%+v: %s", c.in, d)
		}
	}
}

func TestNotModified(t *testing.T) {
	w := newWorld(t)
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Encoding", "gzip") // some servers keep it
		rw.WriteHeader(http.StatusNotModified)
	})
	if r := w.mustGet(Request{URL: url, ETag: `"1"`}); !r.NotModified() || len(r.Body) != 0 {
		t.Errorf("got %d %q", r.Status, r.Body)
	}
}

func TestRedirects(t *testing.T) {
	w := newWorld(t)
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.FormValue("status"))
		left, _ := strconv.Atoi(r.FormValue("left"))
		if left == 0 {
			io.WriteString(rw, r.URL.Path)
			return
		}
		rw.Header().Set("Location", fmt.Sprintf("../end?status=%d&left=%d", status, left-1))
		rw.WriteHeader(status)
		io.WriteString(rw, "elsewhere")
	})
	for _, status := range []int{301, 302, 303, 307, 308} {
		r := w.mustGet(Request{URL: fmt.Sprintf("%s/a/b?left=5&status=%d", url, status)})
		if r.Status != 200 || string(r.Body) != "/end" || r.URL != fmt.Sprintf("%s/end?status=%d&left=0", url, status) {
			t.Errorf("%d: got %d %q %s", status, r.Status, r.Body, r.URL)
		}
	}
	if _, err := w.get(Request{URL: url + "/?left=6&status=302"}); err == nil || !strings.Contains(err.Error(), "more than 5 redirects") {
		t.Errorf("six redirects: %v", err)
	}
	for _, status := range []int{300, 305, 201} { // may have a Location, and mean something else
		r := w.mustGet(Request{URL: fmt.Sprintf("%s/?left=1&status=%d", url, status)})
		if r.Status != status || string(r.Body) != "elsewhere" {
			t.Errorf("got %d %q, want %d", r.Status, r.Body, status)
		}
	}
}

func TestRedirectToNowhere(t *testing.T) {
	w := newWorld(t)
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusFound)
		io.WriteString(rw, "where?")
	})
	if r := w.mustGet(Request{URL: url}); r.Status != 302 || string(r.Body) != "where?" {
		t.Errorf("got %d %q", r.Status, r.Body)
	}
}

func TestHTTPS(t *testing.T) {
	redirect := func(rw http.ResponseWriter, r *http.Request) {
		if to := r.FormValue("to"); to != "" {
			http.Redirect(rw, r, to, http.StatusMovedPermanently)
			return
		}
		io.WriteString(rw, "safe")
	}
	secure := httptest.NewUnstartedServer(http.HandlerFunc(redirect))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	c, err := New(Options{UserAgent: "digest/1", AllowHosts: []string{secure.Listener.Addr().String()}, RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	plain := httptest.NewServer(http.HandlerFunc(redirect))
	defer plain.Close()
	c.dialer.judge = func(netip.Addr) string { return "not needed here" }

	if r, err := c.Get(t.Context(), Request{URL: secure.URL + "?to=/x"}); err != nil || string(r.Body) != "safe" {
		t.Errorf("https to https: %v, %v", r, err)
	}
	for _, to := range []string{"http://example.com/", "http://example.com:443/"} {
		_, err := c.Get(t.Context(), Request{URL: secure.URL + "?to=" + to})
		if !errors.Is(err, ErrForbidden) || !strings.Contains(err.Error(), "https to http") {
			t.Errorf("to %s: %v", to, err)
		}
	}
	c.allowed[plain.Listener.Addr().String()] = true
	if r, err := c.Get(t.Context(), Request{URL: plain.URL + "?to=" + secure.URL}); err != nil || r.URL != secure.URL {
		t.Errorf("http to https: %v, %v", r, err)
	}
	if r, err := c.Get(t.Context(), Request{URL: secure.URL + "?to=" + plain.URL}); err != nil || r.URL != plain.URL {
		t.Errorf("https to a host that the operator names: %v, %v", r, err)
	}

	untrusting := newClient(t, secure.Listener.Addr().String())
	if _, err := untrusting.Get(t.Context(), Request{URL: secure.URL}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("unknown authority: %v", err)
	}
}

func TestTrace(t *testing.T) {
	w := newWorld(t)
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a":
			http.Redirect(rw, r, "/b", http.StatusFound)
		case "/b":
			http.Redirect(rw, r, "/c", http.StatusFound)
		case "/c":
			io.WriteString(rw, "12345")
		case "/broken":
			rw.Header().Set("Content-Encoding", "br")
		default:
			panic(http.ErrAbortHandler)
		}
	})
	var mu sync.Mutex
	var got []string
	ctx := WithTrace(t.Context(), func(e Exchange) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, fmt.Sprint(strings.TrimPrefix(e.URL, url), e.Status, " ", e.Bytes, " ", e.Err != nil, e.Took > 0))
	})
	for _, path := range []string{"/a", "/broken", "/cut"} {
		w.Get(ctx, Request{URL: url + path})
	}
	w.Get(ctx, Request{URL: "http://127.0.0.1/"}) // never on the wire
	want := []string{"/a302 0 false true", "/b302 0 false true", "/c200 5 false true", "/broken200 0 true true", "/cut0 0 true true"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestGetEndsWithContext(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if _, err := w.Get(ctx, Request{URL: url}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// One connection serves all requests of a pull, redirects and refusals included.
func TestConnectionsAreKept(t *testing.T) {
	w := newWorld(t)
	from := map[string]bool{}
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) {
		from[r.RemoteAddr] = true
		if r.URL.Path == "/there" {
			http.Redirect(rw, r, "/", http.StatusFound)
			return
		}
		rw.WriteHeader(http.StatusNotFound)
		io.WriteString(rw, strings.Repeat("no ", 10_000))
	})
	for range 5 {
		w.mustGet(Request{URL: url + "/there"})
	}
	if len(from) != 1 {
		t.Errorf("%d connections", len(from))
	}
}
