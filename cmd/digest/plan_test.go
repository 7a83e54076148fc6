package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/compose"
	"digest.example/internal/digest"
	"digest.example/internal/preflight"
	"digest.example/internal/publish"
)

// people are a newsletter's list.
type people []digest.Recipient

func (p people) Recipients(_ context.Context, _ string, _ time.Time, f func(digest.Recipient) error) error {
	for _, r := range p {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func previewed() publish.Preview {
	article := digest.Article{Source: "blog", ID: "1", Title: "One", URL: "https://blog/1", Author: digest.Author{Name: "Ann"}}
	comment := digest.Comment{ID: "c", URL: "https://blog/1#c", Author: digest.Author{Name: "Bob"}}
	title := digest.Article{Source: "blog", ID: "2", Title: "Two", URL: "https://blog/2"}
	return publish.Preview{
		Issue: digest.Issue{
			Number: 7,
			Lead: []digest.Pick{{
				Article: article, Why: []string{"new"},
				Comments: []digest.CommentPick{{Comment: comment, Why: []string{"12 likes"}}},
			}},
			More: []digest.Pick{{Article: title, Why: []string{"more than fit"}}},
			Left: []digest.Omission{{Source: "blog", Article: "3", Why: "printed before"}},
		},
		Rendered: compose.Rendered{Subject: "One and 1 more", HTML: "12345", Items: []digest.Item{
			{Section: digest.SectionLead, Source: "blog", Article: "1"},
			{Section: digest.SectionLead, Source: "blog", Article: "1", Comment: "c"},
			{Section: digest.SectionMore, Source: "blog", Article: "2"},
		}},
		Failures: []string{"forum: \x1b[2Jno answer"},
		Findings: []preflight.Finding{
			{Code: publish.HoldSource, Level: preflight.Blocks, Why: "no \x1banswer", Remedy: "ask"},
			{Code: preflight.SameSubject, Level: preflight.Warns, Why: "again", Forced: true},
		},
	}
}

func TestPlan(t *testing.T) {
	n := &publish.Newsletter{Newsletter: digest.Newsletter{Name: "weekly", Location: time.UTC}}
	p, err := makePlan(t.Context(), people{
		{Address: "ann@example.org"},
		{Address: "bob@EXAMPLE.org"},
		{Address: "cyd@example.net"},
		{Address: "dan@example.net", LeftOut: "unsubscribed"},
	}, n, previewed(), false)
	if err != nil {
		t.Fatal(err)
	}
	p.Folder = "preview"
	wantPrinted := []printedItem{
		{Item: digest.Item{Section: "lead", Source: "blog", Article: "1"}, Title: "One", Author: "Ann", URL: "https://blog/1", Why: []string{"new"}},
		{Item: digest.Item{Section: "lead", Source: "blog", Article: "1", Comment: "c"}, Title: "One", Author: "Bob", URL: "https://blog/1#c", Why: []string{"12 likes"}},
		{Item: digest.Item{Section: "more", Source: "blog", Article: "2"}, Title: "Two", URL: "https://blog/2", Why: []string{"more than fit"}},
	}
	if d := cmp.Diff(wantPrinted, p.Printed); d != "" {
		t.Errorf("printed (-want +got):\n%s", d)
	}
	want := recipients{
		Total: 3, Domains: map[string]int{"example.org": 2, "example.net": 1},
		LeftOut: map[string]int{"unsubscribed": 1},
	}
	if d := cmp.Diff(want, p.Recipients); d != "" {
		t.Errorf("recipients (-want +got):\n%s", d)
	}
	var out bytes.Buffer
	p.report(&out)
	for _, line := range []string{
		"weekly/7 as it would be now", "subject      One and 1 more", "1 article in full, 1 as titles, 0 still being discussed, 1 comment; 5 bytes",
		"recipients   3 (2 example.org, 1 example.net)", "left out     1 unsubscribed",
		"\n  blocks       source-failed: no answer\n               ask\n", "\n  forced       same-subject: again\n", "written      preview/",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("the report lacks %q:\n%s", line, &out)
		}
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("a stranger's escape sequence reaches the terminal")
	}
}

func TestDomainsAreAFew(t *testing.T) {
	count := map[string]int{"a.org": 1, "b.org": 9, "c.org": 1, "d.org": 1, "e.org": 1, "f.org": 1, "g.org": 1}
	if got, want := domains(count), " (9 b.org, 1 a.org, 1 c.org, 1 d.org, 1 e.org, 2 more domains)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := domains(nil); got != "" {
		t.Errorf("nobody is %q", got)
	}
}
