package publish_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"digest.example/internal/publish"
	"digest.example/internal/smtptest"
	"digest.example/internal/subscribers"
)

// Who asked for mail without HTML gets it; the others get both. An issue from
// before there was such mail goes to all alike.
func TestPlainMail(t *testing.T) {
	for name, forget := range map[string]bool{"usual": false, "frozen before": true} {
		t.Run(name, func(t *testing.T) {
			server := smtptest.New(t, smtptest.Options{})
			w := newWorld(t, 3)
			w.must(w.db.Prefer(w.ctx, readerID(1), w.newsletterID(), func(p *subscribers.Preferences) (*subscribers.Event, error) {
				p.Plain = true
				return &subscribers.Event{At: wednesday, Actor: subscribers.Reader}, nil
			}))
			w.site.publish(wednesday, "a")
			r := w.frozen(sunday)
			if forget {
				db, err := sql.Open("sqlite", w.file)
				w.must(err)
				_, err = db.ExecContext(w.ctx, `UPDATE issue SET stencil_plain = NULL`)
				w.must(err)
				w.must(db.Close())
			}
			w.engine(server)
			w.must(publish.Resume(w.ctx, w.db, r, sunday))
			w.at(sunday)
			w.at(sunday.Add(time.Hour))
			w.wantIssues("done")
			all := server.Messages()
			if len(all) != 3 {
				t.Errorf("%d mails", len(all))
			}
			for _, m := range all {
				w.checkMail(m)
				html := strings.Contains(string(m.Data), "text/html")
				if want := m.To[0] != reader(1) || forget; html != want {
					t.Errorf("%s: HTML is %v, want %v", m.To[0], html, want)
				}
			}
		})
	}
}
