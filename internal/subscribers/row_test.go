package subscribers

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"digest.example/internal/digest"
)

// told writes what was read of a file, a row a line: "3 ann@example.org Ann" or
// "3 bad: why".
func told(t testing.TB, file string) (lines []string, rows *Rows) {
	t.Helper()
	rows, err := ReadRows(strings.NewReader(file))
	if err != nil {
		t.Fatalf("%.60q: %v", file, err)
	}
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return lines, rows
		}
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%d %s %s", row.Line, row.Address.Mailbox, row.Address.Name)
		if row.Why != "" {
			text = fmt.Sprintf("%d bad: %s", row.Line, row.Why)
		}
		lines = append(lines, strings.TrimSpace(text))
	}
}

func TestReadRows(t *testing.T) {
	both := []string{"2 ann@example.org Ann", "3 bob@example.org Bob"}
	utf16le := []byte{0xff, 0xfe}
	utf16be := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune("email,name\r\nann@example.org,Åsa 😀\r\n")) {
		utf16le = binary.LittleEndian.AppendUint16(utf16le, u)
		utf16be = binary.BigEndian.AppendUint16(utf16be, u)
	}
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"plain":              {"email,name\nann@example.org,Ann\nbob@example.org,Bob\n", both},
		"no last end":        {"email,name\nann@example.org,Ann\nbob@example.org,Bob", both},
		"crlf":               {"email,name\r\nann@example.org,Ann\r\nbob@example.org,Bob\r\n", both},
		"cr":                 {"email,name\rann@example.org,Ann\rbob@example.org,Bob\r", both},
		"mark":               {"\ufeffemail,name\nann@example.org,Ann\nbob@example.org,Bob\n", both},
		"semicolons":         {"Name;E-Mail\nAnn;ann@example.org\nBob;bob@example.org\n", both},
		"tabs":               {"NAME\tEmail Address\nAnn\tann@example.org\nBob\tbob@example.org\n", both},
		"bars":               {"name|mail\nAnn|ann@example.org\nBob|bob@example.org\n", both},
		"commas in headings": {"e_mail;name;likes, dislikes, other\nann@example.org;Ann\nbob@example.org;Bob;a, b\n", both},
		"quoted":             {`"name","email"` + "\n\"Ann\",\"ann@example.org\"\n \"Bob\" , bob@example.org\n", both},
		"two names":          {"last name,x,first name,email\nBell,1,Ann,ann@example.org\n,2,Bob,bob@example.org\n", []string{"2 ann@example.org Ann Bell", "3 bob@example.org Bob"}},
		"utf-16 le":          {string(utf16le), []string{"2 ann@example.org Åsa 😀"}},
		"utf-16 be":          {string(utf16be), []string{"2 ann@example.org Åsa 😀"}},
		"windows-1252":       {"email,name\nann@example.org,J\xfcrgen \x80\nbob@example.org,Åsa\n", []string{"2 ann@example.org Jürgen €", "3 bob@example.org Åsa"}},
		"no heading":         {"Ann,ann@example.org\nBob,bob@example.org\n", []string{"1 ann@example.org Ann", "2 bob@example.org Bob"}},
		"one column":         {"ann@example.org\nBob <bob@example.org>\n", []string{"1 ann@example.org", "2 bob@example.org Bob"}},
		"three columns":      {"7;ann@example.org;Ann\n8;bob@example.org;Bob\n", []string{"1 ann@example.org", "2 bob@example.org"}},
		"excel's first line": {"sep=;\nemail;name\nann@example.org;Ann\n", []string{"3 ann@example.org Ann"}},
		"blank lines":        {"\n  \nemail,name\n\n,\nann@example.org,Ann\n;\n", []string{"6 ann@example.org Ann", `7 bad: there is no @ in it`}},
		"ragged":             {"email,name,city\nann@example.org\nbob@example.org,Bob,,,\nzoe@example.org,Zoe,X,Y\n", []string{"2 ann@example.org", "3 bob@example.org Bob", "4 bad: it has 4 cells, and the first line has 3"}},
		"line break":         {"name,email\n\"Ann\nBell\",ann@example.org\nBob,bob@example.org\n", []string{"2 ann@example.org Ann Bell", "4 bob@example.org Bob"}},
		"quotes within":      {"name,email\nAnn \"Red\" Bell,ann@example.org\n\"Bob \"\"B\"\"\",bob@example.org\n", []string{`2 ann@example.org Ann "Red" Bell`, `3 bob@example.org Bob "B"`}},
		"never closed":       {"name,email\n\"Ann,ann@example.org\nBob,bob@example.org\n", []string{"2 bad: " + neverClosed, "3 bob@example.org Bob"}},
		"behind a quote":     {"name,email\n\"Ann\" Bell,ann@example.org\nBob,bob@example.org\n", []string{"2 bad: " + afterQuote, "3 bob@example.org Bob"}},
		"no address":         {"email,name\n,Ann\nann,Ann\n", []string{"2 bad: there is no address in it", "3 bad: there is no @ in it"}},
		"control characters": {"email,name\nann@example.org,A\x00nn\nbob@example.org,B\u202eob\n", []string{"2 bad: the name holds control or invisible characters", "3 bad: the name holds control or invisible characters"}},
		"long name":          {"email,name\nann@example.org," + strings.Repeat("n", 201), []string{"2 bad: the name is longer than 200 bytes"}},
		"formula":            {"email,name\n'=a@example.org,'=cmd|x\nbob@example.org,=1\n", []string{"2 =a@example.org =cmd|x", "3 bob@example.org =1"}},
		"bad date":           {"email,since\nann@example.org,soon\n", []string{`2 bad: "soon" in the column since is not a date, as in 2026-05-03`}},
	} {
		if got, _ := told(t, c.file); cmp.Diff(c.want, got) != "" {
			t.Errorf("%s (-want +got):\n%s", name, cmp.Diff(c.want, got))
		}
	}
}

func TestColumnsOfAnExport(t *testing.T) {
	rows, err := ReadRows(strings.NewReader("since,state,email,how,wording\n" +
		"2026-05-03T10:00:00.25Z,active,ann@example.org,'+1,I agree\n2025-01-01,Unsubscribed,bob@example.org\n,NY,zoe@example.org\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{How: "+1", Wording: "I agree", Since: time.Date(2026, 5, 3, 10, 0, 0, 250e6, time.UTC)},
		{Left: Unsubscribed, Since: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)},
		{},
	}
	for i, w := range want {
		got, err := rows.Next()
		if err != nil || got.How != w.How || got.Wording != w.Wording || !got.Since.Equal(w.Since) || got.Left != w.Left {
			t.Errorf("row %d: %+v, %v", i, got, err)
		}
	}
}

func TestFilesThatAreNoLists(t *testing.T) {
	for file, word := range map[string]string{
		"":                                     "empty",
		"\n\n":                                 "empty",
		"name,city\nAnn,X\n":                   "first line must name the columns",
		"Ann\nann@example.org":                 "first line must name the columns",
		"ann@example.org,bob@example.org\n":    "first line must name the columns",
		"PK\x03\x04xl/workbook":                "spreadsheet",
		"e\x00m\x00a\x00i\x00l\x00":            "UTF-16",
		"\"email,name\nann@example.org,Ann":    "never closed",
		strings.Repeat("x", maxLine+1) + "\nx": "longer than",
	} {
		_, err := ReadRows(strings.NewReader(file))
		if !errors.Is(err, digest.ErrRefused) || !strings.Contains(err.Error(), word) {
			t.Errorf("%.40q: %v, want %q", file, err, word)
		}
	}
	broken := errors.New("disk on fire")
	if _, err := ReadRows(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("a file that cannot be read: %v", err)
	}
	rows, err := ReadRows(io.MultiReader(strings.NewReader("email\nann@example.org\n"), iotest.ErrReader(broken)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = rows.Next(); err == nil {
		_, err = rows.Next()
	}
	if !errors.Is(err, broken) {
		t.Errorf("a file that ends in an error: %v", err)
	}
}

func TestNotes(t *testing.T) {
	_, rows := told(t, "email,city,,shoe size\nann@example.org,X\xfc\nbob@example.org,Y\xfc\n")
	want := []string{"columns that mean nothing here: city, shoe size", "lines that are not UTF-8 and were read as Windows-1252: 2"}
	if d := cmp.Diff(want, rows.Notes()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A row of 10 MB costs itself only, however it is quoted.
func TestHugeRows(t *testing.T) {
	huge := strings.Repeat("x", 10<<20)
	for name, c := range map[string]struct{ row, why string }{
		"one cell":    {huge, tooLong},
		"open quote":  {`"` + huge, tooLong},
		"many lines":  {`"a` + strings.Repeat("\n", 150), neverClosed},
		"fat lines":   {`"a` + "\n" + huge[:600<<10] + "\n" + huge[:600<<10], neverClosed},
		"after quote": {`"a` + "\n" + huge, neverClosed},
	} {
		got, _ := told(t, "email,name\n"+c.row+"\nann@example.org,Ann\n")
		if got[0] != "2 bad: "+c.why || !strings.HasSuffix(got[len(got)-1], " ann@example.org Ann") {
			t.Errorf("%s: %.200q", name, got)
		}
	}
}

// Property: plain undoes Shielded, and no spreadsheet computes what it shields.
func TestShielded(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.StringMatching(`['=+@\-\t\r\nＡ＝ab]{0,5}`).Draw(rt, "text")
		shielded := Shielded(s)
		if plain(shielded) != s {
			rt.Errorf("%q becomes %q becomes %q", s, shielded, plain(shielded))
		}
		if shielded != "" && strings.ContainsRune(formulaStarts, []rune(shielded)[0]) {
			rt.Errorf("%q becomes %q", s, shielded)
		}
	})
	if Shielded("Ann = Bob") != "Ann = Bob" || Shielded("'tis") != "'tis" {
		t.Error("a harmless text was changed")
	}
}

// lineEnds is how many lines a decoded file has.
func lineEnds(b []byte) int {
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	b = bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
	n := bytes.Count(b, []byte("\n"))
	if len(b) > 0 && b[len(b)-1] != '\n' {
		n++
	}
	return n
}

// Properties: nothing panics; each line of a file is a heading's, blank, or part
// of exactly one row, in order; what is read is valid UTF-8, and an address
// means the same when it is read again.
func FuzzRows(f *testing.F) {
	for _, s := range []string{
		"email,name\nann@example.org,Ann\n", "\ufeffName;E-Mail\r\n\"A\nB\";a@b.example\r\n\r\n;;\r\n",
		"ann@example.org\tx\rbob@example.org", "sep=|\nmail|since\n\"x\"y|\n\"never", "email\n\"a\"\"b\n\n\n\"c", "e,email\n\xff\x00,a@b.c\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, err := ReadRows(bytes.NewReader(file))
		if err != nil {
			return
		}
		lines, last := 0, 0
		for {
			row, err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if row.Line <= last || row.Lines < 1 {
				t.Fatalf("row %+v after line %d", row, last)
			}
			last = row.Line + row.Lines - 1
			lines += row.Lines
			checkRow(t, row)
		}
		if bytes.HasPrefix(file, []byte{0xff, 0xfe}) || bytes.HasPrefix(file, []byte{0xfe, 0xff}) {
			return // its lines cannot be counted from outside
		}
		if want := lineEnds(bytes.TrimPrefix(file, utf8Mark)); lines+rows.blank+rows.header != want {
			t.Fatalf("%d lines in rows, %d blank, %d of headings; the file has %d", lines, rows.blank, rows.header, want)
		}
	})
}

func checkRow(t *testing.T, row Row) {
	t.Helper()
	for _, s := range []string{row.Entry, row.Address.Mailbox, row.Address.Name, row.How, row.Wording, row.Why} {
		if !utf8.ValidString(s) {
			t.Fatalf("%q in %+v is not UTF-8", s, row)
		}
	}
	if row.Why != "" {
		return
	}
	if a, err := ParseAddress(row.Address.Mailbox); err != nil || a.Normal != row.Address.Normal {
		t.Fatalf("%q is read again as %+v, %v", row.Address.Mailbox, a, err)
	}
}
