package compose

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"digest.example/internal/digest"
)

func TestNothingIsTrimmedThatFits(t *testing.T) {
	if r := mustRender(t, issueOf(10, 2), weekly()); len(r.Trimmed) > 0 || len(r.Items) != 30 {
		t.Errorf("trimmed %q, %d items", r.Trimmed, len(r.Items))
	}
}

func TestTrimsInOrder(t *testing.T) {
	order := []string{"third and further comments", "excerpts", "second comments", "printed as titles", "left out"}
	for _, n := range []int{12, 20, 30, 50, 100, 300} {
		r := mustRender(t, issueOf(n, 4), weekly())
		if len(r.HTML) > Budget {
			t.Errorf("%d articles: %d bytes", n, len(r.HTML))
		}
		for i, what := range r.Trimmed {
			if !strings.HasPrefix(what, order[i]) {
				t.Errorf("%d articles: %q comes as number %d", n, what, i+1)
			}
		}
		if !strings.Contains(r.HTML, "Unsubscribe") || !strings.Contains(r.HTML, "12 Harbour Street") {
			t.Errorf("%d articles: the footer is gone", n)
		}
	}
}

func TestTrimsFromTheEnd(t *testing.T) {
	r := mustRender(t, issueOf(24, 2), weekly())
	shown := map[string]int{}
	for _, item := range r.Items {
		if item.Comment != "" {
			shown[item.Article]++
		}
	}
	if len(r.Trimmed) == 0 || shown["0"] <= shown["23"] {
		t.Errorf("trimmed %q; the first article has %d comments, the last %d", r.Trimmed, shown["0"], shown["23"])
	}
}

// TestItemsAreWhatIsPrinted compares the items with the links in the mail.
func TestItemsAreWhatIsPrinted(t *testing.T) {
	for _, issue := range []digest.Issue{issueOf(5, 3), issueOf(60, 4), variety()} {
		r := mustRender(t, issue, weekly())
		var listed, printed []string
		for _, item := range r.Items {
			url := "https://blog.harbour.test/" + item.Article
			if item.Comment != "" {
				url += "#c" + item.Comment[strings.IndexByte(item.Comment, '-')+1:]
			}
			listed = append(listed, url)
		}
		for _, a := range elements(parseHTML(t, r.HTML), "a") {
			if href := attribute(a, "href"); strings.HasPrefix(href, "https://blog.harbour.test/") && !strings.HasSuffix(href, "/comments") {
				printed = append(printed, href)
			}
		}
		if printed = slices.Compact(printed); !slices.Equal(listed, printed) {
			t.Errorf("listed %d, printed %d:\n%v\n%v", len(listed), len(printed), listed, printed)
		}
	}
}

func TestSectionsOfItems(t *testing.T) {
	r := mustRender(t, variety(), weekly())
	count := map[digest.Section]int{}
	for _, item := range r.Items {
		count[item.Section]++
	}
	// The title list prints no comments, though its picks have some.
	if count[digest.SectionLead] != 5+8 || count[digest.SectionMore] != 2 || count[digest.SectionDiscussed] != 2+3 {
		t.Errorf("%v", count)
	}
}

func TestManyTitlesDoNotPushOutTheArticles(t *testing.T) {
	issue := issueOf(10, 2)
	for n := range 2000 {
		issue.More = append(issue.More, pick(1000+n, 0))
	}
	r := mustRender(t, issue, weekly())
	full := 0
	for _, item := range r.Items {
		if item.Section == digest.SectionLead && item.Comment == "" {
			full++
		}
	}
	if full != 10 {
		t.Errorf("%d articles in full; %q", full, r.Trimmed)
	}
}

func TestDemotedArticlesKeepTheirOrder(t *testing.T) {
	issue := issueOf(40, 3)
	issue.More = []digest.Pick{pick(500, 0), pick(501, 0)}
	last := -1
	for _, item := range mustRender(t, issue, weekly()).Items {
		if item.Comment != "" {
			continue
		}
		n, err := strconv.Atoi(item.Article)
		if err != nil || n <= last {
			t.Errorf("article %s comes after %d", item.Article, last)
		}
		last = n
	}
	if last != 501 {
		t.Errorf("the list ends with %d", last)
	}
}

func TestExcerptDoesNotRepeatTheTitle(t *testing.T) {
	issue := issueOf(1, 0)
	issue.Lead[0].Article.HTML = "<h1>" + issue.Lead[0].Article.Title + "</h1><p>It begins here.</p>"
	r := mustRender(t, issue, weekly())
	if n := strings.Count(r.Text, issue.Lead[0].Article.Title); n != 1 {
		t.Errorf("the title stands there %d times", n)
	}
}

func TestExcerptFallsBackToTheSummary(t *testing.T) {
	issue := issueOf(1, 0)
	issue.Lead[0].Article.HTML, issue.Lead[0].Article.Summary = "<p></p>", "<p>In short: <b>herons</b>.</p>"
	if r := mustRender(t, issue, weekly()); !strings.Contains(r.Text, "\nIn short: herons.\n") {
		t.Errorf("no summary in\n%s", r.Text)
	}
}
