// Package digest holds the nouns that every other package speaks of, and the
// few kinds of error that decide an exit code or an HTTP status. It needs the
// standard library only and does nothing itself.
package digest

import "time"

// Author is whoever wrote an article or a comment, as the source names them.
// All fields are plain text from strangers; any may be empty.
type Author struct {
	Name string `json:"name,omitempty"`
	URL  string `json:"url,omitempty"`
	Bio  string `json:"bio,omitempty"`
}

// Article is one article of a source. (Source, ID) identifies it for ever;
// title, address and date may change without making it another article.
type Article struct {
	Source    string    `json:"source"`
	ID        string    `json:"id"` // the source's own id
	URL       string    `json:"url"`
	Title     string    `json:"title"` // plain text; may be empty
	Author    Author    `json:"author"`
	Published time.Time `json:"published"`
	Updated   time.Time `json:"updated,omitzero"`
	HTML      string    `json:"html"`              // untrusted
	Summary   string    `json:"summary,omitempty"` // untrusted HTML, where the source gives one
	Original  string    `json:"original,omitempty"`
	Language  string    `json:"language,omitempty"` // BCP 47; empty: the newsletter's

	// Appeared is when the article came to be listed, where it was published
	// under a date that had passed already; zero otherwise. The library sets it.
	Appeared time.Time `json:"appeared,omitzero"`
	// Redacted says that somebody's words were taken out of an issue that had
	// been frozen: of the article only its ids and its dates are left.
	Redacted bool `json:"redacted,omitempty"`
	// Alias is the id under which the source lists the article by now, where it
	// has changed; the library keeps the one that it saw first.
	Alias string `json:"-"`

	Comments       []Comment `json:"comments,omitempty"`
	CommentCount   int       `json:"comment_count"` // as the source counts; at least len(Comments)
	CommentsURL    string    `json:"comments_url,omitempty"`
	CommentsClosed bool      `json:"comments_closed,omitempty"`
	// Whole says that Comments are all that the site shows at this moment: any
	// other that the library has is gone from it.
	Whole bool `json:"-"`
}

// Listed is when the article came to be listed: what decides which issue it
// belongs to.
func (a Article) Listed() time.Time {
	if a.Appeared.After(a.Published) {
		return a.Appeared
	}
	return a.Published
}

// Comment is one comment under an article. (Source, Article, ID) identifies
// it. Parent may name a comment that is not there: real threads have orphans.
type Comment struct {
	Source    string    `json:"source"`
	Article   string    `json:"article"` // the article's ID
	ID        string    `json:"id"`
	Parent    string    `json:"parent,omitempty"`
	URL       string    `json:"url,omitempty"`
	Author    Author    `json:"author"`
	Published time.Time `json:"published"`
	HTML      string    `json:"html"` // untrusted

	// Votes is nil where the source has no votes, which is not the same as zero.
	Votes *Votes `json:"votes,omitempty"`
	// ByArticleAuthor is set where the source says so.
	ByArticleAuthor bool `json:"by_article_author,omitempty"`
}

// Votes are a comment's votes as its source shows them. Base is what the
// source gives every comment at birth (1 on some sites). Down is -1 where the
// source shows only a sum, which then stands in Up.
type Votes struct {
	Up   int `json:"up"`
	Down int `json:"down"`
	Base int `json:"base,omitempty"`
}

// Harvest is what one pull of one source returned. A partial harvest says in
// Warnings, in words for the operator, what is missing. What a harvest does not
// mention stays as it was.
type Harvest struct {
	Source   string
	At       time.Time
	Articles []Article // as the site lists them, its newest first where it has an order
	Gone     []Item    // what the source is sure not to show any more; sections are empty
	Warnings []string
	// State is what the adapter wants to be given at the next pull: JSON, kept
	// with the harvest. Empty: it keeps the one that it was given.
	State []byte
}

// Newsletter is one publication, as the configuration describes it.
type Newsletter struct {
	ID                 string // 8 hex digits, made when the database first saw Name
	Name               string // short, unique: the "weekly" of weekly/47
	Title              string
	From               string // RFC 5322 mailbox
	ReplyTo            string // RFC 5322 mailbox or empty
	EnvelopeFrom       string // bare address: where bounces go
	UnsubscribeMailbox string // bare address or empty
	PostalAddress      string
	Language           string // BCP 47
	PublicURL          string // no trailing slash
	Location           *time.Location

	MaxArticles int           // articles printed in full
	Window      time.Duration // how far back the first issue reaches
	PerArticle  int           // comments printed under an article
	MinAge      time.Duration // settling time of a thread
	Bar         float64       // content score that a comment needs; 0: the usual one
	// BlockedWords and BlockedAuthors keep comments out, in any case.
	BlockedWords, BlockedAuthors []string
	Resend                       bool          // what happens to a delivery in doubt: resend, or hold
	HoldMax                      time.Duration // how long a held issue waits
	CatchUp                      time.Duration // how late a missed slot may still be sent
	Sources                      []SourceRef
}

// SourceRef names a site that a newsletter is pulled from.
type SourceRef struct {
	Name     string
	URL      string
	Kind     string
	Required bool // whether an issue waits for it
}

// Edition is a rhythm of a newsletter; history is kept per edition.
type Edition = string

// EditionScheduled is the edition that follows the newsletter's schedule.
const EditionScheduled Edition = "scheduled"
