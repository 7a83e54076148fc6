package rank

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// phrases are words and phrases to look for, all at once; nil: none.
type phrases struct {
	starts [1024]uint64 // a bit for every pair of bytes that one begins with
	by     map[uint16][]phrase
	single bool // whether one is of a single byte
}

type phrase struct{ folded, written string }

func newPhrases(list []string) *phrases {
	if len(list) == 0 {
		return nil
	}
	p := &phrases{by: map[uint16][]phrase{}}
	for _, written := range list {
		f := strings.TrimSpace(fold(written).text)
		if f == "" {
			continue
		}
		k := uint16(f[0]) << 8
		if len(f) > 1 {
			k |= uint16(f[1])
		} else {
			p.single = true
		}
		p.starts[k>>6] |= 1 << (k & 63)
		p.by[k] = append(p.by[k], phrase{f, written})
	}
	return p
}

// each calls found for every occurrence in a folded text whose ends no word runs
// across, so that "ass" is not found in "class".
func (p *phrases) each(text string, found func(written string)) {
	if p == nil || len(p.by) == 0 {
		return
	}
	for i := 0; i < len(text); i++ {
		one := uint16(text[i]) << 8 // where phrases of a single byte are filed
		if p.single {
			p.at(one, text, i, found)
		}
		if i+1 < len(text) && text[i+1] != 0 {
			if key := one | uint16(text[i+1]); p.starts[key>>6]&(1<<(key&63)) != 0 {
				p.at(key, text, i, found)
			}
		}
	}
}

// at tries the phrases filed under key at text[i:].
func (p *phrases) at(key uint16, text string, i int, found func(written string)) {
	if splitsWord(text, i) {
		return
	}
	for _, f := range p.by[key] {
		if strings.HasPrefix(text[i:], f.folded) && !splitsWord(text, i+len(f.folded)) {
			found(f.written)
		}
	}
}

// first is the first phrase that a folded text has, empty if none.
func (p *phrases) first(text string) (written string) {
	p.each(text, func(w string) {
		if written == "" {
			written = w
		}
	})
	return written
}

// distinct is how many of them a folded text has.
func (p *phrases) distinct(text string) int {
	var seen []string
	p.each(text, func(w string) {
		for _, s := range seen {
			if s == w {
				return
			}
		}
		seen = append(seen, w)
	})
	return len(seen)
}

// splitsWord says whether a word runs across the place at.
func splitsWord(s string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:at])
	after, _ := utf8.DecodeRuneInString(s[at:])
	return spelledRune(before) && spelledRune(after)
}

func spelledRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) && !isSpaceless(r)
}
