package mail

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// Letter is a message to one person outside any list. The same Letter always
// gives the same bytes.
type Letter struct {
	From      string // RFC 5322 mailbox
	ReplyTo   string // RFC 5322 mailbox or empty
	To        string // bare address; see CheckRecipient
	Subject   string // cleaned of controls, encoded where needed
	Text      string // the two bodies, UTF-8
	HTML      string
	MessageID string    // without angle brackets
	Date      time.Time // its zone is the one that the header shows
	Boundary  string    // as Template's
}

// Data is the message as SMTP wants it after 354: CRLF line ends, dot-stuffed,
// and without its last CRLF, so that nothing in it can end the transaction. It
// refuses what would not be a correct message.
func (l Letter) Data() ([]byte, error) {
	fields, err := l.fields()
	if err != nil {
		return nil, err
	}
	raw, err := encodeParts(fields, l.Boundary, normal(l.Text), normal(l.HTML))
	if err != nil {
		return nil, err
	}
	head, body, err := splitMessage(raw)
	if err != nil {
		return nil, err
	}
	head = append(head, "To: "+l.To+"\r\nMessage-ID: <"+l.MessageID+">\r\n"...)
	body = bytes.ReplaceAll(body, []byte("\r\n."), []byte("\r\n.."))
	if err := checkLines(append(bytes.Clone(head), body...), maxLine); err != nil {
		return nil, fmt.Errorf("check the encoded letter: %w", err)
	}
	return append(head, body...), nil
}

// fields are the header fields but for those that are written as they are.
func (l Letter) fields() (map[string]string, error) {
	switch {
	case l.Text == "" || l.HTML == "":
		return nil, errors.New("letter: both Text and HTML are needed")
	case l.Date.IsZero():
		return nil, errors.New("letter: no Date")
	case !validBoundary(l.Boundary):
		return nil, fmt.Errorf("letter: bad boundary %q", l.Boundary)
	}
	if err := errors.Join(CheckRecipient(l.To), checkMessageID(l.MessageID)); err != nil {
		return nil, fmt.Errorf("letter: %w", err)
	}
	from, err := formatMailbox(l.From)
	if err != nil {
		return nil, fmt.Errorf("letter: From: %w", err)
	}
	fields := map[string]string{
		"From":    from,
		"Subject": encodeText(l.Subject),
		"Date":    l.Date.Format(dateLayout),
		// RFC 3834: robots must not answer, and Outlook understands only the second.
		"Auto-Submitted":           "auto-generated",
		"X-Auto-Response-Suppress": "All",
	}
	if l.ReplyTo != "" {
		if fields["Reply-To"], err = formatMailbox(l.ReplyTo); err != nil {
			return nil, fmt.Errorf("letter: Reply-To: %w", err)
		}
	}
	return fields, nil
}
