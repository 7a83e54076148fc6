package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
)

// file is a new SQLite database's path and its world.
func file(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, ctx: t.Context(), url: filepath.Join(t.TempDir(), "digest.db")}
	w.Store = opened(t, w.url, Options{Mode: ReadWrite})
	return w
}

// trace is everything that a visitor could change: names, sizes, modes and
// contents of a folder's files. Only the index of a log may be built anew.
func trace(t *testing.T, folder string) string {
	t.Helper()
	var b strings.Builder
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(e.Name(), "-shm") {
			content = nil
		}
		fmt.Fprintf(&b, "%s %v %x\n", e.Name(), info.Mode(), sha256.Sum256(content))
	}
	return b.String()
}

// visit opens a database for reading, reads, and closes it.
func visit(t *testing.T, url string, migrations fstest.MapFS) (newsletters []string) {
	t.Helper()
	open := func() (*Store, error) { return Open(t.Context(), url, Options{}) }
	if migrations != nil {
		open = func() (*Store, error) { return openWith(url, Options{}, migrations) }
	}
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	newsletters, err = s.Newsletters(t.Context())
	if err != nil {
		t.Error(err)
	}
	if _, err := s.DatabaseID(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return newsletters
}

func openWith(url string, o Options, migrations fstest.MapFS) (*Store, error) {
	return open(context.Background(), url, o, migrations)
}

// newest is the version of this program's schema.
var newest = func() int64 {
	version, err := latest(embedded())
	if err != nil {
		panic(err)
	}
	return version
}()

// nextFile is the name of a migration that this program does not know.
var nextFile = fmt.Sprintf("%05d_next.sql", newest+1)

// nextSchema is this program's schema and one migration that it does not know.
func nextSchema(t *testing.T) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{
		nextFile: {Data: []byte("-- +goose Up\nALTER TABLE newsletter ADD COLUMN colour TEXT;\n")},
	}
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[path.Base(name)] = &fstest.MapFile{Data: text}
	}
	return all
}

// openedBefore opens a new database as it was before a migration, by its number.
func openedBefore(t *testing.T, url, migration string) *Store {
	t.Helper()
	old := nextSchema(t)
	maps.DeleteFunc(old, func(name string, _ *fstest.MapFile) bool { return name > migration })
	s, err := openWith(url, Options{Mode: ReadWrite}, old)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReadingLeavesNoTrace(t *testing.T) {
	closed := func(t *testing.T) string {
		w := file(t)
		w.newsletter("weekly")
		w.must(w.Close())
		return w.url
	}
	for name, c := range map[string]struct {
		url        func(t *testing.T) string
		migrations fstest.MapFS
		want       int
	}{
		"only the database": {closed, nil, 1},
		"older schema":      {closed, nextSchema(t), 1},
		"missing": {func(t *testing.T) string {
			return filepath.Join(t.TempDir(), "digest.db")
		}, nil, 0},
		"in use": {func(t *testing.T) string {
			w := file(t)
			w.newsletter("weekly")
			return w.url
		}, nil, 1},
		"after a crash":               {crashed, nil, 1},
		"after a crash, older schema": {crashed, nextSchema(t), 1},
	} {
		t.Run(name, func(t *testing.T) {
			url := c.url(t)
			t.Setenv("TMPDIR", t.TempDir())
			before := trace(t, filepath.Dir(url))
			if got := visit(t, url, c.migrations); len(got) != c.want {
				t.Errorf("read newsletters %q, want %d", got, c.want)
			}
			if after := trace(t, filepath.Dir(url)); after != before {
				t.Errorf("before:\n%safter:\n%s", before, after)
			}
			if left := trace(t, os.Getenv("TMPDIR")); left != "" {
				t.Errorf("left in the temporary folder:\n%s", left)
			}
		})
	}
}

// crashed is a database whose last change stands in its log only, as a process
// leaves it that is killed.
func crashed(t *testing.T) string {
	w := file(t)
	w.newsletter("weekly")
	url := filepath.Join(t.TempDir(), "digest.db")
	for _, end := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(w.url + end)
		w.must(err)
		w.must(os.WriteFile(url+end, content, 0o600))
	}
	return url
}

func TestCreate(t *testing.T) {
	url := filepath.Join(t.TempDir(), "digest.db")
	var group sync.WaitGroup
	ids := make([]string, 4)
	for i := range ids {
		group.Go(func() {
			s := opened(t, url, Options{Mode: ReadWrite})
			ids[i], _ = s.DatabaseID(t.Context())
		})
	}
	group.Wait()
	for _, id := range ids {
		if id != ids[0] || len(id) != 16 {
			t.Errorf("database ids %q", ids)
		}
	}
	info, err := os.Stat(url)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, err := filepath.Glob(filepath.Join(filepath.Dir(url), ".new*"))
	if err != nil || len(entries) > 0 {
		t.Errorf("left behind %v, %v", entries, err)
	}
	s := opened(t, url, Options{Mode: ReadWrite})
	if m := s.Migrated(); m != (Migration{}) {
		t.Errorf("opening again migrated %+v", m)
	}
}

func TestOddPaths(t *testing.T) {
	for _, name := range []string{
		"a b.db", "what?.db", "100%41.db", "a#b.db", "mode=ro&x.db", ":memory:", "ü\xff.db", "file:x.db", "a;b'c\".db", "plain",
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			t.Chdir(folder)
			s := opened(t, name, Options{Mode: ReadWrite})
			if err := s.Backup(t.Context(), "copy of "+name); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			for _, want := range []string{name, "copy of " + name} {
				if _, err := os.Stat(filepath.Join(folder, want)); err != nil {
					t.Error(err)
				}
			}
			if entries, err := os.ReadDir(folder); err != nil || len(entries) != 2 {
				t.Errorf("the folder holds %v, %v", entries, err)
			}
			visit(t, name, nil)
		})
	}
}

func TestBadAddresses(t *testing.T) {
	folder := t.TempDir()
	foreign := filepath.Join(folder, "not a database")
	if err := os.WriteFile(foreign, []byte(strings.Repeat("hello ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]error{
		"": digest.ErrConfig, "a\x00b": digest.ErrConfig, "mysql://host/x": digest.ErrConfig, folder: digest.ErrConfig,
		"postgres://user:secret@host:notaport/x":      digest.ErrConfig,
		filepath.Join(folder, "missing", "digest.db"): os.ErrNotExist,
		foreign: nil, // any error
	} {
		_, err := Open(t.Context(), address, Options{Mode: ReadWrite})
		if err == nil || want != nil && !errors.Is(err, want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("open %q: %v, want %v", address, err, want)
		}
	}
	if _, err := AcquireLock("mysql://host/x"); !errors.Is(err, digest.ErrConfig) {
		t.Errorf("lock of no database: %v", err)
	}
}

func TestOlderSchema(t *testing.T) {
	w := file(t)
	w.newsletter("weekly")
	next := nextSchema(t)
	_, err := openWith(w.url, Options{Mode: ReadWrite}, next)
	if !errors.Is(err, digest.ErrSchema) || !strings.Contains(err.Error(), "digest migrate") {
		t.Errorf("an older schema: %v", err)
	}
	id, err := w.DatabaseID(w.ctx)
	w.must(err)
	backup := fmt.Sprintf("%s.schema-%d.backup", w.url, newest)
	w.must(os.WriteFile(backup, []byte("somebody's"), 0o600))
	s, err := openWith(w.url, Options{Mode: Upgrade}, next)
	w.must(err)
	want := Migration{From: newest, To: newest + 1, Backup: backup + ".2"}
	if s.Migrated() != want {
		t.Errorf("migrated %+v, want %+v", s.Migrated(), want)
	}
	if got, err := s.DatabaseID(w.ctx); err != nil || got != id {
		t.Errorf("database id %q, %v; was %q", got, err, id)
	}
	w.must(s.Close())
	if got := visit(t, want.Backup, nil); len(got) != 1 {
		t.Errorf("the backup has newsletters %v", got)
	}
	if _, err := w.Claim(w.ctx, delivery.Claim{Issue: "none"}); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("claim of no issue: %v", err)
	}
	if _, err := Open(w.ctx, w.url, Options{Mode: Upgrade}); !errors.Is(err, digest.ErrSchema) {
		t.Errorf("a newer schema: %v", err)
	}
}

func TestMigrationMayRebuildATable(t *testing.T) {
	w := file(t)
	w.enrolN(w.newsletter("weekly"), 0, 3)
	w.must(w.Close())
	next := nextSchema(t)
	next[nextFile].Data = []byte(`-- +goose Up
		CREATE TABLE anew AS SELECT * FROM subscriber;
		DROP TABLE subscriber;
		CREATE TABLE subscriber (id TEXT NOT NULL PRIMARY KEY, address TEXT NOT NULL);
		INSERT INTO subscriber SELECT id, address FROM anew;
		DROP TABLE anew;`)
	s, err := openWith(w.url, Options{Mode: Upgrade}, next)
	w.must(err)
	defer func() { w.must(s.Close()) }()
	w.Store = s
	if n := w.query(`SELECT COUNT(*) FROM consent`); n != "3" {
		t.Errorf("%s consents are left of 3", n)
	}
	if _, err := s.write.Exec(`UPDATE consent SET subscriber = 'nobody'`); err == nil {
		t.Error("foreign keys are off after migrating")
	}
}

func TestForeignDatabase(t *testing.T) {
	w := file(t)
	w.exec(`DROP TABLE goose_db_version`)
	for _, mode := range []Mode{ReadOnly, ReadWrite, Upgrade} {
		if _, err := Open(w.ctx, w.url, Options{Mode: mode}); !errors.Is(err, digest.ErrSchema) {
			t.Errorf("mode %d opens another program's database: %v", mode, err)
		}
	}
}

func TestEmptyFileIsAnEmptyDatabase(t *testing.T) {
	url := filepath.Join(t.TempDir(), "digest.db")
	if err := os.WriteFile(url, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	visit(t, url, nil)
	s := opened(t, url, Options{Mode: ReadWrite})
	if m := s.Migrated(); m != (Migration{To: newest}) {
		t.Errorf("migrated %+v", m)
	}
}

func TestLocked(t *testing.T) {
	w := file(t)
	_, issue := w.sending(1)
	other := opened(t, w.url, Options{Mode: ReadWrite})
	if _, err := other.write.Exec(`PRAGMA busy_timeout = 1`); err != nil {
		t.Fatal(err)
	}
	hold, err := w.write.Begin()
	w.must(err)
	for range 3 {
		if _, err := other.Claim(w.ctx, delivery.Claim{Issue: issue, Owner: "b", Now: noon, N: 1}); !errors.Is(err, digest.ErrBusy) {
			t.Errorf("claim from a locked database: %v", err)
		}
	}
	late := opened(t, w.url, Options{Mode: ReadWrite})
	for _, s := range []*Store{other, late} {
		if n, err := s.Counts(w.ctx, issue); err != nil || n.Total() != 1 {
			t.Errorf("a locked database cannot be read: %v, %v", n, err)
		}
	}
	w.must(hold.Rollback())
	if rows, err := other.Claim(w.ctx, delivery.Claim{Issue: issue, Owner: "b", Now: noon, N: 1}); err != nil || len(rows) != 1 {
		t.Errorf("once it is free: %v, %v", rows, err)
	}
}

func TestDiskFull(t *testing.T) {
	w := file(t)
	_, issue := w.sending(50)
	rows := w.claim(issue, "a", 50)
	var intents, results []delivery.Change
	for _, d := range rows {
		intents = append(intents, change(d, delivery.Claimed, delivery.Committing))
		c := change(d, delivery.Committing, delivery.Ready)
		c.Reply = strings.Repeat("x", maxReply)
		results = append(results, c)
	}
	w.apply(intents...)
	pages := w.query(`PRAGMA page_count`)
	w.exec(`PRAGMA max_page_count = ` + pages)
	for range 2 {
		if _, err := w.Apply(w.ctx, noon, results); err == nil {
			t.Fatal("no error on a full disk")
		}
	}
	if got := w.states(issue); strings.Count(got, "committing") != 50 {
		t.Errorf("states on a full disk: %s", got)
	}
	w.exec(`PRAGMA max_page_count = 1000000`)
	for i, ok := range w.apply(results...) {
		if !ok {
			t.Errorf("result %d is lost", i)
		}
	}
}

func TestReadOnlyFile(t *testing.T) {
	w := file(t)
	_, issue := w.sending(1)
	w.exec(`PRAGMA query_only = 1`) // what a read-only file system answers; root may write to any file
	if _, err := w.Claim(w.ctx, delivery.Claim{Issue: issue, Owner: "a", Now: noon, N: 1}); err == nil {
		t.Error("claimed from a database that cannot be written")
	}
	w.exec(`PRAGMA query_only = 0`)
	if got := w.states(issue); got != "ready" {
		t.Errorf("states %s", got)
	}
}

func TestBackup(t *testing.T) {
	w := file(t)
	_, issue := w.sending(3)
	to := filepath.Join(t.TempDir(), "backup.db")
	w.must(w.Backup(w.ctx, to))
	info, err := os.Stat(to)
	w.must(err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	s := opened(t, to, Options{})
	if n, err := s.Counts(w.ctx, issue); err != nil || n.Total() != 3 {
		t.Errorf("the backup holds %v, %v", n, err)
	}
	if err := w.Backup(w.ctx, to); !errors.Is(err, digest.ErrRefused) || !strings.Contains(err.Error(), "another name") {
		t.Errorf("backup over a file: %v", err)
	}
	if err := w.Backup(w.ctx, filepath.Join(t.TempDir(), "no", "folder")); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("backup to nowhere: %v", err)
	}
	missing := opened(t, filepath.Join(t.TempDir(), "digest.db"), Options{})
	if err := missing.Backup(w.ctx, to+"2"); !errors.Is(err, digest.ErrNotFound) {
		t.Errorf("backup of nothing: %v", err)
	}
	cancelled, cancel := context.WithTimeout(w.ctx, -time.Second)
	defer cancel()
	if err := w.Backup(cancelled, to+"3"); err == nil {
		t.Error("a cancelled backup succeeds")
	} else if _, err := os.Stat(to + "3"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a failed backup leaves a file: %v", err)
	}
}

// Who gives up waiting for the database's lock takes its connection along, which
// SQLite's driver counts as spoilt: the next change finds itself on another.
func TestGivenUpWaiting(t *testing.T) {
	w := file(t)
	_, issue := w.sending(2)
	rows := w.claim(issue, "a", 2)
	w.apply(change(rows[0], delivery.Claimed, delivery.Committing))
	conn := rival(t, w.url)
	files := openFiles(t)
	for range 5 {
		_, err := conn.ExecContext(w.ctx, `BEGIN IMMEDIATE`)
		w.must(err)
		ctx, cancel := context.WithTimeout(w.ctx, 20*time.Millisecond)
		if err := w.change(ctx, "x", func(tx) error { return nil }); err == nil {
			t.Error("it changes what is locked")
		}
		cancel()
		_, err = conn.ExecContext(w.ctx, `ROLLBACK`)
		w.must(err)
		if !w.apply(change(rows[1], delivery.Claimed, delivery.Committing))[0] {
			t.Error("the next change does not apply")
		}
	}
	if n := openFiles(t); n > files+2 {
		t.Errorf("%d files are open, and were %d", n, files)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
