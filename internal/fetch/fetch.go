// Package fetch gets pages from sites that nobody vouches for: it refuses
// addresses that are not public, answers that are too large or too slow, and
// keeps to what a polite visitor does.
package fetch

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"
)

// The limits of one request.
const (
	MaxBody      = 10 << 20 // bytes, decoded
	MaxRedirects = 5
	Timeout      = 60 * time.Second // redirects and body included
)

// The kinds of failure that callers tell apart.
var (
	// ErrForbidden: the address is not one that may be fetched.
	ErrForbidden = errors.New("address not allowed")
	// ErrTooLarge: the answer is longer than MaxBody.
	ErrTooLarge = errors.New("answer too large")
	// ErrBusy: the host asked to be left alone (Retry-After) for longer than
	// this request can wait.
	ErrBusy = errors.New("host asks to come back later")
)

// Request is a GET of one address.
type Request struct {
	URL    string
	Accept string // the header field; empty: */*
	// ETag and LastModified are the validators of what the caller has already
	// (RFC 9110 section 13); with an ETag, LastModified is not sent.
	ETag, LastModified string
}

// Response is a whole answer, whatever its status.
type Response struct {
	URL    string // the address that answered, after redirects
	Status int
	Header http.Header
	Body   []byte // content coding removed
}

// NotModified says that what the caller has is still what the site shows.
func (r *Response) NotModified() bool { return r.Status == http.StatusNotModified }

// OK says whether the site answered with what was asked for.
func (r *Response) OK() bool { return r.Status == http.StatusOK }

// MediaType is the type that the answer claims, in lower case without
// parameters; empty where it claims none.
func (r *Response) MediaType() string {
	t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		t, _, _ = strings.Cut(r.Header.Get("Content-Type"), ";")
	}
	return strings.ToLower(strings.TrimSpace(t))
}

// Exchange is one request on the wire and what came of it.
type Exchange struct {
	URL    string
	Status int // 0: none came
	Bytes  int // of the decoded body
	Took   time.Duration
	Err    error
}

type traceKey struct{}

// WithTrace returns a context under which every exchange, each redirect being
// one, is told to f, possibly from several goroutines.
func WithTrace(ctx context.Context, f func(Exchange)) context.Context {
	return context.WithValue(ctx, traceKey{}, f)
}
