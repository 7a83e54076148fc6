package mail

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestSetRefusesWhatIsNoSMTPData(t *testing.T) {
	for name, data := range map[string]string{
		"nothing":       "",
		"lone dot":      "x\r\n.\r\ny",
		"last dot":      "x\r\n.",
		"first dot":     ".\r\nx",
		"unstuffed":     "x\r\n.y",
		"bare LF":       "x\n.\ny",
		"bare CR":       "x\r.\ry",
		"CR at the end": "x\r",
		"LF first":      "\nx",
		"long line":     strings.Repeat("x", 999),
	} {
		d := message(t, "before")
		if err := d.Set([]byte(data)); !errors.Is(err, ErrMessage) || len(d.Append(nil)) != 0 {
			t.Errorf("%s: error %v, holds %q", name, err, d.Append(nil))
		}
	}
}

// One Data serves many recipients, with nothing of one in the message of the next,
// and without a copy of what is everybody's.
func TestDataIsUsedAgain(t *testing.T) {
	s := mustStencil(t, template())
	var d Data
	for _, name := range []string{"", strings.Repeat("A long name ", 20), "Ann", "Jörg"} {
		p := person()
		p.Name = name
		if err := s.Fill(&d, p); err != nil {
			t.Fatal(err)
		}
		want, err := s.AppendData(nil, p)
		if got := d.Append(nil); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q: %v\n%s\n%s", name, err, got, want)
		}
		if &d.parts[0][0] != &s.head[0] {
			t.Error("the header is a copy")
		}
	}
	if err := (&Stencil{}).Fill(&d, person()); err == nil {
		t.Error("filled an empty stencil")
	}
	if err := s.Fill(&d, Personal{To: "nobody"}); err == nil || len(d.parts) != 0 {
		t.Errorf("%v; what it held before would be sent again", err)
	}
}

// FuzzBetween: whatever stands in the holes of a stencil, either is refused or the
// whole is SMTP data, though only the holes were looked at.
func FuzzBetween(f *testing.F) {
	s := mustStencil(f, template())
	f.Add("To: a\r\n", "x", "..")
	f.Add("\r", "\r\n.", "\n")
	f.Add("", ".", strings.Repeat("x", 998))
	f.Fuzz(func(t *testing.T, header, first, second string) {
		own := []string{header + "\r\n", first, second}
		var d Data
		d.parts = append(d.parts, s.head)
		for i, piece := range s.pieces {
			part, err := d.between(append(d.own, own[i%len(own)]...))
			if err != nil {
				return
			}
			d.parts = append(d.parts, part, piece)
		}
		if err := checkLines(d.Append(nil), maxLine); err != nil {
			t.Fatal(err)
		}
	})
}
