package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestProbeOfOurOwnPages(t *testing.T) {
	s := newStand(t, func(o *Options) { o.PublicURL = "http://example.org/mail" })
	srv := httptest.NewServer(s.handler)
	defer srv.Close()
	for _, base := range []string{srv.URL, srv.URL + "/", srv.URL + "/mail"} {
		if err := Probe(t.Context(), srv.Client(), base, databaseID); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
	s.db.fail = errors.New("down")
	if err := Probe(t.Context(), srv.Client(), srv.URL, databaseID); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("database down: %v", err)
	}
}

func TestProbeSaysWhatIsWrong(t *testing.T) {
	good := fmt.Sprintf(`{"status":"ok","database":%q}`, databaseID)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		words  []string
	}{
		"another database":  {write(`{"status":"ok","database":"other"}`), []string{"another database", `"other"`, databaseID}},
		"not JSON":          {write("<html>Welcome to nginx"), []string{"not digest serve", "proxy"}},
		"other JSON":        {write(`{"status":"UP"}`), []string{"not digest serve"}},
		"an array":          {write(`[]`), []string{"not digest serve"}},
		"an endless answer": {write(strings.Repeat(" ", 1<<20) + good), []string{"not digest serve"}},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(good))
		}, []string{"breaks off"}},
		"404":      {http.NotFound, []string{"404", "public_url"}},
		"proxy":    {status(http.StatusBadGateway), []string{"502"}},
		"503":      {status(http.StatusServiceUnavailable), []string{"503", "log"}},
		"redirect": {http.RedirectHandler("https://elsewhere.example/healthz", http.StatusMovedPermanently).ServeHTTP, []string{"redirects", "elsewhere.example", "set public_url"}},
		"evil redirect": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Location"] = []string{"/\u202e" + strings.Repeat("x", 3000)}
			w.WriteHeader(http.StatusFound)
		}, []string{`\u202e`}},
	} {
		srv := httptest.NewServer(c.answer)
		err := Probe(t.Context(), srv.Client(), srv.URL, databaseID)
		srv.Close()
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if len(err.Error()) > 600 || strings.ContainsAny(err.Error(), "\n\u202e") {
			t.Errorf("%s: %q is no line for an operator", name, err)
		}
		for _, w := range append(c.words, srv.URL) {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not speak of %q", name, err, w)
			}
		}
	}
}

func write(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestProbeOfNobody(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	_ = l.Close()
	for _, base := range []string{closed, "http://host.invalid.:1", "://", "http://[::1"} {
		err := Probe(t.Context(), &http.Client{Transport: &http.Transport{}}, base, databaseID)
		if err == nil || !strings.Contains(err.Error(), "public_url") {
			t.Errorf("%s: %v", base, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Probe(ctx, http.DefaultClient, closed, databaseID); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestProbeLeavesTheClientAlone(t *testing.T) {
	c := &http.Client{}
	srv := httptest.NewServer(write("x"))
	defer srv.Close()
	_ = Probe(t.Context(), c, srv.URL, databaseID)
	if c.CheckRedirect != nil {
		t.Error("the client's redirect policy was changed")
	}
}
