package fetch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/net/http/httpguts"
)

// errSlow is what ends a request that has used up its Timeout.
var errSlow = fmt.Errorf("no whole answer within %s", Timeout)

// exchange makes one request and reads its answer, within what is left of the
// time of the whole request. The caller has the turn at the host.
func (c *Client) exchange(ctx context.Context, t target, r Request, left *time.Duration) (*Response, error) {
	start := time.Now() // a duration on the wire, whatever the injected clock shows
	limited, cancel := context.WithTimeoutCause(ctx, *left, errSlow)
	defer cancel()
	resp, err := c.roundTrip(limited, t, r)
	took := time.Since(start)
	*left -= took
	e := Exchange{URL: t.url.String(), Took: took, Err: err}
	if resp != nil {
		e.Status, e.Bytes = resp.Status, len(resp.Body)
	}
	c.log.Debug("fetched", "url", shown(t.url), "status", e.Status, "bytes", e.Bytes, "took", took, "error", err)
	if trace, ok := ctx.Value(traceKey{}).(func(Exchange)); ok && trace != nil {
		trace(e)
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// roundTrip returns the status beside an error where a body could not be read.
// It goes to the transport, not through an http.Client: so there is nothing
// that adds cookies, credentials or a Referer.
func (c *Client) roundTrip(ctx context.Context, t target, r Request) (*Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForbidden, withoutAddress(err))
	}
	c.setHeader(req.Header, r)
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer := &Response{URL: t.url.String(), Status: resp.StatusCode, Header: resp.Header}
	if location(answer) != "" {
		drain(resp)
		return answer, nil
	}
	answer.Body, err = readBody(resp)
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	return answer, err
}

func (c *Client) setHeader(h http.Header, r Request) {
	h.Set("User-Agent", c.userAgent)
	h.Set("Accept", "*/*")
	if r.Accept != "" {
		h.Set("Accept", r.Accept)
	}
	// Asked for here, it is left to readBody to decode, which bounds it.
	h.Set("Accept-Encoding", "gzip")
	switch {
	case usable(r.ETag):
		h.Set("If-None-Match", r.ETag)
	case r.ETag == "" && usable(r.LastModified):
		h.Set("If-Modified-Since", r.LastModified)
	}
}

// usable says whether a validator can go into a header field. One that a server
// would choke on must not come between us and the page for ever.
func usable(validator string) bool {
	const most = 1 << 10
	return validator != "" && len(validator) <= most && httpguts.ValidHeaderFieldValue(validator)
}

// drain reads what little a redirect says, so that its connection can be used again.
func drain(r *http.Response) {
	const most = 4 << 10
	if r.ContentLength <= most {
		_, _ = io.CopyN(io.Discard, r.Body, most)
	}
}
