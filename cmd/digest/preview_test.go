package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"digest.example/internal/digest"
	"digest.example/internal/preflight"
	"digest.example/internal/preview"
	"digest.example/internal/publish"
)

func TestOnlyThisMachineIsListenedOn(t *testing.T) {
	for listen, ok := range map[string]bool{
		"127.0.0.1:0": true, "127.9.9.9:80": true, "[::1]:8081": true, "localhost:0": true, "[::ffff:127.0.0.1]:0": true,
		"0.0.0.0:0": false, ":8080": false, "[::]:0": false, "192.168.1.5:80": false, "example.org:80": false,
		"127.0.0.1": false, "localhost.example.org:80": false, "": false, "127.0.0.1.example.org:80": false,
	} {
		if err := loopback(listen); (err == nil) != ok || err != nil && !errors.Is(err, digest.ErrUsage) {
			t.Errorf("%s: %v", listen, err)
		}
	}
}

func TestServedFilesLieLikeTheFolders(t *testing.T) {
	one := madePreview{plan{Issue: "weekly/3"}, map[string][]byte{"index.html": []byte("weekly")}}
	two := madePreview{plan{Issue: "daily/9"}, map[string][]byte{"index.html": []byte("daily")}}
	for _, c := range []struct {
		made []madePreview
		want []string
	}{
		{[]madePreview{one}, []string{"index.html"}},
		{[]madePreview{one, two}, []string{"daily/index.html", "index.html", "weekly/index.html"}},
	} {
		files, err := served(c.made)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, slices.Sorted(maps.Keys(files))); diff != "" {
			t.Error(diff)
		}
	}
}

func TestPageSaysAllThatThePlanSays(t *testing.T) {
	n := &publish.Newsletter{Newsletter: digest.Newsletter{Name: "weekly", Title: "Weekly", Location: time.UTC}}
	v := previewed()
	v.Issue.Warnings = []string{"a thread was cut short"}
	v.Rendered.Trimmed = []string{"excerpts shortened: 2 articles"}
	v.Findings = []preflight.Finding{
		{Code: "dead-link", Level: preflight.Blocks, Why: "gone", Remedy: "mend it"},
		{Code: "size", Level: preflight.Blocks, Why: "large", Remedy: "cut it", Forced: true},
		{Code: "same-subject", Level: preflight.Warns, Why: "as before", Remedy: "set another"},
	}
	made, err := makePlan(t.Context(), people{
		{Address: "ann@example.org"}, {Address: "bob@EXAMPLE.org"}, {Address: "dan@example.net", LeftOut: "unsubscribed"},
	}, n, v, true)
	if err != nil {
		t.Fatal(err)
	}
	last := &preview.Edition{Name: "weekly/6", Subject: "Before", Items: []digest.Item{{Source: "blog", Article: "2"}}}
	page := made.page("Weekly", map[string][]byte{"sample.eml": []byte("Subject: One\r\n\r\n"), "issue.txt": []byte("text")}, last)
	wantRemarks := []preview.Remarks{
		{Title: "This would hold the issue", Grave: true, Lines: []string{"dead-link: gone; mend it"}},
		{Title: "Look at this", Lines: []string{"size: large (forced)", "same-subject: as before; set another"}},
		{Title: "What is missing", Lines: []string{"a thread was cut short"}},
		{Title: "Sources that gave nothing", Lines: v.Failures},
		{Title: "Cut to fit", Lines: []string{"excerpts shortened: 2 articles"}},
	}
	if diff := cmp.Diff(wantRemarks, page.Remarks); diff != "" {
		t.Error(diff)
	}
	wantDomains := []preview.Group{{Name: "example.org", People: 2, Addresses: []string{"ann@example.org", "bob@EXAMPLE.org"}}}
	if diff := cmp.Diff(wantDomains, page.Domains); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]preview.Group{{Name: "unsubscribed", People: 1}}, page.LeftOut); diff != "" {
		t.Error(diff)
	}
	var again []bool
	for _, i := range page.Printed {
		again = append(again, i.Again)
	}
	if !slices.Equal(again, []bool{false, false, true}) || len(page.Left) != 1 || page.Left[0].Why[0] != "printed before" {
		t.Errorf("printed again %v, left %+v", again, page.Left)
	}
	if page.Change.NewArticles != 1 || page.Change.Now.Recipients != 2 || page.Headers[0].Value != "One" || page.Text != "text" || page.Empty {
		t.Errorf("%+v", page)
	}
}

// sent are issues that went out.
type sent struct {
	records []digest.IssueRecord
	content map[string]digest.Issue
}

func (s sent) Issues(context.Context, string, int) ([]digest.IssueRecord, error) {
	return s.records, nil
}

func (s sent) Content(_ context.Context, id string) (digest.Issue, error) {
	c, ok := s.content[id]
	if !ok {
		return c, digest.ErrNotFound
	}
	return c, nil
}

func TestLastEditionIsTheLastThatWentOut(t *testing.T) {
	n := &publish.Newsletter{Newsletter: digest.Newsletter{Name: "weekly"}}
	var v publish.Preview
	v.Facts.Last.Subject = "Before"
	spent := time.Date(2026, 11, 15, 9, 0, 0, 0, time.UTC)
	s := sent{
		[]digest.IssueRecord{
			{ID: "c", Newsletter: "weekly", Number: 3}, // skipped
			{ID: "b", Newsletter: "weekly", Number: 2, Spent: spent, Recipients: 7},
			{ID: "a", Newsletter: "weekly", Number: 1, Spent: spent, Recipients: 5},
		},
		map[string]digest.Issue{"b": {Lead: []digest.Pick{{Article: digest.Article{Source: "blog", ID: "1"}}}}},
	}
	got, err := lastEdition(t.Context(), s, n, v)
	if err != nil {
		t.Fatal(err)
	}
	want := &preview.Edition{Name: "weekly/2", Subject: "Before", Recipients: 7, Items: []digest.Item{{Source: "blog", Article: "1"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	s.content = nil // forgotten, but the numbers are there
	if got, err = lastEdition(t.Context(), s, n, v); err != nil || got.Recipients != 7 || got.Items != nil {
		t.Errorf("%+v, %v", got, err)
	}
	s.records = s.records[:1]
	if got, err = lastEdition(t.Context(), s, n, v); err != nil || got != nil {
		t.Errorf("a first issue comes after %+v, %v", got, err)
	}
}

func TestWatchedAreTheFilesThatPeopleWrite(t *testing.T) {
	n := []publish.Newsletter{{NoteFile: "notes/NEXT.md"}}
	if diff := cmp.Diff([]string{"mine", "mine/email", "mine/web", "notes/NEXT.md"}, sourcesOf("mine", n)); diff != "" {
		t.Error(diff)
	}
	if got := strings.Join(sourcesOf("", n), " "); got != "notes/NEXT.md" {
		t.Error(got)
	}
}
