package preflight

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"strings"
)

// Mail is a message as a reader's program decodes it.
type Mail struct {
	Header     netmail.Header
	Subject    string // decoded
	HTML, Text string // decoded; lines end in LF
}

// mostParts bounds how deep and how many parts are looked at.
const mostParts = 20

// Read decodes a message. Of several parts of a type the first counts.
func Read(message []byte) (Mail, error) {
	read, err := netmail.ReadMessage(bytes.NewReader(message))
	if err != nil {
		return Mail{}, fmt.Errorf("read the mail: %w", err)
	}
	m := Mail{Header: read.Header}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject")); err != nil {
		return m, fmt.Errorf("read the mail's subject: %w", err)
	}
	left := mostParts
	if err := m.part(textproto.MIMEHeader(read.Header), read.Body, &left); err != nil {
		return m, fmt.Errorf("read the mail's parts: %w", err)
	}
	return m, nil
}

// part takes up one part, and those within it.
func (m *Mail) part(header textproto.MIMEHeader, body io.Reader, left *int) error {
	if *left--; *left < 0 {
		return errors.New("too many")
	}
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = m.part(p.Header, p, left)
			}
			if err != nil {
				return err
			}
		}
	}
	content, err := io.ReadAll(decoded(header.Get("Content-Transfer-Encoding"), body))
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	switch {
	case kind == "text/html" && m.HTML == "":
		m.HTML = text
	case kind == "text/plain" && m.Text == "":
		m.Text = text
	}
	return nil
}

func decoded(coding string, body io.Reader) io.Reader {
	switch strings.ToLower(coding) {
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	default:
		return body
	}
}
