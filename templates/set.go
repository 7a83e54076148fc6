package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"digest.example/internal/digest"
)

// Set is the templates in use: an operator's files, and the shipped ones for all
// that the operator left alone. It is an fs.FS with the names of Files.
type Set struct {
	dir string
	own map[string]bool // by the names of Files
}

// Open looks into an operator's folder; with an empty dir only the shipped
// templates are in use. The error is Mistakes: where the folder is missing, or
// holds what is no template, since a misspelt name would silently do nothing.
// What is in the files is not looked at.
func Open(dir string) (*Set, error) {
	s := &Set{dir: dir, own: map[string]bool{}}
	if dir == "" {
		return s, nil
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, Mistakes{{File: dir, Text: "is not a folder: digest template dump " + dir + " makes it"}}
	}
	var found Mistakes
	names := Names()
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || file == dir {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		switch {
		case passing(d.Name()):
			return skip(d)
		case d.IsDir() && !slices.ContainsFunc(names, below(name)), !d.IsDir() && !slices.Contains(names, name) && name != Readme:
			found = append(found, Mistake{File: file, Text: "is not the name of a template: digest template dump shows what they are called"})
			return skip(d)
		case !d.IsDir():
			s.own[name] = name != Readme
		}
		return nil
	})
	if err != nil {
		return nil, Mistakes{{File: dir, Text: "cannot be read: " + err.Error()}}
	}
	if len(found) > 0 {
		return nil, found
	}
	return s, nil
}

// passing is what editors and version control leave beside the files that
// people write.
func passing(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") || strings.HasSuffix(name, "~")
}

func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func below(folder string) func(string) bool {
	return func(name string) bool { return strings.HasPrefix(name, folder+"/") }
}

// Open implements fs.FS.
func (s *Set) Open(name string) (fs.File, error) {
	if s.own[name] {
		return os.Open(filepath.Join(s.dir, filepath.FromSlash(name)))
	}
	return Files.Open(name)
}

// ReadDir implements fs.ReadDirFS. The names are always the shipped ones.
func (s *Set) ReadDir(name string) ([]fs.DirEntry, error) { return Files.ReadDir(name) }

// file is where a template comes from, for people.
func (s *Set) file(name string) string {
	switch {
	case s.own[name]:
		return filepath.Join(s.dir, filepath.FromSlash(name))
	case s.dir == "":
		return "templates/" + name
	default:
		return name + " (shipped)"
	}
}

// Names are those of the templates, such as email/issue.html, in order.
func Names() []string {
	var names []string
	// It cannot fail: the files are part of the program.
	_ = fs.WalkDir(Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	return names
}

// Dump writes the shipped templates and a description of them into dir, and
// returns the names of what it wrote. It refuses where one of the files is
// there already, unless force is given, and then has written none.
func Dump(dir string, force bool) ([]string, error) {
	names := append(Names(), Readme)
	for _, name := range names {
		_, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name)))
		if err == nil && !force {
			return nil, fmt.Errorf("%w: %s is there already: name another folder, or give --force to overwrite it",
				digest.ErrUsage, filepath.Join(dir, filepath.FromSlash(name)))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("write the templates: %w", err)
		}
	}
	for _, name := range names {
		if err := dump(filepath.Join(dir, filepath.FromSlash(name)), name, force); err != nil {
			return nil, fmt.Errorf("write the templates: %w", err)
		}
	}
	return names, nil
}

// dump writes one file. Without force it makes a new one only, so that not even
// one that has just come to be is overwritten.
func dump(file, name string, force bool) error {
	content := []byte(readme)
	if name != Readme {
		var err error
		if content, err = Files.ReadFile(path.Clean(name)); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	flag := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flag = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(file, flag, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
