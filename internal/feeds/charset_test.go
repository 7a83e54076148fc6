package feeds

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

func TestCharsets(t *testing.T) {
	utf16 := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	bare16 := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	bare32 := utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	tests := []struct {
		name     string
		in       encoding.Encoding // nil: UTF-8
		declares string            // by the XML declaration
		http     string
		title    string
	}{
		{"UTF-8", nil, "utf-8", "", "Grüße – 東京"},
		{"nothing said", nil, "", "", "Grüße – 東京"},
		{"byte order mark", nil, "", "", "\uFEFFGrüße"},
		{"UTF-8 said to be Latin-1", nil, "iso-8859-1", "text/xml; charset=iso-8859-1", "Grüße"},
		{"UTF-8 said to be ASCII", nil, "us-ascii", "text/xml; charset=us-ascii", "Grüße"},
		{"Latin-1", charmap.ISO8859_1, "iso-8859-1", "", "Grüße"},
		{"Latin-1 said to be UTF-8", charmap.ISO8859_1, "utf-8", "text/xml; charset=utf-8", "Grüße"},
		{"Windows-1252 said to be nothing", charmap.Windows1252, "", "", "“Grüße” – 5 €"},
		{"Cyrillic", charmap.Windows1251, "windows-1251", "", "Гавань"},
		{"HTTP above declaration", charmap.KOI8R, "windows-1251", "text/xml; charset=koi8-r", "Гавань"},
		{"HTTP wrong about Cyrillic", charmap.Windows1251, "windows-1251", "text/xml; charset=utf-8", "Гавань"},
		{"unknown to HTTP", charmap.Windows1251, "windows-1251", "text/xml; charset=none-such", "Гавань"},
		{"Japanese", japanese.ShiftJIS, "shift_jis", "", "東京湾"},
		{"Japanese in ASCII", japanese.ISO2022JP, "iso-2022-jp", "", "東京湾"},
		{"UTF-16", utf16, "utf-16", "", "Grüße"},
		{"UTF-16 without a mark", bare16, "utf-16", "", "Grüße"},
		{"UTF-16 said by UTF-8", nil, "utf-16", "", "Grüße"},
		{"UTF-32", bare32, "", "", "Grüße"},
	}
	for _, tt := range tests {
		doc := rssOf("<item><title>" + strings.TrimPrefix(tt.title, "\uFEFF") + "</title></item>")
		declaration := `<?xml version="1.0"?>`
		if tt.declares != "" {
			declaration = `<?xml version='1.0' encoding='` + tt.declares + `'?>`
		}
		doc = strings.Replace(doc, `<?xml version="1.0"?>`, declaration, 1)
		if strings.HasPrefix(tt.title, "\uFEFF") {
			doc = "\uFEFF" + doc
		}
		if tt.in != nil {
			var err error
			if doc, err = tt.in.NewEncoder().String(doc); err != nil {
				t.Fatal(err)
			}
		}
		f, err := Parse([]byte(doc), home, tt.http)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got, want := titles(f), strings.TrimPrefix(tt.title, "\uFEFF"); got != want {
			t.Errorf("%s: %q, want %q", tt.name, got, want)
		}
	}
}

// Damage to a few bytes of UTF-8 must not turn the others into gibberish.
func TestDamagedUTF8(t *testing.T) {
	doc := rssOf("<item><title>Grüße aus dem Hafen, schöne Tage\xe2\x80 und \xff</title></item>")
	if got := titles(parsed(t, doc)); got != "Grüße aus dem Hafen, schöne Tage� und �" {
		t.Errorf("%q", got)
	}
}

func TestForbiddenCharacters(t *testing.T) {
	doc := rssOf("<item><title>a\x00b\x01c&#0;d&#x1F;e\uFFFEf&#xD800;g&#x110000;h&#9;i&#233;</title><description>x&#0;y &amp;#0; z</description></item>")
	e := only(t, doc)
	if e.Title != "abcdefgh ié" {
		t.Errorf("%q", e.Title)
	}
	if e.HTML != "xy &#0; z" { // a reference in markup is its reader's to judge
		t.Errorf("%q", e.HTML)
	}
	if got := string(legible([]byte("& &# &#; &#x; &#12345678901234567; &#65;"))); got != "& &# &#; &#x; &#12345678901234567; &#65;" {
		t.Errorf("%q", got)
	}
}
