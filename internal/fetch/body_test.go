package fetch

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

func zip(t testing.TB, parts ...string) string {
	t.Helper()
	var b bytes.Buffer
	for _, p := range parts { // each a member of its own (RFC 1952, 2.2)
		z := gzip.NewWriter(&b)
		if _, err := io.WriteString(z, p); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestBodies(t *testing.T) {
	full := strings.Repeat("x", MaxBody)
	empty := zip(t, "")
	for name, c := range map[string]struct {
		coding, wire string
		want         string
		err          string
	}{
		"plain":             {"", "herons", "herons", ""},
		"identity":          {"identity", "herons", "herons", ""},
		"gzip":              {"gzip", zip(t, "herons"), "herons", ""},
		"old name":          {"X-GZip", zip(t, "herons"), "herons", ""},
		"two members":       {"gzip", zip(t, "her", "ons"), "herons", ""},
		"nothing":           {"gzip", "", "", ""},
		"gzip of nothing":   {"gzip", empty, "", ""},
		"cut":               {"gzip", zip(t, "herons")[:20], "", "unexpected EOF"},
		"not gzip":          {"gzip", "herons and more herons", "", "invalid header"},
		"twice":             {"gzip, gzip", zip(t, zip(t, "herons")), "", "content coding"},
		"brotli":            {"br", "x", "", "content coding"},
		"deflate":           {"deflate", "x", "", "content coding"},
		"as long as may be": {"", full, full, ""},
		"one more":          {"", full + "x", "", ErrTooLarge.Error()},
		"full, zipped":      {"gzip", zip(t, full), full, ""},
		"bomb":              {"gzip", zip(t, full, "x"), "", ErrTooLarge.Error()},
		"empty members":     {"gzip", strings.Repeat(empty, MaxBody/len(empty)+1), "", ErrTooLarge.Error()},
	} {
		for _, chunked := range []bool{true, false} {
			w := newWorld(t)
			url := w.serve(func(rw http.ResponseWriter, r *http.Request) {
				rw.Header()["Content-Encoding"] = []string{c.coding}
				if !chunked {
					rw.Header().Set("Content-Length", fmt.Sprint(len(c.wire)))
				}
				io.WriteString(rw, c.wire)
			})
			r, err := w.get(Request{URL: url})
			switch {
			case c.err != "":
				if err == nil || !strings.Contains(err.Error(), c.err) || errors.Is(err, ErrTooLarge) != (c.err == ErrTooLarge.Error()) {
					t.Errorf("%s (chunked: %t): %v", name, chunked, err)
				}
			case err != nil || string(r.Body) != c.want:
				t.Errorf("%s (chunked: %t): %d bytes, %v", name, chunked, len(r.Body), err)
			case r.Header.Get("Content-Encoding") != "" || r.Header.Get("Content-Length") != "":
				t.Errorf("%s: the header still tells of the wire: %v", name, r.Header)
			}
		}
	}
}

// raw answers every connection with the same bytes and closes it.
func raw(t *testing.T, w *world, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Read(make([]byte, 4096))
			io.WriteString(c, answer)
			c.Close()
		}
	}()
	w.allowed[l.Addr().String()] = true
	return "http://" + l.Addr().String()
}

func TestBrokenServers(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort":                 "unexpected EOF",
		"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\nx":           "too large",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx":                     "Content-Length",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx": "unexpected EOF",
		"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 300<<10) + "\r\n\r\n": "header",
		"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n":                   "address not allowed",
		"SSH-2.0-OpenSSH\r\n": "malformed",
		"":                    "EOF",
		strings.Repeat("HTTP/1.1 103 Early Hints\r\nX: "+strings.Repeat("x", 999)+"\r\n\r\n", 999): "headers exceeded",
	} {
		w := newWorld(t)
		r, err := w.get(Request{URL: raw(t, w, answer)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, %v; want %s", answer, r, err, want)
		}
	}
}

// A server that promises much and sends little costs little.
func TestLyingLength(t *testing.T) {
	w := newWorld(t)
	url := raw(t, w, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nshort", MaxBody))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := w.get(Request{URL: url}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
}
