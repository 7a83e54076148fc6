package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
)

const (
	urlencoded = "application/x-www-form-urlencoded"
	oneClickBy = "List-Unsubscribe=One-Click"
)

func multipartOneClick(t *testing.T) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := errors.Join(w.WriteField("List-Unsubscribe", "One-Click"), w.Close()); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.String()
}

func TestLookingChangesNothing(t *testing.T) {
	s := newStand(t, nil)
	for range 100 {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r := s.do(httptest.NewRequest(method, "/u/"+s.token+"?List-Unsubscribe=One-Click", http.NoBody))
			if r.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d", method, r.StatusCode)
			}
		}
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch} {
		if r := s.do(httptest.NewRequest(method, "/u/"+s.token, http.NoBody)); r.StatusCode < 400 {
			t.Errorf("%s: %d", method, r.StatusCode)
		}
	}
	if len(s.list.calls) != 0 {
		t.Errorf("%d unsubscriptions", len(s.list.calls))
	}
}

func TestTheUnsubscribePage(t *testing.T) {
	s := newStand(t, nil)
	r := s.get("/u/" + s.token)
	p := read(t, r)
	if !strings.Contains(p.text, `The <b>"Weekly"</b> & more`) || len(p.all("b")) != 0 {
		t.Errorf("the title is not there as plain text: %s", p.text)
	}
	forms, buttons := p.all("form"), p.all("button")
	if len(forms) != 2 || len(buttons) != 2 {
		t.Fatalf("%d forms, %d buttons", len(forms), len(buttons))
	}
	for _, f := range forms {
		if method, _ := attr(f, "method"); method != "post" {
			t.Errorf("method %q", method)
		}
		// Without an action the form goes to the page's own address, whatever
		// proxies made of its path.
		if action, has := attr(f, "action"); has {
			t.Errorf("action %q", action)
		}
	}
	// Leaving comes first and takes one button; the pause stands behind it.
	if name, has := attr(buttons[0], "name"); has || inputs(forms[0]) != 0 {
		t.Errorf("unsubscribing takes %d fields and a button called %q", inputs(forms[0]), name)
	}
	if lang, _ := attr(p.all("html")[0], "lang"); lang != "en-GB" {
		t.Errorf("lang %q", lang)
	}
	if lang, _ := attr(p.all("strong")[0], "lang"); lang != "en-GB" {
		t.Errorf("title's lang %q", lang)
	}
	for _, tag := range []string{"script", "img", "link", "iframe", "a"} {
		if len(p.all(tag)) != 0 {
			t.Errorf("the page has <%s>", tag)
		}
	}
}

func TestNewsletterWithoutATitle(t *testing.T) {
	s := newStand(t, nil)
	r := s.get("/u/" + s.tokenFor(t, reader, "ffffffff"))
	if p := read(t, r); r.StatusCode != 200 || !strings.Contains(p.text, "stop getting this newsletter?") {
		t.Errorf("%d %s", r.StatusCode, p.text)
	}
}

func TestPostUnsubscribes(t *testing.T) {
	form, body := multipartOneClick(t)
	for name, c := range map[string]struct{ contentType, body, evidence string }{
		"one-click, urlencoded":     {urlencoded, oneClickBy, evidenceOneClick},
		"one-click, charset":        {urlencoded + "; charset=utf-8", oneClickBy, evidenceOneClick},
		"one-click, multipart":      {form, body, evidenceOneClick},
		"a person":                  {urlencoded, "", evidencePage},
		"no content type":           {"", oneClickBy, evidencePage},
		"wrong content type":        {"application/json", `{"List-Unsubscribe":"One-Click"}`, evidencePage},
		"broken content type":       {"multipart/form-data", oneClickBy, evidencePage},
		"broken multipart":          {form, body[:40], evidencePage},
		"broken escapes":            {urlencoded, "%zz&" + oneClickBy, evidenceOneClick},
		"another value":             {urlencoded, "List-Unsubscribe=Two", evidencePage},
		"a body beyond all bounds":  {urlencoded, "x=" + strings.Repeat("y", 4<<20), evidencePage},
		"a huge part":               {form, body[:len(body)-10] + strings.Repeat("y", 4<<20), evidencePage},
		"an announced, absent file": {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n", evidencePage},
	} {
		s := newStand(t, nil)
		for range 2 {
			r := s.post("/u/"+s.token, c.contentType, c.body)
			if p := read(t, r); r.StatusCode != 200 || !strings.Contains(p.text, "You are unsubscribed") {
				t.Errorf("%s: %d %s", name, r.StatusCode, p.text)
			}
		}
		if len(s.list.calls) != 2 || s.list.calls[0] != c.evidence {
			t.Errorf("%s: calls %q", name, s.list.calls)
		}
	}
}

// endless is a body of which somebody sends ever more, and counts it.
type endless struct{ sent int }

func (e *endless) Read(p []byte) (int, error) {
	e.sent += len(p)
	return copy(p, bytes.Repeat([]byte("y"), len(p))), nil
}

func TestNoMoreOfABodyIsReadThanAnHonestOneHas(t *testing.T) {
	s := newStand(t, nil)
	for _, contentType := range []string{urlencoded, "multipart/form-data; boundary=x"} {
		body := &endless{}
		r := httptest.NewRequest(http.MethodPost, "/u/"+s.token, body)
		r.Header.Set("Content-Type", contentType)
		if a := s.do(r); a.StatusCode != 200 || body.sent > 2*maxForm {
			t.Errorf("%s: %d after %d bytes", contentType, a.StatusCode, body.sent)
		}
	}
}

func TestABodyThatBreaksOffStopsNobody(t *testing.T) {
	s := newStand(t, nil)
	r := httptest.NewRequest(http.MethodPost, "/u/"+s.token, iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(oneClickBy))))
	r.Header.Set("Content-Type", urlencoded)
	if a := s.do(r); a.StatusCode != 200 || len(s.list.calls) != 1 {
		t.Errorf("%d, calls %v", a.StatusCode, s.list.calls)
	}
}

func TestOneClickNeedsNothingOfABrowser(t *testing.T) {
	s := newStand(t, nil)
	r := httptest.NewRequest(http.MethodPost, "/u/"+s.token, strings.NewReader(oneClickBy))
	r.Header.Set("Content-Type", urlencoded)
	r.Header.Set("Origin", "https://mail.example")
	r.Header.Set("Referer", "https://mail.example/inbox")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	a := s.do(r)
	if a.StatusCode != 200 || len(s.list.calls) != 1 {
		t.Errorf("%d, calls %v", a.StatusCode, s.list.calls)
	}
	if len(a.Cookies()) != 0 || a.Header.Get("Location") != "" {
		t.Errorf("headers %v", a.Header)
	}
}

func TestUnsubscribingIsNeverLimited(t *testing.T) {
	s := newStand(t, nil)
	for range 1000 {
		if r := s.post("/u/"+s.token, urlencoded, oneClickBy); r.StatusCode != 200 {
			t.Fatal(r.StatusCode)
		}
	}
}

func TestHangingUpDoesNotUndoAWish(t *testing.T) {
	s := newStand(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/u/"+s.token, strings.NewReader(oneClickBy))
	if a := s.do(r); a.StatusCode != 200 || len(s.list.calls) != 1 {
		t.Errorf("%d, calls %v", a.StatusCode, s.list.calls)
	}
}

func TestBadTokens(t *testing.T) {
	s := newStand(t, nil)
	other := newStand(t, nil)
	raw, _ := base64.RawURLEncoding.DecodeString(s.token)
	bad := []string{"x", s.token[:41], s.token + "A", other.token, strings.Repeat("A", 42), strings.Repeat("A", 9000), "%00", "%2e%2e", s.token + "%0a"}
	for i := range len(raw) * 8 {
		b := bytes.Clone(raw)
		b[i/8] ^= 1 << (i % 8)
		bad = append(bad, base64.RawURLEncoding.EncodeToString(b))
	}
	for _, token := range bad {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			r := s.do(httptest.NewRequest(method, "/u/"+token, http.NoBody))
			if r.StatusCode != 404 {
				t.Errorf("%s %q: %d", method, token, r.StatusCode)
			}
			if p := read(t, r); method != http.MethodHead && !strings.Contains(p.text, "ask to be taken off the list") {
				t.Errorf("%s %q: the page does not say what to do: %s", method, token, p.text)
			}
		}
	}
	if len(s.list.calls) != 0 || s.log.Len() != 0 {
		t.Errorf("calls %v, log %s", s.list.calls, s.log)
	}
}

func TestDatabaseTrouble(t *testing.T) {
	s := newStand(t, nil)
	s.list.fail = errors.New("database is locked")
	r := s.post("/u/"+s.token, urlencoded, oneClickBy)
	p := read(t, r)
	if r.StatusCode != 503 || r.Header.Get("Retry-After") == "" || !strings.Contains(p.text, "in a minute") {
		t.Errorf("%d %v %s", r.StatusCode, r.Header, p.text)
	}
	if log := s.log.String(); !strings.Contains(log, "database is locked") || strings.Contains(log, s.token) {
		t.Errorf("log: %s", log)
	}
	s.list.fail = nil
	if r := s.post("/u/"+s.token, urlencoded, oneClickBy); r.StatusCode != 200 {
		t.Errorf("afterwards: %d", r.StatusCode)
	}
}

func TestAPanicIsOnePagesFault(t *testing.T) {
	s := newStand(t, nil)
	for _, v := range []any{s.token, errors.New(s.token), []string{s.token}} {
		s.list.panic = v
		r := s.post("/u/"+s.token, urlencoded, oneClickBy)
		if p := read(t, r); r.StatusCode != 500 || !strings.Contains(p.text, "Something went wrong") {
			t.Errorf("%T: %d %s", v, r.StatusCode, p.text)
		}
	}
	if log := s.log.String(); !strings.Contains(log, "panicked") || strings.Contains(log, s.token) {
		t.Errorf("log: %s", log)
	}
}

func TestABrokenTemplateIsAnswered(t *testing.T) {
	// It works with what is tried at start and fails on a longer title.
	broken := `{{define "title"}}x{{end}}{{define "content"}}{{if gt (len .Newsletter) 20}}{{index .Newsletter 1000000}}{{end}}{{end}}`
	s := newStand(t, func(o *Options) { o.Templates = changed(t, pageUnsubscribed, broken) })
	r := s.post("/u/"+s.token, urlencoded, oneClickBy)
	body, _ := io.ReadAll(r.Body)
	if r.StatusCode != 500 || !bytes.Contains(body, []byte("Something went wrong")) || bytes.Contains(body, []byte("<h1>x")) {
		t.Errorf("%d %s", r.StatusCode, body)
	}
	if !strings.Contains(s.log.String(), pageUnsubscribed) {
		t.Errorf("log: %s", s.log)
	}
}
