package main

import (
	"context"
	"errors"
	"fmt"

	"digest.example/internal/digest"
	"digest.example/internal/preflight"
	"digest.example/internal/preview"
	"digest.example/internal/publish"
)

// page is the plan for people with a browser.
func (p plan) page(title string, files map[string][]byte, last *preview.Edition) preview.Page {
	page := preview.Page{
		Title: title, Issue: p.Issue, At: p.At, Since: p.Since, Empty: len(p.Printed) == 0,
		Subject: p.Subject, Preheader: p.Preheader, Bytes: p.Bytes,
		Headers: preview.Headers(files["sample.eml"]), Text: string(files["issue.txt"]),
		Remarks: p.remarks(), People: p.Recipients.Total,
		Domains: groups(p.Recipients.Domains, p.Recipients.Addresses), LeftOut: groups(p.Recipients.LeftOut, nil),
	}
	if last != nil && !page.Empty {
		page.Change = preview.Compare(*last, preview.Edition{Name: p.Issue, Subject: p.Subject, Recipients: p.Recipients.Total, Items: p.items()})
	}
	for _, i := range p.Printed {
		page.Printed = append(page.Printed, preview.Item{
			Item: i.Item, Title: i.Title, Author: i.Author, URL: i.URL, Why: i.Why, Again: page.Change.Again(i.Item),
		})
	}
	for _, o := range p.Left {
		page.Left = append(page.Left, preview.Item{
			Item:  digest.Item{Source: o.Source, Article: o.Article, Comment: o.Comment},
			Title: o.Title, URL: o.URL, Why: []string{o.Why},
		})
	}
	return page
}

func (p plan) items() (all []digest.Item) {
	for _, i := range p.Printed {
		all = append(all, i.Item)
	}
	return all
}

// remarks is all in a plan that asks for attention, the gravest first.
func (p plan) remarks() []preview.Remarks {
	blocks, warns := preview.Remarks{Title: "This would hold the issue", Grave: true}, preview.Remarks{Title: "Look at this"}
	for _, f := range p.Findings {
		line := f.Code + ": " + f.Why
		switch {
		case f.Forced:
			warns.Lines = append(warns.Lines, line+" (forced)")
		case f.Level == preflight.Blocks:
			blocks.Lines = append(blocks.Lines, line+"; "+f.Remedy)
		default:
			warns.Lines = append(warns.Lines, line+"; "+f.Remedy)
		}
	}
	var all []preview.Remarks
	for _, r := range []preview.Remarks{
		blocks, warns,
		{Title: "What is missing", Lines: p.Warnings},
		{Title: "Sources that gave nothing", Lines: p.Failures},
		{Title: "Cut to fit", Lines: p.Trimmed},
		{Title: "Notes", Lines: p.Notes},
	} {
		if len(r.Lines) > 0 {
			all = append(all, r)
		}
	}
	return all
}

// groups are counts in their order, with the addresses behind them as far as
// they were asked for.
func groups(count map[string]int, addresses map[string][]string) []preview.Group {
	var all []preview.Group
	for _, name := range byFrequency(count) {
		all = append(all, preview.Group{Name: name, People: count[name], Addresses: addresses[name]})
	}
	return all
}

// sentStore is what is kept of issues that went out.
type sentStore interface {
	Issues(ctx context.Context, newsletter string, n int) ([]digest.IssueRecord, error)
	Content(ctx context.Context, id string) (digest.Issue, error)
}

// lastEdition is the last issue that went out; nil where none did.
func lastEdition(ctx context.Context, s sentStore, n *publish.Newsletter, v publish.Preview) (*preview.Edition, error) {
	issues, err := s.Issues(ctx, n.Name, 0)
	if err != nil {
		return nil, fmt.Errorf("read the issues of %s: %w", n.Name, err)
	}
	for _, r := range issues {
		if r.Spent.IsZero() {
			continue
		}
		content, err := s.Content(ctx, r.ID)
		if err != nil && !errors.Is(err, digest.ErrNotFound) {
			return nil, fmt.Errorf("read %s: %w", r.Name(), err)
		}
		return &preview.Edition{
			Name: r.Name(), Subject: v.Facts.Last.Subject, Recipients: r.Recipients, Items: preview.Items(content),
		}, nil
	}
	return nil, nil
}
