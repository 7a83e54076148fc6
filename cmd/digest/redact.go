package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/sanitize"
	"digest.example/internal/store"
)

// redactOptions are the flags of digest redact.
type redactOptions struct {
	issue  string
	dryRun bool
}

func (a *app) redactCommand() *cobra.Command {
	var o redactOptions
	c := &cobra.Command{
		Use:   "redact ARTICLE|COMMENT",
		Short: "Take an article or a comment out of the archive and the database for good",
		Long: `Take somebody's words out of the archive, of all stored issues and of the library, by
the address or the id of the article or the comment. Its name, text and address go; its
id stays, so that nothing is mailed twice, and no pull brings it back. An issue says that
an article was removed; a comment leaves no trace. The archive shows it at once.

What has been mailed cannot be taken back. The message of an issue that is still being
sent stays until that has ended: then redact exits with 1 and says what to do. It may be
called again. What the editor wrote in a note, and your backups, are yours to look through.`,
		Example: `  digest redact https://blog.example.org/the-tide-mill-turns-again/#comment-6
  digest redact 101-6 --issue weekly/47 --dry-run`,
		Args: exactly(1, "the address or the id of an article or a comment"),
		RunE: func(c *cobra.Command, args []string) error { return a.redact(c.Context(), args[0], o) },
	}
	c.Flags().StringVar(&o.issue, "issue", "", "look the item up in this issue, like weekly/47; it is taken out everywhere")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "say what would be changed, and change nothing")
	return c
}

// redaction is what digest redact prints.
type redaction struct {
	DryRun bool               `json:"dry_run"`
	Items  []digest.Redaction `json:"items"`
	digest.Redacted
	// Scrubbed says that the words have left the database's files too.
	Scrubbed bool `json:"scrubbed"`
}

func (a *app) redact(ctx context.Context, what string, o redactOptions) (err error) {
	if _, err := a.load(); err != nil {
		return err
	}
	mode := store.ReadWrite
	if o.dryRun {
		mode = store.ReadOnly
	}
	s, err := a.open(ctx, mode)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	issue := digest.IssueRecord{}
	if o.issue != "" {
		if issue, err = issueNamed(ctx, s, o.issue); err != nil {
			return err
		}
	}
	done := redaction{DryRun: o.dryRun}
	if done.Items, err = publish.FindRedaction(ctx, s, what, issue.ID); err != nil {
		return err
	}
	if done.Redacted, err = publish.Redact(ctx, s, done.Items, o.dryRun, time.Now()); err != nil {
		return err
	}
	if !o.dryRun {
		if done.Scrubbed, err = patiently(ctx, func() (bool, error) { return s.Scrub(ctx) }); err != nil {
			return err
		}
	}
	if err := a.print(done, func(w io.Writer) { a.redactedTo(w, done) }); err != nil {
		return err
	}
	return stillSending(done)
}

// redactedTo writes for people what was taken out, and where.
func (a *app) redactedTo(w io.Writer, r redaction) {
	removed, dropped := "removed", "its stored message was dropped"
	if r.DryRun {
		removed, dropped = "would be removed", "its stored message would be dropped"
	}
	for _, i := range r.Items {
		fmt.Fprintf(w, "%s: %s\n", sanitize.Line(i.String()), removed)
	}
	fmt.Fprintf(w, "  library: %s, %s\n", plural(r.Articles, "article"), plural(r.Comments, "comment"))
	for _, i := range r.Issues {
		parts := []string{plural(i.Places, "place")}
		if i.Message {
			parts = append(parts, dropped)
		}
		if i.Waits {
			parts = append(parts, "its stored message stays until it has been sent")
		}
		fmt.Fprintf(w, "  %s (%s): %s\n", i.Name, i.State, strings.Join(parts, "; "))
	}
	switch {
	case r.DryRun || r.Scrubbed:
	case a.config.Postgres():
		fmt.Fprintln(w, "PostgreSQL keeps old rows in its files until: VACUUM FULL article, comment, issue")
	default:
		fmt.Fprintln(w, "The database's files still hold it, since others are reading: call this again in a minute")
	}
}

// stillSending is the error of issues that are still being sent: what they are sent
// as cannot be changed any more.
func stillSending(r redaction) error {
	var all []error
	for _, i := range r.Issues {
		if i.Waits {
			all = append(all, fmt.Errorf("%s is %s, and the message that goes out holds the words: digest cancel %s "+
				"stops it for good; otherwise the message is dropped once it has been sent", i.Name, i.State, i.Name))
		}
	}
	if r.DryRun {
		return nil
	}
	return errors.Join(all...)
}
