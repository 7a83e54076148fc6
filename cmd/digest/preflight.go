package main

import (
	"context"
	"fmt"
	"io"
	"net"
	netmail "net/mail"
	"strings"

	"github.com/schollz/progressbar/v3"

	"digest.example/internal/digest"
	"digest.example/internal/preflight"
	"digest.example/internal/publish"
	"digest.example/internal/sanitize"
)

// lookUp adds to a preview what its links and DNS are asked for, and returns
// what they say beside findings.
func (a *app) lookUp(ctx context.Context, n *publish.Newsletter, v *publish.Preview, o sendOptions) (notes []string, err error) {
	found := v.Findings
	if o.checkLinks && !v.Issue.Empty() {
		client, err := a.client()
		if err != nil {
			return nil, err
		}
		step, done := a.linkProgress(n.Name)
		dead, looked := preflight.CheckLinks(ctx, v.Mail, v.Facts, client, step)
		done()
		found, notes = append(found, dead...), append(notes, looked.String())
	}
	if o.checkDNS {
		signer, err := a.signer()
		if err != nil {
			return nil, err
		}
		weak, more, err := vouched(ctx, n, a.config.SMTP.Host, dkimKeys(signer), net.DefaultResolver)
		if err != nil {
			return nil, err
		}
		found, notes = append(found, weak...), append(notes, more...)
	}
	v.Findings = preflight.Force(preflight.Sorted(found), o.force)
	return notes, ctx.Err()
}

// vouched is what DNS says of who a newsletter is from.
func vouched(ctx context.Context, n *publish.Newsletter, relay string, keys []preflight.DKIMKey, r preflight.Resolver) ([]preflight.Finding, []string, error) {
	from, err := netmail.ParseAddress(n.From)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: from: %w", digest.ErrConfig, err)
	}
	found, notes := preflight.CheckDNS(ctx, preflight.Sender{From: from.Address, Envelope: n.EnvelopeFrom, Relay: relay, Keys: keys}, r)
	return found, notes, nil
}

// linkProgress shows on a terminal how looking up links goes.
func (a *app) linkProgress(newsletter string) (step func(done, of int), end func()) {
	if !isTerminal(a.err) {
		return func(int, int) {}, func() {}
	}
	b := progressbar.NewOptions(-1, progressbar.OptionSetWriter(a.err),
		progressbar.OptionSetDescription("looking up the links of "+newsletter), progressbar.OptionClearOnFinish())
	step = func(done, of int) {
		b.ChangeMax(of)
		_ = b.Set(done)
	}
	return step, func() { _ = b.Finish() }
}

// wouldHold is the error of a dry run whose issues would be held. As long as
// web.public_url is a placeholder nothing can be sent anyhow, and a dry run is a
// first look at what digest does, which is no failure.
func (a *app) wouldHold(plans []plan) error {
	if placeholder(a.config.Web.PublicURL) {
		return nil
	}
	for _, p := range plans {
		if codes := blockingCodes(p.Findings); len(codes) > 0 {
			return fmt.Errorf("%w: %s would be held: put right what blocks it, or go past it with --force %s",
				digest.ErrHeld, p.Issue, strings.Join(codes, ","))
		}
	}
	return nil
}

// blockingCodes are the codes that --force takes to go past what blocks.
func blockingCodes(findings []preflight.Finding) []string {
	codes := map[string]int{}
	for _, f := range preflight.Blocking(findings) {
		codes[f.Code]++
	}
	return sortedKeys(codes)
}

// printFinding writes one for people, with what to do in a line of its own.
func printFinding(w io.Writer, f preflight.Finding) {
	label := string(f.Level)
	if f.Forced {
		label = "forced"
	}
	fmt.Fprintf(w, "  %-12s %s: %s\n", label, f.Code, sanitize.Line(f.Why))
	if !f.Forced {
		fmt.Fprintf(w, "  %-12s %s\n", "", f.Remedy)
	}
}

// codeHelp lists the codes for digest send --help.
func codeHelp() string {
	var b strings.Builder
	for _, k := range preflight.Kinds {
		text := k.Level + ": " + k.What
		if k.Asked != "" {
			text += " (" + k.Asked + ")"
		}
		fmt.Fprintf(&b, "\n  %-24s %s", k.Code, strings.Join(folded(text, 57), "\n"+strings.Repeat(" ", 27)))
	}
	return b.String()
}

// folded is a text in lines of so many characters at most.
func folded(text string, width int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		if last < 0 || len(lines[last])+1+len(word) > width {
			lines = append(lines, word)
			continue
		}
		lines[last] += " " + word
	}
	return lines
}
