package preflight

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"digest.example/internal/fetch"
)

// The bounds of looking links up.
const (
	mostLinks    = 200
	linksTime    = time.Minute
	hostsAtATime = 16
)

// Getter fetches pages. A fetch.Client is one.
type Getter interface {
	Get(ctx context.Context, r fetch.Request) (*fetch.Response, error)
}

// Looked is what became of looking links up.
type Looked struct {
	Links   int // distinct pages that the mail links to
	Checked int // of which so many answered, one way or the other
	// Unclear are those that say nothing certain: refusals of robots, errors of
	// the site, no answer in time. Left are those for which there was no time.
	Unclear, Left int
}

// String says it in words.
func (l Looked) String() string {
	s := fmt.Sprintf("looked up %d of %s", l.Checked+l.Unclear, counted(l.Links, "link"))
	if l.Unclear > 0 {
		s += fmt.Sprintf("; %d did not say whether they lead anywhere", l.Unclear)
	}
	if l.Left > 0 {
		s += fmt.Sprintf("; %d were left out", l.Left)
	}
	return s
}

// CheckLinks asks for every page that the mail links to, one at a time on each
// host, and finds those that are not there. The reader's own link, which means
// something, is never followed, nor is what exists only once the issue is sent.
// step is called after each, from several goroutines.
func CheckLinks(ctx context.Context, m Mail, f Facts, get Getter, step func(done, of int)) ([]Finding, Looked) {
	all := pages(readPage(m.HTML).links, f)
	l := lookup{get: get, step: step, dead: map[string]string{}, of: min(len(all), mostLinks)}
	ctx, cancel := context.WithTimeout(ctx, linksTime)
	defer cancel()
	var group errgroup.Group
	group.SetLimit(hostsAtATime)
	for _, links := range byHost(all[:l.of]) {
		group.Go(func() error {
			for _, link := range links {
				l.one(ctx, link)
			}
			return nil
		})
	}
	_ = group.Wait() // no goroutine fails
	looked := Looked{Links: len(all), Checked: l.checked, Unclear: l.unclear, Left: len(all) - l.checked - l.unclear}
	return l.findings(all, f), looked
}

// pages are the distinct pages behind links, without places in them.
func pages(links []string, f Facts) []string {
	var all []string
	for _, link := range links {
		u, err := url.Parse(link)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || link == f.Unsubscribe || slices.Contains(f.Pending, link) {
			continue
		}
		u.Fragment, u.RawFragment = "", ""
		if page := u.String(); !slices.Contains(all, page) {
			all = append(all, page)
		}
	}
	return all
}

func byHost(links []string) map[string][]string {
	hosts := map[string][]string{}
	for _, link := range links {
		hosts[hostOf(link)] = append(hosts[hostOf(link)], link)
	}
	return hosts
}

// lookup is the looking up of one mail's links.
type lookup struct {
	get  Getter
	step func(done, of int)
	of   int

	mu                     sync.Mutex
	done, checked, unclear int
	dead                   map[string]string // why, by link
}

// one looks a link up, if there is time.
func (l *lookup) one(ctx context.Context, link string) {
	if ctx.Err() != nil {
		return
	}
	r, err := l.get.Get(ctx, fetch.Request{URL: link, Accept: "text/html,*/*;q=0.5"})
	why, clear := verdict(r, err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done++
	switch {
	case err != nil && ctx.Err() != nil: // our own time was up
	case !clear:
		l.unclear++
	default:
		l.checked++
		if why != "" {
			l.dead[link] = why
		}
	}
	l.step(l.done, l.of)
}

// verdict says why a page is not there, or nothing; clear: whether it can be said.
func verdict(r *fetch.Response, err error) (why string, clear bool) {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no such host", true
	case err != nil:
		return "", false
	case r.Status == http.StatusNotFound || r.Status == http.StatusGone:
		return fmt.Sprint(r.Status), true
	}
	return "", r.Status < 400
}

// findings are at most two: of our pages, and of others'.
func (l *lookup) findings(links []string, f Facts) []Finding {
	var own, others []string
	for _, link := range links {
		why, dead := l.dead[link]
		if !dead {
			continue
		}
		line := quoted(link) + " (" + why + ")"
		if ours(f, link) {
			own = append(own, line)
		} else {
			others = append(others, line)
		}
	}
	var all []Finding
	if len(own) > 0 {
		all = append(all, New(DeadLink, Blocks, "our own "+strings.Join(own, ", ")))
	}
	if len(others) > 0 {
		all = append(all, New(DeadLink, Warns, strings.Join(others, ", ")))
	}
	return all
}
