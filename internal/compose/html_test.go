package compose

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"digest.example/internal/digest"
	"golang.org/x/net/html"
)

func parseHTML(t *testing.T, s string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// elements are all elements of that name, in order.
func elements(doc *html.Node, name string) []*html.Node {
	var out []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			out = append(out, n)
		}
	}
	return out
}

func words(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			out.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

func mustRender(t testing.TB, issue digest.Issue, nl digest.Newsletter) Rendered {
	t.Helper()
	r, err := newComposer(t).Render(issue, nl, testIDs)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// everyIssue is what the rules are checked on.
func everyIssue() map[string]struct {
	issue digest.Issue
	nl    digest.Newsletter
} {
	arabic := weekly()
	arabic.Language, arabic.Title = "ar", "رسالة الميناء"
	type mail = struct {
		issue digest.Issue
		nl    digest.Newsletter
	}
	out := map[string]struct {
		issue digest.Issue
		nl    digest.Newsletter
	}{
		"one":        {issueOf(1, 2), weekly()},
		"five":       {issueOf(5, 3), weekly()},
		"twenty":     {issueOf(20, 3), weekly()},
		"hundred":    {issueOf(100, 10), weekly()},
		"variety":    {variety(), weekly()},
		"arabic":     {variety(), arabic},
		"long words": {longWords(), weekly()},
		"hostile":    {hostile(), weekly()},
		"titles":     {digest.Issue{Number: 1, More: issueOf(2, 0).Lead}, weekly()},
	}
	for _, l := range tongues {
		issue, nl := l.mail()
		out["in "+l.tag] = mail{issue, nl}
	}
	return out
}

func TestHTMLRules(t *testing.T) {
	for name, c := range everyIssue() {
		t.Run(name, func(t *testing.T) {
			r := mustRender(t, c.issue, c.nl)
			if len(r.HTML) > Budget {
				t.Errorf("HTML has %d bytes", len(r.HTML))
			}
			doc := parseHTML(t, r.HTML)
			checkElements(t, doc)
			checkHeadings(t, doc)
			checkTables(t, doc)
			checkLinks(t, doc, r.Hole, speaking(t, c.nl.Language).Say("unsubscribe"))
			checkWrapper(t, doc, c.nl)
		})
	}
}

func checkElements(t *testing.T, doc *html.Node) {
	t.Helper()
	known := strings.Fields("html head meta title style body div table tbody tr td h1 h2 h3 p a bdi strong em code span br ul ol li blockquote")
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if !slices.Contains(known, n.Data) {
			t.Errorf("<%s> does not belong in a mail", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "id" || a.Key == "background" || a.Key == "style" && strings.Contains(a.Val, "url(") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
	for _, s := range elements(doc, "style") {
		if css := words(s); len(css) > 8192 || strings.Contains(css, "@import") || strings.Contains(css, "@font-face") {
			t.Errorf("style of %d bytes: %.200s", len(css), css)
		}
	}
}

func checkHeadings(t *testing.T, doc *html.Node) {
	t.Helper()
	level := 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || len(n.Data) != 2 || n.Data[0] != 'h' || n.Data[1] < '1' || n.Data[1] > '6' {
			continue
		}
		if next := int(n.Data[1] - '0'); next > level+1 {
			t.Errorf("<%s> %q follows a heading of level %d", n.Data, words(n), level)
		} else {
			level = next
		}
	}
	if n := len(elements(doc, "h1")); n != 1 {
		t.Errorf("%d h1", n)
	}
}

func checkTables(t *testing.T, doc *html.Node) {
	t.Helper()
	for _, n := range elements(doc, "table") {
		if attribute(n, "role") != "presentation" {
			t.Error("a table without role=presentation")
		}
		depth := 1
		for p := range n.Ancestors() {
			if p.Data == "table" {
				depth++
			}
		}
		if depth > 3 {
			t.Errorf("tables %d deep", depth)
		}
	}
}

func checkLinks(t *testing.T, doc *html.Node, hole, unsubscribe string) {
	t.Helper()
	target := map[string]string{}
	found := 0
	for _, a := range elements(doc, "a") {
		href := attribute(a, "href")
		if !strings.HasPrefix(href, "https://") {
			t.Errorf("link to %q", href)
		}
		if strings.Contains(href, hole) {
			found++
			if href != hole || words(a) != unsubscribe {
				t.Errorf("the hole stands in %q, %q", href, words(a))
			}
		}
		label := attribute(a, "aria-label")
		if label == "" {
			label = words(a)
		} else if !strings.HasPrefix(label, words(a)) {
			t.Errorf("%q is spoken as %q", words(a), label)
		}
		if before, ok := target[strings.ToLower(label)]; ok && before != href {
			t.Errorf("%q leads to %s and to %s", label, before, href)
		}
		target[strings.ToLower(label)] = href
	}
	if found != 1 {
		t.Errorf("%d unsubscribe links", found)
	}
}

func checkWrapper(t *testing.T, doc *html.Node, nl digest.Newsletter) {
	t.Helper()
	want := speaking(t, nl.Language)
	for _, n := range []*html.Node{elements(doc, "html")[0], wrapper(doc)} {
		if n == nil || attribute(n, "lang") != want.Tag || attribute(n, "dir") != want.Dir {
			t.Errorf("lang or dir is missing or wrong: %v", n)
		}
	}
}

func wrapper(doc *html.Node) *html.Node {
	for _, n := range elements(doc, "div") {
		if attribute(n, "role") == "article" {
			return n
		}
	}
	return nil
}

var pixels = regexp.MustCompile(`font-size:(\d+)px`)

func TestStrangersTextIsIsolatedAndBreaks(t *testing.T) {
	doc := parseHTML(t, mustRender(t, variety(), weekly()).HTML)
	found := 0
	for n := range doc.Descendants() {
		if n.Type != html.TextNode || !strings.ContainsAny(n.Data, "خنك") {
			continue
		}
		found++
		auto, breaks := false, false
		for p := range n.Ancestors() {
			auto = auto || attribute(p, "dir") == "auto"
			if p.Data == "p" || p.Data == "h2" || p.Data == "a" {
				breaks = breaks || strings.Contains(attribute(p, "style"), "word-break:break-word")
			}
		}
		if head := n.Parent.Data == "title" || strings.Contains(attribute(n.Parent, "style"), "display:none"); !auto || !breaks && !head {
			t.Errorf("isolated %v, breaks %v: %q", auto, breaks, n.Data)
		}
	}
	if found < 4 {
		t.Errorf("only %d Arabic strings: the fixture lost them", found)
	}
}

func TestTextIsLargeEnough(t *testing.T) {
	for _, m := range pixels.FindAllStringSubmatch(mustRender(t, variety(), weekly()).HTML, -1) {
		if len(m[1]) < 2 || m[1] < "14" {
			t.Errorf("%s", m[0])
		}
	}
}

func TestBarStandsAtTheStartOfTheLine(t *testing.T) {
	arabic := weekly()
	arabic.Language = "ar"
	for dir, nl := range map[string]digest.Newsletter{"left": weekly(), "right": arabic} {
		html := mustRender(t, issueOf(1, 1), nl).HTML
		if !strings.Contains(html, "border-"+dir+":3px solid") {
			t.Errorf("no bar on the %s", dir)
		}
	}
}
