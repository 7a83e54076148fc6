package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"digest.example/internal/browsertest"
)

// A page full of mistakes: each must be found, or nothing found elsewhere means
// anything.
const poor = `<!DOCTYPE html><html><head><title></title></head>
<body style="color:#999;background:#fff;margin:0">
<p>grey on white</p><form method="post"><input name="a" id="a"><button id="go"></button></form>
<div style="width:2000px">wide</div>
<img src="http://127.0.0.1:1/x.png">
<script>document.title = "ran"; console.error("oops")</script></body></html>`

func TestWhatIsBadIsSeen(t *testing.T) {
	var posted string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			posted = r.PostFormValue("a")
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusTeapot)
		_, _ = fmt.Fprint(w, poor)
	}))
	defer server.Close()
	b := browsertest.Start(t)
	axe := b.Axe()
	for _, scripts := range []bool{true, false} {
		tab := b.Tab(t, browsertest.Look{Width: 375, Language: "en", Scripts: scripts})
		if status := tab.Open(server.URL); status != http.StatusTeapot {
			t.Errorf("scripts %t: status %d", scripts, status)
		}
		barriers := strings.Join(tab.Barriers(axe), "\n")
		for _, rule := range []string{"color-contrast", "label", "button-name", "html-has-lang", "image-alt"} {
			if !strings.Contains(barriers, rule+" (") {
				t.Errorf("scripts %t: %s is not found in:\n%s", scripts, rule, barriers)
			}
		}
		if tab.Overflow() < 1000 {
			t.Errorf("scripts %t: the page is %d pixels too wide", scripts, tab.Overflow())
		}
		troubles := strings.Join(tab.Troubles(server.URL), "\n")
		if !strings.Contains(troubles, "elsewhere: http://127.0.0.1:1/x.png") || strings.Contains(troubles, "oops") != scripts {
			t.Errorf("scripts %t: troubles are %s", scripts, troubles)
		}
		want := fmt.Sprintf("typed %t", scripts)
		tab.Type("#a", want)
		if tab.Press("#go"); posted != want {
			t.Errorf("scripts %t: posted %q", scripts, posted)
		}
	}
}
