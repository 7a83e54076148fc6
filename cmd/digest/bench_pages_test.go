package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"digest.example/internal/pgtest"
	"digest.example/internal/smtpsink"
)

// BenchmarkPages asks a serving program, in a process of its own and with a durable
// database, and prints what it takes. Each sign-up comes from a network of its own.
// All sign-ups together are limited, so that only a burst of them is measured; who
// unsubscribes is not.
//
//	DIGEST_BENCH_ROUNDS      5: each with a burst of sign-ups, and with three sends
//	DIGEST_BENCH_READERS     5000: who unsubscribe; at least 220 for each round
//	DIGEST_BENCH_PAIRS       1000: sign-ups of each kind, whose time is compared; 20 take 4 s
//	DIGEST_BENCH_RECIPIENTS  100000: of the issue that is sent meanwhile
func BenchmarkPages(b *testing.B) {
	postgres := pgtest.Start(b, "fsync=on", "full_page_writes=on", "shared_buffers=256MB")
	for _, engine := range []struct{ name, dsn string }{{"SQLite", ""}, {"PostgreSQL", postgres.Database(b)}} {
		h := install(b)
		if engine.dsn != "" {
			h.environ = append(h.environ, "DIGEST_DATABASE="+engine.dsn)
		}
		p := &pagesBench{host: h, b: b, dsn: engine.dsn, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
		fmt.Printf("\n%s\n", engine.name)
		p.letReadersIn(setting(b, "READERS", 5000))
		rounds := setting(b, "ROUNDS", 5)
		p.besideSending(rounds, setting(b, "RECIPIENTS", 100_000))
		p.leaving(len(p.links))
		p.burst(rounds)
		p.answers(setting(b, "PAIRS", 1000))
	}
	b.ReportMetric(0, "ns/op") // what the framework would measure is not it
}

// duringSend is how many readers at most leave while an issue is sent.
const duringSend = 100

// pagesBench is a program under load.
type pagesBench struct {
	*host
	b      *testing.B
	dsn    string // of PostgreSQL's database
	client *http.Client
	links  []string // to unsubscribe by, not used yet
	answer string   // a page of it
	stamp  string
	asked  int // sign-ups so far
}

// letReadersIn subscribes readers and has an issue sent to them, for its links.
func (p *pagesBench) letReadersIn(n int) {
	p.list(n, "r")
	p.do("send", "--now", "--newsletter", "weekly", "--force", force)
	for _, m := range p.relay.Messages() {
		for _, l := range linksIn(p.b, m.Data) {
			if strings.HasPrefix(l, p.pages+"/u/") {
				p.links = append(p.links, l)
			}
		}
	}
	if len(p.links) != n {
		p.b.Fatalf("%d links for %d readers", len(p.links), n)
	}
}

// list imports readers whose names begin alike.
func (p *pagesBench) list(n int, prefix string) {
	var text strings.Builder
	text.WriteString("email\n")
	for i := range n {
		fmt.Fprintf(&text, "%s%d@example.org\n", prefix, i)
	}
	if err := os.WriteFile(filepath.Join(p.folder, prefix+".csv"), []byte(text.String()), 0o600); err != nil {
		p.b.Fatal(err)
	}
	p.do("subscribers", "import", "--newsletter", "weekly", prefix+".csv")
}

// serving starts the program, with a form that was open for long enough.
func (p *pagesBench) serving() (stop func()) {
	stop = p.serve()
	p.answer = p.fetch(http.MethodGet, p.pages+"/s/weekly", "", "")
	p.stamp = stampOf.FindStringSubmatch(p.answer)[1]
	time.Sleep(2100 * time.Millisecond) // as long as a person takes
	return stop
}

// signUp posts the form from the next network, and returns the status and how long
// it took.
func (p *pagesBench) signUp(pages string, nth int, address string) (int, time.Duration) {
	return p.post(nth, pages+"/s/weekly", url.Values{"address": {address}, "stamp": {p.stamp}}.Encode())
}

func (p *pagesBench) leave(nth int, link string) (int, time.Duration) {
	return p.post(nth, link, "List-Unsubscribe=One-Click")
}

func (p *pagesBench) post(nth int, address, body string) (int, time.Duration) {
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		p.b.Error(err)
		return 0, 0
	}
	req.Header.Set("Content-Type", urlencoded)
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", nth>>16&255, nth>>8&255, nth&255))
	began := time.Now()
	resp, err := p.client.Do(req)
	if err != nil {
		p.b.Error(err)
		return 0, 0
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		p.b.Error(err)
	}
	return resp.StatusCode, time.Since(began)
}

// burst is as many sign-ups at once as are taken without a limit, after each start.
func (p *pagesBench) burst(rounds int) {
	var rates, slow []float64
	for range rounds {
		stop := p.serving()
		rate, p99 := p.together(180, func(i int) (int, time.Duration) {
			return p.signUp(p.pages, p.asked+i, fmt.Sprintf("burst%d@example.org", p.asked+i))
		})
		p.asked += 180
		rates, slow = append(rates, rate), append(slow, p99)
		stop()
	}
	fmt.Printf("sign-ups, 8 at once: %s a second, p99 %s ms\n", spread("%.0f", rates), spread("%.1f", slow))
}

// leaving is readers who unsubscribe at once.
func (p *pagesBench) leaving(n int) {
	if n < 1 {
		p.b.Fatalf("DIGEST_BENCH_READERS: %d links are not enough", len(p.links))
	}
	defer p.serving()()
	links := p.links[:n]
	p.links = p.links[n:]
	rate, p99 := p.together(n, func(i int) (int, time.Duration) { return p.leave(i, links[i]) })
	fmt.Printf("unsubscribing, %d readers, 8 at once: %.0f a second, p99 %.1f ms\n", n, rate, p99)
}

// together has eight clients make n requests, which must all be answered 200. It
// returns how many a second there were, and in ms how long one in a hundred took.
func (p *pagesBench) together(n int, request func(i int) (int, time.Duration)) (rate, p99 float64) {
	took := make([]time.Duration, n)
	began := time.Now()
	var clients sync.WaitGroup
	for first := range 8 {
		clients.Go(func() {
			for i := first; i < n; i += 8 {
				var status int
				if status, took[i] = request(i); status != http.StatusOK {
					p.b.Errorf("request %d: status %d", i, status)
				}
			}
		})
	}
	clients.Wait()
	rate = float64(n) / time.Since(began).Seconds()
	slices.Sort(took)
	return rate, took[n*99/100].Seconds() * 1e3
}

// answers compares how long the form takes to answer for addresses of which
// different things are known. They take turns in random order.
func (p *pagesBench) answers(pairs int) {
	const suppressed = 20
	p.list(pairs, "active")
	p.list(suppressed, "gone")
	for i := range suppressed {
		p.do("subscribers", "erase", "--yes", fmt.Sprintf("gone%d@example.org", i))
	}
	defer p.serving()()
	kinds := []string{"new", "pending", "active", "gone"}
	took := map[string][]time.Duration{}
	pace := time.NewTicker(time.Second / 18) // just below the limit
	defer pace.Stop()
	for i := range pairs {
		rand.Shuffle(len(kinds), func(a, b int) { kinds[a], kinds[b] = kinds[b], kinds[a] })
		for _, kind := range kinds {
			nth := i
			switch kind {
			case "gone":
				nth %= suppressed
			case "pending": // again and again; the first 20 times they are new
				nth %= 20
			}
			<-pace.C
			p.asked++
			status, d := p.signUp(p.pages, p.asked, fmt.Sprintf("%s%d@example.org", kind, nth))
			if status != http.StatusOK {
				p.b.Fatalf("%s: status %d", kind, status)
			}
			took[kind] = append(took[kind], d)
		}
	}
	var all []time.Duration
	for _, kind := range kinds {
		all = append(all, took[kind]...)
	}
	slices.Sort(all)
	fmt.Printf("the form's answer, %d of each kind: median %.3f ms;", pairs, median(all).Seconds()*1e3)
	for _, kind := range []string{"new", "pending", "active", "gone"} {
		slices.Sort(took[kind])
		fmt.Printf(" %s %.3f", kind, float64(median(took[kind]))/float64(median(all)))
	}
	fmt.Println(" of it")
}

// besideSending sends issues alone, beside a hundred requests a second, half of which
// are sign-ups, most of them over the limit, and half readers who leave, and beside the
// same requests to somebody else: what they take is not the program's.
func (p *pagesBench) besideSending(rounds, recipients int) {
	p.list(recipients, "s")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, p.answer)
	}))
	defer elsewhere.Close()
	targets := []string{"", elsewhere.URL, p.pages}
	rates, cpu := make([][]float64, len(targets)), make([][]float64, len(targets))
	for round := range rounds {
		for turn := range targets {
			i := (round + turn) % len(targets) // none is always first
			r, c := p.sending(targets[i])
			rates[i], cpu[i] = append(rates[i], r), append(cpu[i], c)
		}
	}
	var ofAlone, ofElsewhere []float64
	for round := range rounds {
		ofAlone = append(ofAlone, rates[2][round]/rates[0][round])
		ofElsewhere = append(ofElsewhere, rates[2][round]/rates[1][round])
	}
	fmt.Printf("sending to %d: %s a second; beside 100 requests a second to somebody else %s, to it %s: %s of the former, %s of the latter\n",
		recipients, spread("%.0f", rates[0]), spread("%.0f", rates[1]), spread("%.0f", rates[2]),
		spread("%.3f", ofAlone), spread("%.3f", ofElsewhere))
	fmt.Printf("  processor time of the serving program for 1,000 messages: %s ms, with requests to it %s ms\n",
		spread("%.0f", cpu[0]), spread("%.0f", cpu[2]))
}

// sending is how many messages of an issue a second are sent, from the command's
// start to its end, and how much processor time the serving program takes for a
// thousand of them, in ms. Meanwhile requests go to a target, if it is not empty.
func (p *pagesBench) sending(target string) (rate, cpu float64) {
	db := p.open()
	defer db.Close()
	// The sample site never has anything new: the issue prints what others did.
	if _, err := db.Exec(`DELETE FROM issue_item`); err != nil {
		p.b.Fatal(err)
	}
	sink := smtpsink.Spawn(p.b, "smtpsink", smtpsink.Options{})
	_, port, _ := strings.Cut(sink.Addr(), ":")
	before := p.environ
	p.environ = append(slices.Clone(before), "DIGEST_SMTP_PORT="+port)
	stop := p.serving()
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		if target != "" {
			p.bother(target, over)
		}
	}()
	began, used := time.Now(), p.used()
	// On PostgreSQL the serving program sends too, and may have the last rows.
	if out, err := p.command("send", "--now", "--newsletter", "weekly", "--force", force).CombinedOutput(); err != nil && p.dsn == "" {
		p.b.Fatalf("send: %v\n%s", err, out)
	}
	p.await("the end of the issue", func() bool {
		var open int
		if err := db.QueryRow(`SELECT COUNT(*) FROM issue WHERE state IN ('planning', 'sending')`).Scan(&open); err != nil {
			p.b.Fatal(err)
		}
		return open == 0
	})
	took, used := time.Since(began), p.used()-used
	close(over)
	<-done
	stop()
	p.environ = before
	tally, _, err := sink.Stop()
	if err != nil {
		p.b.Fatal(err)
	}
	issues := 0
	for address := range tally.Counts { // not the letters
		if address[0] == 's' || address[0] == 'r' {
			issues++
		}
	}
	if issues == 0 {
		p.b.Fatal("nothing was sent")
	}
	return float64(issues) / took.Seconds(), used.Seconds() * 1e6 / float64(issues)
}

// used is the processor time that the serving program has had, by proc(5).
func (p *pagesBench) used() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.process.Pid))
	if err != nil {
		p.b.Fatal(err)
	}
	const user, system, tick = 11, 12, time.Second / 100 // fields behind the name, which ends with ")"
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+2:]))
	u, err1 := strconv.Atoi(fields[user])
	s, err2 := strconv.Atoi(fields[system])
	if err := errors.Join(err1, err2); err != nil {
		p.b.Fatal(err)
	}
	return time.Duration(u+s) * tick
}

// open opens the database behind the program's back.
func (p *pagesBench) open() *sql.DB {
	driver, dsn := "sqlite", filepath.Join(p.folder, "digest.db")+"?_pragma=busy_timeout(5000)"
	if p.dsn != "" {
		driver, dsn = "pgx", p.dsn
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		p.b.Fatal(err)
	}
	return db
}

// bother makes a hundred requests a second to a target, which answers like the pages.
func (p *pagesBench) bother(target string, over <-chan struct{}) {
	links := p.links[:min(duringSend, len(p.links))]
	p.links = p.links[len(links):]
	pace := time.NewTicker(time.Second / 100)
	defer pace.Stop()
	var requests sync.WaitGroup
	defer requests.Wait()
	for i := 0; ; i++ {
		select {
		case <-over:
			return
		case <-p.b.Context().Done(): // the sending failed
			return
		case <-pace.C:
		}
		p.asked++
		nth := p.asked
		requests.Go(func() {
			var status int
			if i%2 == 0 {
				status, _ = p.signUp(target, nth, fmt.Sprintf("during%d@example.org", nth))
			} else {
				path := strings.TrimPrefix(links[i/2%len(links)], p.pages)
				status, _ = p.leave(nth, target+path) // who has left leaves again
			}
			limited := i%2 == 0 && (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable)
			if status != http.StatusOK && !limited {
				p.b.Errorf("request %d: status %d", i, status)
			}
		})
	}
}
