package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/store"
	"digest.example/internal/subscribers"
)

// exportOptions are the flags of digest subscribers export.
type exportOptions struct {
	state, file string
	force       bool
}

// everyState is what --state takes beside the states.
const everyState = "all"

func (a *app) exportCommand(newsletter *string) *cobra.Command {
	var o exportOptions
	c := &cobra.Command{
		Use:   "export",
		Short: "Write the readers as a CSV file",
		Long: `Write the readers as CSV, with the columns email, name, state, since, how and wording, to
standard output or a file that only you may read. digest subscribers import takes the file
as it is, and makes the same list of it; it adds nobody whose state is not active.

Cells that a spreadsheet would compute, because they begin with = + - @ or such a character
behind some ', get a ' in front; import takes it off. For scripts there is also
digest subscribers list --json.`,
		Example: `  digest subscribers export -o readers.csv
  digest subscribers export --state all > everybody.csv`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return a.export(c.Context(), *newsletter, o) },
	}
	c.Flags().StringVar(&o.state, "state", string(subscribers.Active),
		"only these: "+strings.Join(consentStates, ", ")+", or "+everyState)
	c.Flags().StringVarP(&o.file, "output", "o", "", "write to this file, which must not be there yet")
	c.Flags().BoolVar(&o.force, "force", false, "replace the file if it is there")
	return c
}

func (a *app) export(ctx context.Context, newsletter string, o exportOptions) (err error) {
	state := subscribers.State(o.state)
	switch {
	case a.json:
		return fmt.Errorf("%w: export writes CSV; digest subscribers list --json prints JSON", digest.ErrUsage)
	case o.state == everyState:
		state = ""
	case !slices.Contains(consentStates, o.state):
		return fmt.Errorf("%w: --state takes one of %s, %s, not %q", digest.ErrUsage,
			strings.Join(consentStates, ", "), everyState, o.state)
	}
	_, s, id, err := a.readList(ctx, newsletter)
	if err != nil {
		return err
	}
	defer closing(&err, s)
	if o.file == "" {
		_, err := writeCSV(ctx, s, id, state, a.out)
		return err
	}
	n := 0
	err = writeFile(o.file, o.force, func(w io.Writer) (err error) {
		n, err = writeCSV(ctx, s, id, state, w)
		return err
	})
	if err != nil {
		return err
	}
	return a.print(nil, func(w io.Writer) { fmt.Fprintf(w, "wrote %s: %s\n", o.file, plural(n, "reader")) })
}

// writeCSV writes a newsletter's readers, one after the other, and counts them.
func writeCSV(ctx context.Context, s *store.Store, newsletter string, state subscribers.State, w io.Writer) (n int, err error) {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"email", "name", "state", "since", "how", "wording"}); err != nil {
		return 0, err
	}
	err = s.Consents(ctx, newsletter, state, func(c subscribers.Consent) error {
		row := []string{
			c.Subscriber.Address, c.Subscriber.Name, string(c.State), c.Since.UTC().Format(time.RFC3339Nano), c.How, c.Wording,
		}
		for i := range row {
			row[i] = subscribers.Shielded(row[i])
		}
		n++
		return out.Write(row)
	})
	out.Flush()
	return n, errors.Join(err, out.Error())
}

// writeFile makes a file whole or not at all, for its owner alone.
func writeFile(name string, replace bool, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-digest-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if e := os.Remove(f.Name()); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}()
	out := bufio.NewWriterSize(f, 64<<10)
	if err := errors.Join(write(out), out.Flush(), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if replace {
		return os.Rename(f.Name(), name)
	}
	err = os.Link(f.Name(), name)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s is there already: give another name, or --force to replace it", digest.ErrRefused, name)
	}
	return err
}
