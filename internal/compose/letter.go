package compose

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/mail"
	"digest.example/internal/sanitize"
	"digest.example/internal/texts"
)

// letter is what letter.html and letter.txt are given. Nothing in it was typed
// by a stranger: whoever enters an address on a form must not be able to write
// to it.
type letter struct {
	Kind       string // confirm, data, erase
	Lang       string // BCP 47
	Dir        string // ltr or rtl
	Subject    string
	Preheader  string
	Title      string // the heading
	Newsletter string // its title
	Link       string
	Button     string // the words of the link
	Host       string // where the link leads
	Address    string // postal
}

// Letter is the data of a mail with a link that works once, as SMTP wants it,
// in a language, or in the newsletter's if that is empty. The link must be unlike
// any other letter's: the Message-ID comes from it.
func (c *Composer) Letter(kind digest.LetterKind, nl digest.Newsletter, language, to, link string, at time.Time) ([]byte, error) {
	if language == "" {
		language = nl.Language
	}
	lang := c.catalog.For(language)
	l := newLetter(kind, nl, lang, link)
	html, text, err := c.letterParts(l, lang)
	if err != nil {
		return nil, fmt.Errorf("compose a %s letter of %s: %w", kind, nl.Name, err)
	}
	// Neither the id nor the boundary tells anything of the link: it is random.
	sum := sha256.Sum256([]byte("letter " + link))
	id := hex.EncodeToString(sum[:])
	if nl.Location != nil {
		at = at.In(nl.Location)
	}
	data, err := mail.Letter{
		From: nl.From, ReplyTo: nl.ReplyTo, To: to, Subject: l.Subject, Text: text, HTML: html,
		MessageID: id[:32] + "@" + senderDomain(nl.From), Date: at, Boundary: id[32:],
	}.Data()
	if err != nil {
		return nil, fmt.Errorf("compose a %s letter of %s: %w", kind, nl.Name, err)
	}
	return data, nil
}

func newLetter(kind digest.LetterKind, nl digest.Newsletter, lang *texts.Language, link string) letter {
	l := letter{
		Kind: string(kind), Lang: lang.Tag, Dir: lang.Dir, Newsletter: sanitize.Line(nl.Title), Link: link,
		Host: hostOf(link), Address: sanitize.Line(nl.PostalAddress),
	}
	if l.Newsletter == "" {
		l.Newsletter = l.Host
	}
	switch kind {
	case digest.LetterConfirm:
		l.Subject = lang.Say("letter_confirm_subject", "Newsletter", l.Newsletter)
		l.Title, l.Button = lang.Say("letter_confirm_title"), lang.Say("letter_confirm_yes")
		l.Preheader = lang.Say("letter_confirm_why", "Newsletter", l.Newsletter)
	case digest.LetterData:
		l.Subject, l.Button = lang.Say("letter_data_subject"), lang.Say("letter_data_yes")
		l.Preheader = lang.Say("letter_data_why", "Newsletter", l.Newsletter)
	case digest.LetterErase:
		l.Subject, l.Button = lang.Say("letter_erase_subject"), lang.Say("letter_erase_yes")
		l.Preheader = lang.Say("letter_erase_why", "Newsletter", l.Newsletter)
	}
	if l.Title == "" {
		l.Title = l.Subject
	}
	l.Subject, l.Preheader = sanitize.Short(l.Subject, subjectMax), sanitize.Short(l.Preheader, preheaderMax)
	return l
}

// letterParts renders both bodies, which must lead to the link.
func (c *Composer) letterParts(l letter, lang *texts.Language) (html, text string, err error) {
	p, err := c.letterIn(lang)
	if err != nil {
		return "", "", err
	}
	if html, text, err = p.render("letter", l); err != nil {
		return "", "", err
	}
	text = tidy(text)
	if !strings.Contains(html, `"`+l.Link+`"`) || !strings.Contains(text, l.Link) {
		return "", "", fmt.Errorf("the templates print no link in both parts")
	}
	return html, text, nil
}

// letterIn keeps the templates of each language: to make them takes longer than a
// letter does.
func (c *Composer) letterIn(lang *texts.Language) (parts, error) {
	const most = 50 // readers can name more languages than there are
	c.mu.Lock()
	defer c.mu.Unlock()
	p, known := c.letters[lang.Tag]
	if known {
		return p, nil
	}
	p, err := c.parts.in(lang)
	if err == nil && len(c.letters) < most {
		c.letters[lang.Tag] = p
	}
	return p, err
}

// tryLetters finds mistakes in the templates of letters.
func (c *Composer) tryLetters() error {
	for _, kind := range []digest.LetterKind{digest.LetterConfirm, digest.LetterData, digest.LetterErase} {
		if _, err := c.Letter(kind, trialNewsletter(), "", "trial@example.org", "https://example.org/c/trial", trialDate); err != nil {
			return err
		}
	}
	return nil
}
