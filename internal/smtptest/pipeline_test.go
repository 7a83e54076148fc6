package smtptest

import (
	"strings"
	"testing"
)

const group = "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n"

// codes expects one reply after the other.
func (c client) codes(want ...int) {
	c.t.Helper()
	for _, code := range want {
		c.want(code, "")
	}
}

func pipelined() Options { return Options{Extensions: []string{"PIPELINING"}} }

func TestTakesGroups(t *testing.T) {
	s := New(t, pipelined())
	c := dial(t, s)
	c.want(220, "")
	c.want(250, "EHLO test\r\n")
	c.want(250, "RSET\r\n"+group)
	c.codes(250, 250, 354)
	c.want(250, "one\r\n.\r\n"+group)
	c.codes(250, 250, 354)
	c.want(250, "two\r\n.\r\nQUIT\r\n")
	c.codes(221)
	if v := s.Violations(); len(v) > 0 || len(s.Messages()) != 2 {
		t.Errorf("%d messages, %q", len(s.Messages()), v)
	}
}

func TestSeesWhatMustNotBeGrouped(t *testing.T) {
	for _, c := range []struct {
		name     string
		offered  bool
		hello    string
		write    string
		replies  []int
		violates string
	}{
		{"a body before its 354", true, "EHLO x", group + "body\r\n.\r\n", []int{250, 250, 354, 250}, "behind DATA"},
		{"a command behind QUIT", true, "EHLO x", "QUIT\r\nNOOP\r\n", []int{221}, "behind QUIT"},
		{"a command behind NOOP", true, "EHLO x", "NOOP\r\nNOOP\r\n", []int{250, 250}, "behind NOOP"},
		{"a group that was not offered", false, "EHLO x", "RSET\r\nNOOP\r\n", []int{250, 250}, "not offered"},
		{"a group after HELO", true, "HELO x", "RSET\r\nNOOP\r\n", []int{250, 250}, "not offered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{}
			if c.offered {
				o = pipelined()
			}
			s := New(t, o)
			conn := dial(t, s)
			conn.want(220, "")
			conn.want(250, c.hello+"\r\n")
			conn.want(c.replies[0], c.write)
			conn.codes(c.replies[1:]...)
			if v := s.Violations(); len(v) != 1 || !strings.Contains(v[0], c.violates) {
				t.Errorf("%q", v)
			}
		})
	}
}

// A server may take a DATA for nobody; the client then owes it a lone dot.
func TestDataForNobody(t *testing.T) {
	for body, violations := range map[string]int{"": 0, "body\r\n": 1} {
		o := pipelined()
		o.Script = FirstOf(
			Once(Refuse(Rcpt, "550 5.1.1 no")),
			Once(func(e Event) Action {
				if e.Stage == Data && e.To == "" {
					return Action{Reply: "354 go on"}
				}
				return Action{}
			}))
		s := New(t, o)
		c := dial(t, s)
		c.want(220, "")
		c.want(250, "EHLO test\r\n")
		c.want(250, group)
		c.codes(550, 354)
		c.want(554, body+".\r\n"+group)
		c.codes(250, 250, 354)
		c.want(250, "body\r\n.\r\n")
		if v := s.Violations(); len(v) != violations || len(s.Messages()) != 1 {
			t.Errorf("body %q: %d messages, %q", body, len(s.Messages()), v)
		}
	}
}

// What was said before a drop is heard, whatever the client wrote meanwhile.
func TestLastWordsAreHeard(t *testing.T) {
	o := pipelined()
	o.Script = Refuse(Mail, "421 4.3.2 closing")
	c := dial(t, New(t, o))
	c.want(220, "")
	c.want(250, "EHLO test\r\n")
	c.want(421, group)
	c.gone("RSET\r\n")
}

func TestSpeaksOutOfTurn(t *testing.T) {
	s := New(t, Options{Script: At(Rcpt, "", Action{After: "250 2.1.5 and again\r\n"})})
	c := dial(t, s)
	c.want(220, "")
	c.want(250, "EHLO test\r\n")
	c.want(250, "MAIL FROM:<a@example.org>\r\n")
	c.want(250, "RCPT TO:<b@example.net>\r\n")
	c.codes(250)
	c.want(354, "DATA\r\n")
}
