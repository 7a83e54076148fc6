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

// What is printed, what is only counted and the list of items must agree
// whatever there is, and nothing may grow beyond the budget.
func TestFitsHoweverMuchThereIs(t *testing.T) {
	noArchive := weekly()
	noArchive.PublicURL = ""
	for _, n := range []int{1, 5, 20, 100, 1000} {
		issue := heavy(n, 10_000)
		for _, nl := range []digest.Newsletter{weekly(), noArchive} {
			r := mustRender(t, issue, nl)
			articles, comments, titles := 0, 0, 0
			for _, item := range r.Items {
				switch {
				case item.Comment != "":
					comments++
				case item.Section == digest.SectionMore:
					titles++
				default:
					articles++
				}
			}
			left := n - articles - titles
			if len(r.HTML) > Budget || articles == 0 || comments < articles || titles < min(n-articles, 20) {
				t.Errorf("%d articles: %d bytes, %d in full, %d comments, %d titles", n, len(r.HTML), articles, comments, titles)
			}
			if len(r.HTML) < Budget*4/5 && n >= 20 {
				t.Errorf("%d articles: only %d bytes are used", n, len(r.HTML))
			}
			web, none := strconv.Itoa(left)+" more on the web", strconv.Itoa(left)+" more articles found no room here."
			for what, s := range map[string]string{"HTML": seen(t, r), "text": r.Text} {
				if got := strings.Contains(s, web); got != (left > 0 && nl.PublicURL != "") {
					t.Errorf("%d articles, %d left: the %s links to the rest: %v", n, left, what, got)
				}
				if got := strings.Contains(s, none); got != (left > 0 && nl.PublicURL == "") {
					t.Errorf("%d articles, %d left: the %s says that there are more: %v", n, left, what, got)
				}
			}
		}
	}
	r := mustRender(t, heavy(1000, 0), weekly())
	if n := strings.Count(r.HTML, `href="https://digest.harbour.test/archive/weekly/"`); n != 1 || !strings.Contains(r.Text, " more on the web:\nhttps://digest.harbour.test/archive/weekly/\n") {
		t.Errorf("%d links to the archive", n)
	}
}

// What is cut is never much more than what must be, and never less.
func TestCutsNoMoreThanItMust(t *testing.T) {
	c := newComposer(t)
	for n := 8; n < 60; n += 2 {
		r, err := c.Render(issueOf(n, 4), weekly(), testIDs)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.HTML) > Budget || len(r.Trimmed) > 0 && len(r.HTML) < Budget-5_000 {
			t.Errorf("%d articles: %d bytes after %q", n, len(r.HTML), r.Trimmed)
		}
	}
}

func TestOlderArticlesGoLast(t *testing.T) {
	issue := issueOf(10, 1)
	issue.More, issue.Discussed = issueOf(50, 0).Lead, issueOf(400, 1).Lead
	r := mustRender(t, issue, weekly())
	count := map[digest.Section]int{}
	for _, item := range r.Items {
		if item.Comment == "" {
			count[item.Section]++
		}
	}
	// Titles have what room is too small for one more older article.
	if count[digest.SectionLead] != 1 || count[digest.SectionMore] > 15 || count[digest.SectionDiscussed] < 20 || len(r.HTML) > Budget {
		t.Errorf("%v in %d bytes", count, len(r.HTML))
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
