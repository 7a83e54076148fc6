package mail

import (
	"bytes"
	"strings"
	"testing"
)

func marshalled(t testing.TB) []byte {
	t.Helper()
	raw, err := mustStencil(t, template()).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestStoredStencilGivesTheSameMessage(t *testing.T) {
	want, err := mustStencil(t, template()).Message(person())
	if err != nil {
		t.Fatal(err)
	}
	var s Stencil
	if err := s.UnmarshalBinary(marshalled(t)); err != nil {
		t.Fatal(err)
	}
	got, err := s.Message(person())
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
}

func TestUnmarshalRefusesDamage(t *testing.T) {
	raw := marshalled(t)
	damaged := func(from, to string) []byte {
		out := bytes.Replace(raw, []byte(from), []byte(to), 1)
		if bytes.Equal(out, raw) {
			t.Fatalf("%q does not occur", from)
		}
		return out
	}
	for name, in := range map[string][]byte{
		"nothing":       nil,
		"other version": damaged("stencil 2", "stencil 3"),
		"only magic":    []byte(stencilMagic),
		"cut short":     raw[:len(raw)-1],
		"trailing":      append(bytes.Clone(raw), 9),
		"huge length":   append([]byte(stencilMagic), bytes.Repeat([]byte{0xff}, 9)...),
		"endless":       append([]byte(stencilMagic), bytes.Repeat([]byte{0xff}, 20)...),
		"empty line":    damaged("Precedence: li", "\r\n\r\nnedence: li"),
		"bare LF":       damaged("Hello,\r\n", "Hello,,\n"),
		"8-bit":         damaged("Hello", "Hell\xff"),
		"lone dot":      damaged("\r\nHello,", "\r\n.\r\nHel"),
		"mailbox":       damaged("leave@example", "leave>example"),
	} {
		t.Run(name, func(t *testing.T) {
			s := mustStencil(t, template())
			if err := s.UnmarshalBinary(in); err == nil {
				t.Error("no error")
			}
			if _, err := s.Message(person()); err != nil {
				t.Errorf("the stencil did not stay as it was: %v", err)
			}
		})
	}
}

// An issue that was frozen by an older program goes out as it was.
func TestStencilsOfTheFirstVersion(t *testing.T) {
	tm := template()
	tm.Text = "Unsubscribe:\n" + hole + "\n"
	s := mustStencil(t, tm)
	raw, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	first := bytes.Replace(raw, []byte(stencilMagic), []byte(stencilFirst), 1)
	first = bytes.Replace(first, []byte("\x02uu"), nil, 1)
	want, _ := s.Message(person())
	var old Stencil
	if err := old.UnmarshalBinary(first); err != nil {
		t.Fatal(err)
	}
	if got, err := old.Message(person()); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
}

func TestStencilCheckRefuses(t *testing.T) {
	for name, change := range map[string]func(*Stencil){
		"no pieces":          func(s *Stencil) { s.pieces = nil },
		"header runs on":     func(s *Stencil) { s.head = s.head[:len(s.head)-2] },
		"header begins body": func(s *Stencil) { s.head = append([]byte("\r\n"), s.head...) },
		"body runs on":       func(s *Stencil) { s.pieces[0] = s.pieces[0][2:] },
		"unknown hole":       func(s *Stencil) { s.fills = "x" + s.fills[1:] },
		"a hole too many":    func(s *Stencil) { s.fills += "u" },
		"hole in a line":     func(s *Stencil) { s.pieces[0] = append(s.pieces[0], "x="...) },
		"line after hole":    func(s *Stencil) { s.pieces[1] = append([]byte("x"), s.pieces[1]...) },
		"bare CR":            func(s *Stencil) { s.pieces[1] = append(s.pieces[1], '\r') },
		"control":            func(s *Stencil) { s.pieces[1] = append(s.pieces[1], 7) },
		"long line":          func(s *Stencil) { s.head = []byte("X: " + strings.Repeat("x", 996) + "\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			s := mustStencil(t, template())
			change(s)
			if s.check() == nil {
				t.Error("no error")
			}
		})
	}
}

// Whatever is read back either fails or gives messages that SMTP can carry.
func FuzzUnmarshalStencil(f *testing.F) {
	f.Add(marshalled(f))
	f.Add([]byte(stencilMagic + "\x00\x06A: b\r\n\x03\r\nx"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s Stencil
		if s.UnmarshalBinary(raw) != nil {
			return
		}
		data, err := s.AppendData(nil, person())
		if err != nil {
			t.Fatal(err)
		}
		if err := checkLines(data, maxLine); err != nil {
			t.Fatal(err)
		}
		again, err := s.MarshalBinary()
		if err != nil || s.UnmarshalBinary(again) != nil {
			t.Fatalf("does not survive being stored: %v", err)
		}
	})
}
