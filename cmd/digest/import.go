package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
	"digest.example/internal/sanitize"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

// importOptions are the flags of digest subscribers import.
type importOptions struct {
	how    string
	dryRun bool
}

func (a *app) importCommand(newsletter *string) *cobra.Command {
	var o importOptions
	c := &cobra.Command{
		Use:   "import FILE.csv|-",
		Short: "Put the people of a CSV file on the list",
		Long: `Put the people of a file on the list, on your word that they agreed; --how is kept as the
evidence, with the file's name and each row's line. Its first line names the columns, in any
order: email, and name or first name and last name; others are left aside. Without such a line
the column with addresses is found by its first row. Commas, semicolons, tabs or bars, UTF-8,
UTF-16 or Windows-1252: whatever spreadsheets write.

Everybody of the file joins at one instant, once its last row is read; if the import is stopped
before, nothing has changed. Sending and unsubscribing go on meanwhile. Nobody who left,
bounced, complained or is suppressed comes back; who is on the list stays as they are. A row
that cannot be used is reported with its line, and the others are taken: exit code 1 then.

A column status, as other newsletter services write it, or one such as unsubscribed_at says
who has left: they are refused. So is a row with a status that nobody knows.

A file of digest subscribers export is taken with its columns state, since, how and wording:
rows whose state is not active are refused. From cells that begin with ' before one of = + - @
(or tab, CR), which keeps spreadsheets from computing them, the ' is taken off.`,
		Example: `  digest subscribers import readers.csv --dry-run
  digest subscribers import readers.csv --how "sign-up sheets, harbour fair 2026"
  digest subscribers import - < readers.csv`,
		Args: exactly(1, "one CSV file, or - for standard input"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.importFile(c.Context(), *newsletter, args[0], o)
		},
	}
	c.Flags().StringVar(&o.how, "how", "", `how they agreed, kept as evidence (default "import of FILE")`)
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "say what would happen, and change nothing")
	return c
}

func (a *app) importFile(ctx context.Context, newsletter, name string, o importOptions) (err error) {
	newsletters, err := a.load()
	if err != nil {
		return err
	}
	n, err := pick(newsletters, newsletter)
	if err != nil {
		return err
	}
	in, size, err := a.openList(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if name == "-" {
		name = "standard input"
	}
	name = sanitize.Line(filepath.Base(name))
	if o.how == "" {
		o.how = "import of " + name
	}
	watch := a.watch("reading "+name, size)
	defer watch.end()
	rows, err := subscribers.ReadRows(io.TeeReader(in, watch))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	options := subscribers.ImportOptions{Newsletter: n.ID, File: name, How: o.how, DryRun: o.dryRun}
	run := func(s *store.Store, keys *subscribers.Keys, id string) error {
		options.Newsletter = id
		report, err := a.service(s, keys).Import(ctx, rows, options)
		watch.end()
		if err != nil {
			return err
		}
		return a.reportImport(importResult{Newsletter: n.Name, File: name, DryRun: o.dryRun, Report: report})
	}
	if o.dryRun {
		return a.withoutChange(ctx, n, run)
	}
	return a.withPublisher(ctx, newsletters, func(s *store.Store, keys *subscribers.Keys, _ *publish.Publisher) error {
		return run(s, keys, n.ID)
	})
}

// openList opens the file, and says how big it is; -1: unknown.
func (a *app) openList(name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(a.in), -1, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", digest.ErrUsage, err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%w: %s is a folder, not a CSV file", digest.ErrUsage, name)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	if !info.Mode().IsRegular() {
		return f, -1, nil
	}
	return f, info.Size(), nil
}

// importResult is what digest subscribers import prints.
type importResult struct {
	Newsletter string `json:"newsletter"`
	File       string `json:"file"`
	DryRun     bool   `json:"dry_run"`
	subscribers.Report
}

// troubleShown is how many rows that were not taken are printed; JSON has more.
const troubleShown = 20

func (a *app) reportImport(r importResult) error {
	if err := a.print(r, r.print); err != nil {
		return err
	}
	if n := r.Refused + r.Invalid; n > 0 {
		return fmt.Errorf("%w: %s not taken; the reasons stand above", digest.ErrRefused, plural(n, "row"))
	}
	return nil
}

func (r importResult) print(w io.Writer) {
	for i, t := range r.NotAdded {
		if i == troubleShown {
			fmt.Fprintf(w, "and %d more: --json lists %d\n", r.Refused+r.Invalid-troubleShown, len(r.NotAdded))
			break
		}
		fmt.Fprintf(w, "line %d: %s %q: %s\n", t.Line, t.Result, t.Entry, sanitize.Line(t.Why))
	}
	for _, n := range r.Notes {
		fmt.Fprintln(w, sanitize.Line(n))
	}
	verb := "added"
	if r.DryRun {
		verb = "would be added"
	}
	fmt.Fprintf(w, "%s: %s of %s: %d %s, %d already active, %d repeated, %d refused, %d invalid\n", r.Newsletter,
		plural(r.Rows, "row"), r.File, r.Added, verb, r.Already, r.Repeated, r.Refused, r.Invalid)
}

// withoutChange opens the database to look at it only; of a newsletter that it
// does not know, nobody is known.
func (a *app) withoutChange(ctx context.Context, n *publish.Newsletter, do func(*store.Store, *subscribers.Keys, string) error) (err error) {
	s, keys, err := a.look(ctx)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	id, err := s.NewsletterID(ctx, n.Name)
	if err != nil && !errors.Is(err, digest.ErrNotFound) {
		return err
	}
	return do(s, keys, id)
}

// watching shows how much of a file is read, where somebody watches.
type watching struct {
	bar *progressbar.ProgressBar
	out io.Writer
}

func (a *app) watch(what string, size int64) *watching {
	if !isTerminal(a.err) {
		return &watching{}
	}
	return &watching{out: a.err, bar: progressbar.NewOptions64(size, progressbar.OptionSetWriter(a.err),
		progressbar.OptionSetDescription(what), progressbar.OptionShowBytes(true),
		progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond))}
}

func (w *watching) Write(p []byte) (int, error) {
	if w.bar != nil {
		_ = w.bar.Add(len(p))
	}
	return len(p), nil
}

// end may be called twice.
func (w *watching) end() {
	if w.bar != nil {
		_ = w.bar.Exit()
		fmt.Fprintln(w.out)
		w.bar = nil
	}
}
