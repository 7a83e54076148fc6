package fetch

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// readBody reads the whole body and removes its content coding. Neither the bytes
// on the wire nor the decoded ones may exceed MaxBody: a bomb is large after
// decoding, and a row of empty gzip members is large before.
func readBody(r *http.Response) ([]byte, error) {
	if r.ContentLength > MaxBody {
		return nil, ErrTooLarge
	}
	var body io.Reader = &capped{r.Body, MaxBody}
	switch coding := strings.ToLower(strings.Join(r.Header.Values("Content-Encoding"), ",")); strings.TrimSpace(coding) {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(body)
		if errors.Is(err, io.EOF) {
			return nil, nil // 304 and the like keep the field without a body
		}
		if err != nil {
			return nil, fmt.Errorf("decode gzip: %w", err)
		}
		body = &capped{z, MaxBody}
	default:
		// Only gzip was offered (RFC 9110, 12.5.3).
		return nil, fmt.Errorf("unknown content coding %q", clip(coding))
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	return b, nil
}

// capped fails with ErrTooLarge where more than left bytes come.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if int64(n) > c.left {
		n, err = int(c.left), ErrTooLarge
	}
	c.left -= int64(n)
	return n, err
}
