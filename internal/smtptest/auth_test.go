package smtptest

import (
	"encoding/base64"
	"net/smtp"
	"strings"
	"testing"
)

// The standard library's client is another opinion on CRAM-MD5 as well.
func TestCRAMMD5(t *testing.T) {
	for _, password := range []string{"tanstaaftanstaaf", "wrong"} {
		s := New(t, Options{Username: "tim", Password: "tanstaaftanstaaf", Auth: []string{"CRAM-MD5"}})
		c, err := smtp.Dial(s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if _, offered := c.Extension("AUTH"); offered != "CRAM-MD5" {
			t.Errorf("offered %q", offered)
		}
		if err := c.Auth(smtp.CRAMMD5Auth("tim", password)); (err == nil) != (password != "wrong") {
			t.Errorf("%s: %v", password, err)
		}
	}
}

func TestWrongAnswersToChallenges(t *testing.T) {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) + "\r\n" }
	s := New(t, Options{Username: "u", Password: "p", Auth: []string{"SCRAM-SHA-1", "SCRAM-SHA-256", "XOAUTH2", "CRAM-MD5"}})
	c := dial(t, s)
	c.want(220, "")
	c.want(250, "EHLO test\r\n")
	c.want(504, "AUTH PLAIN AHUAcA==\r\n")
	c.want(334, "AUTH CRAM-MD5\r\n")
	c.want(535, "*\r\n")
	c.want(334, "AUTH XOAUTH2 "+encode("user=u\x01auth=Bearer q\x01\x01"))
	c.want(535, "\r\n")
	c.want(535, "AUTH SCRAM-SHA-1 "+encode("n,,n=other,r=x"))
	c.want(535, "AUTH SCRAM-SHA-1 "+encode("p=tls-unique,,n=u,r=x"))
	c.want(334, "AUTH SCRAM-SHA-256 "+encode("n,,n=u,r=x"))
	c.want(535, encode("c=biws,r=x,p=AAAA"))
	c.want(334, "AUTH SCRAM-SHA-256\r\n")
	c.want(535, "\r\n")
	if v := s.Violations(); len(v) > 0 {
		t.Errorf("violations %q", v)
	}
	c.want(334, "AUTH XOAUTH2 "+encode("user=u\x01auth=Bearer q\x01\x01"))
	c.want(535, "c3RpbGwgaGVyZQ==\r\n")
	if v := s.Violations(); len(v) != 1 || !strings.Contains(v[0], "XOAUTH2") {
		t.Errorf("violations %q", v)
	}
	c.want(235, "AUTH XOAUTH2 "+encode("user=u\x01auth=Bearer p\x01\x01"))
}

func TestUTF8(t *testing.T) {
	s := New(t, Options{Extensions: []string{"SMTPUTF8"}})
	c := dial(t, s)
	c.want(220, "")
	c.want(250, "EHLO test\r\n")
	c.want(553, "MAIL FROM:<jörg@example.org>\r\n")
	c.want(250, "MAIL FROM:<a@example.org>\r\n")
	c.want(553, "RCPT TO:<jörg@example.org>\r\n")
	c.want(250, "RSET\r\n")
	c.want(250, "MAIL FROM:<jörg@example.org> smtputf8\r\n")
	c.want(250, "RCPT TO:<用户@example.org>\r\n")
	c.want(354, "DATA\r\n")
	c.want(250, "To: 用户@example.org\r\n\r\nä\r\n.\r\n")
	if v := s.Violations(); len(v) > 0 {
		t.Errorf("violations %q", v)
	}
	c.want(250, "MAIL FROM:<a@example.org>\r\n")
	c.want(250, "RCPT TO:<b@example.org>\r\n")
	c.want(354, "DATA\r\n")
	c.want(250, "To: 用户@example.org\r\n\r\nä\r\n.\r\n")
	if v := s.Violations(); len(v) != 1 || !strings.Contains(v[0], "not ASCII") {
		t.Errorf("violations %q", v)
	}
	plain := New(t, Options{})
	c = dial(t, plain)
	c.want(220, "")
	c.want(250, "EHLO test\r\n")
	c.want(555, "MAIL FROM:<a@example.org> SMTPUTF8\r\n")
}
