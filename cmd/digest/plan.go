package main

import (
	"context"
	"fmt"
	"io"
	"sort"
	"strings"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/preflight"
	"digest.example/internal/publish"
	"digest.example/internal/sanitize"
)

// plan is what a dry run says in plan.json: everything that would be printed
// and why, and who would get it.
type plan struct {
	Newsletter string            `json:"newsletter"`
	Issue      string            `json:"issue"` // the name that it would have
	At         time.Time         `json:"at"`
	Since      time.Time         `json:"since"`
	Subject    string            `json:"subject,omitempty"`
	Preheader  string            `json:"preheader,omitempty"`
	Bytes      int               `json:"html_bytes"`
	Printed    []printedItem     `json:"printed"`
	Left       []digest.Omission `json:"left_out"`
	Trimmed    []string          `json:"trimmed,omitempty"`
	Warnings   []string          `json:"warnings,omitempty"`
	Failures   []string          `json:"failed_sources,omitempty"`
	// Findings are what is wrong with it; Notes what a look-up that was asked for
	// says beside that.
	Findings              []preflight.Finding `json:"findings"`
	Notes                 []string            `json:"notes,omitempty"`
	Recipients            recipients          `json:"recipients"`
	Folder                string              `json:"folder"`
	full, more, discussed int
	comments              int
}

// printedItem is an article or a comment that the issue prints.
type printedItem struct {
	digest.Item
	Title  string   `json:"title,omitempty"`
	Author string   `json:"author,omitempty"`
	URL    string   `json:"url,omitempty"`
	Why    []string `json:"why,omitempty"`
}

// recipients are counts: a plan may be shown around, addresses may not.
type recipients struct {
	Total   int            `json:"total"`
	Domains map[string]int `json:"by_domain,omitempty"`
	LeftOut map[string]int `json:"left_out,omitempty"` // by reason
	// Addresses are by domain, and there only where they were asked for.
	Addresses map[string][]string `json:"addresses,omitempty"`
}

// lister lists who is on a newsletter's list.
type lister interface {
	Recipients(ctx context.Context, newsletter string, now time.Time, f func(digest.Recipient) error) error
}

func makePlan(ctx context.Context, l lister, n *publish.Newsletter, v publish.Preview, addresses bool) (plan, error) {
	p := plan{
		Newsletter: n.Name, Issue: fmt.Sprintf("%s/%d", n.Name, v.Issue.Number),
		At: v.Issue.CutOff.In(n.Location), Since: v.Issue.Since.In(n.Location),
		Subject: v.Rendered.Subject, Preheader: v.Rendered.Preheader, Bytes: len(v.Rendered.HTML),
		Left: v.Issue.Left, Trimmed: v.Rendered.Trimmed, Warnings: v.Issue.Warnings,
		Failures: v.Failures, Findings: v.Findings,
		Recipients: recipients{Domains: map[string]int{}, LeftOut: map[string]int{}},
	}
	if addresses {
		p.Recipients.Addresses = map[string][]string{}
	}
	p.list(v)
	err := l.Recipients(ctx, n.Name, v.Issue.CutOff, func(r digest.Recipient) error {
		p.Recipients.count(r)
		return nil
	})
	return p, err
}

// list names what the issue prints, in its order.
func (p *plan) list(v publish.Preview) {
	known := map[digest.Item]printedItem{}
	for _, picks := range [][]digest.Pick{v.Issue.Lead, v.Issue.More, v.Issue.Discussed} {
		for _, pick := range picks {
			a := pick.Article
			known[digest.Item{Source: a.Source, Article: a.ID}] = printedItem{
				Title: a.Title, Author: a.Author.Name, URL: a.URL, Why: pick.Why,
			}
			for _, c := range pick.Comments {
				known[digest.Item{Source: a.Source, Article: a.ID, Comment: c.Comment.ID}] = printedItem{
					Title: a.Title, Author: c.Comment.Author.Name, URL: c.Comment.URL, Why: c.Why,
				}
			}
		}
	}
	for _, item := range v.Rendered.Items {
		out := known[digest.Item{Source: item.Source, Article: item.Article, Comment: item.Comment}]
		out.Item = item
		p.Printed = append(p.Printed, out)
		switch {
		case item.Comment != "":
			p.comments++
		case item.Section == digest.SectionMore:
			p.more++
		case item.Section == digest.SectionDiscussed:
			p.discussed++
		default:
			p.full++
		}
	}
}

func (r *recipients) count(one digest.Recipient) {
	if one.LeftOut != "" {
		r.LeftOut[one.LeftOut]++
		return
	}
	r.Total++
	_, domain, _ := strings.Cut(one.Address, "@")
	domain = strings.ToLower(domain)
	r.Domains[domain]++
	if r.Addresses != nil {
		r.Addresses[domain] = append(r.Addresses[domain], one.Address)
	}
}

// report is the plan for people.
func (p plan) report(w io.Writer) {
	fmt.Fprintf(w, "%s as it would be now, %s\n", p.Issue, p.At.Format(dayLayout))
	if len(p.Printed) == 0 {
		fmt.Fprintf(w, "  nothing new since %s: no mail would go out\n", p.Since.Format("Mon 2 Jan"))
	} else {
		fmt.Fprintf(w, "  subject      %s\n", p.Subject)
		fmt.Fprintf(w, "  preheader    %s\n", p.Preheader)
		fmt.Fprintf(w, "  prints       %s in full, %d as titles, %d still being discussed, %s; %d bytes of HTML\n",
			plural(p.full, "article"), p.more, p.discussed, plural(p.comments, "comment"), p.Bytes)
	}
	for _, t := range p.Trimmed {
		fmt.Fprintf(w, "  trimmed      %s\n", t)
	}
	fmt.Fprintf(w, "  recipients   %d%s\n", p.Recipients.Total, domains(p.Recipients.Domains))
	for _, reason := range sortedKeys(p.Recipients.LeftOut) {
		fmt.Fprintf(w, "  left out     %d %s\n", p.Recipients.LeftOut[reason], reason)
	}
	for _, line := range p.Warnings {
		fmt.Fprintf(w, "  warning      %s\n", sanitize.Line(line))
	}
	for _, f := range p.Findings {
		printFinding(w, f)
	}
	for _, n := range p.Notes {
		fmt.Fprintf(w, "  note         %s\n", sanitize.Line(n))
	}
	if len(p.Printed) > 0 {
		fmt.Fprintf(w, "  written      %s/: index.html shows it from all sides; issue.html, issue.txt, sample.eml, and plan.json: what is printed and why\n", p.Folder)
	}
}

// byFrequency are the keys of a count, the most frequent first.
func byFrequency(count map[string]int) []string {
	names := sortedKeys(count)
	sort.SliceStable(names, func(i, j int) bool { return count[names[i]] > count[names[j]] })
	return names
}

// domains are the most frequent domains, in brackets.
func domains(count map[string]int) string {
	var parts []string
	names := byFrequency(count)
	for i, name := range names {
		if i == 5 {
			parts = append(parts, fmt.Sprintf("%d more domains", len(names)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%d %s", count[name], name))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
