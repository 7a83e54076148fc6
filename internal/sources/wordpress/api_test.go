package wordpress

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"digest.example/internal/fetch"
)

func answer(status int, body string) *fetch.Response {
	return &fetch.Response{Status: status, Header: http.Header{}, Body: []byte(body)}
}

func TestReadList(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		items  int    // -1: an error
		says   string // the error
		lasts  bool
	}{
		"list":            {200, `[{"id":1},{"id":2}]`, 2, "", false},
		"empty list":      {200, `[]`, 0, "", false},
		"byte order mark": {200, "\xef\xbb\xbf[{\"id\":1}]\n", 1, "", false},
		"warnings before": {200, "<br />\n<b>Notice</b>: x [y] in {z}\n[{\"id\":1}]", 1, "", false},
		"odd item":        {200, `[{"id":1},7,null,"x",{"id":[]}]`, 5, "", false},
		"closed":          {401, `{"code":"rest_forbidden","message":"No"}`, -1, "401 rest_forbidden", true},
		"closed with 200": {200, `{"code":"rest_disabled"}`, -1, "200 rest_disabled", true},
		"a list with 403": {403, `[{"id":1}]`, -1, "403 with broken JSON", false},
		"wall":            {200, "<!DOCTYPE html><script>var x = [1];</script>", -1, "200 with HTML", true},
		"nothing":         {200, " ", -1, "200 with nothing", true},
		"cut off":         {200, `[{"id":1},{"id":`, -1, "broken JSON", false},
		"another object":  {200, `{"posts":[]}`, -1, "no list", true},
		"plain words":     {200, `Forbidden`, -1, "no list", true},
		"server error":    {500, `{"code":"internal_server_error"}`, -1, "500 internal_server_error", false},
		"too many":        {429, `slow down`, -1, "429", false},
		"hostile code":    {401, `{"code":"a\r\nb\u202e` + strings.Repeat("x", 500) + `"}`, -1, "401 a bxxx", true},
	} {
		items, err := readList[post](answer(c.status, c.body))
		if (err != nil) != (c.items < 0) || err == nil && len(items) != c.items {
			t.Errorf("%s: %d items, %v", name, len(items), err)
			continue
		}
		var refused *apiError
		if err != nil && (!errors.As(err, &refused) || !strings.Contains(err.Error(), c.says) || refused.lasting() != c.lasts || len(err.Error()) > 120) {
			t.Errorf("%s: %v, lasting %v", name, err, refused.lasting())
		}
	}
}

func TestLast(t *testing.T) {
	for _, c := range []struct {
		pages, total        string
		n, items, seen, per int
		want                bool
	}{
		{"1", "13", 1, 13, 13, 100, true},
		{"2", "150", 1, 100, 100, 100, false},
		{"2", "150", 2, 50, 150, 100, true},
		{"1", "100", 1, 100, 100, 100, true},
		{"1", "13", 1, 100, 100, 100, false}, // a cache's count of another list
		{"3", "250", 1, 90, 90, 100, false},  // a plugin took some out
		{"", "", 1, 13, 13, 100, true},
		{"", "", 1, 100, 100, 100, false},
		{"many", "x", 2, 7, 107, 100, true},
	} {
		h := http.Header{}
		h.Set("X-WP-TotalPages", c.pages)
		h.Set("X-WP-Total", c.total)
		if got := last(h, c.n, c.items, c.seen, c.per); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestOddPosts: one field of another type than WordPress's costs that field only.
func TestOddPosts(t *testing.T) {
	const good = `"id":7,"date_gmt":"2026-03-28T10:00:00","link":"https://paper.test/a/","title":{"rendered":"T"},"content":{"rendered":"<p>x</p>","protected":false}`
	for name, c := range map[string]struct {
		raw   string
		shown bool
	}{
		"good":                  {`{` + good + `}`, true},
		"meta and embedded []":  {`{` + good + `,"meta":[],"_embedded":[]}`, true},
		"meta {}":               {`{` + good + `,"meta":{},"_embedded":{"author":[[]]}}`, true},
		"author false":          {`{` + good + `,"author":false,"_embedded":{"author":false}}`, true},
		"excerpt null":          {`{` + good + `,"excerpt":null,"modified_gmt":null}`, true},
		"title a string":        {`{` + good + `,"title":"T"}`, true},
		"id in quotes":          {strings.Replace(`{`+good+`}`, `7`, `"7"`, 1), true},
		"status draft":          {`{` + good + `,"status":"draft"}`, false},
		"protected":             {`{` + good + `,"content":{"rendered":"x","protected":true}}`, false},
		"protected as 1":        {`{` + good + `,"content":{"rendered":"x","protected":1}}`, false},
		"protected excerpt":     {`{` + good + `,"excerpt":{"rendered":"x","protected":true}}`, false},
		"a form in the excerpt": {`{` + good + `,"excerpt":{"rendered":"<form class='post-password-form'>"}}`, false},
		"no date":               {`{` + good + `,"date_gmt":"0000-00-00T00:00:00"}`, false},
		"bad link":              {`{` + good + `,"link":"javascript:alert(1)"}`, false},
	} {
		var one post
		if err := decode([]byte(c.raw), &one); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		p := &pull{Source: &Source{name: "river"}, home: at, state: readState(nil)}
		if a, shown := p.article(one); shown != c.shown || shown && (a.ID != "7" || a.HTML != "<p>x</p>") {
			t.Errorf("%s: shown %v, %+v", name, shown, a)
		}
	}
}

func TestFlag(t *testing.T) {
	for raw, want := range map[string]bool{
		`false`: false, `null`: false, `0`: false, `""`: false, `"0"`: false, `"false"`: false,
		`true`: true, `1`: true, `"1"`: true, `[]`: true, `{}`: true, `"no"`: true,
	} {
		var v struct{ F flag }
		if err := json.Unmarshal([]byte(`{"F":`+raw+`}`), &v); err != nil || bool(v.F) != want {
			t.Errorf("%s is %v, %v", raw, v.F, err)
		}
	}
}

func TestGMT(t *testing.T) {
	for s, want := range map[string]string{
		"2026-03-28T10:00:00":       "2026-03-28T10:00:00Z",
		"2026-03-28T10:00:00Z":      "2026-03-28T10:00:00Z",
		"0000-00-00T00:00:00":       "",
		"1969-12-31T23:59:59":       "",
		"2026-03-28T10:00:00+02:00": "",
		"soon":                      "",
	} {
		got := ""
		if at := gmt(s); !at.IsZero() {
			got = at.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q is %q", s, got)
		}
	}
}

func TestClip(t *testing.T) {
	for s, want := range map[string]string{"abc": "abc", "abcdef": "abcd…", "abcé": "abc…", "日本": "日…"} {
		if got := clip(s, 4); got != want {
			t.Errorf("%q is cut to %q", s, got)
		}
	}
}

// TestTryOther: the second root is tried where the first answers something else
// than WordPress does, and never twice.
func TestTryOther(t *testing.T) {
	home, _ := url.Parse("https://paper.test/blog/")
	const found, other = "https://paper.test/blog/wp-json/", "https://paper.test/blog/?rest_route=/"
	html := &apiError{status: 200, detail: "HTML"}
	for name, c := range map[string]struct {
		state state
		root  string
		err   error
		want  bool
		api   string
	}{
		"wall":            {state{}, found, html, true, other},
		"wrapped":         {state{}, found, fmt.Errorf("page 1: %w", html), true, other},
		"closed in words": {state{}, found, &apiError{status: 401, code: "rest_cannot_access"}, false, ""},
		"stumbles":        {state{}, found, &apiError{status: 502, detail: "HTML"}, false, ""},
		"no answer":       {state{}, found, errDown, false, ""},
		"already plain":   {state{}, other, html, false, ""},
		"other fails":     {state{API: other}, found, html, true, ""},
	} {
		s := c.state
		if got := s.tryOther(c.root, home, c.err); got != c.want || s.API != c.api {
			t.Errorf("%s: %v, %q", name, got, s.API)
		}
	}
}

func TestRemember(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&apiError{status: 401, code: "rest_cannot_access"}, true},
		{fmt.Errorf("page 1: %w", &apiError{status: 404, detail: "HTML"}), true},
		{&apiError{status: 503, detail: "HTML"}, false},
		{&apiError{status: 200, detail: broken}, false},
		{errDown, false},
		{errHides, false},
	} {
		s := readState(nil)
		s.remember(c.err, now)
		again := readState(s.bytes())
		if again.closed(now.Add(time.Hour)) != c.want || (again.Why != "") != c.want {
			t.Errorf("%v: %+v", c.err, again)
		}
	}
}
