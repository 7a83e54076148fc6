package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"digest.example/internal/smtptest"
)

func TestNewDialerRefuses(t *testing.T) {
	good := Options{Host: "smtp.example.org", Port: 587, TLS: StartTLS}
	if _, err := NewDialer(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"no host":          func(o *Options) { o.Host = "" },
		"socket":           func(o *Options) { o.Host = "unix:///tmp/x" },
		"host with port":   func(o *Options) { o.Host = "smtp.example.org:587" },
		"no port":          func(o *Options) { o.Port = 0 },
		"port too high":    func(o *Options) { o.Port = 65536 },
		"no TLS mode":      func(o *Options) { o.TLS = "" },
		"odd TLS mode":     func(o *Options) { o.TLS = "opportunistic" },
		"plain to name":    func(o *Options) { o.TLS = NoTLS },
		"plain to public":  func(o *Options) { o.TLS, o.Host = NoTLS, "192.0.2.1" },
		"plain to mapped":  func(o *Options) { o.TLS, o.Host = NoTLS, "::ffff:192.0.2.1" },
		"hello":            func(o *Options) { o.Hello = "x\r\nMAIL FROM:<>" },
		"password, no one": func(o *Options) { o.Password = "secret" },
	} {
		o := good
		change(&o)
		if _, err := NewDialer(o); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, host := range []string{"localhost", "127.0.0.1", "127.9.9.9", "::1", "10.1.2.3", "192.168.0.1", "fd00::1", "::ffff:10.0.0.1"} {
		if _, err := NewDialer(Options{Host: host, Port: 25, TLS: NoTLS}); err != nil {
			t.Error(err)
		}
	}
}

func TestDialEncryptsAndLogsIn(t *testing.T) {
	for name, c := range map[string]struct {
		mode     TLSMode
		server   smtptest.Options
		commands []string
	}{
		"starttls": {
			StartTLS,
			smtptest.Options{StartTLS: true, Username: "u", Password: "p"},
			[]string{"1 EHLO digest.example.org", "1 STARTTLS", "1 EHLO digest.example.org", "1 AUTH PLAIN AHUAcA=="},
		},
		"implicit": {
			ImplicitTLS,
			smtptest.Options{Implicit: true, Username: "u", Password: "p"},
			[]string{"1 EHLO digest.example.org", "1 AUTH PLAIN AHUAcA=="},
		},
		"plain to loopback": {
			NoTLS,
			smtptest.Options{Username: "u", Password: "p"},
			[]string{"1 EHLO digest.example.org", "1 AUTH PLAIN AHUAcA=="},
		},
		"no login": {StartTLS, smtptest.Options{StartTLS: true}, []string{
			"1 EHLO digest.example.org", "1 STARTTLS", "1 EHLO digest.example.org",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			server := smtptest.New(t, c.server)
			o := optionsFor(server)
			o.TLS, o.Hello = c.mode, "digest.example.org"
			o.Username, o.Password = c.server.Username, c.server.Password
			s, err := dial(t, o)
			if err != nil {
				t.Fatal(err)
			}
			if got := server.Commands(); !slices.Equal(got, c.commands) {
				t.Errorf("commands %q", got)
			}
			if _, err := send(t, s, "a@example.net"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDialErrorsSayWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		server  smtptest.Options
		change  func(*Options)
		code    int // of the *ReplyError, if there is one
		command string
		says    string
	}{
		"STARTTLS stripped": {
			change: func(o *Options) { o.TLS = StartTLS }, says: "set smtp.tls: implicit",
		},
		"STARTTLS refused": {
			server: smtptest.Options{StartTLS: true, Script: smtptest.Refuse(smtptest.StartTLS, "454 4.7.0 not now")},
			change: func(o *Options) { o.TLS = StartTLS }, code: 454, command: "CONNECT", says: "not now",
		},
		"unknown certificate": {
			server: smtptest.Options{StartTLS: true},
			change: func(o *Options) { o.TLS, o.RootCAs = StartTLS, x509.NewCertPool() }, says: "certificate",
		},
		"certificate for another": {
			server: smtptest.Options{Implicit: true},
			change: func(o *Options) { o.TLS, o.Host = ImplicitTLS, "127.0.0.2" }, says: "smtp.host",
		},
		"plain port as implicit": {
			change: func(o *Options) { o.TLS = ImplicitTLS }, says: "set smtp.tls: starttls",
		},
		"wrong password": {
			server: smtptest.Options{Username: "u", Password: "other"},
			change: func(o *Options) { o.Username, o.Password = "u", "hunter2" },
			code:   535, command: "AUTH", says: "check smtp.username and smtp.password",
		},
		"no AUTH offered": {
			change: func(o *Options) { o.Username = "u" }, says: "leave smtp.username empty",
		},
		"greeting 554": {
			server: smtptest.Options{Script: smtptest.Refuse(smtptest.Connect, "554 5.7.1 blocked")},
			code:   554, command: "CONNECT", says: "blocked",
		},
		"greeting 421": {
			server: smtptest.Options{Script: smtptest.Refuse(smtptest.Connect, "421 4.3.2 busy")},
			code:   421, command: "CONNECT", says: "busy",
		},
		"EHLO refused": {
			server: smtptest.Options{Script: smtptest.Refuse(smtptest.Ehlo, "550 5.7.1 go away")},
			code:   550, command: "EHLO", says: "go away",
		},
		"talkative": {
			server: smtptest.Options{Script: smtptest.At(smtptest.Connect, "", smtptest.Action{
				Raw: strings.Repeat("220-hello\r\n", maxHandshake/8),
			})},
			says: "is it an SMTP server?",
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := smtptest.New(t, c.server)
			o := optionsFor(server)
			if c.change != nil {
				c.change(&o)
			}
			if o.Host == "127.0.0.2" {
				o.Port = forward(t, "127.0.0.2:0", server.Addr())
			}
			_, err := dial(t, o)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hunter2") {
				t.Fatalf("error %v, want %q", err, c.says)
			}
			var no *ReplyError
			if errors.As(err, &no) != (c.code != 0) || no != nil && (no.Reply.Code != c.code || no.Command != c.command) {
				t.Errorf("reply %+v", no)
			}
			allGone(t, server)
		})
	}
}

// allGone waits until the client has closed all its connections.
func allGone(t *testing.T, server *smtptest.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := server.Await(ctx, "all connections to close", func() bool {
		_, open := server.Sessions()
		return open == 0
	})
	if err != nil {
		t.Error(err)
	}
}

// forward listens on an address and passes one connection on.
func forward(t *testing.T, listen, to string) int {
	t.Helper()
	l, err := net.Listen("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		in, err := l.Accept()
		if err != nil {
			return
		}
		defer in.Close()
		out, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer out.Close()
		back := make(chan struct{})
		go func() {
			defer close(back)
			defer in.Close()
			_, _ = out.(*net.TCPConn).WriteTo(in)
		}()
		_, _ = out.(*net.TCPConn).ReadFrom(in)
		_ = out.Close()
		<-back
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().(*net.TCPAddr).Port
}

func TestDialStops(t *testing.T) {
	for _, stage := range []smtptest.Stage{smtptest.Connect, smtptest.Ehlo, smtptest.Auth} {
		t.Run("cancelled at "+string(stage), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			server := smtptest.New(t, smtptest.Options{Username: "u", Password: "p", Script: func(e smtptest.Event) smtptest.Action {
				if e.Stage != stage {
					return smtptest.Action{}
				}
				cancel()
				return smtptest.Action{Wait: make(chan struct{})}
			}})
			o := optionsFor(server)
			o.Username, o.Password = "u", "p"
			d, err := NewDialer(o)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Dial(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("deadline", func(t *testing.T) {
		server := smtptest.New(t, smtptest.Options{
			Script: smtptest.At(smtptest.Connect, "", smtptest.Action{Wait: make(chan struct{})}),
		})
		o := optionsFor(server)
		o.Timeouts.Dial = 20 * time.Millisecond
		if _, err := dial(t, o); err == nil {
			t.Error("no error")
		}
	})
}

func TestDialNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	_, err = dial(t, Options{Host: "127.0.0.1", Port: port, TLS: NoTLS})
	if err == nil || !strings.Contains(err.Error(), "nothing listens there") {
		t.Errorf("%v", err)
	}
}
