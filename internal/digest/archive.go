package digest

import "fmt"

// Redaction names an article, with all that stands under it, or one comment,
// that is to be taken out of everything that is kept.
type Redaction struct {
	Source  string `json:"source"`
	Article string `json:"article"`
	Comment string `json:"comment,omitempty"` // empty: the article
	URL     string `json:"-"`                 // as it was found; empty: not known any more
	// Fingerprint stands for the address once that has gone too; see library.Fingerprint.
	Fingerprint string `json:"-"`
}

// Item is what issues call it, without a section.
func (r Redaction) Item() Item {
	return Item{Source: r.Source, Article: r.Article, Comment: r.Comment}
}

// String names it for people, by its ids.
func (r Redaction) String() string {
	if r.Comment != "" {
		return fmt.Sprintf("comment %s under article %s of %s", r.Comment, r.Article, r.Source)
	}
	return fmt.Sprintf("article %s of %s", r.Article, r.Source)
}

// Redacted says where something was taken out.
type Redacted struct {
	Articles int             `json:"articles"` // of the library
	Comments int             `json:"comments"`
	Issues   []RedactedIssue `json:"issues"`
}

// RedactedIssue is an issue whose content, or whose message as it was sent,
// held what was taken out.
type RedactedIssue struct {
	Name    string     `json:"issue"`
	State   IssueState `json:"state"`
	Places  int        `json:"places"`  // in its content that were changed
	Message bool       `json:"message"` // the stored message was dropped
	Waits   bool       `json:"waits"`   // the stored message is still needed to send the issue
}
