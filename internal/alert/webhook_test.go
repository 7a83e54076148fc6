package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWebhook(t *testing.T) {
	var got []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprintln(r.Method, r.URL, r.Header.Get("Content-Type"), string(b)))
		w.WriteHeader(http.StatusNoContent)
	}))
	defer s.Close()
	a, log := newAlerter(t, Options{Webhook: s.URL + "/hook?key=1", Transport: s.Client().Transport})
	a.Alert("weekly/3 is \"held\"\r\nby <x>\x00")
	a.Alert(strings.Repeat("x", 1<<20))
	closed(t, a)
	if len(got) != 2 || len(got[1]) > maxText+200 || !strings.HasPrefix(got[0], "POST /hook?key=1 application/json ") {
		t.Fatalf("got %.300q", got)
	}
	var body struct{ Text, At string }
	if err := json.Unmarshal([]byte(got[0][strings.Index(got[0], "{"):]), &body); err != nil {
		t.Fatal(err)
	}
	if body.Text != "weekly/3 is \"held\"\nby <x>" || body.At != "2026-11-02T11:00:00Z" {
		t.Errorf("got %+v", body)
	}
	wantLog(t, log)
}

// answers is a transport that gives a status or an error at each try, the last
// one for ever.
type answers struct {
	each  []any
	tries int
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	x := a.each[min(a.tries, len(a.each)-1)]
	a.tries++
	switch x := x.(type) {
	case error:
		return nil, x
	case int:
		return &http.Response{
			StatusCode: x, Header: http.Header{"Location": {"https://elsewhere.test/"}}, Request: r,
			Body: io.NopCloser(strings.NewReader("you asked for " + r.URL.String())),
		}, nil
	}
	<-r.Context().Done() // silence
	return nil, r.Context().Err()
}

func TestWebhookTries(t *testing.T) {
	for name, c := range map[string]struct {
		answers []any
		tries   int
		took    time.Duration
		want    string // in the log; empty: delivered
	}{
		"at once":     {[]any{200}, 1, 0, ""},
		"second":      {[]any{500, 202}, 2, 5 * time.Second, ""},
		"third":       {[]any{errors.New("connection refused"), 429, 200}, 3, 30 * time.Second, ""},
		"never":       {[]any{503}, 3, 30 * time.Second, "status 503"},
		"unreachable": {[]any{errors.New("connection refused")}, 3, 30 * time.Second, "connection refused"},
		"silent":      {[]any{nil}, 3, 2 * time.Minute, "deadline exceeded"},
		"gone":        {[]any{404}, 1, 0, "refused: status 404"},
		"moved":       {[]any{302}, 1, 0, "refused: status 302"},
		"quoted":      {[]any{errors.New("malformed answer: GET /geheim")}, 3, 30 * time.Second, "quotes the address"},
		"query":       {[]any{errors.New("malformed answer: key=verborgen")}, 3, 30 * time.Second, "quotes the address"},
	} {
		synctest.Test(t, func(t *testing.T) {
			tr := &answers{each: c.answers}
			a, log := newAlerter(t, Options{Webhook: "https://hooks.test/geheim?key=verborgen", Transport: tr})
			begun := time.Now()
			a.Alert("weekly/3 is held")
			closed(t, a)
			if tr.tries != c.tries || time.Since(begun) != c.took {
				t.Errorf("%s: %d tries in %s, want %d in %s", name, tr.tries, time.Since(begun), c.tries, c.took)
			}
			if s := log.String(); strings.Contains(s, "geheim") || strings.Contains(s, "verborgen") {
				t.Errorf("%s: the log holds the secret: %s", name, s)
			}
			if c.want == "" {
				wantLog(t, log)
			} else {
				wantLog(t, log, c.want, "weekly/3 is held", "https://hooks.test ")
			}
		})
	}
}

func TestClosePutsAnEndToTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := newAlerter(t, Options{Webhook: "https://hooks.test/geheim", Transport: &answers{each: []any{503}}})
		a.Alert("x")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if err := a.Close(ctx); err == nil || strings.Contains(err.Error(), "geheim") || time.Since(begun) != time.Second {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
	})
}
