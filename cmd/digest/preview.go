package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
	"digest.example/internal/preview"
)

// previewOptions are the flags of digest preview.
type previewOptions struct {
	dry    sendOptions
	watch  bool
	listen string
}

func (a *app) previewCommand() *cobra.Command {
	o := previewOptions{dry: sendOptions{dryRun: true}}
	c := &cobra.Command{
		Use:   "preview",
		Short: "Look at the issue as it would be now",
		Long: `Make the issue as it would be now, as send --dry-run does, and say where the page is
that shows it: at several widths, in light and dark, with the text part, the headers,
who gets it, and what has changed since the last issue. Nothing is sent and the
database is not touched.

--watch serves that page on this machine and shows it anew whenever a template of
yours, the note or the configuration changes. The sites are asked once, and again
only if the configuration asks others. A mistake is shown in the page. Ctrl-C ends it.`,
		Example: `  digest preview
  digest preview --watch`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.watch {
				return a.watchPreview(c.Context(), o)
			}
			return a.preview(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.dry.newsletter, "newsletter", "", "only this newsletter")
	f.BoolVar(&o.dry.showAddresses, "show-addresses", false, "name the recipients")
	f.BoolVar(&o.watch, "watch", false, "serve the page, and make it anew when something changes")
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "with --watch: an address of this machine itself; port 0: any that is free")
	return c
}

// preview writes the page and says where it is.
func (a *app) preview(ctx context.Context, o previewOptions) error {
	newsletters, err := a.load()
	if err != nil {
		return err
	}
	made, err := a.makePreviews(ctx, newsletters, o.dry)
	if err != nil {
		return err
	}
	pages := []shownPage{}
	for _, m := range made {
		page, err := filepath.Abs(filepath.Join(m.plan.Folder, "index.html"))
		if err != nil {
			return fmt.Errorf("name the preview: %w", err)
		}
		pages = append(pages, shownPage{m.plan.Issue, (&url.URL{Scheme: "file", Path: filepath.ToSlash(page)}).String()})
	}
	return a.print(pages, func(w io.Writer) {
		for _, p := range pages {
			fmt.Fprintf(w, "%s as it would be now: %s\n", p.Issue, p.Page)
		}
	})
}

// shownPage is what digest preview prints.
type shownPage struct {
	Issue string `json:"issue"`
	Page  string `json:"page"` // an address
}

// served are the files of several newsletters' previews, as they are served: a
// single one's at the root, as its folder is preview/ itself.
func served(made []madePreview) (map[string][]byte, error) {
	files := map[string][]byte{}
	var folders []string
	for _, m := range made {
		prefix := ""
		if len(made) > 1 {
			name, _, err := digest.ParseIssueName(m.plan.Issue)
			if err != nil {
				return nil, err
			}
			folders = append(folders, name)
			prefix = name + "/"
		}
		for name, content := range m.files {
			files[prefix+name] = content
		}
	}
	if len(folders) > 0 {
		index, err := preview.Overview(folders)
		if err != nil {
			return nil, err
		}
		files["index.html"] = index
	}
	return files, nil
}
