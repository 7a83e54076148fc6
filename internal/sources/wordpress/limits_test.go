package wordpress

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"digest.example/internal/fetch"
	"digest.example/internal/sitetest"
	"digest.example/internal/sources"
)

// TestPullManyComments: comments of more pages than one question may have are
// asked for in smaller ones.
func TestPullManyComments(t *testing.T) {
	const posts, comments = 8, maxPages*perPage + 1000
	site := sitetest.Generate(posts, comments, now)
	h := pullOf(t, source(t, site, sitetest.Switches{}), nil)
	if len(h.Articles) != posts || len(h.Warnings) > 0 {
		t.Fatalf("%d articles, %q", len(h.Articles), h.Warnings)
	}
	total := 0
	for _, a := range h.Articles {
		total += len(a.Comments)
		if !a.Whole || a.CommentCount != len(a.Comments) {
			t.Errorf("article %s: %d comments, whole %v", a.ID, len(a.Comments), a.Whole)
		}
	}
	if n := len(site.Requests()); total != comments || n > 70 {
		t.Errorf("%d of %d comments after %d requests", total, comments, n)
	}
}

// TestPullEndlessThread: of one thread beyond all bounds the newest comments are
// read, and it says that they are not all; with and without the site's counts.
func TestPullEndlessThread(t *testing.T) {
	const comments = maxPages*perPage + 250
	for _, on := range []sitetest.Switches{{}, {NoCounts: true}} {
		site := sitetest.Generate(1, comments, now)
		h := pullOf(t, source(t, site, on), nil)
		a := h.Articles[0]
		if a.Whole || len(a.Comments) != maxPages*perPage || !strings.Contains(strings.Join(h.Warnings, " "), "more than 50 pages") {
			t.Fatalf("%d comments, whole %v, %q", len(a.Comments), a.Whole, h.Warnings)
		}
		if first, last := number(a.Comments[0].ID), number(a.Comments[len(a.Comments)-1].ID); last-first != maxPages*perPage-1 || last != 1000+comments-1 {
			t.Errorf("comments %d to %d", first, last)
		}
	}
}

// TestPullEndlessSite: one that goes on for ever, whatever is asked, is left in time.
func TestPullEndlessSite(t *testing.T) {
	asked, next := 0, 0
	endless := bodyGetter(func(address string, r *fetch.Response) {
		if !strings.Contains(address, "wp/v2/comments") {
			return
		}
		asked++
		u, _ := url.Parse(address)
		post, _, _ := strings.Cut(u.Query().Get("post"), ",")
		var all []string
		for range perPage {
			next++
			all = append(all, fmt.Sprintf(`{"id":%d,"post":%s}`, next, post))
		}
		r.Status, r.Header, r.Body = 200, http.Header{}, []byte("["+strings.Join(all, ",")+"]")
	})
	h := pullOf(t, sourceOf(t, sitetest.Generate(60, 0, now), sitetest.Switches{}, endless), nil)
	if asked > maxListed+maxPages || len(h.Articles) != 60 || len(h.Warnings) == 0 || len(strings.Join(h.Warnings, "")) > 1000 {
		t.Errorf("%d requests, %d articles, %q", asked, len(h.Articles), h.Warnings)
	}
	for _, a := range h.Articles {
		if a.Whole {
			t.Errorf("article %s counts as whole", a.ID)
		}
	}
}

// TestPullTooManyPosts: posts beyond the bound do not cost the others.
func TestPullTooManyPosts(t *testing.T) {
	promising := bodyGetter(func(address string, r *fetch.Response) {
		if strings.Contains(address, "wp/v2/posts") {
			r.Header.Set("X-WP-Total", "9999")
		}
	})
	h := pullOf(t, sourceOf(t, sitetest.Generate(120, 0, now), sitetest.Switches{}, promising), nil)
	if len(h.Articles) != 120 {
		t.Errorf("%d articles, %q", len(h.Articles), h.Warnings)
	}
}

// TestPullForeignComments: where a cache ignores which posts were asked for, no
// comment comes twice, and the feeds say what there is.
func TestPullForeignComments(t *testing.T) {
	for _, comments := range []int{120, maxPages*perPage + 400} {
		site := sitetest.Generate(60, comments, now)
		asked := 0
		s := sourceOf(t, site, sitetest.Switches{}, rewriteGetter{func(address string) string {
			if strings.Contains(address, "wp/v2/comments") {
				asked++
			}
			return strings.ReplaceAll(address, "&post=", "&ignored=")
		}})
		h := pullOf(t, s, nil)
		if said := strings.Join(h.Warnings, " "); !strings.Contains(said, "other posts") || asked > 4 {
			t.Errorf("%d requests, %q", asked, h.Warnings)
		}
		if a := h.Articles[0]; len(a.Comments) != comments/60 && len(a.Comments) != comments/60+1 {
			t.Errorf("%d comments under the newest article", len(a.Comments))
		}
	}
}

// TestPullEmptyPage: an empty page in the middle is no end. A cache or a plugin
// that stumbles answers so.
func TestPullEmptyPage(t *testing.T) {
	site := sitetest.Generate(5, 250, now)
	h := pullOf(t, sourceOf(t, site, sitetest.Switches{}, emptyPage("comments", 2)), nil)
	if len(h.Articles) != 5 || !strings.Contains(strings.Join(h.Warnings, " "), "page 2 of wp/v2/comments is empty, after 100 of 250") {
		t.Errorf("%d articles, %q", len(h.Articles), h.Warnings)
	}
	for _, a := range h.Articles {
		if a.Whole {
			t.Errorf("article %s counts as whole with %d comments", a.ID, len(a.Comments))
		}
	}
	h = pullOf(t, sourceOf(t, sitetest.Generate(250, 0, now), sitetest.Switches{}, emptyPage("posts", 2)), nil)
	if len(h.Articles) != 100 || !strings.Contains(strings.Join(h.Warnings, " "), "not all posts could be read") {
		t.Errorf("%d articles, %q", len(h.Articles), h.Warnings)
	}
}

// emptyPage answers one page of a list of the API with nothing.
func emptyPage(route string, n int) sources.Getter {
	return bodyGetter(func(address string, r *fetch.Response) {
		if strings.Contains(address, "wp/v2/"+route) && strings.Contains(address, fmt.Sprintf("&page=%d&", n)) {
			r.Body = []byte("[]")
		}
	})
}

// bodyGetter changes what the site answers.
type bodyGetter func(address string, r *fetch.Response)

func (change bodyGetter) Get(ctx context.Context, r fetch.Request) (*fetch.Response, error) {
	resp, err := plainGetter{}.Get(ctx, r)
	if err == nil {
		change(r.URL, resp)
	}
	return resp, err
}
