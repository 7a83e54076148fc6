package preview

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func started(files map[string][]byte) *Live {
	l := &Live{}
	l.Start("run", "127.0.0.1:4711", "localhost:4711")
	if files != nil {
		l.Show(files)
	}
	return l
}

func ask(l *Live, method, host, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://"+host+path, nil)
	w := httptest.NewRecorder()
	l.ServeHTTP(w, r)
	return w
}

func TestLiveServesFiles(t *testing.T) {
	l := started(map[string][]byte{
		"index.html": []byte("<body>" + slot + "page"), "issue-dark.html": []byte("mail" + slot), "sample.eml": []byte("Subject: a"),
		"plan.json": []byte("{}"), "weekly/index.html": []byte(slot + "weekly"),
	})
	for _, c := range []struct {
		path, kind, content string
		code                int
	}{
		{"/", "text/html; charset=utf-8", `data-version="run-2" defer></script>page`, 200},
		{"/index.html", "text/html; charset=utf-8", "page", 200},
		{"/weekly/", "text/html; charset=utf-8", "weekly", 200},
		{"/issue-dark.html", "text/html; charset=utf-8", "mail" + slot, 200},
		{"/sample.eml", "text/plain; charset=utf-8", "Subject: a", 200},
		{"/plan.json", "application/json", "{}", 200},
		{"/.live/reload.js", "text/javascript; charset=utf-8", "EventSource", 200},
		{"/digest.db", "text/plain; charset=utf-8", "no such file", 404},
		{"/../index.html", "text/plain; charset=utf-8", "no such file", 404},
	} {
		w := ask(l, "GET", "localhost:4711", c.path)
		if w.Code != c.code || w.Header().Get("Content-Type") != c.kind || !strings.Contains(w.Body.String(), c.content) {
			t.Errorf("%s: %d %s %s", c.path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		policy := w.Header().Get("Content-Security-Policy")
		page := strings.Contains(policy, "script-src 'self'")
		if !strings.HasPrefix(policy, "default-src 'none'") || page != (strings.HasSuffix(c.path, "/") || strings.HasSuffix(c.path, "/index.html")) && c.code == 200 {
			t.Errorf("%s: policy %s", c.path, policy)
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept", c.path)
		}
	}
}

func TestLiveAnswersOnlyToItsOwnName(t *testing.T) {
	l := started(map[string][]byte{"index.html": []byte("secret")})
	for host, code := range map[string]int{
		"127.0.0.1:4711": 200, "LOCALHOST:4711": 200, "evil.example:4711": 421, "127.0.0.1": 421, "localhost:80": 421,
	} {
		if w := ask(l, "GET", host, "/"); w.Code != code || code != 200 && strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d", host, w.Code)
		}
	}
	if w := ask(l, "POST", "localhost:4711", "/"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
	if w := ask(&Live{}, "GET", "localhost:4711", "/"); w.Code != 421 {
		t.Errorf("before the start: %d", w.Code)
	}
}

func TestLiveShowsWhatIsWrong(t *testing.T) {
	l := started(nil)
	if w := ask(l, "GET", "localhost:4711", "/"); w.Code != 404 {
		t.Errorf("nothing made yet: %d", w.Code)
	}
	l.Fail("mine/issue.html:3: <oops>")
	w := ask(l, "GET", "localhost:4711", "/")
	if !strings.Contains(w.Body.String(), "mine/issue.html:3: &lt;oops&gt;") || !strings.Contains(w.Body.String(), scriptPath) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	l.Show(map[string][]byte{"index.html": []byte(slot + "good")})
	l.Fail("broken again")
	w = ask(l, "GET", "localhost:4711", "/")
	if !strings.Contains(w.Body.String(), "broken again") || !strings.Contains(w.Body.String(), "good") {
		t.Errorf("%s", w.Body)
	}
	l.Show(map[string][]byte{"index.html": []byte(slot + "better")})
	if w = ask(l, "GET", "localhost:4711", "/"); strings.Contains(w.Body.String(), "broken") || !strings.Contains(w.Body.String(), "better") {
		t.Errorf("%s", w.Body)
	}
}

// A browser is told of each change, and let go in the end.
func TestLiveTellsOfChanges(t *testing.T) {
	l := &Live{}
	server := httptest.NewUnstartedServer(l)
	server.Config.ReadTimeout, server.Config.WriteTimeout = time.Minute, time.Minute
	server.Start()
	defer server.Close()
	l.Start("run", server.Listener.Addr().String())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+eventsPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("%s", kind)
	}
	lines := bufio.NewScanner(resp.Body)
	next := func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		t.Fatalf("no more events: %v", lines.Err())
		return ""
	}
	seen := map[string]bool{next(): true}
	for range 3 {
		l.Show(nil)
		version := next()
		if seen[version] {
			t.Errorf("version %s came twice", version)
		}
		seen[version] = true
	}
	l.Fail("oops")
	next()
	l.Close()
	l.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Errorf("not let go: %v", err)
	}
}
