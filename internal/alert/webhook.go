package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// pauses are the times between the tries of a webhook.
var pauses = [...]time.Duration{5 * time.Second, 25 * time.Second}

// errRefused is an answer that the same message would get again.
var errRefused = errors.New("refused")

// webhook posts alerts to an address.
type webhook struct {
	url    *url.URL
	shown  string // without path and query, which are its password
	client *http.Client
}

func newWebhook(raw string, t http.RoundTripper) (*webhook, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http") {
		// Neither the address nor the error, which quotes it, may be shown.
		return nil, errors.New("not an http or https address")
	}
	return &webhook{
		url:   u,
		shown: u.Scheme + "://" + u.Host,
		client: &http.Client{
			Transport: t,
			Timeout:   timeout,
			// Behind a redirect a POST becomes a GET, and nobody hears of the alert.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// deliver posts the message, up to three times.
func (h *webhook) deliver(ctx context.Context, m message) error {
	body, err := json.Marshal(struct {
		Text string    `json:"text"`
		At   time.Time `json:"at"`
	}{m.text, m.at.UTC().Truncate(time.Second)})
	if err != nil {
		return fmt.Errorf("post to webhook: %w", err)
	}
	for try := 0; ; try++ {
		err := h.post(ctx, body)
		if err == nil {
			return nil
		}
		if try == len(pauses) || errors.Is(err, errRefused) || !pause(ctx, pauses[try]) {
			return fmt.Errorf("post to webhook, try %d: %w", try+1, err)
		}
	}
}

func (h *webhook) post(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url.String(), bytes.NewReader(body))
	if err != nil {
		return h.scrub(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "digest")
	resp, err := h.client.Do(req)
	if err != nil {
		return h.scrub(err)
	}
	defer resp.Body.Close()
	// What it says is not shown: it may quote the address. It is read for the
	// connection to be used again.
	_, _ = io.CopyN(io.Discard, resp.Body, 4<<10)
	switch s := resp.StatusCode; {
	case s >= 200 && s < 300:
		return nil
	case s >= 500, s == http.StatusTooManyRequests, s == http.StatusRequestTimeout:
		return fmt.Errorf("status %d", s)
	default:
		return fmt.Errorf("%w: status %d", errRefused, s)
	}
}

// scrub takes the address out of an error of net/http, also where a server's
// broken answer quotes it.
func (h *webhook) scrub(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	for _, secret := range []string{h.url.RequestURI(), h.url.EscapedPath(), h.url.Path, h.url.RawQuery} {
		if len(secret) > 1 && strings.Contains(err.Error(), secret) {
			return errors.New("an error that quotes the address")
		}
	}
	return err
}

// pause waits, and says whether the context still runs.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
