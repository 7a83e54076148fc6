// Package preview is what an operator looks at before an issue goes out: the
// page that shows it from all sides, and a server on this machine that shows
// the page anew as its sources change. It is told what to show, and decides
// nothing about an issue.
package preview

import (
	"bytes"
	_ "embed" // the page
	"fmt"
	"html/template"
	"time"

	"digest.example/internal/digest"
)

// Page is what index.html shows. Every string in it is plain text, and may be a
// stranger's.
type Page struct {
	Title   string // the newsletter's
	Issue   string // its name, such as weekly/47
	At      time.Time
	Since   time.Time
	Empty   bool // nothing new: there is no mail, only the reasons
	Subject string
	// Preheader is the line that inboxes show beside the subject.
	Preheader string
	Bytes     int // of the HTML
	Headers   []Header
	Text      string // the plain-text part
	Remarks   []Remarks
	Printed   []Item
	Left      []Item
	People    int
	Domains   []Group
	LeftOut   []Group // people, by the reason why they get nothing
	Change    *Change // nil: it is the first issue
	Files     []string
}

// Remarks are lines of one kind that ask for the operator's attention.
type Remarks struct {
	Title string
	Grave bool // what would hold the issue
	Lines []string
}

// Item is an article or a comment with the reason why it is printed or not.
type Item struct {
	digest.Item
	Title, Author, URL string
	Why                []string
	Again              bool // the issue before had it too
}

// Group is a number of people. Addresses are named only where they were asked
// for.
type Group struct {
	Name      string
	People    int
	Addresses []string
}

//go:embed page.html
var pageText string

//go:embed overview.html
var overviewText string

// widths are those of a phone, of a mail program's own column, and of a window,
// in pixels.
var widths = []int{375, 640, 1000}

// frames are what the page shows the mail in.
type frames struct {
	Name   string
	File   string
	Widths []int
}

// shown is a Page as its template takes it.
type shown struct {
	Page
	Frames []frames
}

// Render writes the page. It is one file without scripts, which shows the two
// files of the mail that lie beside it, issue-light.html and issue-dark.html.
func (p Page) Render() ([]byte, error) {
	return render("page.html", pageText, shown{p, []frames{
		{"Light", "issue-light.html", widths}, {"Dark", "issue-dark.html", widths},
	}})
}

// Overview writes a page that leads to those of several newsletters: their
// folders.
func Overview(folders []string) ([]byte, error) {
	return render("overview.html", overviewText, folders)
}

func render(name, text string, data any) ([]byte, error) {
	t, err := template.New(name).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	return b.Bytes(), nil
}
