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
// The first rate is from a program's start to its end, with planning; the one at
// the sink is from the first RCPT to the last 250. Processor time is that of the
// sender's whole process, and not that of a database server.
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
	fmt.Printf("\n%d recipients, message of %d bytes, %d rounds, %d cores, %s; median (least–most)\n\n%s\n",
		w.recipients, w.size, rounds, runtime.NumCPU(), runtime.Version(), heading)
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
		r.print(figures)
	}
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
}

// sender is one way to send.
type sender struct {
	name string
	part int // it sends one of so many messages; 0: all
	run  func(task) cost
	// signs says that its messages must be larger by a signature.
	signs bool
	// alone, instead of run, says how many a second something else does that
	// sends nothing.
	alone func() float64
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

// signature is the least that a DKIM signature of RSA-2048 adds, in bytes.
const signature = 344

// measure runs a sender once.
func (w *bench) measure(r row, s sender) figure {
	n := w.recipients / max(s.part, 1)
	fsync := w.fsync()
	if s.alone != nil {
		rate := s.alone()
		w.Logf("%s, %s: %.0f/s", r.name, s.name, rate)
		return figure{rate: rate, sending: rate, fsync: fsync.Seconds() * 1e3}
	}
	sink := smtpsink.Spawn(w, "smtpsink", r.options)
	u := s.run(task{relay: sink, connections: r.connections, messages: n})
	tally, sinkCPU, err := sink.Stop()
	if err != nil {
		w.Fatalf("%s, %s: %v", r.name, s.name, err)
	}
	if lost, twice := n-len(tally.Counts), tally.Duplicates(); lost != 0 || twice != 0 {
		w.Fatalf("%s, %s: of %d messages %d are lost and %d came twice", r.name, s.name, n, lost, twice)
	}
	if size := tally.Bytes / int64(n); s.signs && size < int64(w.size)+signature {
		w.Fatalf("%s, %s: %d bytes each, as without a signature", r.name, s.name, size)
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
func (r row) print(figures [][]figure) {
	rate := func(f figure) float64 { return f.rate }
	sending := func(f figure) float64 { return f.sending }
	cpu := func(f figure) float64 { return f.cpu }
	sinkCPU := func(f figure) float64 { return f.sinkCPU }
	resident := func(f figure) float64 { return f.resident }
	fsync := func(f figure) float64 { return f.fsync }
	for i, s := range r.senders {
		own, base := figures[i], figures[r.base]
		cells := []string{
			r.name, s.name, value("%.0f", own, rate), ratio(own, base, rate), value("%.0f", own, sending), ratio(own, base, sending),
			value("%.3f", own, cpu), ratio(own, base, cpu), value("%.3f", own, sinkCPU), value("%.0f", own, resident), value("%.2f", own, fsync),
		}
		fmt.Printf("| %s |\n", strings.Join(cells, " | "))
	}
}

// value is one figure of all rounds; nothing where it was not measured.
func value(format string, figures []figure, of func(figure) float64) string {
	var all []float64
	for _, f := range figures {
		all = append(all, of(f))
	}
	return spread(format, all)
}

// ratio is that of two senders, round by round.
func ratio(own, base []figure, of func(figure) float64) string {
	if &own[0] == &base[0] && of(own[0]) > 0 {
		return "1"
	}
	var all []float64
	for round := range own {
		if b := of(base[round]); b > 0 {
			all = append(all, of(own[round])/b)
		}
	}
	return spread("%.2f", all)
}

// spread is the median with the least and the most.
func spread(format string, all []float64) string {
	slices.Sort(all)
	if len(all) == 0 || all[len(all)-1] == 0 {
		return ""
	}
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
