package delivery_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"digest.example/internal/delivery"
	"digest.example/internal/smtptest"
)

// victim is the recipient whom the faults of these tests meet.
const victim = 5

// Each reply to one recipient in the midst of others: what becomes of that one,
// and that the others do not notice.
func TestFaultReplies(t *testing.T) {
	const none = delivery.State("")
	for _, c := range []struct {
		stage    smtptest.Stage
		reply    string
		want     delivery.State
		attempts int
		wait     time.Duration // until it is tried again
		left     bool          // the address may not be mailed any more
	}{
		{smtptest.Rcpt, "450 4.2.0 greylisted", delivery.Ready, 1, 5 * time.Minute, false},
		{smtptest.Rcpt, "451 4.7.1 greylisted", delivery.Ready, 1, 5 * time.Minute, false},
		{smtptest.Rcpt, "452 4.2.2 full", delivery.Ready, 1, 5 * time.Minute, false},
		{smtptest.Rcpt, "552 5.2.2 full", delivery.Ready, 1, 5 * time.Minute, false},
		{smtptest.Rcpt, "552 full", delivery.Ready, 1, 5 * time.Minute, false},
		{smtptest.Rcpt, "550 5.1.1 no such user", delivery.Failed, 1, 0, true},
		{smtptest.Rcpt, "551 5.1.6 moved", delivery.Failed, 1, 0, true},
		{smtptest.Rcpt, "553 5.1.3 syntax", delivery.Failed, 1, 0, true},
		{smtptest.Rcpt, "556 5.1.10 null MX", delivery.Failed, 1, 0, true},
		{smtptest.Rcpt, "550 no", delivery.Failed, 1, 0, false},
		{smtptest.Rcpt, "550 5.2.1 disabled", delivery.Failed, 1, 0, false},
		{smtptest.Rcpt, "554 5.7.1 no", delivery.Failed, 1, 0, false},
		{smtptest.Rcpt, "550-5.1.1 no such\n550 5.1.1 user", delivery.Failed, 1, 0, true},
		{smtptest.Data, "451 4.3.0 later", delivery.Ready, 1, 5 * time.Minute, false},
		{smtptest.Data, "554 5.7.1 no", delivery.Failed, 1, 0, false},
		{smtptest.Dot, "450 4.2.1 later", delivery.Ready, 1, 5 * time.Minute, false},
		{smtptest.Dot, "451 4.3.0 later", delivery.Ready, 1, 5 * time.Minute, false},
		{smtptest.Dot, "452 4.3.1 later", delivery.Ready, 1, 5 * time.Minute, false},
		{smtptest.Dot, "550 5.1.1 no such user", delivery.Failed, 1, 0, false},
		{smtptest.Dot, "552 5.2.2 full", delivery.Failed, 1, 0, false},
		{smtptest.Dot, "552 5.3.4 large", delivery.Failed, 1, 0, false},
		{smtptest.Dot, "554 5.7.1 spam", delivery.Failed, 1, 0, false},
		{smtptest.Dot, "554-5.6.0 several\n554-5.6.0 lines\n554 5.6.0 of it", delivery.Failed, 1, 0, false},
		// A server that hangs up cannot be asked again at once: both are soon after.
		{smtptest.Rcpt, "421 4.3.2 closing", none, 0, 0, false},
		{smtptest.Data, "421 4.3.2 closing", none, 0, 0, false},
		{smtptest.Dot, "421 4.3.2 closing", none, 0, 0, false},
	} {
		t.Run(fmt.Sprintf("%s %s", c.stage, c.reply), func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				w := newWorld(t, 12)
				server := smtptest.New(t, smtptest.Options{
					Extensions: extensions, Script: smtptest.Once(smtptest.At(c.stage, address(victim), smtptest.Action{Reply: c.reply})),
				})
				report := w.run(w.engine(server, 2), w.job())
				if report.Pause != "" || report.Down != nil {
					t.Errorf("paused %q, down %v", report.Pause, report.Down)
				}
				row, c := w.row(victim), c
				if c.want == none { // whether the same run comes back to it is not promised
					for range 3 {
						w.advance(time.Hour)
						w.run(w.engine(server, 2), w.job())
					}
					row = w.row(victim)
					c.want, c.attempts = delivery.Accepted, row.Attempts
				}
				if row.State != c.want || row.Attempts != c.attempts {
					t.Errorf("the row is %s after %d attempts: %s", row.State, row.Attempts, row.LastReply)
				}
				if c.wait > 0 && !row.NextAt.Equal(w.now.Add(c.wait)) {
					t.Errorf("it is tried again after %s", row.NextAt.Sub(w.now))
				}
				if c.want != delivery.Accepted && fmt.Sprint(row.LastCode) != c.reply[:3] {
					t.Errorf("the ledger has code %d", row.LastCode)
				}
				if w.gone(victim) != c.left {
					t.Errorf("suppressed: %v", !c.left)
				}
				w.others(victim)
				w.agree(server)
			})
		})
	}
}

// What is our own fault pauses the issue at the first, and costs nobody.
func TestFaultsOfOurOwn(t *testing.T) {
	for _, c := range []struct {
		stage smtptest.Stage
		reply string
	}{
		{smtptest.Mail, "530 5.7.0 authentication required"},
		{smtptest.Mail, "535 5.7.8 credentials"},
		{smtptest.Mail, "550 5.1.0 sender"},
		{smtptest.Mail, "553 5.1.8 sender"},
		{smtptest.Rcpt, "530 5.7.0 authentication required"},
		{smtptest.Rcpt, "550 5.1.8 sender"},
		{smtptest.Rcpt, "554 5.7.1 relay access denied"},
		{smtptest.Data, "502 5.5.1 what"},
		{smtptest.Dot, "550 5.7.20 DKIM"},
		{smtptest.Dot, "550 5.7.23 SPF"},
		{smtptest.Dot, "550 5.7.25 PTR"},
		{smtptest.Dot, "550 5.7.26 DMARC"},
		{smtptest.Dot, "550 5.7.27 null MX"},
		{smtptest.Dot, "550 5.7.515 DMARC"},
	} {
		t.Run(fmt.Sprintf("%s %s", c.stage, c.reply), func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				w := newWorld(t, 40)
				server := smtptest.New(t, smtptest.Options{Extensions: extensions, Script: smtptest.Refuse(c.stage, c.reply)})
				report := w.run(w.engine(server, 2), w.job())
				if report.Pause == "" || !strings.Contains(report.Pause, c.reply[:3]) {
					t.Errorf("paused %q", report.Pause)
				}
				if counts := w.counts(); counts[delivery.Ready] != 40 {
					t.Errorf("the ledger says %v", counts)
				}
				if row := w.row(victim); row.Attempts != 0 || row.NextAt.After(w.now) {
					t.Errorf("the recipient pays with %d attempts and %s", row.Attempts, row.NextAt.Sub(w.now))
				}
				if n := count(server, string(c.stage)); n > 4 {
					t.Errorf("the relay was asked %d times", n)
				}
				w.agree(server)
			})
		})
	}
}

// count is how many such commands came.
func count(server *smtptest.Server, verb string) int {
	n := 0
	for _, line := range server.Commands() {
		if _, command, _ := strings.Cut(line, " "); strings.HasPrefix(strings.ToUpper(command), strings.ToUpper(verb)) {
			n++
		}
	}
	return n
}

// Receivers that dislike the mail pause the issue, but only when they are many.
func TestFaultPolicy(t *testing.T) {
	for _, c := range []struct {
		refuse int
		paused bool
	}{{10, false}, {11, true}, {200, true}} {
		bothWays(t, func(t *testing.T, extensions []string) {
			w := newWorld(t, 230)
			server := smtptest.New(t, smtptest.Options{Extensions: extensions, Script: func(e smtptest.Event) smtptest.Action {
				var i int
				if _, err := fmt.Sscanf(e.To, "r%d@", &i); err == nil && e.Stage == smtptest.Dot && i < c.refuse {
					return smtptest.Action{Reply: "554 5.7.1 looks like spam"}
				}
				return smtptest.Action{}
			}})
			const connections = 2
			report := w.run(w.engine(server, connections), w.job())
			if paused := report.Pause != ""; paused != c.paused {
				t.Errorf("%d refusals: paused %q", c.refuse, report.Pause)
			}
			failed := w.counts()[delivery.Failed]
			if failed > min(c.refuse, 11+2*connections) || !c.paused && failed != c.refuse {
				t.Errorf("%d refusals: %d failed", c.refuse, failed)
			}
			for i := range len(w.ids) {
				if i%20 == 0 && w.gone(i) {
					t.Errorf("recipient %d is suppressed", i)
				}
			}
			w.agree(server)
		})
	}
}

// A relay that has lost its list of mailboxes does not cost the readers theirs.
func TestFaultEverybodyUnknown(t *testing.T) {
	bothWays(t, func(t *testing.T, extensions []string) {
		const connections = 2
		w := newWorld(t, 100)
		server := smtptest.New(t, smtptest.Options{
			Extensions: extensions, Script: smtptest.Refuse(smtptest.Rcpt, "550 5.1.1 User unknown in local recipient table"),
		})
		report := w.run(w.engine(server, connections), w.job())
		if failed := w.counts()[delivery.Failed]; report.Pause == "" || failed > 21+2*connections {
			t.Errorf("%d failed, paused %q", failed, report.Pause)
		}
		w.agree(server)
	})
}

// A reply is a stranger's text: it reaches the ledger clean, short and whole.
func TestFaultHostileReplies(t *testing.T) {
	for name, reply := range map[string]string{
		"escapes":       "550 5.1.1 \x1b[2J\x1b]0;owned\x07 no \x7f user",
		"controls":      "550 5.1.1 a\x00b\x01c\td\x0be",
		"broken UTF-8":  "550 5.1.1 \xff\xfe\xc3( no \xe2\x82",
		"bidi":          "550 5.1.1 \u202egnp.exe\u202c \u2066x\u2069",
		"long":          "550 5.1.1 " + strings.Repeat("é", 900),
		"many lines":    strings.TrimSuffix(strings.Repeat("550-5.1.1 line of several words\n", 90), "\n") + "\n550 5.1.1 end",
		"another class": "550 2.1.5 fine",
		"SQL and HTML":  `550 5.1.1 '); DROP TABLE delivery;-- <script>alert(1)</script>`,
		"empty":         "550",
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				w := newWorld(t, 7)
				server := smtptest.New(t, smtptest.Options{
					Extensions: extensions, Script: smtptest.At(smtptest.Rcpt, address(victim), smtptest.Action{Reply: reply}),
				})
				w.run(w.engine(server, 1), w.job())
				row := w.row(victim)
				if row.State != delivery.Failed || row.LastCode != 550 {
					t.Errorf("the row is %s, %d %q", row.State, row.LastCode, row.LastReply)
				}
				if !utf8.ValidString(row.LastReply) || len(row.LastReply) > 1024 ||
					strings.ContainsFunc(row.LastReply, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
					t.Errorf("the ledger has %q", row.LastReply)
				}
				if w.gone(victim) != strings.Contains(reply, "5.1.1") {
					t.Errorf("suppressed: %v", w.gone(victim))
				}
				w.others(victim)
				w.agree(server)
			})
		})
	}
}

// A relay that has no room now and then costs nobody the mail.
func TestFaultNoRoom(t *testing.T) {
	for _, reply := range []string{"452 4.3.1 no room", "552 too many"} {
		t.Run(reply, func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				const recipients = 60
				w := newWorld(t, recipients)
				var asked atomic.Int64
				server := smtptest.New(t, smtptest.Options{Extensions: extensions, Script: func(e smtptest.Event) smtptest.Action {
					if e.Stage == smtptest.Rcpt && asked.Add(1)%4 == 0 {
						return smtptest.Action{Reply: reply}
					}
					return smtptest.Action{}
				}})
				w.sendAll(w.engine(server, 4))
				if c := w.counts(); c[delivery.Accepted] != recipients {
					t.Errorf("the ledger says %v", c)
				}
				for i := range w.ids {
					if i%10 == 0 && w.gone(i) {
						t.Errorf("recipient %d is suppressed", i)
					}
				}
				w.agree(server)
			})
		})
	}
}
