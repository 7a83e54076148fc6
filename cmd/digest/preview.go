package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
		return fmt.Errorf("write the preview: %w: call it in a folder that takes a new one named preview", err)
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
			problems = append(problems, replaceFile(file, content))
		} else if err := os.Remove(file); !errors.Is(err, os.ErrNotExist) {
			problems = append(problems, err) // an earlier run's, which is not true any more
		}
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("write the preview: %w", err)
	}
	return nil
}

// replaceFile writes a file that only its owner may read. It makes it anew, so
// that neither the old one's mode nor a link in its place matters.
func replaceFile(file string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".preview-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // where the rename did not happen
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
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
		return a.print(copySent{Newsletter: n.Name}, func(w io.Writer) {
			fmt.Fprintf(w, "%s: nothing new, so there is no mail to send\n", n.Name)
		})
	}
	who, err := p.Sample(n, o.to)
	if err != nil {
		return err
	}
	data, err := v.Rendered.Stencil.AppendData(nil, who)
	if err != nil {
		return err
	}
	reply, err := a.sendCopy(ctx, n.EnvelopeFrom, o.to, data)
	if err != nil {
		return err
	}
	return a.print(copySent{n.Name, o.to, reply}, func(w io.Writer) {
		fmt.Fprintf(w, "sent one copy to %s; the relay says %q. Nothing is recorded; its unsubscribe link is nobody's\n", o.to, reply)
	})
}

// copySent is what digest send --to prints. To is empty where there was nothing
// to send.
type copySent struct {
	Newsletter string `json:"newsletter"`
	To         string `json:"to,omitempty"`
	Reply      string `json:"reply,omitempty"`
}

// sendCopy takes one message to the relay and returns its reply.
func (a *app) sendCopy(ctx context.Context, from, to string, data []byte) (reply string, err error) {
	session, err := a.dial(ctx)
	if err != nil {
		return "", err
	}
	defer closing(&err, session)
	if err := session.Offer(ctx, from, to, data); err != nil {
		return "", fmt.Errorf("%w: %s did not get it: %w", digest.ErrIncomplete, to, err)
	}
	r, err := session.Commit(ctx)
	if err != nil {
		return "", fmt.Errorf("%w: %s did not get it, or it is in doubt: %w", digest.ErrIncomplete, to, err)
	}
	return r.String(), nil
}
