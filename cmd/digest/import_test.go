package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"digest.example/internal/subscribers"
)

// TestImportKilledAtRandom kills an import again and again: nothing of it is
// ever visible, other commands work beside it, and one that is let alone brings
// everybody in.
func TestImportKilledAtRandom(t *testing.T) {
	const rows, kills = 20_000, 5
	v := newVictim(t, "")
	v.subscribe(kills)
	v.list(rows)
	db, err := sql.Open("sqlite", filepath.Join(v.folder, "digest.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for n := range kills {
		c := v.start("subscribers", "import", "list.csv")
		for goal, staged := 1+random.IntN(rows*3/4), 0; staged < goal && !c.ended(); {
			if err := db.QueryRow(`SELECT COUNT(*) FROM consent WHERE batch <> ''`).Scan(&staged); err != nil {
				t.Fatal(err)
			}
		}
		v.do("subscribers", "remove", fmt.Sprintf("r%d@example.org", n))
		if !c.kill() {
			t.Fatalf("too late to kill: %s", c.output.String())
		}
		if got := strings.Count(v.do("subscribers", "list", "--json"), "\n"); got != kills {
			t.Fatalf("killed, and %d are listed", got)
		}
	}
	if out := v.do("subscribers", "import", "list.csv"); !strings.Contains(out, fmt.Sprintf("%d added", rows)) {
		t.Errorf("the last import: %s", out)
	}
	if got := strings.Count(v.do("subscribers", "list", "--state", "active", "--json"), "\n"); got != rows {
		t.Errorf("in the end %d are listed as active", got)
	}
}

// list writes list.csv with so many readers.
func (v *victim) list(n int) {
	v.Helper()
	b := bytes.NewBufferString("email,name\n")
	for i := range n {
		fmt.Fprintf(b, "reader%d@example.net,Reader %d\n", i, i)
	}
	if err := os.WriteFile(filepath.Join(v.folder, "list.csv"), b.Bytes(), 0o600); err != nil {
		v.Fatal(err)
	}
}

func TestImportReport(t *testing.T) {
	r := importResult{Newsletter: "weekly", File: "list.csv", Report: subscribers.Report{Rows: 31, Invalid: 30, Added: 1}}
	for n := range 30 {
		r.NotAdded = append(r.NotAdded, subscribers.Trouble{
			Line: n + 2, Outcome: subscribers.Outcome{Entry: "x\x1b[2J", Result: subscribers.Invalid, Why: "no\nuse"},
		})
	}
	var out bytes.Buffer
	r.print(&out)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != troubleShown+2 || lines[0] != `line 2: invalid "x\x1b[2J": no use` ||
		lines[troubleShown] != "and 10 more: --json lists 30" ||
		lines[troubleShown+1] != "weekly: 31 rows of list.csv: 1 added, 0 already active, 0 repeated, 0 refused, 30 invalid" {
		t.Errorf("printed\n%s", &out)
	}
	b, err := json.Marshal(r)
	if err != nil || strings.Count(string(b), `"line":`) != 30 {
		t.Errorf("%s, %v", b, err)
	}
}

func TestWatchOnlyOnATerminal(t *testing.T) {
	var out bytes.Buffer
	w := (&app{err: &out}).watch("reading list.csv", 10)
	if n, err := io.WriteString(w, "12345"); n != 5 || err != nil {
		t.Error(n, err)
	}
	w.end()
	if out.Len() > 0 {
		t.Errorf("drew %q where nobody watches", &out)
	}
}

func TestWriteFileIsWholeOrNotAtAll(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "out.csv")
	fails := func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return io.ErrUnexpectedEOF
	}
	if err := writeFile(name, true, fails); err == nil {
		t.Error("no error")
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	works := func(w io.Writer) error { _, err := io.WriteString(w, "all"); return err }
	if err := writeFile(name, false, works); err != nil {
		t.Fatal(err)
	}
	if err := writeFile(name, false, works); err == nil {
		t.Error("a file was replaced")
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}
