package delivery_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/mail"
	"digest.example/internal/smtptest"
)

// sendAll runs the engine until nothing is left to do, letting the rests pass.
func (w *world) sendAll(e *delivery.Engine) {
	w.t.Helper()
	for range 6 {
		if report := w.run(e, w.job()); report.Pause != "" {
			w.t.Fatalf("paused: %s", report.Pause)
		}
		if w.counts()[delivery.Ready] == 0 {
			return
		}
		w.advance(time.Hour)
	}
}

// A connection that is lost at one recipient, once.
func TestFaultHangUps(t *testing.T) {
	at := func(stage smtptest.Stage, a smtptest.Action) smtptest.Script {
		return smtptest.At(stage, address(victim), a)
	}
	for _, c := range []struct {
		name   string
		script smtptest.Script
		want   []delivery.State
	}{
		{"before MAIL", smtptest.At(smtptest.Mail, "", smtptest.Action{Drop: true}), accepted},
		{"421 to MAIL", smtptest.Refuse(smtptest.Mail, "421 4.7.0 too much"), accepted},
		{"before RCPT is answered", at(smtptest.Rcpt, smtptest.Action{Drop: true}), accepted},
		{"behind a good RCPT", at(smtptest.Rcpt, smtptest.Action{Reply: "250 ok", Drop: true}), accepted},
		{"behind a bad RCPT", at(smtptest.Rcpt, smtptest.Action{Reply: "550 5.1.1 no", Drop: true}), []delivery.State{delivery.Failed, delivery.Accepted}},
		{"before DATA is answered", at(smtptest.Data, smtptest.Action{Drop: true}), accepted},
		{"behind 354", at(smtptest.Data, smtptest.Action{Reply: "354 go", Drop: true}), acceptedOrDoubt},
		// Whether the hang-up is heard before the dot is written is a race.
		{"in the body", at(smtptest.Body, smtptest.Action{Drop: true}), acceptedOrDoubt},
		{"421 in the body", at(smtptest.Body, smtptest.Action{Reply: "421 4.3.2 bye", Drop: true}), acceptedOrDoubt},
		{"after the dot, taken", at(smtptest.Dot, smtptest.Action{Drop: true, Accept: true}), doubt},
		{"after the dot, not taken", at(smtptest.Dot, smtptest.Action{Drop: true}), doubt},
		{"behind a 250 to the dot", at(smtptest.Dot, smtptest.Action{Reply: "250 2.0.0 ok", Drop: true, Accept: true}), accepted},
		{"in the midst of the reply to the dot", at(smtptest.Dot, smtptest.Action{Raw: "250-2.0.0 queu", Drop: true, Accept: true}), doubt},
		{"garbage after the dot", at(smtptest.Dot, smtptest.Action{Raw: "thank you\r\n", Accept: true}), doubt},
		{"another kind of reply to the dot", at(smtptest.Dot, smtptest.Action{Raw: "354 go on\r\n"}), doubt},
	} {
		t.Run(c.name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				w := newWorld(t, 20)
				server := smtptest.New(t, smtptest.Options{Extensions: extensions, Script: smtptest.Once(c.script)})
				w.sendAll(w.engine(server, 2))
				if row := w.row(victim); !slices.Contains(c.want, row.State) {
					t.Errorf("the row is %s: %s", row.State, row.LastReply)
				}
				w.others(victim)
				w.agree(server)
			})
		})
	}
}

var (
	accepted        = []delivery.State{delivery.Accepted}
	doubt           = []delivery.State{delivery.InDoubt}
	acceptedOrDoubt = []delivery.State{delivery.Accepted, delivery.InDoubt}
)

// Replies that are none, in place of what the relay should say, once.
func TestFaultGarbage(t *testing.T) {
	for name, raw := range map[string]string{
		"words":          "hello there\r\n",
		"no digits":      "2x0 ok\r\n",
		"a code of two":  "25\r\n",
		"a code of 1xx":  "150 ok\r\n",
		"a code of 6xx":  "650 ok\r\n",
		"two codes":      "250-ok\r\n550 no\r\n",
		"bare bytes":     "\x00\xff\xfe\r\n",
		"no end of line": strings.Repeat("2", 1<<16),
		"no end":         strings.Repeat("250-more\r\n", 200),
		"an empty line":  "\r\n",
		"HTTP":           "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				w := newWorld(t, 20)
				server := smtptest.New(t, smtptest.Options{Extensions: extensions, Script: smtptest.FirstOf(
					smtptest.Once(smtptest.At(smtptest.Mail, "", smtptest.Action{Raw: raw})),
					smtptest.Once(smtptest.At(smtptest.Rcpt, address(victim), smtptest.Action{Raw: raw})),
					smtptest.Once(smtptest.At(smtptest.Data, address(victim+4), smtptest.Action{Raw: raw})),
					smtptest.At(smtptest.Dot, address(victim+8), smtptest.Action{Raw: raw}),
				)})
				w.sendAll(w.engine(server, 2))
				if row := w.row(victim + 8); row.State != delivery.InDoubt {
					t.Errorf("garbage in answer to the dot leaves the row %s: %s", row.State, row.LastReply)
				}
				w.others(victim + 8)
				w.agree(server)
			})
		})
	}
}

// A relay that answers before it is asked, or twice, must not make anybody
// believe that a message was taken.
func TestFaultRepliesOutOfTurn(t *testing.T) {
	ok := "250 2.0.0 ok\r\n"
	for _, c := range []struct {
		name   string
		script smtptest.Script
	}{
		{"MAIL twice", smtptest.At(smtptest.Mail, "", smtptest.Action{After: ok})},
		{"RCPT twice", smtptest.At(smtptest.Rcpt, "", smtptest.Action{After: ok})},
		{"354 twice", smtptest.At(smtptest.Data, "", smtptest.Action{After: "354 go\r\n"})},
		{"250 behind 354", smtptest.At(smtptest.Data, "", smtptest.Action{After: ok})},
		{"dot twice", smtptest.At(smtptest.Dot, "", smtptest.Action{After: ok})},
		{"dot three times", smtptest.At(smtptest.Dot, "", smtptest.Action{After: ok + ok})},
		{"greeting twice", smtptest.At(smtptest.Connect, "", smtptest.Action{After: "220 again\r\n"})},
		{"EHLO twice", smtptest.At(smtptest.Ehlo, "", smtptest.Action{After: ok})},
		{"250 before the dot, which is then refused", smtptest.FirstOf(
			smtptest.At(smtptest.Data, address(victim), smtptest.Action{After: ok}),
			smtptest.At(smtptest.Dot, address(victim), smtptest.Action{Reply: "554 5.6.0 no"}),
		)},
		{"250 while the body comes, which is then refused", smtptest.FirstOf(
			smtptest.At(smtptest.Body, address(victim), smtptest.Action{Raw: ok}),
			smtptest.At(smtptest.Dot, address(victim), smtptest.Action{Reply: "554 5.6.0 no"}),
		)},
	} {
		t.Run(c.name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				w := newWorld(t, 12)
				server := smtptest.New(t, smtptest.Options{Extensions: extensions, Script: c.script})
				for range 2 { // it need not get far, but it must not lie
					w.run(w.engine(server, 2), w.job())
					w.advance(time.Hour)
				}
				w.truth(server)
			})
		})
	}
}

// RCPT is refused and DATA taken all the same, as RFC 2920 lets a relay do.
func TestFaultDataForNobody(t *testing.T) {
	bothWays(t, func(t *testing.T, extensions []string) {
		w := newWorld(t, 20)
		server := smtptest.New(t, smtptest.Options{Extensions: extensions, Script: func(e smtptest.Event) smtptest.Action {
			switch {
			case e.Stage == smtptest.Rcpt && (e.To == address(victim) || e.To == address(victim+1)):
				return smtptest.Action{Reply: "450 4.2.0 later"}
			case e.Stage == smtptest.Data && e.To == "":
				return smtptest.Action{Reply: "354 go on"}
			}
			return smtptest.Action{}
		}})
		w.run(w.engine(server, 2), w.job())
		for _, i := range []int{victim, victim + 1} {
			if row := w.row(i); row.State != delivery.Ready || row.Attempts != 1 || row.LastCode != 450 {
				t.Errorf("recipient %d is %s after %d attempts: %s", i, row.State, row.Attempts, row.LastReply)
			}
		}
		if c := w.counts(); c[delivery.Accepted] != 18 {
			t.Errorf("the ledger says %v", c)
		}
		w.agree(server)
	})
}

// RSET is refused, or hung up on: what was accepted before stays accepted.
func TestFaultReset(t *testing.T) {
	for name, a := range map[string]smtptest.Action{
		"refused": {Reply: "451 4.3.0 no"}, "hung up": {Drop: true}, "garbage": {Raw: "what\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				w := newWorld(t, 20)
				server := smtptest.New(t, smtptest.Options{Extensions: extensions, Script: smtptest.FirstOf(
					smtptest.At(smtptest.Rset, "", a),
					smtptest.Once(smtptest.At(smtptest.Rcpt, address(victim), smtptest.Action{Reply: "450 4.2.0 later"})),
					smtptest.Once(smtptest.At(smtptest.Dot, address(victim+3), smtptest.Action{Reply: "451 4.3.0 later"})),
				)})
				w.sendAll(w.engine(server, 2))
				if c := w.counts(); c[delivery.Accepted] != 20 {
					t.Errorf("the ledger says %v", c)
				}
				w.agree(server)
			})
		})
	}
}

// A relay that does not answer costs the recipient nothing before the dot, and
// leaves it in doubt after. Little time is allowed at that step alone.
func TestFaultSlowReplies(t *testing.T) {
	const brief = 250 * time.Millisecond
	for _, c := range []struct {
		stage    smtptest.Stage
		timeouts mail.Timeouts
		want     delivery.State
	}{
		{smtptest.Connect, mail.Timeouts{Dial: brief}, delivery.Accepted},
		{smtptest.Ehlo, mail.Timeouts{Dial: brief}, delivery.Accepted},
		{smtptest.Mail, mail.Timeouts{Command: brief}, delivery.Accepted},
		{smtptest.Rcpt, mail.Timeouts{Command: brief}, delivery.Accepted},
		{smtptest.Data, mail.Timeouts{Data: brief}, delivery.Accepted},
		{smtptest.Body, mail.Timeouts{Body: brief}, delivery.Accepted},
		{smtptest.Dot, mail.Timeouts{Dot: brief}, delivery.InDoubt},
	} {
		t.Run(string(c.stage), func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				w := newWorld(t, 6)
				script := smtptest.At(c.stage, address(victim), smtptest.Action{Wait: make(chan struct{})})
				if c.stage == smtptest.Connect || c.stage == smtptest.Ehlo || c.stage == smtptest.Mail {
					script = smtptest.At(c.stage, "", smtptest.Action{Wait: make(chan struct{})})
				}
				server := smtptest.New(t, smtptest.Options{Extensions: extensions, Script: smtptest.Once(script)})
				relay := mail.Options{Host: server.Host(), Port: server.Port(), TLS: mail.NoTLS, Timeouts: c.timeouts}
				e := w.engineVia(w.store, relay, 2)
				for range 4 {
					w.run(e, w.bulky(victim))
					w.advance(time.Hour)
				}
				states := w.counts()
				if states[delivery.Accepted]+states[delivery.InDoubt] != 6 || w.row(victim).State != c.want && c.stage != smtptest.Mail {
					t.Errorf("the row is %s (%s), the ledger says %v", w.row(victim).State, w.row(victim).LastReply, states)
				}
				w.agree(server)
			})
		})
	}
}

// bulky is a job whose message to one recipient fits into no buffer on the way.
func (w *world) bulky(i int) delivery.Job {
	job := w.job()
	build := job.Build
	job.Build = func(m *mail.Data, d delivery.Delivery) error {
		err := build(m, d)
		if err == nil && d.Address == address(i) {
			err = m.Set(append(m.Append(nil), bytes.Repeat([]byte("\r\n"+strings.Repeat("x", 900)), 12_000)...))
		}
		return err
	}
	return job
}

// One connection that is stuck keeps nobody waiting but those that it holds:
// its own message, and one more that may stand behind it in the pipeline.
func TestFaultStuckConnection(t *testing.T) {
	for _, stage := range []smtptest.Stage{smtptest.Ehlo, smtptest.Mail, smtptest.Rcpt, smtptest.Data, smtptest.Body, smtptest.Dot} {
		t.Run(string(stage), func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				const recipients = 120
				w := newWorld(t, recipients)
				free := make(chan struct{})
				server := smtptest.New(t, smtptest.Options{
					Extensions: extensions, Script: smtptest.Once(smtptest.At(stage, "", smtptest.Action{Wait: free})),
				})
				done := make(chan error, 1)
				e := w.engine(server, 3)
				go func() { _, err := e.Run(w.ctx, w.job()); done <- err }()
				err := server.WaitFor(w.ctx, recipients-2)
				close(free)
				w.must(err)
				w.must(<-done)
				if c := w.counts(); c[delivery.Accepted] != recipients {
					t.Errorf("the ledger says %v", c)
				}
				w.agree(server)
			})
		})
	}
}
