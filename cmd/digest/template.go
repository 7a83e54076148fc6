package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"digest.example/internal/compose"
	"digest.example/internal/config"
	"digest.example/internal/web"
	"digest.example/templates"
)

func (a *app) templateCommand() *cobra.Command {
	var force bool
	dump := &cobra.Command{
		Use:   "dump DIR",
		Short: "Write the shipped templates into a folder",
		Long: `Write the shipped templates of the mail and the pages into a folder, with a README.txt
that says what each is given. Change what you like there and name the folder in
config.yaml, as templates: DIR; a file that you delete is taken from the program again.
What is there already is not overwritten without --force.`,
		Example: `  digest template dump templates
  digest preview --watch                 see what you change`,
		Args: exactly(1, "the name of a folder"),
		RunE: func(_ *cobra.Command, args []string) error { return a.dumpTemplates(args[0], force) },
	}
	dump.Flags().BoolVar(&force, "force", false, "overwrite the files that are there")
	return group(&cobra.Command{
		Use:     "template",
		Short:   "Have templates of your own",
		Example: "  digest template dump templates",
	}, dump)
}

// dumped is what digest template dump prints.
type dumped struct {
	Folder string   `json:"folder"`
	Files  []string `json:"files"`
}

func (a *app) dumpTemplates(dir string, force bool) error {
	files, err := templates.Dump(dir, force)
	if err != nil {
		return err
	}
	return a.print(dumped{dir, files}, func(w io.Writer) {
		fmt.Fprintf(w, "wrote %s into %s; %s says what they are.\nPut this into %s: \"templates: %s\"\n",
			plural(len(files), "file"), dir, filepath.Join(dir, templates.Readme), a.configName(), dir)
	})
}

// composer makes what renders the mail from the templates that the configuration
// names, and tries them all, those of the pages too: a broken one is a mistake
// of the configuration.
func (a *app) composer() (*compose.Composer, error) {
	set, err := templates.Open(a.config.Templates)
	if err != nil {
		return nil, a.noTemplates(err)
	}
	composer, err := compose.New(set)
	found := broken(set.Locate("email", err))
	for _, p := range broken(set.Locate("web", a.tryPages(set))) {
		if !slices.Contains(found, p) { // the archive uses templates of the mail
			found = append(found, p)
		}
	}
	if len(found) > 0 {
		return nil, found
	}
	return composer, nil
}

// tryPages parses and tries the templates of the pages.
func (a *app) tryPages(set *templates.Set) error {
	files, err := fs.Sub(set, "web")
	if err == nil {
		_, err = web.New(web.Options{PublicURL: a.config.Web.PublicURL, Templates: files, Now: a.now})
	}
	if err == nil {
		_, err = compose.NewArchive(set)
	}
	return err
}

// noTemplates tells of a folder that is none by the key that names it.
func (a *app) noTemplates(err error) config.Problems {
	found := broken(err)
	for i, p := range found {
		if p.File == a.config.Templates {
			found[i] = config.Problem{File: a.configName(), Key: "templates", Text: p.File + " " + p.Text}
		}
	}
	return config.Locate(a.configFile, a.environ, found)
}

// broken are mistakes in templates, told like those of the configuration.
func broken(err error) (all config.Problems) {
	var found templates.Mistakes
	errors.As(err, &found)
	for _, m := range found {
		all = append(all, config.Problem{File: m.File, Line: m.Line, Text: m.Text})
	}
	return all
}
