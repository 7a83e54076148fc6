package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	probeTimeout = 10 * time.Second
	maxHealth    = 4 << 10
)

// Probe asks the public URL whether the pages that an issue's links lead to
// answer, and are those of this database. Its error is a sentence that says
// what is wrong and what to do about it. The client's redirect policy is not
// used: a page that has moved would lose a mail client's POST.
func Probe(ctx context.Context, client *http.Client, publicURL, databaseID string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	address := strings.TrimRight(publicURL, "/") + healthPath
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("public_url %q is not an address: %w", publicURL, err)
	}
	direct := *client
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := direct.Do(req)
	if err != nil {
		return fmt.Errorf("%s does not answer: %w; start digest serve, and check public_url and the proxy in front of it",
			address, cause(err))
	}
	defer func() { _ = resp.Body.Close() }()
	return judge(resp, address, databaseID)
}

// cause takes the address off a client's error, since the sentence has it.
func cause(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("nothing within %s: %w", probeTimeout, context.DeadlineExceeded)
	}
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

func judge(resp *http.Response, address, databaseID string) error {
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return fmt.Errorf("%s redirects to %.200q; set public_url to where the pages really are", address, resp.Header.Get("Location"))
	case resp.StatusCode == http.StatusServiceUnavailable:
		return fmt.Errorf("%s answers 503: digest serve, or the proxy in front of it, cannot reach what it needs; see their logs", address)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s answers %d; check that public_url leads to digest serve, with its path", address, resp.StatusCode)
	}
	var h health
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxHealth))
	if err != nil {
		return fmt.Errorf("%s breaks off: %w; check the proxy in front of digest serve", address, err)
	}
	if err := json.Unmarshal(body, &h); err != nil || h.Status != healthOK {
		return fmt.Errorf("%s is answered by something that is not digest serve; check public_url and the proxy", address)
	}
	if h.Database != databaseID {
		return fmt.Errorf("%s belongs to another database (%.40q, and this one is %q); let public_url lead to the digest serve of this database",
			address, h.Database, databaseID)
	}
	return nil
}
