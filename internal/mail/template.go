// Package mail turns an issue into messages and talks SMTP. It holds the
// stencil (a message that is MIME-encoded once and filled in per recipient),
// the few header rules that keep data from becoming headers, and an SMTP
// session that stops before the final dot so that its caller can write down
// what it is about to do. It knows nothing of subscribers, ledgers or config.
package mail

import (
	"bytes"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Template is what all recipients of an issue get alike. The same Template
// always gives the same bytes.
type Template struct {
	From    string // RFC 5322 mailbox
	ReplyTo string // RFC 5322 mailbox or empty
	Subject string // cleaned of controls, encoded where needed

	// Text and HTML are the two bodies, UTF-8. Each recipient's own unsubscribe
	// address replaces every Hole in them, and the address of their preferences
	// every HolePreferences of it.
	Text, HTML string
	// Hole is the marker in Text and HTML, from HoleUnsubscribe.
	Hole string

	Date     time.Time // its zone is the one that the header shows
	Boundary string    // 1 to 70 of A-Z a-z 0-9 - _ . ; must not be guessable

	ListID             string   // "Name <weekly.digest.example.org>", RFC 2919
	UnsubscribeMailbox string   // bare address for List-Unsubscribe; empty: https only
	Headers            []Header // further fields, such as Feedback-ID and List-Archive
}

// Header is a further static header field. A value that is not ASCII becomes
// encoded words; controls and line breaks become spaces.
type Header struct {
	Name, Value string
}

// NewStencil encodes the template. It refuses what would not be a correct
// message for anybody: bad mailboxes, a missing body, a hole or boundary that
// can be confused with content.
func NewStencil(t Template) (*Stencil, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	return t.stencil()
}

// NewPlainStencil encodes the template's text alone, for recipients who want no
// HTML. It refuses what NewStencil does.
func NewPlainStencil(t Template) (*Stencil, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	t.HTML = ""
	return t.stencil()
}

func (t Template) stencil() (*Stencil, error) {
	fields, err := t.fields()
	if err != nil {
		return nil, err
	}
	mark := marksOf(t.Hole)
	raw, err := t.encode(fields, mark)
	if err != nil {
		return nil, err
	}
	head, body, err := splitMessage(raw)
	if err != nil {
		return nil, err
	}
	s := &Stencil{mailbox: t.UnsubscribeMailbox, head: head}
	s.pieces, s.fills = mark.cut(body)
	if want := t.holes(t.Hole) + t.holes(HolePreferences(t.Hole)); len(s.fills) != want {
		return nil, fmt.Errorf("stencil has %d holes for %d markers: the content imitates the marker", len(s.fills), want)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("check the encoded template: %w", err)
	}
	return s, nil
}

// holes counts a marker in both bodies.
func (t Template) holes(marker string) int {
	return strings.Count(t.Text, marker) + strings.Count(t.HTML, marker)
}

// check refuses templates before anything is encoded.
func (t Template) check() error {
	switch {
	case !validHole(t.Hole):
		return errors.New("template: Hole is not one that HoleUnsubscribe made")
	case t.Text == "" || t.HTML == "":
		return errors.New("template: both Text and HTML are needed")
	case t.Date.IsZero():
		return errors.New("template: no Date")
	case !validBoundary(t.Boundary):
		return fmt.Errorf("template: bad boundary %q", t.Boundary)
	case strings.Contains(t.Text, "--"+t.Boundary) || strings.Contains(t.HTML, "--"+t.Boundary):
		return errors.New("template: the content holds the MIME boundary")
	case t.UnsubscribeMailbox != "":
		if err := checkMailto(t.UnsubscribeMailbox); err != nil {
			return fmt.Errorf("template: unsubscribe mailbox: %w", err)
		}
	}
	return nil
}

func validBoundary(s string) bool {
	if s == "" || len(s) > 70 {
		return false
	}
	for i := range len(s) {
		if !isAlnum(s[i]) && !strings.ContainsRune("-_.", rune(s[i])) {
			return false
		}
	}
	return true
}

// dateLayout is RFC 5322's date-time, always with a numeric zone.
const dateLayout = "Mon, 02 Jan 2006 15:04:05 -0700"

// fields are the static header fields, each once, their values ASCII and on
// one line; the encoder folds them at spaces.
func (t Template) fields() (map[string]string, error) {
	from, err := formatMailbox(t.From)
	if err != nil {
		return nil, fmt.Errorf("template: From: %w", err)
	}
	list, err := formatListID(t.ListID)
	if err != nil {
		return nil, fmt.Errorf("template: ListID: %w", err)
	}
	fields := map[string]string{
		"From":    from,
		"Subject": encodeText(t.Subject),
		"Date":    t.Date.Format(dateLayout),
		"List-Id": list,
		// RFC 3834: robots must not answer, and Outlook understands only the third.
		"Precedence":               "list",
		"Auto-Submitted":           "auto-generated",
		"X-Auto-Response-Suppress": "All",
	}
	if t.ReplyTo != "" {
		if fields["Reply-To"], err = formatMailbox(t.ReplyTo); err != nil {
			return nil, fmt.Errorf("template: Reply-To: %w", err)
		}
	}
	for _, h := range t.Headers {
		if err := addField(fields, h); err != nil {
			return nil, fmt.Errorf("template: %w", err)
		}
	}
	return fields, nil
}

// ownFields are written by the encoder or per recipient, so that nobody else may.
var ownFields = map[string]bool{
	"To": true, "Cc": true, "Bcc": true, "Message-Id": true, "Mime-Version": true,
	"Content-Type": true, "Content-Transfer-Encoding": true,
	"List-Unsubscribe": true, "List-Unsubscribe-Post": true,
	"In-Reply-To": true, "References": true, "Return-Path": true, "Sender": true,
}

func addField(fields map[string]string, h Header) error {
	key := textproto.CanonicalMIMEHeaderKey(h.Name)
	if !validFieldName(h.Name) || ownFields[key] {
		return fmt.Errorf("header %q cannot be set", h.Name)
	}
	for name := range fields {
		if strings.EqualFold(name, h.Name) {
			return fmt.Errorf("header %q is set twice", h.Name)
		}
	}
	value := clean(h.Value)
	if !isASCII(value) {
		value = encodeWords(value)
	}
	if value == "" || longestWord(value) > maxLine-len(h.Name)-2 {
		return fmt.Errorf("header %q: empty or longer than a line may be", h.Name)
	}
	fields[h.Name] = value
	return nil
}

// encode lets go-mail build the message, with mark standing alone on a line
// wherever a hole is.
func (t Template) encode(fields map[string]string, mark marks) ([]byte, error) {
	return encodeParts(fields, t.Boundary, mark.put(t.Text, t.Hole), mark.put(t.HTML, t.Hole))
}

// encodeParts builds a message of two bodies, or of the text alone.
func encodeParts(fields map[string]string, boundary, text, html string) ([]byte, error) {
	msg := gomail.NewMsg(
		gomail.WithCharset(gomail.CharsetUTF8),
		gomail.WithEncoding(gomail.EncodingQP),
		gomail.WithBoundary(boundary),
		gomail.WithNoDefaultUserAgent(),
	)
	for name, value := range fields {
		msg.SetGenHeader(gomail.Header(name), value)
	}
	// Without a value go-mail makes one up, with the host's name in it.
	msg.SetGenHeader(gomail.HeaderMessageID, droppedID)
	msg.SetBodyString(gomail.TypeTextPlain, text)
	if html != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, html)
	}
	var buf bytes.Buffer
	if _, err := msg.WriteTo(&buf); err != nil {
		return nil, fmt.Errorf("encode the message: %w", err)
	}
	return buf.Bytes(), nil
}

// droppedID stands for the Message-ID until the header is split off.
const droppedID = "<dropped>"

// splitMessage gives the header fields without the Message-ID that was made up,
// and the body from its empty line on.
func splitMessage(raw []byte) (head, body []byte, err error) {
	end := bytes.Index(raw, []byte("\r\n\r\n"))
	id := bytes.Index(raw, []byte("Message-ID: "+droppedID+"\r\n"))
	if end < 0 || id < 0 || id > end {
		return nil, nil, errors.New("encode the message: the encoder changed its layout")
	}
	head = append(head, raw[:id]...)
	head = append(head, raw[id+len("Message-ID: "+droppedID+"\r\n"):end+2]...)
	return head, bytes.TrimSuffix(raw[end+2:], []byte("\r\n")), nil
}
