package main

import (
	"os"
	"path/filepath"
	"testing"

	"digest.example/internal/smtptest"
)

// Half is sent, a backup made, the rest sent, the backup restored: nobody gets a
// second copy, unless the operator resumes what was paused and named.
func TestRestoredBackup(t *testing.T) {
	t.Parallel()
	const recipients, early = 60, 30
	late := map[string]bool{}
	for i := early; i < recipients; i++ {
		late[address(i)] = true
	}
	v, server := newPatient(t, recipients, func(e smtptest.Event) smtptest.Action {
		if e.Stage == smtptest.Rcpt && late[e.To] {
			return smtptest.Action{Reply: "450 4.2.0 come again"}
		}
		return smtptest.Action{}
	})
	v.observe().ends(exitIncomplete)
	copies(t, server, early, oneCopy)
	v.do("backup", "old.db")

	well := smtptest.New(t, smtptest.Options{})
	v.port = well.Port()
	v.observe().ends(exitOK)
	if n := len(well.Messages()); n != recipients-early {
		t.Errorf("%d of %d got it after the backup", n, recipients-early)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(filepath.Join(v.folder, "digest.db"+suffix)) // the last two may be gone
	}
	if err := os.Rename(filepath.Join(v.folder, "old.db"), filepath.Join(v.folder, "digest.db")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // it is as careful the second time
		o := v.observe()
		o.ends(exitIncomplete)
		o.says("paused", 1)
		o.says("digest resume", 1)
		copies(t, server, recipients, func(i int) int { return copiesBefore(i, early) })
		if n := len(well.Messages()); n != recipients-early {
			t.Errorf("%d were sent from a backup", n-recipients+early)
		}
	}
	v.do("resume", "weekly/1")
	v.observe().ends(exitOK)
	for i := early; i < recipients; i++ {
		if n := well.Accepted()[address(i)]; n != 2 {
			t.Errorf("%s got %d copies, not one more by the operator's word", address(i), n)
		}
	}
	copies(t, well, early, noCopy)
}

// copiesBefore is what a recipient got before the backup was made.
func copiesBefore(i, early int) int {
	if i < early {
		return 1
	}
	return 0
}
