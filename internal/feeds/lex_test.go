package feeds

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// pieces writes what a lexer finds: the kind by a letter, and the name.
func pieces(doc string) string {
	var all []string
	l := lexer{[]byte(doc)}
	for len(l.rest) > 0 {
		p := l.next()
		all = append(all, string("tSEecoX"[p.kind])+string(p.name))
	}
	return strings.Join(all, " ")
}

func TestLexer(t *testing.T) {
	// t text, S start, E empty, e end, c CDATA, o other, X cut off
	for doc, want := range map[string]string{
		"":                                    "",
		"text":                                "t",
		"<a>b</a>":                            "Sa t ea",
		"<a:b c='d'/>":                        "Ea:b",
		"<a\n\tb>":                            "Sa",
		"</a >":                               "ea",
		"<a b='>' c=\">\">x":                  "Sa t",
		"<a b=c/d>":                           "Sa",
		"<a it's>b":                           "Sa t",
		"<!-- <a> --><b>":                     "o Sb",
		"<![CDATA[<a>]] >]]>b":                "c t",
		"<?php echo '<a>' ?><b>":              "o Sb",
		"<!DOCTYPE a [<!ENTITY b '>'>]><c>":   "o Sc",
		"<!DOCTYPE a \"]>\" [ <!-- x --> ]>b": "o t",
		"1 < 2 <3 </ 4> <>":                   "t t t t t t t t t",
		"<":                                   "X",
		"a</":                                 "t X",
		"<a b='c":                             "X",
		"<!-- a":                              "X",
		"<![CDATA[a]]":                        "X",
		"<!DOCTYPE a [":                       "X",
		"<é>":                                 "Sé",
	} {
		if got := pieces(doc); got != want {
			t.Errorf("%q: %q, want %q", doc, got, want)
		}
	}
}

func TestAttributes(t *testing.T) {
	for tag, want := range map[string]string{
		`<a>`:                          ``,
		`<a b="c" d='e f' g=h>`:        `b=c d=e f g=h`,
		`<a b = "c"/>`:                 `b=c`,
		`<a b="" c>`:                   `b=`,
		`<a xml:base="x>y" z='"'/>`:    `xml:base=x>y z="`,
		`<a b="unclosed>`:              ``,
		`<a b=>`:                       `b=`,
		`<a b=`:                        ``,
		`<a =x>`:                       `=x`,
		"<a\nb='1'\n\tc=\"2\"\r\nd=3>": `b=1 c=2 d=3`,
	} {
		var all []string
		for _, a := range attributes([]byte(tag)) {
			all = append(all, fmt.Sprintf("%s=%s", a.name, a.value))
			if raw := tag[a.from:a.to]; !strings.Contains(raw, "=") {
				t.Errorf("%s: %q", tag, raw)
			}
		}
		if got := strings.Join(all, " "); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}

// What the lexer cuts is the whole document, in order, and it always moves on.
func FuzzLexer(f *testing.F) {
	for _, doc := range []string{"<a b='c'>d</a>", "<!DOCTYPE [<!-- ]>", "<![CDATA[", "< </ <?x?>", "<a it's/>"} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var again []byte
		l := lexer{doc}
		for len(l.rest) > 0 {
			p := l.next()
			if len(p.raw) == 0 {
				t.Fatalf("stuck before %q", l.rest)
			}
			if p.kind == startPiece || p.kind == emptyPiece {
				for _, a := range attributes(p.raw) {
					if a.from >= a.to || a.to > len(p.raw) {
						t.Fatalf("attribute %+v of %q", a, p.raw)
					}
				}
			}
			again = append(again, p.raw...)
		}
		if !bytes.Equal(again, doc) {
			t.Fatalf("%q became %q", doc, again)
		}
	})
}
