package texts

import (
	"errors"
	"fmt"
	"html"
	"html/template"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
	"golang.org/x/text/unicode/bidi"
)

// Language says things in one language. It is immutable and safe for
// concurrent use.
type Language struct {
	Tag      string // BCP 47, the newsletter's
	Dir      string // of Tag: ltr or rtl
	Messages string // BCP 47, of what Language says: Tag, or en

	localizer *i18n.Localizer
	printer   *message.Printer
	needs     map[string][]string
}

// Base is the one of Catalog.Tags whose messages Language says: pt for pt-BR.
func (l *Language) Base() string {
	base, _ := language.Make(l.Messages).Base()
	return base.String()
}

// ErrUnknown is a key that no message has.
var ErrUnknown = errors.New("no such text")

// Text is the message of that key. After the key stands the number that
// chooses its form and is its {{.N}}, where it counts something, then the name and
// the value of each other placeholder. Values are strings or ints. An error
// means that the caller is wrong: the key is unknown (ErrUnknown), or the values
// are not those that the message needs.
func (l *Language) Text(key string, args ...any) (string, error) {
	return l.say(key, args, func(_ int, v any) (any, error) {
		switch v := v.(type) {
		case string:
			return v, nil
		case int:
			return l.Number(v), nil
		}
		return nil, fmt.Errorf("a text takes no %T", v)
	})
}

// HTML is Text as markup. Strings come from strangers: they are escaped, and
// isolated in a <bdi> where they could turn the sentence round. Values may also be
// template.HTML, which stays as it is.
func (l *Language) HTML(key string, args ...any) (template.HTML, error) {
	var marks []string // each mark, then what takes its place
	text, err := l.say(key, args, func(i int, v any) (any, error) {
		// NUL stands in no message, and values are put in after the message was
		// escaped: neither is looked at twice.
		mark := fmt.Sprintf("\x00%d\x00", i)
		switch v := v.(type) {
		case string:
			marks = append(marks, mark, l.within(v))
		case int:
			marks = append(marks, mark, l.Number(v))
		case template.HTML:
			marks = append(marks, mark, string(v))
		default:
			return nil, fmt.Errorf("a text takes no %T", v)
		}
		return mark, nil
	})
	if err != nil {
		return "", err
	}
	out := strings.NewReplacer(marks...).Replace(html.EscapeString(text))
	if l.Messages != l.Tag {
		out = l.isolated(out)
	}
	return template.HTML(out), nil
}

// within is a stranger's string within a sentence. Where nothing runs from right
// to left there is nothing to isolate, and to a spam filter an element within
// words without blanks, such as Japanese ones, is an attempt to hide them.
func (l *Language) within(s string) string {
	escaped := html.EscapeString(s)
	if (l.Dir == "ltr" || l.Messages != l.Tag) && !strings.ContainsFunc(s, turns) {
		return escaped
	}
	return `<bdi dir="auto">` + escaped + `</bdi>`
}

// turns says whether a character can change the direction of what stands around
// it (Unicode TR 9, table 4).
func turns(r rune) bool {
	p, _ := bidi.LookupRune(r)
	switch p.Class() {
	case bidi.R, bidi.AL, bidi.AN, bidi.LRO, bidi.RLO, bidi.LRE, bidi.RLE, bidi.PDF, bidi.LRI, bidi.RLI, bidi.FSI, bidi.PDI:
		return true
	}
	return false
}

// Isolate is what Text, Number or a date returned, as markup that stands in a
// line beside strangers' words.
func (l *Language) Isolate(text string) template.HTML {
	return template.HTML(l.isolated(html.EscapeString(text)))
}

func (l *Language) isolated(markup string) string {
	if l.Messages == l.Tag {
		return `<bdi dir="auto">` + markup + `</bdi>`
	}
	return `<bdi lang="` + l.Messages + `" dir="ltr">` + markup + `</bdi>`
}

// say finds a message and fills it with what value makes of each argument.
func (l *Language) say(key string, args []any, value func(i int, v any) (any, error)) (string, error) {
	needs, known := l.needs[key]
	if !known {
		return "", fmt.Errorf("%w: %q", ErrUnknown, key)
	}
	config := &i18n.LocalizeConfig{MessageID: key}
	data := map[string]any{}
	if len(args)%2 == 1 {
		n, ok := args[0].(int)
		if !ok {
			return "", fmt.Errorf("text %q: %v is neither a number nor has it a name", key, args[0])
		}
		config.PluralCount, data["N"] = n, l.Number(n)
		args = args[1:]
	}
	for i := 0; i < len(args); i += 2 {
		name, _ := args[i].(string)
		v, err := value(i, args[i+1])
		if err != nil {
			return "", fmt.Errorf("text %q: %s: %w", key, name, err)
		}
		data[name] = v
	}
	for name := range data {
		if !slices.Contains(needs, name) {
			return "", fmt.Errorf("text %q has no place for %q", key, name)
		}
	}
	for _, name := range needs {
		if data[name] == nil {
			return "", fmt.Errorf("text %q lacks %q", key, name)
		}
	}
	config.TemplateData = data
	out, err := l.localizer.Localize(config)
	if err != nil {
		return "", fmt.Errorf("text %q: %w", key, err)
	}
	return out, nil
}

// Say is Text for keys and values that stand in the source, where a test proves
// that they fit.
func (l *Language) Say(key string, args ...any) string {
	out, err := l.Text(key, args...)
	if err != nil {
		return key
	}
	return out
}

// Number writes a whole number with the language's digits and grouping.
func (l *Language) Number(n int) string { return l.printer.Sprint(number.Decimal(n)) }
