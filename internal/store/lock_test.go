package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

func locked(t *testing.T, url string) *Lock {
	t.Helper()
	l, err := AcquireLock(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Release(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func TestLock(t *testing.T) {
	folder := t.TempDir()
	url, alias := filepath.Join(folder, "digest.db"), filepath.Join(folder, "alias.db")
	if err := os.WriteFile(url, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(url, alias); err != nil {
		t.Fatal(err)
	}
	l := locked(t, url)
	for _, name := range []string{url, alias} {
		if _, err := AcquireLock(name); !errors.Is(err, digest.ErrBusy) {
			t.Errorf("locked twice, as %s: %v", filepath.Base(name), err)
		}
	}
	for range 2 {
		if err := l.Release(); err != nil {
			t.Error(err)
		}
	}
	locked(t, alias)
	for range 2 { // any number of processes may send from PostgreSQL
		locked(t, "postgres://nowhere/x")
	}
}

func TestRestored(t *testing.T) {
	w := file(t)
	w.must(w.Close())
	lock := locked(t, w.url)
	reopen := func() {
		w.Store = opened(t, w.url, Options{Mode: ReadWrite, Lock: lock})
	}
	reopen()
	restored := func(want bool) {
		t.Helper()
		if got, err := w.Restored(w.ctx, noon.Add(time.Hour)); err != nil || got != want {
			t.Errorf("restored: %v, %v; want %v", got, err, want)
		}
	}
	restored(false)
	_, issue := w.sending(3)
	w.claim(issue, "a", 1)
	restored(false)
	old := filepath.Join(t.TempDir(), "backup.db")
	w.must(w.Backup(w.ctx, old))
	w.claim(issue, "a", 1)
	w.must(w.Close())

	for _, end := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(w.url + end)
	}
	w.must(os.Rename(old, w.url))
	reopen()
	restored(true)
	if r, err := w.Issue(w.ctx, issue); err != nil || r.State != digest.IssuePaused || r.Reason == "" {
		t.Errorf("issue %+v, %v", r, err)
	}
	_, since, err := w.RegisterNewsletter(w.ctx, "weekly", "0 9 * * SUN", "Europe/London", noon.Add(2*time.Hour))
	w.must(err)
	if !since.Equal(noon.Add(time.Hour)) {
		t.Errorf("slots since %s count as missed", since)
	}
	restored(false) // it is said once
	w.move(issue, digest.IssuePaused, digest.IssueSending)
	if rows := w.claim(issue, "a", 9); len(rows) != 2 {
		t.Errorf("resumed, it claims %d rows", len(rows))
	}
	restored(false)

	// A crash between the commit and the file leaves the file behind.
	w.exec(`UPDATE run SET counter = counter + 1`)
	restored(false)
	w.must(os.WriteFile(w.url+".lock", []byte("rubbish"), 0o600))
	if _, err := w.Restored(w.ctx, noon); err == nil {
		t.Error("rubbish counts")
	}
}

func TestCounterFileIsLostWithoutHarm(t *testing.T) {
	w := file(t)
	w.must(w.Close())
	lock := locked(t, w.url)
	w.Store = opened(t, w.url, Options{Mode: ReadWrite, Lock: lock})
	_, issue := w.sending(2)
	w.must(lock.f.Close()) // what a failing disk looks like
	if rows, err := w.Claim(w.ctx, delivery.Claim{Issue: issue, Owner: "a", Now: noon, N: 1}); err != nil || len(rows) != 1 {
		t.Errorf("claimed %v, %v", rows, err)
	}
	if _, err := w.Restored(w.ctx, noon); err == nil {
		t.Error("no error although the lock file cannot be read")
	}
	lock.f = nil
}
