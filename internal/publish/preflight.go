package publish

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"digest.example/internal/compose"
	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/mail"
	"digest.example/internal/preflight"
)

// sampleReader is whose copy is looked over.
const sampleReader = "reader@example.org"

// inspection is a finished mail as it is looked over before it goes out.
type inspection struct {
	mail     preflight.Mail
	facts    preflight.Facts
	findings []preflight.Finding
}

// inspect looks over the mail that everybody would get. A dry run and freezing
// do it alike.
func (p *Publisher) inspect(
	ctx context.Context, n *Newsletter, r digest.IssueRecord, issue digest.Issue, rendered compose.Rendered,
) (i inspection, err error) {
	if i.mail, err = p.look(n, rendered.Stencil); err != nil {
		return i, fmt.Errorf("look over %s: %w", r.Name(), err)
	}
	if i.facts, err = p.facts(ctx, n, r); err != nil {
		return i, err
	}
	i.facts.Note = issue.Note
	i.facts.Strangers, i.facts.Trimmed = strangers(issue), len(rendered.Trimmed) > 0
	i.findings = preflight.Check(i.mail, i.facts)
	return i, nil
}

// cleared looks over the mail that is about to be frozen, and returns a hold where
// something in it blocks that is not in force.
func (p *Publisher) cleared(
	ctx context.Context, n *Newsletter, r digest.IssueRecord, issue digest.Issue, rendered compose.Rendered, force []string,
) ([]preflight.Finding, error) {
	i, err := p.inspect(ctx, n, r, issue, rendered)
	if err != nil {
		return nil, err
	}
	return i.findings, holdOf(preflight.Force(i.findings, force))
}

// look decodes the copy that a sample reader would get.
func (p *Publisher) look(n *Newsletter, stencil *mail.Stencil) (preflight.Mail, error) {
	who, err := p.Sample(n, sampleReader)
	if err != nil {
		return preflight.Mail{}, err
	}
	message, err := stencil.Message(who)
	if err != nil {
		return preflight.Mail{}, err
	}
	return preflight.Read(message)
}

// facts are what the database and the configuration say beside the mail.
func (p *Publisher) facts(ctx context.Context, n *Newsletter, r digest.IssueRecord) (f preflight.Facts, err error) {
	who, err := p.Sample(n, sampleReader)
	if err != nil {
		return f, err
	}
	f = preflight.Facts{
		Unsubscribe: who.Unsubscribe,
		PublicURL:   n.PublicURL, PostalAddress: n.PostalAddress, EnvelopeFrom: n.EnvelopeFrom,
		Pending: []string{fmt.Sprint(compose.ArchiveURL(n.Newsletter), r.Number), who.Preferences},
	}
	if f.Recipients, err = p.store.CountRecipients(ctx, n.Name, p.o.Now()); err != nil {
		return f, fmt.Errorf("count the recipients of %s: %w", n.Name, err)
	}
	f.Last, err = p.lastSent(ctx, n, r)
	return f, err
}

// lastSent is what is known of the last issue that went out.
func (p *Publisher) lastSent(ctx context.Context, n *Newsletter, r digest.IssueRecord) (last preflight.Last, err error) {
	issues, err := p.store.Issues(ctx, n.Name, 0)
	if err != nil {
		return last, fmt.Errorf("read the issues of %s: %w", n.Name, err)
	}
	for _, i := range issues {
		if i.Spent.IsZero() || i.ID == r.ID {
			continue
		}
		if last.Subject == "" {
			if last.Subject, err = p.subjectOf(ctx, n, i); err != nil {
				return last, err
			}
		}
		if i.State == digest.IssueDone {
			last.Recipients = i.Recipients
			return last, nil
		}
	}
	return last, nil
}

// subjectOf is the subject that an issue went out with. It stands in what was
// sent, and nowhere else; empty where that is not kept any more.
func (p *Publisher) subjectOf(ctx context.Context, n *Newsletter, r digest.IssueRecord) (string, error) {
	b, err := p.store.Stencil(ctx, r.ID)
	if errors.Is(err, digest.ErrNotFound) || err == nil && len(b) == 0 {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the subject of %s: %w", r.Name(), err)
	}
	var stencil mail.Stencil
	if err := stencil.UnmarshalBinary(b); err != nil {
		return "", fmt.Errorf("read the subject of %s: %w", r.Name(), err)
	}
	sample, err := p.look(n, &stencil)
	if err != nil {
		return "", fmt.Errorf("read the subject of %s: %w", r.Name(), err)
	}
	return sample.Subject, nil
}

// strangers is everything that an issue prints and others wrote.
func strangers(issue digest.Issue) string {
	var b strings.Builder
	for _, picks := range [][]digest.Pick{issue.Lead, issue.More, issue.Discussed} {
		for _, pick := range picks {
			a := pick.Article
			for _, s := range []string{a.Title, a.Author.Name, a.HTML, a.Summary, a.URL, a.Original, a.CommentsURL} {
				b.WriteString(s + "\n")
			}
			for _, c := range pick.Comments {
				for _, s := range []string{c.Comment.Author.Name, c.Comment.HTML, c.Comment.URL, c.Answers} {
					b.WriteString(s + "\n")
				}
			}
		}
	}
	return b.String()
}

// sourceFindings are the sources that gave nothing. One that is not required
// holds nothing back.
func sourceFindings(results []library.Result) []preflight.Finding {
	var all []preflight.Finding
	for _, r := range results {
		if r.Err == nil {
			continue
		}
		level := preflight.Warns
		if r.Source.Required {
			level = preflight.Blocks
		}
		all = append(all, preflight.New(holdCode(r.Err), level, fmt.Sprintf("source %s: %v", r.Source.Name, r.Err)))
	}
	return all
}

// holdOf is the hold of those findings that block, if any does. Its code is what
// --force takes to go past all of them.
func holdOf(findings []preflight.Finding) error {
	var codes, lines []string
	seen := map[string]bool{}
	for _, f := range preflight.Blocking(findings) {
		lines = append(lines, f.Why)
		if !seen[f.Code] {
			seen[f.Code] = true
			codes = append(codes, f.Code)
		}
	}
	if len(codes) == 0 {
		return nil
	}
	return hold{code: strings.Join(codes, ","), why: strings.Join(lines, "; ")}
}

// tellFindings tells the operator, at once, of what an issue goes out with all
// the same. Links of strangers are theirs to mend, and only logged.
func (p *Publisher) tellFindings(r digest.IssueRecord, findings []preflight.Finding) {
	var lines []string
	for _, f := range findings {
		if f.Code == preflight.InsecureLink && f.Level == preflight.Warns {
			p.o.Log.Warn("the mail has a link without https", "issue", r.Name(), "link", f.Why)
			continue
		}
		lines = append(lines, fmt.Sprintf("%s (%s)", f.Why, f.Code))
	}
	if len(lines) > 0 {
		p.o.Alert(fmt.Sprintf("%s goes out, but: %s", r.Name(), strings.Join(lines, "; ")))
	}
}
