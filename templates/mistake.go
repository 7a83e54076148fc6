package templates

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"digest.example/internal/digest"
)

// Mistake is what is wrong with a template.
type Mistake struct {
	File string // as the operator sees it
	Line int    // from 1; 0 where unknown
	Text string // one line
}

// Mistakes are a digest.ErrConfig.
type Mistakes []Mistake

// Error gives each mistake a line.
func (ms Mistakes) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.File + ": " + m.Text
		if m.Line > 0 {
			lines[i] = m.File + ":" + strconv.Itoa(m.Line) + ": " + m.Text
		}
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes errors.Is(err, digest.ErrConfig) true.
func (ms Mistakes) Unwrap() error { return digest.ErrConfig }

// place is how text/template and html/template name a place in an error: by the
// base name of the file, its line and sometimes its column.
var place = regexp.MustCompile(`(?:html/template:|template: )([\w-]+\.\w+)(?::(\d+))?(?::\d+)?: `)

// Locate turns an error from parsing or running the templates of a folder,
// email or web, into Mistakes that name the file.
func (s *Set) Locate(folder string, err error) error {
	if err == nil {
		return nil
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	at := place.FindStringSubmatchIndex(text)
	if at == nil {
		return Mistakes{{File: s.folder(folder), Text: text}}
	}
	m := Mistake{File: s.file(named(folder, text[at[2]:at[3]])), Text: text[at[1]:]}
	if at[4] >= 0 {
		m.Line, _ = strconv.Atoi(text[at[4]:at[5]])
	}
	return Mistakes{m}
}

// named is the template of that base name: the folder's, or else the other's,
// since the pages of the archive use templates of the mail.
func named(folder, base string) string {
	name := path.Join(folder, base)
	names := Names()
	if i := slices.IndexFunc(names, func(n string) bool { return path.Base(n) == base }); i >= 0 && !slices.Contains(names, name) {
		return names[i]
	}
	return name
}

// folder is where mistakes are that belong to no single file.
func (s *Set) folder(name string) string {
	if s.dir == "" {
		return "templates/" + name
	}
	return path.Join(s.dir, name)
}
