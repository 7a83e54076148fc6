package delivery_test

import (
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/mail"
	"digest.example/internal/smtptest"
)

// A relay with which no session comes about costs nobody anything: either it
// counts as down and is tried again, or the issue pauses until the operator has
// put the settings right. Then everybody gets the mail.
func TestFaultNoSession(t *testing.T) {
	script := func(stage smtptest.Stage, a smtptest.Action) smtptest.Script { return smtptest.At(stage, "", a) }
	for _, c := range []struct {
		name   string
		server smtptest.Options
		relay  mail.Options // host and port are the server's
		paused bool
		unsaid string // a command that must not have been given
	}{
		{"STARTTLS stripped", smtptest.Options{}, mail.Options{TLS: mail.StartTLS}, false, "MAIL"},
		{
			"STARTTLS stripped, a password at stake",
			smtptest.Options{Username: "u", Password: "p"},
			mail.Options{TLS: mail.StartTLS, Username: "u", Password: "p"},
			false, "AUTH",
		},
		{
			"STARTTLS refused",
			smtptest.Options{StartTLS: true, Script: smtptest.Refuse(smtptest.StartTLS, "454 4.7.0 no TLS")},
			mail.Options{TLS: mail.StartTLS},
			false, "MAIL",
		},
		{
			"certificate of a stranger",
			smtptest.Options{StartTLS: true, Username: "u", Password: "p"},
			mail.Options{TLS: mail.StartTLS, Username: "u", Password: "p"},
			false, "AUTH",
		},
		{"plain text where TLS begins", smtptest.Options{}, mail.Options{TLS: mail.ImplicitTLS}, false, "EHLO"},
		{
			"wrong password",
			smtptest.Options{Username: "u", Password: "p"},
			mail.Options{TLS: mail.NoTLS, Username: "u", Password: "wrong"},
			true, "MAIL",
		},
		{
			"AUTH refused for now",
			smtptest.Options{Username: "u", Password: "p", Script: smtptest.Refuse(smtptest.Auth, "454 4.7.0 later")},
			mail.Options{TLS: mail.NoTLS, Username: "u", Password: "p"},
			false, "MAIL",
		},
		{
			"account disabled",
			smtptest.Options{Username: "u", Password: "p", Script: smtptest.Refuse(smtptest.Auth, "525 5.7.13 disabled")},
			mail.Options{TLS: mail.NoTLS, Username: "u", Password: "p"},
			true, "MAIL",
		},
		{"AUTH not offered", smtptest.Options{}, mail.Options{TLS: mail.NoTLS, Username: "u", Password: "p"}, false, "MAIL"},
		{"AUTH needed", smtptest.Options{Username: "u", Password: "p"}, mail.Options{TLS: mail.NoTLS}, true, "RCPT"},
		{"554 for a greeting", smtptest.Options{Script: smtptest.Refuse(smtptest.Connect, "554 5.7.1 blocked")}, mail.Options{TLS: mail.NoTLS}, false, "MAIL"},
		{"521 for a greeting", smtptest.Options{Script: smtptest.Refuse(smtptest.Connect, "521 no mail here")}, mail.Options{TLS: mail.NoTLS}, true, "MAIL"},
		{"421 for a greeting", smtptest.Options{Script: smtptest.Refuse(smtptest.Connect, "421 4.3.2 busy")}, mail.Options{TLS: mail.NoTLS}, false, "MAIL"},
		{"no greeting", smtptest.Options{Script: script(smtptest.Connect, smtptest.Action{Drop: true})}, mail.Options{TLS: mail.NoTLS}, false, "MAIL"},
		{"another protocol", smtptest.Options{Script: script(smtptest.Connect, smtptest.Action{Raw: "SSH-2.0-x\r\n"})}, mail.Options{TLS: mail.NoTLS}, false, "MAIL"},
		{
			"a greeting without end",
			smtptest.Options{Script: script(smtptest.Connect, smtptest.Action{Raw: strings.Repeat("220-hello\r\n", 50_000)})},
			mail.Options{TLS: mail.NoTLS},
			false, "MAIL",
		},
		{"421 to EHLO", smtptest.Options{Script: smtptest.Refuse(smtptest.Ehlo, "421 4.3.2 busy")}, mail.Options{TLS: mail.NoTLS}, false, "MAIL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 5)
			server := smtptest.New(t, c.server)
			relay := c.relay
			relay.Host, relay.Port = server.Host(), server.Port()
			report := w.run(w.engineVia(w.store, relay, 2), w.job())
			if (report.Pause != "") != c.paused || (report.Down != nil) == c.paused {
				t.Errorf("paused %q, down %v", report.Pause, report.Down)
			}
			if n := count(server, c.unsaid); n > 0 {
				t.Errorf("%s was said %d times: %q", c.unsaid, n, server.Commands())
			}
			for i := range w.ids {
				if row := w.row(i); row.State != delivery.Ready || row.Attempts != 0 {
					t.Errorf("recipient %d is %s after %d attempts: %s", i, row.State, row.Attempts, row.LastReply)
				}
			}
			healthy := smtptest.New(t, smtptest.Options{})
			w.advance(2 * time.Minute)
			w.run(w.engine(healthy, 2), w.job())
			if n := len(healthy.Messages()); n != 5 {
				t.Errorf("%d of 5 got it when the relay was well again", n)
			}
		})
	}
}

// Nobody listens, and then somebody does.
func TestFaultNobodyListens(t *testing.T) {
	w := newWorld(t, 3)
	server := smtptest.New(t, smtptest.Options{})
	e := w.engine(server, 2)
	server.Close()
	if report := w.run(e, w.job()); report.Down == nil || report.Pause != "" {
		t.Errorf("paused %q, down %v", report.Pause, report.Down)
	}
	if c := w.counts(); c[delivery.Ready] != 3 || w.row(0).Attempts != 0 {
		t.Errorf("the ledger says %v, attempts %d", c, w.row(0).Attempts)
	}
}
