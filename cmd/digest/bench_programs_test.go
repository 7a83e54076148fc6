package main

import (
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"digest.example/internal/delivery"
)

// What the environment tells digestBench.
const (
	slowCommits = "BENCH_SLOW_COMMITS" // a duration
	noWaiting   = "BENCH_NO_WAITING"   // for commits, if it is not empty
	profileTo   = "BENCH_PROFILE"      // a file
)

// digestBench is the program with something changed, for benchmarks.
func digestBench() {
	a := newApp()
	if slow, err := time.ParseDuration(os.Getenv(slowCommits)); err == nil {
		a.ledger = func(s delivery.Store) delivery.Store { return slowLedger{s, slow} }
	}
	if os.Getenv(noWaiting) != "" {
		a.ledger = func(s delivery.Store) delivery.Store { return &lateLedger{Store: s} }
	}
	if name := os.Getenv(profileTo); name != "" {
		f, err := os.Create(name)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(exitFailure)
		}
	}
	code := a.run(context.Background(), os.Args[1:])
	pprof.StopCPUProfile()
	os.Exit(code)
}

// slowLedger is a ledger on a slow disk.
type slowLedger struct {
	delivery.Store
	by time.Duration
}

func (s slowLedger) Apply(ctx context.Context, now time.Time, changes []delivery.Change) ([]bool, error) {
	applied, err := s.Store.Apply(ctx, now, changes)
	time.Sleep(s.by)
	return applied, err
}

// lateLedger makes the same changes, but many at once, and answers before: a crash
// would forget who has got what. It shows what is left to gain.
type lateLedger struct {
	delivery.Store
	late []delivery.Change // one goroutine makes all changes
}

func (s *lateLedger) Apply(ctx context.Context, now time.Time, changes []delivery.Change) ([]bool, error) {
	const many = 500
	s.late = append(s.late, changes...)
	more := slices.ContainsFunc(changes, func(c delivery.Change) bool { return c.To == delivery.Committing })
	applied := slices.Repeat([]bool{true}, len(changes))
	if more && len(s.late) < many { // each intent is followed by a result
		return applied, nil
	}
	_, err := s.Store.Apply(ctx, now, s.late)
	s.late = s.late[:0]
	return applied, err
}

// goMailBench sends with go-mail: host:port, connections, messages, bytes.
func goMailBench() {
	if err := goMailSend(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func goMailSend(args []string) error {
	host, port, _ := strings.Cut(args[0], ":")
	var numbers []int
	for _, text := range append([]string{port}, args[1:]...) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		numbers = append(numbers, n)
	}
	connections, messages := numbers[1], numbers[2]
	body := strings.Repeat(strings.Repeat("x", 70)+"\r\n", numbers[3]/72)
	failed := make(chan error, connections)
	var senders sync.WaitGroup
	for first := range connections {
		senders.Go(func() {
			failed <- goMailShare(host, numbers[0], first, connections, messages, body)
		})
	}
	senders.Wait()
	for range connections {
		if err := <-failed; err != nil {
			return err
		}
	}
	return nil
}

// goMailShare is one connection's share: every step-th message.
func goMailShare(host string, port, first, step, messages int, body string) error {
	c, err := gomail.NewClient(host, gomail.WithPort(port), gomail.WithTLSPolicy(gomail.NoTLS))
	if err != nil {
		return err
	}
	if err := c.DialWithContext(context.Background()); err != nil {
		return err
	}
	defer c.Close()
	for i := first; i < messages; i += step {
		m := gomail.NewMsg()
		if err := m.From("digest@example.org"); err != nil {
			return err
		}
		if err := m.To(fmt.Sprintf("r%d@example.org", i)); err != nil {
			return err
		}
		m.Subject("The Example Weekly")
		m.SetBodyString(gomail.TypeTextPlain, body+fmt.Sprintf("\r\nhttp://127.0.0.1:1/u/%042d\r\n", i))
		if err := c.Send(m); err != nil {
			return err
		}
	}
	return nil
}
