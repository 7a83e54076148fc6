package compose

import htmltemplate "html/template"

// page is what issue.html and issue.txt are given. Every string in it is clean
// (one line, nothing invisible) and not yet escaped.
type page struct {
	Lang      string // BCP 47
	Dir       string // ltr or rtl
	Subject   string
	Preheader string
	Title     string            // the newsletter's
	When      string            // the date
	View      string            // the page in the archive; empty: the public address is not known
	Counts    string            // "5 articles, 186 comments"
	Note      htmltemplate.HTML // the editor's, styled; may be empty
	NoteText  string
	Lead      []fragment
	More      []fragment
	LeftOut   int    // titles that found no room
	Archive   string // where they may be; may be empty
	Discussed []fragment
	Footer    footer
}

// footer is what footer.html and footer.txt are given.
type footer struct {
	Title       string // the newsletter's
	Host        string // where they subscribed; may be empty
	Unsubscribe string // the hole
	Preferences string // the hole of the link to the reader's preferences
	Address     string // postal
}

// article is what article, discussed and title (.html and .txt) are given.
// Empty strings and nil links are simply not printed.
type article struct {
	Title       string
	Spoken      string // the title's link, where Title alone leads elsewhere too
	URL         string
	Author      string
	Bio         string // the author's own words, not printed by the templates that are shipped
	When        string
	Count       int // comments, as the source counts
	MetaText    string
	Excerpt     htmltemplate.HTML
	ExcerptText string
	Original    *link // where the article was first published; its Title is the host
	Comments    []comment
	Quiet       bool // comments were read and none was picked
	Read        int
	Closed      bool
	All         *link // to the whole thread; its Title is the article's, cut short

	thread string // where its comments are, or the article itself
}

// HasMeta says whether the line under the title says anything.
func (a article) HasMeta() bool { return a.Author != "" || a.When != "" || a.Count > 0 }

// comment is what comment.html and comment.txt are given.
type comment struct {
	Bar      string // name of the look of the bar's cell
	Name     string
	ByAuthor bool   // the article's author wrote it
	Answers  string // whom; may be empty
	Votes    string
	Link     *link // to the comment
	HeadText string
	Body     htmltemplate.HTML
	BodyText string
	Links    []string // addresses that Body links to
	Rest     *link    // to the rest of it, where it was cut; its Title is Name
}

// link is an address with the words to click on, where the template does not
// say them. Title is what it leads to.
type link struct {
	URL   string
	Words string
	Title string
}
