package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/http/httpguts"
)

// Options is how to fetch.
type Options struct {
	UserAgent string // says who asks and where to complain
	// AllowHosts are the host:port that may be private and have any port.
	AllowHosts []string
	Now        func() time.Time // nil: the system's clock
	// Sleep waits; nil: by the system's clock. It returns the context's error
	// when that ends first.
	Sleep    func(ctx context.Context, d time.Duration) error
	Log      *slog.Logger   // nil: nothing is logged
	Resolver Resolver       // nil: the system's
	RootCAs  *x509.CertPool // for tests; nil: the system's
}

// Client fetches. It is safe for concurrent use, and lets one request at a time
// through to each host.
type Client struct {
	userAgent string
	allowed   map[string]bool
	now       func() time.Time
	sleep     func(ctx context.Context, d time.Duration) error
	log       *slog.Logger
	hosts     hosts
	dialer    *dialer
	transport *http.Transport
}

// New checks the options and contacts nobody.
func New(o Options) (*Client, error) {
	if o.UserAgent == "" || !httpguts.ValidHeaderFieldValue(o.UserAgent) {
		return nil, fmt.Errorf("fetch.user_agent: %q is not a header field", clip(o.UserAgent))
	}
	allowed, err := allowList(o.AllowHosts)
	if err != nil {
		return nil, err
	}
	c := &Client{
		userAgent: o.UserAgent, allowed: allowed,
		now: o.Now, sleep: o.Sleep, log: o.Log,
		hosts:  hosts{byKey: map[string]*host{}},
		dialer: &dialer{resolver: o.Resolver, allowed: allowed, judge: special},
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.sleep == nil {
		c.sleep = sleep
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.dialer.resolver == nil {
		c.dialer.resolver = net.DefaultResolver
	}
	c.transport = newTransport(c.dialer, o.RootCAs)
	return c, nil
}

func newTransport(d *dialer, roots *x509.CertPool) *http.Transport {
	t := &http.Transport{
		// A proxy would connect in our place, and past the check of addresses.
		Proxy:                  nil,
		DialContext:            d.dial,
		TLSClientConfig:        &tls.Config{RootCAs: roots},
		TLSHandshakeTimeout:    15 * time.Second,
		ResponseHeaderTimeout:  45 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		MaxIdleConns:           128,
		MaxIdleConnsPerHost:    1, // there is one request at a time
		IdleConnTimeout:        30 * time.Second,
		Protocols:              &http.Protocols{},
	}
	// HTTP/2 carries several requests at a time, which we never make.
	t.Protocols.SetHTTP1(true)
	return t
}

// Close closes the connections that nobody uses at the moment.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Get fetches one address and follows its redirects. Any status is a Response;
// an error means that there is no usable answer, and wraps ErrForbidden,
// ErrTooLarge or ErrBusy where it is one of these.
func (c *Client) Get(ctx context.Context, r Request) (*Response, error) {
	t, err := c.check(r.URL)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	left := Timeout
	for range MaxRedirects + 1 {
		resp, err := c.ask(ctx, t, r, &left)
		if err != nil {
			return nil, fmt.Errorf("fetch %s: %w", shown(t.url), err)
		}
		to := location(resp)
		if to == "" {
			return resp, nil
		}
		next, err := c.follow(t, to)
		if err != nil {
			return nil, fmt.Errorf("fetch: redirect of %s: %w", shown(t.url), err)
		}
		t = next
	}
	return nil, fmt.Errorf("fetch %s: more than %d redirects", shown(t.url), MaxRedirects)
}

// ask gets the answer of one address, and comes back as often as the host asks
// for it. It keeps the turn while it waits, so that the others wait as well.
func (c *Client) ask(ctx context.Context, t target, r Request, left *time.Duration) (*Response, error) {
	if err := c.hosts.enter(ctx, t.key, c.now); err != nil {
		return nil, err
	}
	defer c.hosts.leave(t.key)
	for try := 0; ; try++ {
		resp, err := c.exchange(ctx, t, r, left)
		if err != nil {
			return nil, err
		}
		d, ok := delay(resp, c.now())
		if !ok {
			return resp, nil
		}
		if try == maxRetries || d > maxWait || !fits(ctx, d) {
			until := c.now().Add(d)
			c.hosts.rest(t.key, until)
			return nil, busyUntil(until)
		}
		c.log.Info("host asks to wait", "host", t.key, "status", resp.Status, "delay", d)
		if err := c.sleep(ctx, d); err != nil {
			return nil, fmt.Errorf("wait %s as asked: %w", d, err)
		}
	}
}

func fits(ctx context.Context, d time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || d < time.Until(deadline)
}

// location is where a redirect leads; empty: the answer is none (RFC 9110, 15.4).
func location(r *Response) string {
	switch r.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return r.Header.Get("Location")
	}
	return ""
}

// follow checks where a redirect leads. Out of https it is not followed, unless
// the operator names that host: an issue would carry what anybody on the way has
// written, though its address promises otherwise.
func (c *Client) follow(from target, to string) (target, error) {
	u, err := from.url.Parse(to)
	if err != nil {
		return target{}, fmt.Errorf("%w: %w", ErrForbidden, withoutAddress(err))
	}
	t, err := c.check(u.String())
	if err != nil {
		return target{}, err
	}
	if from.url.Scheme == "https" && t.url.Scheme == "http" && !c.allowed[t.key] {
		return target{}, forbidden("it leads from https to http, which anybody on the way can change", t.key)
	}
	return t, nil
}

// shown is the address for logs and errors, without a query that may hold a key.
func shown(u *url.URL) string {
	v := *u
	if v.RawQuery != "" {
		v.RawQuery = "…"
	}
	return clip(v.String())
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
