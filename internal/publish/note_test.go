package publish_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/publish"
)

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// kept is a file beside the note.
func (w *world) kept(name string) string {
	return filepath.Join(filepath.Dir(w.newsletter.NoteFile), name)
}

func TestNoteIsPrintedOnce(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.write("\n  The *ferry* is late\x00, says \xff.\n\n")
	w.at(sunday)
	content, err := w.db.Content(w.ctx, w.last().ID)
	w.must(err)
	if content.Note != "The *ferry* is late, says \uFFFD." {
		t.Errorf("note %q", content.Note)
	}
	if !strings.Contains(w.mailer.last, "ferry") {
		t.Error("the mail lacks the note")
	}
	if exists(w.newsletter.NoteFile) || !exists(w.kept("weekly-1.md")) {
		t.Error("the note was not put away as weekly-1.md")
	}
	w.site.publish(sunday, "b")
	w.at(second)
	content, err = w.db.Content(w.ctx, w.last().ID)
	w.must(err)
	if content.Note != "" || w.last().Number != 2 {
		t.Errorf("issue %d printed %q", w.last().Number, content.Note)
	}
}

func TestNoteWithNoIssueStays(t *testing.T) {
	w := newWorld(t, 1)
	w.write("For later")
	w.at(sunday)
	w.wantIssues("skipped")
	if !exists(w.newsletter.NoteFile) {
		t.Error("the note of an issue that was skipped is gone")
	}
}

// The editor goes on writing while the issue is frozen and not yet planned.
func TestNoteEditedAfterFreezing(t *testing.T) {
	for _, c := range []struct {
		name, text string
		alerts     []string
	}{
		{"edited", "A new note", nil},
		{"emptied", "  \n", nil},
		{"grown too large", strings.Repeat("x", 70_000), []string{"weekly/1: bad configuration: the editor's note"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.site.publish(wednesday, "a")
			w.write("An old note")
			w.store = &faulty{database: w.db, fail: func(call string, done bool) error {
				if call == "Freeze" && done {
					w.write(c.text)
				}
				return nil
			}}
			w.start()
			w.at(sunday)
			w.wantIssues("done")
			content, err := w.db.Content(w.ctx, w.last().ID)
			w.must(err)
			left, err := os.ReadFile(w.newsletter.NoteFile)
			if content.Note != "An old note" || err != nil || string(left) != c.text || exists(w.kept("weekly-1.md")) {
				t.Errorf("printed %q, left %.20q (%v)", content.Note, left, err)
			}
			w.wantAlerts(c.alerts...)
		})
	}
}

// Readers do not wait for a note that cannot be put away.
func TestNoteThatCannotBePutAway(t *testing.T) {
	w := newWorld(t, 2)
	w.site.publish(wednesday, "a")
	w.write("A note")
	w.must(os.MkdirAll(filepath.Join(w.kept("weekly-1.md"), "in the way"), 0o700))
	w.at(sunday)
	w.wantIssues("done")
	w.wantMails(2, 1)
	w.wantAlerts("the next issue prints it again")
}

func TestUnreadableNote(t *testing.T) {
	for name, make := range map[string]func(w *world){
		"too large": func(w *world) { w.write(strings.Repeat("x", 64<<10+1)) },
		"a folder":  func(w *world) { w.must(os.Mkdir(w.newsletter.NoteFile, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.site.publish(wednesday, "a")
			make(w)
			w.at(sunday)
			w.wantIssues("held")
			if why := w.last().Reason; !strings.Contains(why, "the editor's note") {
				t.Errorf("held because %s", why)
			}
			w.must(os.RemoveAll(w.newsletter.NoteFile))
			w.at(sunday.Add(time.Hour))
			w.wantIssues("done")
		})
	}
}

// What fails for longer than a slot may be late is given up, and its operator hears of it.
func TestTroubleThatLasts(t *testing.T) {
	w := newWorld(t, 1)
	w.store = &faulty{w.db, func(call string, done bool) error {
		if call == "Freeze" && !done {
			return errDown
		}
		return nil
	}}
	w.start()
	w.site.publish(wednesday, "a")
	if w.tryAt(sunday) == nil || w.tryAt(sunday.Add(48*time.Hour)) == nil {
		t.Fatal("what cannot be stored went through")
	}
	w.at(sunday.Add(49 * time.Hour))
	w.wantIssues("skipped")
	w.wantAlerts("weekly/1 is skipped")
}

func TestNoNoteFile(t *testing.T) {
	w := newWorld(t, 1)
	w.newsletter.NoteFile = ""
	w.start()
	w.site.publish(wednesday, "a")
	v, err := w.p.Preview(w.ctx, &w.newsletter)
	if err != nil || v.Issue.Note != "" {
		t.Errorf("note %q, %v", v.Issue.Note, err)
	}
	w.at(sunday)
	w.wantIssues("done")
}

func TestLargestNote(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.write(strings.Repeat("x", 64<<10-1) + "\n")
	v, err := w.p.Preview(w.ctx, &w.newsletter)
	w.must(err)
	if len(v.Issue.Note) != 64<<10-1 {
		t.Errorf("%d bytes", len(v.Issue.Note))
	}
}

// The editor's subject is frozen with the issue, and a dry run shows it.
func TestSubjectOfTheNote(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.write("---\nsubject: The tide mills turn again\npreheader: And the herons are counted\n---\nHello")
	w.now = sunday
	v, err := w.p.Preview(w.ctx, &w.newsletter)
	w.must(err)
	if v.Rendered.Subject != "The tide mills turn again" || v.Rendered.Preheader != "And the herons are counted" {
		t.Errorf("previewed %q, %q", v.Rendered.Subject, v.Rendered.Preheader)
	}
	w.at(sunday)
	content, err := w.db.Content(w.ctx, w.last().ID)
	w.must(err)
	if content.Subject != v.Rendered.Subject || content.Preheader != v.Rendered.Preheader || content.Note != "Hello" {
		t.Errorf("froze %q, %q, %q", content.Subject, content.Preheader, content.Note)
	}
	if !strings.Contains(w.mailer.last, "Subject: The tide mills turn again\r\n") {
		t.Errorf("sent %s", w.mailer.last)
	}
}

func TestASubjectThatIsTooLongNamesItsFile(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.write("---\nsubject: " + strings.Repeat("long ", 30) + "\n---\n")
	_, err := w.p.Preview(w.ctx, &w.newsletter)
	if !errors.Is(err, digest.ErrHeld) || errors.Is(err, digest.ErrConfig) || !strings.Contains(err.Error(), w.newsletter.NoteFile) || !strings.Contains(err.Error(), "149 characters") {
		t.Errorf("%v", err)
	}
}

// A broken note holds the issue, which goes out once it is mended.
func TestABrokenNoteHoldsTheIssue(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.write("---\nsubject: Tide mills: again\n---\nHello")
	w.at(sunday)
	r := w.last()
	if r.State != digest.IssueHeld || r.Code != publish.HoldNote || !strings.Contains(r.Reason, w.newsletter.NoteFile) {
		t.Fatalf("%s (%s): %s", r.State, r.Code, r.Reason)
	}
	w.write("---\nsubject: \"Tide mills: again\"\n---\nHello")
	w.at(sunday.Add(16 * time.Minute))
	if !strings.Contains(w.mailer.last, "Subject: Tide mills: again\r\n") || w.last().State != digest.IssueDone {
		t.Errorf("%s: %s", w.last().State, w.mailer.last)
	}
}

// Forced, an issue goes without the note, which stays for the next.
func TestABrokenNoteIsLeftOutWhenForced(t *testing.T) {
	w := newWorld(t, 1)
	w.site.publish(wednesday, "a")
	w.write("---\nno: such key\n---\nHello")
	w.now = sunday
	v, err := w.p.Preview(w.ctx, &w.newsletter, publish.HoldNote)
	w.must(err)
	if v.Issue.Note != "" || v.Issue.Draft != "" {
		t.Errorf("%+v", v.Issue)
	}
	if _, err := w.p.SendNow(w.ctx, &w.newsletter, []string{publish.HoldNote}, 0); err != nil {
		t.Fatal(err)
	}
	if w.last().State != digest.IssueDone || !exists(w.newsletter.NoteFile) {
		t.Errorf("%s, note kept: %v", w.last().State, exists(w.newsletter.NoteFile))
	}
}
