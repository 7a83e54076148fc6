package delivery_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"digest.example/internal/delivery"
	"digest.example/internal/mail"
	"digest.example/internal/smtptest"
)

// A message that cannot be built, or must not be sent, costs its recipient; more
// than two in two hundred pause the issue.
func TestFaultBuild(t *testing.T) {
	for name, spoil := range map[string]func(m *mail.Data) error{
		"no message":          func(*mail.Data) error { return errors.New("template: no name") },
		"a bare LF":           func(m *mail.Data) error { return m.Set([]byte("x\ny")) },
		"a bare CR":           func(m *mail.Data) error { return m.Set([]byte("x\ry")) },
		"an unstuffed dot":    func(m *mail.Data) error { return m.Set([]byte("x\r\n.\r\nMAIL FROM:<>\r\n")) },
		"half a line, broken": func(m *mail.Data) error { return errors.Join(m.Set([]byte("x")), errors.New("half")) },
	} {
		for _, c := range []struct {
			spoiled int
			paused  bool
		}{{1, false}, {2, false}, {3, true}} {
			t.Run(fmt.Sprintf("%s, %d times", name, c.spoiled), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, 40)
				server := smtptest.New(t, smtptest.Options{Extensions: []string{"PIPELINING"}})
				job := w.job()
				build := job.Build
				job.Build = func(m *mail.Data, d delivery.Delivery) error {
					var i int
					if _, err := fmt.Sscanf(d.Address, "r%d@", &i); err == nil && i >= victim && i < victim+c.spoiled {
						return spoil(m)
					}
					return build(m, d)
				}
				report := w.run(w.engine(server, 2), job)
				if (report.Pause != "") != c.paused || report.Down != nil {
					t.Errorf("paused %q, down %v", report.Pause, report.Down)
				}
				counts := w.counts()
				if counts[delivery.RenderError] != c.spoiled || !c.paused && counts[delivery.Accepted] != 40-c.spoiled {
					t.Errorf("the ledger says %v", counts)
				}
				for i := victim; i < victim+c.spoiled; i++ {
					if row := w.row(i); row.State != delivery.RenderError || row.LastReply == "" || w.gone(i) {
						t.Errorf("recipient %d is %s: %q", i, row.State, row.LastReply)
					}
				}
				w.agree(server)
				for _, m := range server.Messages() {
					if !strings.HasPrefix(string(m.Data), "Subject: hello\r\nTo: "+m.To[0]+"\r\n") {
						t.Errorf("%s got %q", m.To[0], m.Data)
					}
				}
			})
		}
	}
}
