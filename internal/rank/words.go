package rank

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTerms bounds what is remembered of one comment's wording. Length counts as
// full at 250 words, so what follows this many tells little.
const maxTerms = 1000

// maxArticle is how much of an article copies are looked for in, in bytes.
const maxArticle = 1 << 20

// stemRunes is where a word is cut, so that its forms count as one: the crudest
// stemmer, and the only one that treats all languages alike. On the English
// development threads it does as well as a stemmer made for English.
const stemRunes = 6

// spaceless are the scripts that do not put blanks between words. Their text is
// cut into pairs of characters, as search engines do, because finding real words
// needs a dictionary for each language (UAX #29 gives single characters here).
var spaceless = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan,
}

// alphabets are the scripts on which the weight of word length was fitted or
// that write vowels as those do. In others a word's length says something else.
var alphabets = []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic}

// Characters that make up one word on average, so that length means the same in
// every script: two in Chinese and Japanese, four in the alphabets without blanks.
const (
	charsPerWordCJK   = 2
	charsPerWordOther = 4
)

// wording is a text taken apart into words.
type wording struct {
	terms        []uint64 // hashes of words, in lower case and cut to stemRunes, or of pairs of characters; at most maxTerms
	words        int
	chars        int // in words of scripts with blanks, without combining marks
	spelled      int // words of scripts with blanks
	alphabetical int // those of them in alphabets
	numbers      int

	insults int // words of that list

	unbounded bool // all terms are wanted
}

// take adds a folded text. Words are what UAX #29 takes for words in scripts with
// blanks: letters, marks and digits, with apostrophes and decimal points inside.
// (A table-driven segmenter was ten times slower, which 10,000 comments notice.)
func (w *wording) take(text string) {
	for i := 0; i < len(text); {
		if b := text[i]; b < utf8.RuneSelf {
			if plain[b] == 0 {
				i++
			} else {
				i = w.takeWord(text, i)
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case isSpaceless(r):
			i = w.takeRun(text, i)
		case isWordRune(r):
			i = w.takeWord(text, i)
		default:
			i += size
		}
	}
}

// plain says of each ASCII character whether it belongs to words.
var plain = func() (t [utf8.RuneSelf]byte) {
	for b := byte('a'); b <= 'z'; b++ {
		t[b] = letter
	}
	for b := byte('0'); b <= '9'; b++ {
		t[b] = digit
	}
	return t
}()

const letter, digit = 1, 2

// spelling is a word while it is read.
type spelling struct {
	whole, stem                 uint64
	last                        rune
	runes, chars, others, start int // others: characters but digits
}

// takeWord reads the word that begins at i and returns where it ends.
func (w *wording) takeWord(text string, i int) int {
	s := spelling{whole: hashStart, stem: hashStart, start: i}
	first, _ := utf8.DecodeRuneInString(text[i:])
	for i < len(text) {
		if b := text[i]; b < utf8.RuneSelf && plain[b] != 0 {
			s.add(rune(b))
			s.chars++
			if plain[b] == letter {
				s.others++
			}
			i++
			continue
		}
		size := s.addOther(text[i:])
		if size == 0 {
			break
		}
		i += size
	}
	w.spelled++
	w.chars += s.chars
	if unicode.IsDigit(first) && s.others <= 3 && !isMark(text, s.start, i) { // 30km counts, 3rdparty does not
		w.numbers++
	}
	if first < utf8.RuneSelf || unicode.In(first, alphabets...) {
		w.alphabetical++
	}
	w.words++
	w.addTerm(s.whole, s.stem)
	return i
}

func (s *spelling) add(r rune) {
	s.whole = mix(s.whole, uint64(r))
	if s.runes++; s.runes <= stemRunes {
		s.stem = s.whole
	}
	s.last = r
}

// addOther adds the rune that rest begins with, unless the word is over, and
// returns its size.
func (s *spelling) addOther(rest string) int {
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case isSpaceless(r):
		return 0
	case isWordRune(r):
		s.add(r)
		if !unicode.IsMark(r) {
			s.chars++
		}
		if !unicode.IsDigit(r) {
			s.others++
		}
	case joins(s.last, r, rest[size:]):
		s.chars++
		s.last = r
	case r >= utf8.RuneSelf && unicode.Is(unicode.Cf, r): // joiners inside a word change how it looks, not what it says
		s.last = r
	default:
		return 0
	}
	return size
}

// isMark says whether the digits text[from:to] are part of a sign rather than a
// figure: +1, #4, [1], 1/2, 6-core.
func isMark(text string, from, to int) bool {
	const glue = "+-/#<=_@*^&[]"
	return from > 0 && strings.IndexByte(glue, text[from-1]) >= 0 || to < len(text) && strings.IndexByte(glue, text[to]) >= 0
}

// takeRun reads a run of a script without blanks.
func (w *wording) takeRun(text string, i int) int {
	var prev rune
	chars, per := 0, charsPerWordOther
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !isSpaceless(r) && !unicode.IsMark(r) {
			break
		}
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) {
			per = charsPerWordCJK
		}
		if prev != 0 {
			w.addPair(prev, r)
		}
		i, prev = i+size, r
		chars++
	}
	if chars == 1 {
		w.addPair(prev, 0)
	}
	w.words += (chars + per - 1) / per
	return i
}

func (w *wording) addPair(a, b rune) {
	h := mix(mix(hashStart, uint64(a)), uint64(b))
	w.addTerm(h, h)
}

func (w *wording) addTerm(whole, stem uint64) {
	if insults.has(whole) {
		w.insults++
	}
	if w.unbounded || len(w.terms) < maxTerms {
		w.terms = append(w.terms, stem)
	}
}

// hashStart and mix are FNV-1a over whole characters.
const hashStart = 14695981039346656037

func mix(h, x uint64) uint64 { return (h ^ x) * 1099511628211 }

// joins says whether r holds a word together: it's, l’eau, 3.5, 10,000.
func joins(last, r rune, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	switch r {
	case '\'', '’', '·':
		return unicode.IsLetter(last) && unicode.IsLetter(next)
	case '.', ',':
		return unicode.IsDigit(last) && unicode.IsDigit(next)
	}
	return false
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r))
}

func isSpaceless(r rune) bool {
	const firstThai = 0x0e01 // no script of the list begins earlier
	if r < firstThai || r >= 0xac00 && r <= 0xd7a3 {
		return false
	}
	return r == 'ー' || unicode.IsLetter(r) && unicode.In(r, spaceless...)
}
