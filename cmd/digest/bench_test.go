package main

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"digest.example/internal/smtpsink"
)

// BenchmarkDelivery sends issues with the real program into a sink in a process
// of its own, beside Postfix's smtp-source and go-mail, and prints a table.
//
// The senders of a row take turns, round by round and each on a new copy of the
// same database, since only ratios within one run mean much on a machine that
// others use too. A run that loses or repeats a message fails. What go-mail
// sends is a tenth, because it is slow and its speed does not depend on it.
//
//	DIGEST_BENCH_RECIPIENTS  100000
//	DIGEST_BENCH_ROUNDS      5
//	DIGEST_BENCH_ROWS        a regular expression for rows' names; all
//	DIGEST_BENCH_PROFILE     a folder for a processor profile of each digest
func BenchmarkDelivery(b *testing.B) {
	w := &bench{
		B:          b,
		recipients: setting(b, "RECIPIENTS", 100_000),
		postfix:    findPostfix(b),
		folder:     b.TempDir(),
		profiles:   os.Getenv("DIGEST_BENCH_PROFILE"),
	}
	w.install()
	rounds := setting(b, "ROUNDS", 5)
	wanted, err := regexp.Compile(os.Getenv("DIGEST_BENCH_ROWS"))
	if err != nil {
		b.Fatal(err)
	}
	var table strings.Builder
	for _, r := range w.rows() {
		if !wanted.MatchString(r.name) {
			continue
		}
		if r.prepare != nil {
			r.prepare()
		}
		figures := make([][]figure, len(r.senders))
		for round := range rounds {
			for turn := range r.senders {
				i := (round + turn) % len(r.senders) // nobody is always first
				figures[i] = append(figures[i], w.measure(r, r.senders[i]))
			}
		}
		r.print(&table, figures)
	}
	fmt.Printf("\n%d recipients, message of %d bytes, %d rounds, %d cores, %s; median (least–most)\n\n%s\n%s",
		w.recipients, w.size, rounds, runtime.NumCPU(), runtime.Version(), heading, table.String())
	b.ReportMetric(0, "ns/op") // what the framework would measure is not it
}

// row is what is compared with each other.
type row struct {
	name        string
	connections int
	options     smtpsink.Options
	prepare     func()
	senders     []sender
	base        int // the sender that the others are divided by
	// bound, if set, is another rate that the first sender's is divided by.
	bound func() (rate float64, what string)
}

// sender is one way to send.
type sender struct {
	name string
	part int // it sends one of so many messages; 0: all
	run  func(task) cost
}

// task is what a sender is to do.
type task struct {
	relay       *smtpsink.Process
	connections int
	messages    int
}

// cost is what it took.
type cost struct {
	wall, cpu time.Duration
	resident  int64 // bytes at most
}

// figure is one run.
type figure struct {
	rate, sending float64 // messages a second: from start to end, and at the sink
	cpu, sinkCPU  float64 // seconds per 1,000 messages
	resident      float64 // MB
	fsync         float64 // ms
}

// measure runs a sender once.
func (w *bench) measure(r row, s sender) figure {
	n := w.recipients / max(s.part, 1)
	fsync := w.fsync()
	sink := smtpsink.Spawn(w, "smtpsink", r.options)
	u := s.run(task{relay: sink, connections: r.connections, messages: n})
	tally, sinkCPU, err := sink.Stop()
	if err != nil {
		w.Fatalf("%s, %s: %v", r.name, s.name, err)
	}
	if lost, twice := n-len(tally.Counts), tally.Duplicates(); lost != 0 || twice != 0 {
		w.Fatalf("%s, %s: of %d messages %d are lost and %d came twice", r.name, s.name, n, lost, twice)
	}
	f := figure{
		rate:     float64(n) / u.wall.Seconds(),
		sending:  float64(n) / tally.Last.Sub(tally.First).Seconds(),
		cpu:      u.cpu.Seconds() / float64(n) * 1000,
		sinkCPU:  sinkCPU.Seconds() / float64(n) * 1000,
		resident: float64(u.resident) / 1e6,
		fsync:    fsync.Seconds() * 1e3,
	}
	w.Logf("%s, %s: %.0f/s, %.4f CPU s per 1,000, %d bytes each", r.name, s.name, f.rate, f.cpu, tally.Bytes/int64(n))
	return f
}

const heading = `| row | sender | msgs/s | ÷ | msgs/s at the sink | ÷ | CPU s per 1,000 | ÷ | sink's CPU | resident MB | fsync ms |
|---|---|---|---|---|---|---|---|---|---|---|`

// print writes the row's lines. Ratios are those of the runs of one round.
func (r row) print(table *strings.Builder, figures [][]figure) {
	for i, s := range r.senders {
		ratio := func(of func(figure) float64) string {
			if i == r.base {
				return "1"
			}
			var all []float64
			for round, f := range figures[i] {
				all = append(all, of(f)/of(figures[r.base][round]))
			}
			return spread("%.2f", all)
		}
		value := func(format string, of func(figure) float64) string {
			var all []float64
			for _, f := range figures[i] {
				all = append(all, of(f))
			}
			return spread(format, all)
		}
		rate := func(f figure) float64 { return f.rate }
		sending := func(f figure) float64 { return f.sending }
		cpu := func(f figure) float64 { return f.cpu }
		fmt.Fprintf(table, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", r.name, s.name,
			value("%.0f", rate), ratio(rate), value("%.0f", sending), ratio(sending),
			value("%.3f", cpu), ratio(cpu), value("%.3f", func(f figure) float64 { return f.sinkCPU }),
			value("%.0f", func(f figure) float64 { return f.resident }),
			value("%.2f", func(f figure) float64 { return f.fsync }))
	}
	if r.bound != nil {
		limit, what := r.bound()
		var all []float64
		for _, f := range figures[0] {
			all = append(all, f.sending/limit)
		}
		fmt.Fprintf(table, "| %s | %s: %.0f/s | | %s | | | | | | | |\n", r.name, what, limit, spread("%.2f", all))
	}
}

// spread is the median with the least and the most.
func spread(format string, all []float64) string {
	slices.Sort(all)
	return fmt.Sprintf(format+" ("+format+"–"+format+")", median(all), all[0], all[len(all)-1])
}

// median is that of sorted values.
func median[T cmp.Ordered](sorted []T) T { return sorted[len(sorted)/2] }

func setting(b *testing.B, name string, usual int) int {
	text := os.Getenv("DIGEST_BENCH_" + name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("DIGEST_BENCH_%s=%s is not a number from 1 on", name, text)
	}
	return n
}
