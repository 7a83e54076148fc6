package mail

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReadReply(t *testing.T) {
	for in, want := range map[string]Reply{
		"250 ok\r\n":                               {250, "", "ok"},
		"250\r\n":                                  {250, "", ""},
		"250 \r\n":                                 {250, "", ""},
		"250 ok\n":                                 {250, "", "ok"},
		"550 5.1.1 no such user\r\n":               {550, "5.1.1", "no such user"},
		"550 5.1.1\r\n":                            {550, "5.1.1", ""},
		"550-5.7.26 a\r\n550 5.7.26 b\r\n":         {550, "5.7.26", "a b"},
		"550-a\r\n550 5.7.26 b\r\n":                {550, "5.7.26", "a b"},
		"550-5.7.1 a\r\n550 5.1.1 b\r\n":           {550, "5.7.1", "a 5.1.1 b"},
		"550 4.2.2 odd class\r\n":                  {550, "", "4.2.2 odd class"},
		"550 5.1.1x\r\n":                           {550, "", "5.1.1x"},
		"450 4.7.1 \x1b[31mred\x00\r\r\n":          {450, "4.7.1", "[31mred"},
		"550 \u202eevil\u202c\xff text\u2028x\r\n": {550, "", "evil text x"},
	} {
		got, err := readReply(bufio.NewReader(strings.NewReader(in)))
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", in, got, err, want)
		}
	}
}

func TestReadReplyRefuses(t *testing.T) {
	for _, in := range []string{
		"25\r\n", "abc\r\n", "150 x\r\n", "650 x\r\n", "250x\r\n", "2500 x\r\n", "\r\n",
		"250-a\r\n251 b\r\n", "250-a\r\nb\r\n",
		strings.Repeat("250-x\r\n", maxReplyLines) + "250 x\r\n",
		"250 " + strings.Repeat("x", maxReplyLine) + "\r\n",
	} {
		if _, err := readReply(bufio.NewReader(strings.NewReader(in))); !errors.Is(err, errReply) {
			t.Errorf("%.40q: %v", in, err)
		}
	}
	for _, in := range []string{"", "250", "250 ok", "250-a\r\n"} {
		if _, err := readReply(bufio.NewReader(strings.NewReader(in))); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestReplyTextIsCut(t *testing.T) {
	r, err := readReply(bufio.NewReader(strings.NewReader("550 x" + strings.Repeat("é", 600) + "\r\n")))
	if err != nil || len(r.Text) > maxReplyText || len(r.Text) < maxReplyText-4 || !utf8.ValidString(r.Text) {
		t.Errorf("%d bytes, %v", len(r.Text), err)
	}
}

func TestReplyString(t *testing.T) {
	for want, r := range map[string]Reply{
		"550 5.1.1 gone": {550, "5.1.1", "gone"},
		"421":            {Code: 421},
	} {
		if got := r.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Whatever a server sends, the reply fits on one line of a log.
func FuzzReadReply(f *testing.F) {
	f.Add("250-a\r\n250 2.0.0 b\r\n")
	f.Add("550 5.1.1 \x1b\u202e\xff\r\n")
	f.Fuzz(func(t *testing.T, in string) {
		r, err := readReply(bufio.NewReader(strings.NewReader(in)))
		if err != nil {
			return
		}
		if r.Code < 200 || r.Code > 599 || len(r.Text) > maxReplyText || clean(r.Text) != r.Text || !utf8.ValidString(r.Text) {
			t.Fatalf("%+v", r)
		}
	})
}
