package rank

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// alike are letters that are drawn like Latin ones, each followed by what it is
// read as. Whoever mixes them into words means to be read and not to be found.
// In their own languages they change nothing: equal words stay equal, and
// different ones different but for a handful. (A choice from UTS #39.)
const alike = "аaвbсcеeһhнhіiїiјjкkмmоoрpѕsтtуyүyхxԁdԛqԝwӏlѵvԍg" +
	"αaβbεeηnιiκkμmνvοoρpτtυuχxζzωwγyϲcϳj" +
	"ɑaɡgıiɩiɪiʏyʙbɢgʜhʟlɴnʀrᴀaᴄcᴅdᴇeᴊjᴋkᴍmᴏoᴘpᴛtᴜuᴠvᴡwᴢzꜰfꜱs" + "օoսuհhոnցg"

// tall are the Greek capitals that are read otherwise than their small letters.
// They count so only beside a Latin letter, so that Greek keeps its capitals.
var tall = map[rune]rune{'Η': 'h', 'Ν': 'n', 'Υ': 'y', 'Ζ': 'z'}

// skeletons is what each rune of the alphabets counts as: its small letter, read
// as what it looks like.
var skeletons = newSkeletons()

func newSkeletons() (t [0x600]rune) {
	for r := range t {
		t[r] = unicode.ToLower(rune(r))
	}
	for r, to := range pairs(alike) {
		if int(r) < len(t) {
			t[r] = to
		}
		if u := unicode.ToUpper(r); int(u) < len(t) {
			t[u] = to
		}
	}
	return t
}

// rarer are the look-alikes outside that table.
var rarer = func() map[rune]rune {
	m := map[rune]rune{}
	for r, to := range pairs(alike) {
		if int(r) >= len(skeletons) {
			m[r] = to
		}
	}
	return m
}()

func pairs(s string) map[rune]rune {
	m := map[rune]rune{}
	rs := []rune(s)
	for i := 0; i+1 < len(rs); i += 2 {
		m[rs[i]] = rs[i+1]
	}
	return m
}

// folded is a text as words and phrases are looked for in it: small letters,
// look-alikes and typographic variants as plain letters, single blanks.
type folded struct {
	text         string
	cased, upper int // letters that could be capitals, and those that are
}

func fold(text string) folded {
	if hasMarks(text) {
		text = norm.NFC.String(text)
	}
	f := folded{}
	out := make([]byte, 0, len(text)+8)
	last := byte(' ')
	for i := 0; i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf {
			i++
			switch {
			case 'a' <= b && b <= 'z':
				f.cased++
			case 'A' <= b && b <= 'Z':
				f.cased++
				f.upper++
				b += 'a' - 'A'
			case b <= ' ':
				if b = ' '; last == ' ' {
					continue
				}
			}
			out, last = append(out, b), b
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if unicode.IsSpace(r) {
			if i += size; last != ' ' {
				out, last = append(out, ' '), ' '
			}
			continue
		}
		f.countCase(r)
		out = foldRune(out, r, text[i+size:])
		last, i = '.', i+size
	}
	f.text = string(out)
	return f
}

// hasMarks says whether there are combining accents (U+0300 to U+036F), which
// may or may not be part of a letter that exists in one piece.
func hasMarks(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] == 0xcc || text[i] == 0xcd {
			return true
		}
	}
	return false
}

func (f *folded) countCase(r rune) {
	switch {
	case unicode.IsUpper(r):
		f.upper++
		f.cased++
	case unicode.IsLower(r):
		f.cased++
	}
}

// foldRune appends what r counts as. rest is what follows it.
func foldRune(out []byte, r rune, rest string) []byte {
	switch {
	case 0x300 <= r && r <= 0x36f: // belongs to no letter in one piece: ornament
		return out
	case r == '\u2019' || r == '\u02bc':
		return append(out, '\'')
	}
	if to, ok := tall[r]; ok && (len(out) > 0 && isLatin(out[len(out)-1]) || rest != "" && isLatin(rest[0])) {
		return append(out, byte(to))
	}
	if int(r) < len(skeletons) {
		return utf8.AppendRune(out, skeletons[r])
	}
	if to, ok := rarer[r]; ok {
		return append(out, byte(to))
	}
	if !isVariant(r) {
		return utf8.AppendRune(out, unicode.ToLower(r))
	}
	for _, v := range string(norm.NFKC.PropertiesString(string(r)).Decomposition()) {
		out = utf8.AppendRune(out, unicode.ToLower(v))
		r = 0
	}
	if r != 0 {
		out = utf8.AppendRune(out, unicode.ToLower(r))
	}
	return out
}

// isVariant says whether r stands in a block of typographic variants: sub- and
// superscripts, numerals, enclosed and ligated letters, full- and half-width
// forms, mathematical alphabets.
func isVariant(r rune) bool {
	return 0x2070 <= r && r <= 0x24ff || 0xfb00 <= r && r <= 0xfb06 || 0xff00 <= r && r <= 0xffef ||
		0x1d400 <= r && r <= 0x1d7ff || 0x1f100 <= r && r <= 0x1f1ff
}

func isLatin(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
