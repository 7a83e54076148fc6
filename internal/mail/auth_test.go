package mail

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"github.com/wneessen/go-mail/smtp"

	"digest.example/internal/smtptest"
)

// encryptions are the ways to reach the test server.
var encryptions = map[TLSMode]smtptest.Options{
	StartTLS: {StartTLS: true}, ImplicitTLS: {Implicit: true}, NoTLS: {},
}

// TestEveryMechanism logs in by each, and with a wrong password, however the
// connection is encrypted.
func TestEveryMechanism(t *testing.T) {
	for kind, wire := range map[AuthKind]string{
		AuthPlain: "PLAIN", AuthLogin: "LOGIN", AuthCRAMMD5: "CRAM-MD5",
		AuthSCRAMSHA1: "SCRAM-SHA-1", AuthSCRAMSHA256: "SCRAM-SHA-256", AuthXOAUTH2: "XOAUTH2",
	} {
		for mode, server := range encryptions {
			t.Run(fmt.Sprintf("%s, %s", kind, mode), func(t *testing.T) {
				server.Username, server.Password, server.Auth = "ann@example.net", "geheim,=ß", []string{"NTLM", wire}
				s := smtptest.New(t, server)
				o := optionsFor(s)
				o.TLS, o.Auth, o.Username, o.Password = mode, kind, server.Username, server.Password
				session, err := dial(t, o)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := send(t, session, "ben@example.net"); err != nil {
					t.Error(err)
				}
				o.Password = "hunter2"
				_, err = dial(t, o)
				var no *ReplyError
				if !errors.As(err, &no) || no.Command != "AUTH" || no.Reply.Code != 535 ||
					!strings.Contains(err.Error(), "check smtp.username") || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("wrong password: %v", err)
				}
				if v := s.Violations(); len(v) > 0 {
					t.Errorf("violations %q", v)
				}
			})
		}
	}
}

func TestAutoChoosesWhatShowsNoPassword(t *testing.T) {
	for _, c := range []struct {
		offered string
		want    string
	}{
		{"PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 XOAUTH2", "SCRAM-SHA-256"},
		{"PLAIN LOGIN SCRAM-SHA-1", "SCRAM-SHA-1"},
		{"SCRAM-SHA-256-PLUS LOGIN PLAIN", "PLAIN"},
		{"LOGIN CRAM-MD5", "LOGIN"},
		{"CRAM-MD5 XOAUTH2", "CRAM-MD5"},
	} {
		s := smtptest.New(t, smtptest.Options{StartTLS: true, Username: "u", Password: "p", Auth: strings.Fields(c.offered)})
		o := optionsFor(s)
		o.TLS, o.Username, o.Password = StartTLS, "u", "p"
		if _, err := dial(t, o); err != nil {
			t.Errorf("%s: %v", c.offered, err)
		}
		if !slices.ContainsFunc(s.Commands(), func(line string) bool { return strings.HasPrefix(line+" ", "1 AUTH "+c.want+" ") }) {
			t.Errorf("%s: %q", c.offered, s.Commands())
		}
	}
}

func TestNoWayToLogIn(t *testing.T) {
	for name, c := range map[string]struct {
		offered []string
		kind    AuthKind
		says    string
	}{
		"none of ours":   {[]string{"NTLM", "\x1bGSSAPI"}, AuthAuto, "it offers NTLM GSSAPI; set smtp.auth to one that it offers"},
		"token only":     {[]string{"XOAUTH2"}, AuthAuto, "it offers XOAUTH2"},
		"another":        {[]string{"PLAIN"}, AuthCRAMMD5, "it offers PLAIN; set smtp.auth"},
		"not that":       {[]string{"SCRAM-SHA-256-PLUS"}, AuthSCRAMSHA256, "it offers SCRAM-SHA-256-PLUS"},
		"nothing at all": {[]string{}, AuthPlain, "leave smtp.username empty"},
	} {
		t.Run(name, func(t *testing.T) {
			s := smtptest.New(t, smtptest.Options{Username: "u", Password: "p", Auth: c.offered})
			o := optionsFor(s)
			o.Username, o.Password, o.Auth = "u", "p", c.kind
			_, err := dial(t, o)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
			allGone(t, s)
		})
	}
}

// TestPasswordIsNotShown where anybody could read it: not even to a server that
// offers nothing else.
func TestPasswordIsNotShown(t *testing.T) {
	for _, kind := range []AuthKind{AuthPlain, AuthLogin, AuthXOAUTH2} {
		if _, err := NewDialer(Options{Host: "10.1.2.3", Port: 25, TLS: NoTLS, Username: "u", Auth: kind}); err == nil ||
			!strings.Contains(err.Error(), "unencrypted") {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for offered, want := range map[string]string{"PLAIN LOGIN": "", "PLAIN CRAM-MD5": "CRAM-MD5", "LOGIN SCRAM-SHA-1": "SCRAM-SHA-1"} {
		l := &login{kind: AuthAuto, username: "u", password: "geheim", host: "10.1.2.3"}
		got, first, err := l.Start(&smtp.ServerInfo{Name: "10.1.2.3", Auth: strings.Fields(offered)})
		if got != want || (err == nil) != (want != "") || want == "" && !errors.Is(err, errInClear) || len(first) > 0 {
			t.Errorf("%s: %q, %q, %v", offered, got, first, err)
		}
	}
	l := &login{kind: AuthAuto, username: "u", password: "geheim", host: "127.9.9.9"}
	if got, _, err := l.Start(&smtp.ServerInfo{Name: "127.9.9.9", Auth: []string{"plain"}}); got != "PLAIN" || err != nil {
		t.Errorf("loopback: %q, %v", got, err)
	}
}

// TestHostileSCRAM: a server that does not know the password is not believed,
// and none makes us hash for hours, or so little that the password is at risk.
func TestHostileSCRAM(t *testing.T) {
	begin := func(t *testing.T) (*login, string) {
		l := &login{kind: AuthSCRAMSHA256, username: "u", password: "geheim", host: "smtp.example.org"}
		if _, _, err := l.Start(&smtp.ServerInfo{Name: l.host, TLS: true, Auth: []string{"SCRAM-SHA-256"}}); err != nil {
			t.Fatal(err)
		}
		first, err := l.Next(nil, true)
		if err != nil {
			t.Fatal(err)
		}
		_, nonce, _ := strings.Cut(string(first), ",r=")
		return l, "r=" + nonce + "x,s=c2FsdA=="
	}
	for _, count := range []string{"1", "4095", "1000001", "2147483647", "99999999999999999999", "-1", "", "4096,i=2147483647"} {
		l, first := begin(t)
		if _, err := l.Next([]byte(first+",i="+count), true); !errors.Is(err, errIterations) {
			t.Errorf("%s iterations: %v", count, err)
		}
	}
	t.Run("no proof", func(t *testing.T) {
		l, first := begin(t)
		if _, err := l.Next([]byte(first+",i=4096"), true); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Next([]byte("2.7.0 welcome"), false); !errors.Is(err, errNoProof) {
			t.Errorf("%v", err)
		}
	})
	t.Run("wrong proof", func(t *testing.T) {
		l, first := begin(t)
		if _, err := l.Next([]byte(first+",i=4096"), true); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Next([]byte("v=AAAA"), true); err == nil || l.proven {
			t.Errorf("%v", err)
		}
	})
	t.Run("proof without a question", func(t *testing.T) {
		l, _ := begin(t)
		mac := func(key []byte, text string) []byte {
			m := hmac.New(sha256.New, key)
			m.Write([]byte(text))
			return m.Sum(nil)
		}
		anybody := base64.StdEncoding.EncodeToString(mac(mac(nil, "Server Key"), ""))
		if _, err := l.Next([]byte("v="+anybody), true); !errors.Is(err, errNoProof) {
			t.Errorf("%v", err)
		}
	})
	t.Run("escapes", func(t *testing.T) {
		l, _ := begin(t)
		_, err := l.Next([]byte("\x1b[2J\u202esurprise"), true)
		if err == nil || strings.ContainsAny(err.Error(), "\x1b\u202e") || !strings.Contains(err.Error(), "surprise") {
			t.Errorf("%q", err)
		}
	})
	t.Run("refusal", func(t *testing.T) {
		l, _ := begin(t)
		_, err := l.Next([]byte("e=invalid-proof"), true)
		var no *textproto.Error
		if !errors.As(err, &no) || no.Code != 535 {
			t.Errorf("%v", err)
		}
	})
}

// TestPasswordIsAskedForEachTime, so that a token can be renewed.
func TestPasswordIsAskedForEachTime(t *testing.T) {
	s := smtptest.New(t, smtptest.Options{Username: "u", Password: "new", Auth: []string{"XOAUTH2"}})
	tokens := []string{"old", "", "new"}
	o := optionsFor(s)
	o.Username, o.Auth = "u", AuthXOAUTH2
	o.PasswordFrom = func() (string, error) {
		token := tokens[0]
		tokens = tokens[1:]
		if token == "" {
			return "", errors.New("smtp.password_file: token is empty")
		}
		return token, nil
	}
	d, err := NewDialer(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, says := range []string{"access token in the file of smtp.password_file", "token is empty", ""} {
		session, err := d.Dial(t.Context())
		if says == "" && err == nil {
			err = session.Close()
		} else if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
			continue
		}
		if says == "" && err != nil {
			t.Error(err)
		}
	}
}

func TestNewDialerRefusesLogins(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"unknown kind":         func(o *Options) { o.Auth = "ntlm" },
		"kind, no one":         func(o *Options) { o.Username, o.Auth = "", AuthPlain },
		"file, no one":         func(o *Options) { o.Username, o.PasswordFrom = "", func() (string, error) { return "", nil } },
		"capitals":             func(o *Options) { o.Auth = "PLAIN" },
		"token in clear":       func(o *Options) { o.Host, o.TLS, o.Auth = "fd00::1", NoTLS, AuthXOAUTH2 },
		"line end in the kind": func(o *Options) { o.Auth = "plain\r\n" },
	} {
		o := Options{Host: "smtp.example.org", Port: 587, TLS: StartTLS, Username: "u"}
		if _, err := NewDialer(o); err != nil {
			t.Fatal(err)
		}
		change(&o)
		if _, err := NewDialer(o); err == nil || !strings.HasPrefix(err.Error(), "smtp.") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzSCRAM: whatever a server says, nothing panics, and it has proven nothing
// as long as it does not know the password.
func FuzzSCRAM(f *testing.F) {
	f.Add("", "x,s=c2FsdA==,i=4096", "v=AAAA")
	f.Add("v=", "r=,s=,i=4096", "e=other")
	f.Fuzz(func(t *testing.T, one, two, three string) {
		l := &login{kind: AuthSCRAMSHA1, username: "u", password: "geheim", host: "smtp.example.org"}
		if _, _, err := l.Start(&smtp.ServerInfo{Name: l.host, TLS: true, Auth: []string{"SCRAM-SHA-1"}}); err != nil {
			t.Fatal(err)
		}
		first, err := l.Next([]byte(one), true)
		if err != nil {
			return
		}
		if _, nonce, ok := strings.Cut(string(first), ",r="); ok {
			two = "r=" + nonce + two
		}
		if len(two) > 200 || strings.Contains(two, "i=") && !strings.HasSuffix(two, "i=4096") {
			return // hashing takes too long to try many
		}
		if _, err := l.Next([]byte(two), true); err != nil {
			return
		}
		if _, err := l.Next([]byte(three), true); err != nil {
			return
		}
		if _, err := l.Next(nil, false); err == nil {
			t.Errorf("%q, %q, %q: logged in", one, two, three)
		}
	})
}
