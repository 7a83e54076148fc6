package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"digest.example/internal/digest"
	"digest.example/internal/mail"
	"digest.example/internal/publish"
)

// writePreview writes a dry run's files, for the operator's eyes only. It
// replaces the files that it wrote before and touches no others.
func (a *app) writePreview(p *publish.Publisher, n *publish.Newsletter, v publish.Preview, made plan) error {
	if err := os.MkdirAll(made.Folder, 0o700); err != nil {
		return fmt.Errorf("write the preview: %w", err)
	}
	if err := os.Chmod(made.Folder, 0o700); err != nil {
		return fmt.Errorf("write the preview: %w", err)
	}
	planJSON, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	files := map[string][]byte{"plan.json": planJSON}
	if !v.Issue.Empty() {
		if err := a.drawCopy(p, n, v, files); err != nil {
			return err
		}
	}
	var problems []error
	for _, name := range []string{"issue.html", "issue.txt", "sample.eml", "plan.json"} {
		file := filepath.Join(made.Folder, name)
		if content, ok := files[name]; ok {
			problems = append(problems, os.WriteFile(file, content, 0o600))
		} else if err := os.Remove(file); !errors.Is(err, os.ErrNotExist) {
			problems = append(problems, err) // an earlier run's, which is not true any more
		}
	}
	return errors.Join(problems...)
}

// drawCopy adds the copy that a sample recipient would get.
func (a *app) drawCopy(p *publish.Publisher, n *publish.Newsletter, v publish.Preview, files map[string][]byte) error {
	who, err := p.Sample(n, "reader@example.org")
	if err != nil {
		return err
	}
	html, err := mail.Fill(v.Rendered.HTML, v.Rendered.Hole, who)
	if err != nil {
		return fmt.Errorf("write the preview: %w", err)
	}
	text, err := mail.Fill(v.Rendered.Text, v.Rendered.Hole, who)
	if err != nil {
		return fmt.Errorf("write the preview: %w", err)
	}
	eml, err := v.Rendered.Stencil.Message(who)
	if err != nil {
		return fmt.Errorf("write the preview: %w", err)
	}
	files["issue.html"], files["issue.txt"], files["sample.eml"] = []byte(html), []byte(text), eml
	return nil
}

// sendTo sends one real copy to an address and records nothing.
func (a *app) sendTo(ctx context.Context, newsletters []publish.Newsletter, o sendOptions) (err error) {
	if err := mail.CheckAddress(o.to); err != nil {
		return fmt.Errorf("%w: --to: %w", digest.ErrUsage, err)
	}
	n, err := pick(newsletters, o.newsletter)
	if err != nil {
		return err
	}
	s, p, err := a.viewer(ctx, newsletters)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	v, err := p.Preview(ctx, n)
	if err != nil {
		return err
	}
	if v.Issue.Empty() {
		fmt.Fprintf(a.out, "%s: nothing new, so there is no mail to send\n", n.Name)
		return nil
	}
	who, err := p.Sample(n, o.to)
	if err != nil {
		return err
	}
	data, err := v.Rendered.Stencil.AppendData(nil, who)
	if err != nil {
		return err
	}
	return a.sendCopy(ctx, n.EnvelopeFrom, o.to, data)
}

// sendCopy takes one message to the relay.
func (a *app) sendCopy(ctx context.Context, from, to string, data []byte) (err error) {
	dialer, err := a.dialer()
	if err != nil {
		return err
	}
	session, err := dialer.Dial(ctx)
	if err != nil {
		return err
	}
	defer closing(&err, session)
	if err := session.Offer(ctx, from, to, data); err != nil {
		return fmt.Errorf("send to %s: %w", to, err)
	}
	reply, err := session.Commit(ctx)
	if err != nil {
		return fmt.Errorf("send to %s: %w", to, err)
	}
	fmt.Fprintf(a.out, "sent one copy to %s: %s\n", to, reply)
	return nil
}
