package store

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/digest"
	"digest.example/internal/pgtest"
)

// scale is how many people the benchmarks of long lists have: 1,000,000 where
// DIGEST_SCALE says so.
func scale() int {
	n, err := strconv.Atoi(os.Getenv("DIGEST_SCALE"))
	if err != nil {
		n = 20_000
	}
	return n
}

// engines are where the benchmarks run.
var engines = []struct {
	name string
	url  func(*testing.B) string
}{
	{"sqlite", func(b *testing.B) string { return filepath.Join(b.TempDir(), "digest.db") }},
	{"postgres", func(b *testing.B) string { return pgtest.Start(b).Database(b) }},
}

// listed is a database with a list of n people, whose ids are in no order, as
// real ones are, and an issue in planning.
func listed(b *testing.B, url string, n int) (*Store, string) {
	b.Helper()
	s := opened(b, url, Options{Mode: ReadWrite})
	id, _, err := s.RegisterNewsletter(b.Context(), "weekly", "", "", noon)
	if err != nil {
		b.Fatal(err)
	}
	order := rand.New(rand.NewPCG(1, 2)).Perm(n)
	for chunk := range slices.Chunk(order, 20_000) {
		err := s.change(b.Context(), "enrol", func(t tx) error {
			for part := range slices.Chunk(chunk, 100) {
				if err := enrolRaw(t, id, part); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return s, openNext(b, s, 1)
}

func enrolRaw(t tx, newsletter string, numbers []int) error {
	var people, consents []string
	for _, k := range numbers {
		p := person(k)
		people = append(people, fmt.Sprintf("('%s', '%s', '%s', '%s', '', 'en', 0)", p.ID, p.Address, p.Normal, p.Hash))
		consents = append(consents, fmt.Sprintf("('%s', '%s', 'active', '', '', 0, '', '')", p.ID, newsletter))
	}
	for _, q := range []string{
		`INSERT INTO subscriber (id, address, normal, address_hash, name, language, created) VALUES ` + strings.Join(people, ","),
		`INSERT INTO consent (subscriber, newsletter, state, edition, preferences, since, how, wording) VALUES ` + strings.Join(consents, ","),
	} {
		if _, err := t.exec(q); err != nil {
			return err
		}
	}
	return nil
}

func openNext(b *testing.B, s *Store, n int) string {
	b.Helper()
	r, _, err := s.OpenIssue(b.Context(), "weekly", digest.EditionScheduled, slot(n), noon)
	if err != nil {
		b.Fatal(err)
	}
	return r.ID
}

// spent is the time on the clock and on this process's processors.
type spent struct{ clock, cpu time.Duration }

// stopwatch measures f. On a busy machine only the processor's time says much;
// of PostgreSQL it is the client's alone.
func stopwatch(f func() error) (spent, error) {
	cpu := func() time.Duration {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	began, before := time.Now(), cpu()
	err := f()
	return spent{time.Since(began), cpu() - before}, err
}

// percentiles reports the middle and the slow end of what was measured.
func percentiles(b *testing.B, what string, took []spent) {
	for _, p := range []int{50, 99} {
		at := (len(took) - 1) * p / 100
		slices.SortFunc(took, func(x, y spent) int { return cmp.Compare(x.clock, y.clock) })
		b.ReportMetric(took[at].clock.Seconds()*1000, fmt.Sprintf("ms-%s-p%d", what, p))
		slices.SortFunc(took, func(x, y spent) int { return cmp.Compare(x.cpu, y.cpu) })
		b.ReportMetric(took[at].cpu.Seconds()*1000, fmt.Sprintf("cpu-ms-%s-p%d", what, p))
	}
}

// BenchmarkScale takes one issue of a long list through all that the ledger does.
// One operation is all of it; the metrics say what each part took.
func BenchmarkScale(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			n := scale()
			s, issue := listed(b, e.url(b), n)
			b.ResetTimer()
			for range b.N {
				if b.N > 1 {
					b.Skip("one issue is enough: -benchtime 1x")
				}
				measure(b, s, issue)
			}
		})
	}
}

// timed reports how long f took, in seconds.
func timed(b *testing.B, what string, f func() error) {
	b.Helper()
	took, err := stopwatch(f)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(took.clock.Seconds(), "s-"+what)
	b.ReportMetric(took.cpu.Seconds(), "cpu-s-"+what)
	b.Logf("%s: %s, processor %s", what, took.clock, took.cpu)
}

func measure(b *testing.B, s *Store, issue string) {
	ctx := b.Context()
	move := func(from, to digest.IssueState) {
		b.Helper()
		if _, err := s.MoveIssue(ctx, issue, []digest.IssueState{from}, digest.IssueMove{To: to, At: noon}); err != nil {
			b.Fatal(err)
		}
	}
	counts := func() error { _, err := s.Counts(ctx, issue); return err }
	timed(b, "recipients", func() error { _, err := s.CountRecipients(ctx, "weekly", noon); return err })
	list := size(b, s)
	timed(b, "plan", func() error { return plan(b, s, issue) })
	ledger := size(b, s)
	move(digest.IssuePlanning, digest.IssueSending)
	timed(b, "counts-first", counts)
	timed(b, "send", func() error { return sendAll(b, s, issue) })
	timed(b, "counts-last", counts)
	rows := float64(scale())
	b.ReportMetric(list/rows, "B/person")
	b.ReportMetric((ledger-list)/rows, "B/row-planned")
	b.ReportMetric((size(b, s)-list)/rows, "B/row-sent")
	move(digest.IssueSending, digest.IssueDone)
	timed(b, "prune", func() error { return pruneAll(b, s) })
}

// size is how many bytes the database takes.
func size(b *testing.B, s *Store) (bytes float64) {
	b.Helper()
	query := `SELECT pg_database_size(current_database())`
	if s.name == sqlite.name {
		query = `SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`
	}
	if err := s.read.QueryRow(query).Scan(&bytes); err != nil {
		b.Fatal(err)
	}
	return bytes
}

// plan plans as the publisher does.
func plan(b *testing.B, s *Store, issue string) error {
	var steps []spent
	for done := false; !done; {
		took, err := stopwatch(func() (err error) {
			done, err = s.Plan(b.Context(), issue, 2000, noon)
			return err
		})
		if err != nil {
			return err
		}
		steps = append(steps, took)
	}
	percentiles(b, "plan", steps)
	return nil
}

// sendAll claims and accepts everything, without a relay.
func sendAll(b *testing.B, s *Store, issue string) error {
	var claims, backlogs []spent
	for {
		var rows []delivery.Delivery
		took, err := stopwatch(func() (err error) {
			rows, err = s.Claim(b.Context(), delivery.Claim{Issue: issue, Owner: "a", Now: noon, Lease: time.Hour, N: claimed})
			return err
		})
		if err != nil || len(rows) == 0 {
			percentiles(b, "claim", claims)
			percentiles(b, "backlog", backlogs)
			return err
		}
		claims = append(claims, took)
		for part := range slices.Chunk(rows, 50) {
			send(b, s, part)
		}
		took, err = stopwatch(func() error { _, err := s.Backlog(b.Context(), issue); return err })
		if err != nil {
			return err
		}
		backlogs = append(backlogs, took)
	}
}

// claimed is how many rows the engine claims at most.
const claimed = 1000

// pruneAll deletes the whole ledger.
func pruneAll(b *testing.B, s *Store) error {
	openNext(b, s, 2)
	if _, err := s.write.Exec(`UPDATE issue SET finished = CASE WHEN finished IS NULL THEN CAST($1 AS BIGINT) ELSE 1 END`, ms(noon)); err != nil {
		return err
	}
	var steps []spent
	for more := true; more; {
		took, err := stopwatch(func() (err error) {
			more, err = s.PruneLedger(b.Context(), noon, year, 1000)
			return err
		})
		if err != nil {
			return err
		}
		steps = append(steps, took)
	}
	percentiles(b, "prune", steps)
	return nil
}
