package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a server and returns its address, what ends it, and its result.
func start(t *testing.T, h http.Handler) (addr string, stop context.CancelFunc, ended <-chan error) {
	t.Helper()
	s, err := Listen("127.0.0.1:0", h, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return s.Addr().String(), cancel, done
}

func TestRunFinishesOpenRequests(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	addr, stop, ended := start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(w, "done")
	}))
	answer := make(chan string, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		r, err := client.Get("http://" + addr)
		if err != nil {
			answer <- err.Error()
			return
		}
		b, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		answer <- string(b)
	}()
	<-begun
	stop()
	stop()
	close(finish)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if a := <-answer; a != "done" {
		t.Errorf("the open request got %q", a)
	}
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("it still listens")
	}
}

func TestListenSaysWhichAddressIsTaken(t *testing.T) {
	s, err := Listen("127.0.0.1:0", http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	addr := s.Addr().String()
	if _, err := Listen(addr, http.NotFoundHandler(), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), addr) {
		t.Errorf("taken: %v", err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if err := s.Run(t.Context()); err != nil {
		t.Errorf("run after close: %v", err)
	}
}

func TestHugeHeadersAreRefused(t *testing.T) {
	addr, stop, ended := start(t, http.NotFoundHandler())
	defer func() { stop(); <-ended }()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	go func() {
		_, _ = fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", strings.Repeat("x", 64<<10))
	}()
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", r.StatusCode)
	}
	_ = r.Body.Close()
}

func TestServerHasAllTimeouts(t *testing.T) {
	s, err := Listen("127.0.0.1:0", http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	h := s.http
	if h.ReadHeaderTimeout <= 0 || h.ReadTimeout <= 0 || h.WriteTimeout <= 0 || h.IdleTimeout <= 0 || h.MaxHeaderBytes <= 0 {
		t.Errorf("%+v", h)
	}
	// A page may wait for a slow body first and then for the database.
	if h.WriteTimeout <= readTimeout+patience {
		t.Errorf("a page cannot answer within %s", h.WriteTimeout)
	}
}

// Over a real connection: a body that never ends, of which the server reads no
// more than the cap, does not keep a reader from leaving.
func TestABodyThatNeverEnds(t *testing.T) {
	s := newStand(t, nil)
	addr, stop, ended := start(t, s.handler)
	defer func() { stop(); <-ended }()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_, _ = fmt.Fprintf(c, "POST /u/%s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 100000000\r\n\r\nx=%s",
		s.token, urlencoded, strings.Repeat("y", maxForm))
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != 200 || !r.Close || len(s.list.calls) != 1 {
		t.Errorf("status %d, close %v, calls %v", r.StatusCode, r.Close, s.list.calls)
	}
	_ = r.Body.Close()
}
