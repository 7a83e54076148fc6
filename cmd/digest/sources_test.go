package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"digest.example/internal/config"
	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/publish"
	"digest.example/internal/sources"
)

func TestUserAgent(t *testing.T) {
	c := config.Default()
	for _, tc := range []struct{ version, public, reply, from, want string }{
		{"v1.2.3", "https://news.heron.test", "ed@heron.test", "a@heron.test", "digest/v1.2.3 (+https://news.heron.test; ed@heron.test)"},
		{"(devel)", "https://news.heron.test", "", "The Heron <a@heron.test>", "digest/devel (+https://news.heron.test; a@heron.test)"},
		{"v1", "https://digest.example.org", "", "a@heron.test", "digest/v1 (a@heron.test)"},
		{"v1", "https://digest.example.org", "", "digest@example.org", "digest/v1"},
	} {
		c.Web.PublicURL, c.Newsletters[0].ReplyTo, c.Newsletters[0].From = tc.public, tc.reply, tc.from
		if got := userAgent(tc.version, c); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
	if got := userAgent("v1", config.Config{}); got != "digest/v1" {
		t.Errorf("without a configuration: %q", got)
	}
}

func TestEveryKindHasASource(t *testing.T) {
	k := siteKinds{log: slog.New(slog.DiscardHandler)}
	for _, kind := range []string{config.KindAuto, config.KindWordPress, config.KindFeed, config.KindSample} {
		if s, err := k.source(digest.SourceRef{Name: "blog", URL: "https://heron.test", Kind: kind}); err != nil || s == nil {
			t.Errorf("%s: %v, %v", kind, s, err)
		}
	}
	if _, err := k.source(digest.SourceRef{Kind: "gopher"}); err == nil || !strings.Contains(err.Error(), `"gopher"`) {
		t.Error(err)
	}
	for _, kind := range []string{sources.KindWordPress, sources.KindFeed} {
		build := k.found()[kind]
		if build == nil || build("blog", sources.Site{Kind: kind, Home: "https://heron.test/", Feeds: []string{"https://heron.test/feed/"}}) == nil {
			t.Errorf("%s cannot be pulled", kind)
		}
	}
}

func TestOneClient(t *testing.T) {
	a := configured()
	a.err = &bytes.Buffer{}
	first, err := a.client()
	if err != nil {
		t.Fatal(err)
	}
	if second, err := a.client(); err != nil || first != second {
		t.Errorf("%v, another client", err)
	}
}

// ref is a source of that name.
func ref(name string, required bool) library.Source {
	return library.Source{SourceRef: digest.SourceRef{Name: name, URL: "https://heron.test/", Kind: "auto", Required: required}}
}

func TestConfiguredSourcesAreEachThereOnce(t *testing.T) {
	var newsletters []publish.Newsletter
	for i, s := range [][]library.Source{{ref("a", false), ref("b", false)}, {ref("a", true)}} {
		newsletters = append(newsletters, publish.Newsletter{
			Newsletter: digest.Newsletter{Name: fmt.Sprint(i), Window: time.Duration(i+1) * time.Hour}, Sources: s,
		})
	}
	all := configuredSources(newsletters)
	if len(all) != 2 || all[0].Name != "a" || len(all[0].newsletters) != 2 || all[0].window != 2*time.Hour || !all[0].Required || all[1].Required {
		t.Errorf("%+v", all)
	}
	if one, err := sourceNamed(all, "b"); err != nil || len(one) != 1 || one[0].Name != "b" {
		t.Errorf("%v, %v", one, err)
	}
	if _, err := sourceNamed(all, "c\x1b"); !errors.Is(err, digest.ErrUsage) || !strings.HasSuffix(err.Error(), "there is a, b") || strings.Contains(err.Error(), "\x1b") {
		t.Error(err)
	}
}

func TestListed(t *testing.T) {
	state := []byte(`{"address":"https://heron.test/","kind":"auto","site":{"kind":"wordpress","home":"https://heron.test/","title":"The Heron","feeds":["https://heron.test/feed/"]}}`)
	all := listed([]configuredSource{{Source: ref("new", false)}, {Source: ref("blog", true), newsletters: []string{"weekly"}}}, []digest.SourceHealth{
		{Name: "blog", Failures: 2, LastError: "gone\x1b", State: state, Articles: 3}, {Name: "old", Warnings: []string{"partial"}},
	})
	var out bytes.Buffer
	for _, l := range all {
		l.print(&out)
	}
	want := `source new: 0 articles, 0 comments; never pulled
  https://heron.test/, kind: auto
source blog: 3 articles, 0 comments; never pulled; failed 2 times since: gone
  "The Heron", WordPress without its API at https://heron.test/, feed https://heron.test/feed/
source old: 0 articles, 0 comments; never pulled
  warning: partial
  no longer in the configuration
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
	if all[1].Found == nil || !all[1].Required || len(all[1].Newsletters) != 1 || all[2].Kind != "" {
		t.Errorf("%+v", all)
	}
}

func TestLookPrintsNothingHostile(t *testing.T) {
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	l := look{Source: "blog", URL: "https://heron.test/", Kind: "auto", Since: noon, zone: time.UTC, Articles: []seenArticle{}}
	for i := range 30 {
		l.add(digest.Article{
			Title: "Title\x1b[2J\n\u202e" + fmt.Sprint(i), URL: "https://heron.test/\x1b", Published: noon.Add(time.Duration(i) * time.Hour), CommentCount: 2,
			Comments: []digest.Comment{{
				Author: digest.Author{Name: "Ann\r\nBcc: x"}, Published: noon.Add(time.Duration(-i) * time.Hour),
				HTML: "<p>One &amp; two</p><script>x</script>" + strings.Repeat(" word", 1000) + "\x1b",
			}},
		})
	}
	l.add(digest.Article{URL: "https://heron.test/untitled", Published: noon.Add(100 * time.Hour)})
	l.Site = &sources.Site{Kind: sources.KindFeed, Home: "https://heron.test/", Title: "The\x1b Heron", Feeds: []string{"https://heron.test/feed\u202e"}}
	var out bytes.Buffer
	l.print(&out)
	text := out.String()
	if strings.ContainsAny(text, "\x1b\r\u202e") || strings.Contains(text, "script") || len(text) > 5000 {
		t.Errorf("%q", text)
	}
	for _, want := range []string{
		`blog: "The Heron", feed at https://heron.test/, feed https://heron.test/feed`, "31 articles, 30 of them discussed, in 30 comments",
		"(untitled) https://heron.test/untitled\n", " 1/2  Title[2J 29\n", "and 6 older articles",
		`newest comment: Mon 4 May 12:00 UTC, Ann Bcc: x under "Title[2J 0":` + "\n    One & two word",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	if first := strings.Index(text, "untitled"); first > strings.Index(text, "Title[2J 29") {
		t.Error("the newest is not first")
	}
}

func TestRequestsInWords(t *testing.T) {
	for want, r := range map[string]seenRequest{
		"GET https://heron.test/: 200, 3 bytes, 12ms": {URL: "https://heron.test/", Status: 200, Bytes: 3, Took: 12_345_678},
		"GET https://heron.test/: refused, 0s":        {URL: "https://heron.test/", Error: "refused"},
	} {
		if r.String() != want {
			t.Errorf("got %q", r)
		}
	}
}

func TestFailures(t *testing.T) {
	if err := failures([]look{{Source: "a"}}); err != nil {
		t.Error(err)
	}
	err := failures([]look{{Source: "a", err: errors.New("x")}, {Source: "b"}, {Source: "c", err: errors.New("x")}})
	if err == nil || err.Error() != "2 sources of 3 failed: a, c" || exitCode(err) != exitFailure {
		t.Error(err)
	}
}
