package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"digest.example/internal/digest"
	"digest.example/internal/mail"
	"digest.example/internal/publish"
)

// sendTo sends one real copy to an address and records nothing.
func (a *app) sendTo(ctx context.Context, newsletters []publish.Newsletter, o sendOptions) (err error) {
	if err := mail.CheckRecipient(o.to); err != nil {
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
	if data, err = a.signed(data); err != nil {
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
	var message mail.Data
	if err := message.Set(data); err != nil {
		return "", err
	}
	session, err := a.dial(ctx)
	if err != nil {
		return "", err
	}
	defer closing(&err, session)
	if err := session.Offer(ctx, from, to, &message); err != nil {
		return "", fmt.Errorf("%w: %s did not get it: %w", digest.ErrIncomplete, to, err)
	}
	r, err := session.Commit(ctx)
	_, refused := errors.AsType[*mail.ReplyError](err)
	switch {
	case refused || errors.Is(err, mail.ErrNotCommitted):
		return "", fmt.Errorf("%w: %s did not get it: %w", digest.ErrIncomplete, to, err)
	case err != nil:
		return "", fmt.Errorf("%w: nobody knows whether %s got it: %w", digest.ErrIncomplete, to, err)
	}
	return r.String(), nil
}
