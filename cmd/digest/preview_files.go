package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"digest.example/internal/mail"
	"digest.example/internal/preview"
	"digest.example/internal/publish"
)

// previewNames are the files that a dry run writes.
var previewNames = []string{
	"index.html", "issue.html", "issue-light.html", "issue-dark.html", "issue.txt", "sample.eml", "plan.json",
}

// previewFiles are those of one newsletter, by name. Without an issue there are
// only those that say why.
func previewFiles(p *publish.Publisher, n *publish.Newsletter, v publish.Preview, made plan, last *preview.Edition) (map[string][]byte, error) {
	planJSON, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	files := map[string][]byte{"plan.json": planJSON}
	if !v.Issue.Empty() {
		if err := drawCopy(p, n, v, files); err != nil {
			return nil, fmt.Errorf("write the preview: %w", err)
		}
	}
	page := made.page(n.Title, files, last)
	page.Files = slices.Sorted(maps.Keys(files))
	if files["index.html"], err = page.Render(); err != nil {
		return nil, err
	}
	return files, nil
}

// drawCopy adds the copy that a sample recipient would get.
func drawCopy(p *publish.Publisher, n *publish.Newsletter, v publish.Preview, files map[string][]byte) error {
	who, err := p.Sample(n, "reader@example.org")
	if err != nil {
		return err
	}
	html, err := mail.Fill(v.Rendered.HTML, v.Rendered.Hole, who)
	if err != nil {
		return err
	}
	text, err := mail.Fill(v.Rendered.Text, v.Rendered.Hole, who)
	if err != nil {
		return err
	}
	eml, err := v.Rendered.Stencil.Message(who)
	if err != nil {
		return err
	}
	files["issue.html"], files["issue.txt"], files["sample.eml"] = []byte(html), []byte(text), eml
	files["issue-light.html"] = []byte(preview.InScheme(html, preview.Light))
	files["issue-dark.html"] = []byte(preview.InScheme(html, preview.Dark))
	return nil
}

// writeFolder writes a dry run's files, for the operator's eyes only. It
// replaces the files that it wrote before and touches no others.
func writeFolder(folder string, files map[string][]byte) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("write the preview: %w: call it in a folder that takes a new one named preview", err)
	}
	if err := os.Chmod(folder, 0o700); err != nil {
		return fmt.Errorf("write the preview: %w: the folder preview must belong to the user that calls digest", err)
	}
	var problems []error
	for _, name := range previewNames {
		file := filepath.Join(folder, name)
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
