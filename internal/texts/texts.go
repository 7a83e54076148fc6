// Package texts holds every sentence that is ours in mails and on pages, in
// several languages, and how these write numbers and dates. One file for each
// language stands in messages; what is said where is decided by templates and
// by the packages that fill them.
package texts

import (
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed messages/*.json
var files embed.FS

// folder of the message files, which are named after their language.
const folder = "messages"

// Catalog has the messages of all languages. It is immutable and safe for
// concurrent use.
type Catalog struct {
	bundle  *i18n.Bundle
	tags    []language.Tag // of the message files
	matcher language.Matcher
	needs   map[string][]string // placeholders by key
}

// placeholder is where a message has something filled in. N is the number that
// chose its form.
var placeholder = regexp.MustCompile(`{{\.(\w+)}}`)

// New reads the message files that are part of the program; once, since whoever
// composes mails or shows pages needs them, and there is nothing to change in them.
func New() (*Catalog, error) { return read() }

var read = sync.OnceValues(func() (*Catalog, error) {
	entries, err := files.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("texts: %w", err)
	}
	c := &Catalog{bundle: i18n.NewBundle(language.English), needs: map[string][]string{}}
	for _, e := range entries {
		file, err := c.bundle.LoadMessageFileFS(files, path.Join(folder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("texts: %s: %w", e.Name(), err)
		}
		if file.Tag != language.English {
			continue
		}
		for _, m := range file.Messages {
			c.needs[m.ID] = placeholders(m.Other)
		}
	}
	c.tags = c.bundle.LanguageTags()
	c.matcher = language.NewMatcher(c.tags) // to make one takes longer than to use it
	return c, nil
})

func placeholders(message string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(message, -1) {
		names = append(names, m[1])
	}
	return names
}

// For is the language of a newsletter. The tag is BCP 47, with hyphens or
// underscores; one that is none counts as English. Where there are no messages in the
// language they are English, while Tag and Dir stay the newsletter's. Regions
// share the messages of their language: a close relative's are not taken, though
// CLDR would (Spanish for Basque).
func (c *Catalog) For(tag string) *Language {
	asked, err := language.Parse(tag)
	if err != nil || asked == language.Und {
		asked = language.English
	}
	messages, own := c.messagesFor(asked)
	l := &Language{
		Tag: asked.String(), Dir: direction(asked), Messages: asked.String(),
		localizer: i18n.NewLocalizer(c.bundle, messages.String()), needs: c.needs,
	}
	if own {
		l.printer = message.NewPrinter(digits(asked))
	} else {
		l.Messages = messages.String()
		l.printer = message.NewPrinter(messages)
	}
	return l
}

// messagesFor is the language of the file to take, and whether that is the
// language that was asked for.
func (c *Catalog) messagesFor(asked language.Tag) (_ language.Tag, own bool) {
	_, i, confidence := c.matcher.Match(asked)
	want, _ := asked.Base()
	if base, _ := c.tags[i].Base(); confidence == language.No || base != want {
		return language.English, false
	}
	return c.tags[i], true
}

// rtl are the scripts that are written from right to left (Unicode TR 9).
var rtl = map[string]bool{
	"Arab": true, "Hebr": true, "Thaa": true, "Syrc": true, "Nkoo": true, "Adlm": true, "Rohg": true, "Mand": true,
	"Samr": true, "Armi": true,
}

// direction is the value of dir for the script that the language is usually
// written in, or that its tag names.
func direction(tag language.Tag) string {
	if script, _ := tag.Script(); rtl[script.String()] {
		return "rtl"
	}
	return "ltr"
}

// latinDigits are the regions where Arabic is written with 1, 2, 3 (CLDR,
// defaultNumberingSystem); everywhere else it is with ١, ٢, ٣.
var latinDigits = map[string]bool{"AE": true, "DZ": true, "EH": true, "LY": true, "MA": true, "TN": true}

// digits asks for the digits that CLDR gives an Arabic region: x/text takes
// Latin ones as soon as any region is named.
func digits(tag language.Tag) language.Tag {
	base, _ := tag.Base()
	region, confidence := tag.Region()
	if base.String() != "ar" || tag.TypeForKey("nu") != "" || confidence == language.Exact && latinDigits[region.String()] {
		return tag
	}
	if with, err := tag.SetTypeForKey("nu", "arab"); err == nil {
		return with
	}
	return tag
}

// Tags are the languages that there are messages in, in alphabetical order.
func (c *Catalog) Tags() []string {
	var all []string
	for _, t := range c.bundle.LanguageTags() {
		all = append(all, t.String())
	}
	slices.Sort(all)
	return all
}
