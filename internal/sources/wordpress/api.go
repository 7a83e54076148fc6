package wordpress

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"digest.example/internal/fetch"
	"digest.example/internal/sanitize"
)

// The most that one question to the API may bring in (100 is WordPress's own
// limit), and how many pages of it are read before a site counts as endless.
const (
	perPage      = 100
	smallPerPage = 20 // where the answer would be longer than may be fetched
	maxPages     = 50
	// maxListed is how many pages of lists one pull reads; it then begins no other.
	maxListed = 6 * maxPages
)

// errNoAPI is why there is nothing to ask.
var errNoAPI = errors.New("none was found")

// apiError is an answer of the API that holds no list.
type apiError struct {
	status int
	code   string // WordPress's, such as rest_cannot_access; empty where the answer is no JSON
	detail string
}

func (e *apiError) Error() string {
	if e.code != "" {
		return fmt.Sprintf("it answers %d %s", e.status, e.code)
	}
	return fmt.Sprintf("it answers %d with %s", e.status, e.detail)
}

// broken is the detail of an answer that was cut off.
const broken = "broken JSON"

// lasting says whether the site wants it so, as far as can be seen: it makes no
// sense to ask again within the hour.
func (e *apiError) lasting() bool {
	return e.detail != broken && e.status < 500 && e.status != http.StatusTooManyRequests && e.status != http.StatusRequestTimeout
}

// hostDown says whether there is no use in trying another address of the host.
func hostDown(err error) bool {
	return errors.Is(err, fetch.ErrBusy) || errors.Is(err, fetch.ErrForbidden)
}

// address joins a route to a root of the API: a path, or where permalinks are
// plain the query ?rest_route=/.
func address(root, route string, query url.Values) (string, error) {
	u, err := url.Parse(root)
	if err != nil {
		return "", fmt.Errorf("root of the REST API: %w", err)
	}
	q := u.Query()
	if plain := q.Get("rest_route"); plain != "" {
		q.Set("rest_route", strings.TrimRight(plain, "/")+"/"+route)
	} else {
		u = u.JoinPath(route)
	}
	for k, v := range query {
		q[k] = v
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// list asks the API for one page of a list.
func list[T any](ctx context.Context, p *pull, route string, query url.Values) ([]T, http.Header, error) {
	at, err := address(p.state.root(p.site.API), route, query)
	if err != nil {
		return nil, nil, err
	}
	resp, err := p.get.Get(ctx, fetch.Request{URL: at, Accept: "application/json"})
	if err != nil {
		return nil, nil, err
	}
	items, err := readList[T](resp)
	return items, resp.Header, err
}

// readList judges an answer by its shape: walls answer 200, and some servers
// print warnings before the JSON.
func readList[T any](r *fetch.Response) ([]T, error) {
	body := withoutNoise(r.Body)
	isList := bytes.HasPrefix(body, []byte("["))
	var items []T
	if isList && r.OK() && decode(body, &items) == nil {
		return items, nil
	}
	var said struct {
		Code string `json:"code"`
	}
	if err := decode(body, &said); err == nil && said.Code != "" {
		return nil, &apiError{status: r.Status, code: clip(sanitize.Line(said.Code), 60)}
	}
	detail := "no list"
	switch {
	case len(body) == 0:
		detail = "nothing"
	case bytes.HasPrefix(body, []byte("<")):
		detail = "HTML"
	case isList:
		detail = broken
	}
	return nil, &apiError{status: r.Status, detail: detail}
}

// withoutNoise drops what stands before a JSON text that goes on to the end.
// Nothing is dropped where it does not: pages hold JSON in the middle.
func withoutNoise(body []byte) []byte {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if len(body) == 0 || body[0] == '[' || body[0] == '{' {
		return body
	}
	const mostTries = 8
	from := 0
	for range mostTries {
		i := bytes.IndexAny(body[from:], "[{")
		if i < 0 {
			break
		}
		if from += i; json.Valid(body[from:]) {
			return body[from:]
		}
		from++
	}
	return body
}

// question is one list of the API, of however many pages.
type question[T any] struct {
	route string
	query url.Values
	// each is told every item. It returns its id; 0: it is not what was asked for.
	each func(T) int64
	// most asks for as many pages as may be read, where there are more. Without it
	// such a list is not begun.
	most bool
}

// errManyPages: a list has more pages than may be read.
var errManyPages = fmt.Errorf("it has more than %d pages", maxPages)

// all reads a list to its end. An error means that some of it is missing.
func all[T any](ctx context.Context, p *pull, q question[T]) error {
	err := pages(ctx, p, q, perPage)
	if errors.Is(err, fetch.ErrTooLarge) {
		return pages(ctx, p, q, smallPerPage)
	}
	return err
}

// pages reads pages of the given size. What the site says about their number
// is not trusted: a page that brings nothing new is the last. But an empty one
// before all that was promised has come is a broken answer, not an end.
func pages[T any](ctx context.Context, p *pull, q question[T], size int) error {
	seen, asked := map[int64]bool{}, included(q.query)
	promised := 0 // items, by the first page
	for n := 1; n <= maxPages; n++ {
		q.query.Set("per_page", strconv.Itoa(size))
		q.query.Set("page", strconv.Itoa(n))
		p.listed++
		items, header, err := list[T](ctx, p, q.route, q.query)
		if err != nil {
			if n > 1 && pastTheEnd(err) {
				return nil
			}
			return fmt.Errorf("page %d of %s: %w", n, q.route, err)
		}
		if n == 1 && len(items) == 0 && header.Get("X-WP-Total") == "" {
			// An empty list from anybody else would look like a quiet week.
			return fmt.Errorf("page 1 of %s: %w", q.route, &apiError{status: http.StatusOK, detail: "an empty list that is not WordPress's"})
		}
		if promised == 0 {
			promised, _ = strconv.Atoi(header.Get("X-WP-Total"))
		}
		if n > 1 && len(items) == 0 && len(seen) < promised {
			return fmt.Errorf("page %d of %s is empty, after %d of %d items", n, q.route, len(seen), promised)
		}
		fresh, strange := take(items, seen, asked, q.each)
		if strange > 0 && (strange == len(items) || asked != nil) {
			return fmt.Errorf("page %d of %s: %w", n, q.route, &apiError{status: http.StatusOK, detail: "something else"})
		}
		if n == 1 && len(items) == size && promised > maxPages*size && !q.most {
			return fmt.Errorf("%s: %w", q.route, errManyPages)
		}
		if fresh == 0 || last(header, n, len(items), len(seen), size) {
			return nil
		}
	}
	return fmt.Errorf("%s: %w", q.route, errManyPages)
}

// included are the ids that query asks for; nil where it asks in another way.
// Who asks so wants to know what is missing, and learns nothing from a cache
// that answers another question.
func included(query url.Values) map[int64]bool {
	if !query.Has("include") {
		return nil
	}
	asked := map[int64]bool{}
	for id := range strings.SplitSeq(query.Get("include"), ",") {
		asked[number(id)] = true
	}
	return asked
}

// take counts the items that had not been seen, and those that are nothing known
// or not what was asked for; where asked is nil anything may come.
func take[T any](items []T, seen, asked map[int64]bool, each func(T) int64) (fresh, strange int) {
	for _, item := range items {
		id := each(item)
		switch {
		case id == 0 || asked != nil && !asked[id]:
			strange++
		case !seen[id]:
			seen[id] = true
			fresh++
		}
	}
	return fresh, strange
}

// last says whether page n was the last. A full page is followed by another
// unless both counts in the header say otherwise: caches mix them up.
func last(h http.Header, n, items, seen, size int) bool {
	pages, err := strconv.Atoi(h.Get("X-WP-TotalPages"))
	if err != nil {
		return items < size
	}
	total, _ := strconv.Atoi(h.Get("X-WP-Total"))
	return n >= pages && (items < size || total == seen)
}

// pastTheEnd recognizes what WordPress says to a page number that is too high.
func pastTheEnd(err error) bool {
	var e *apiError
	return errors.As(err, &e) && e.status == http.StatusBadRequest && strings.Contains(e.code, "invalid_page_number")
}
