package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"digest.example/internal/delivery"
	"digest.example/internal/store"
)

// victimName is the name under which the test binary is the program, with a clock
// and leases that a test sets.
const victimName = "digest-victim"

// What a victim reads from its environment.
const (
	envAhead = "VICTIM_AHEAD" // how far its clock is ahead
	envLease = "VICTIM_LEASE" // its lease, and its grace
)

// victimMain is the program as in main, so that retries that are minutes away, and
// leases that last a quarter of an hour, can be waited for.
func victimMain() {
	a := newApp()
	ahead, err := time.ParseDuration(os.Getenv(envAhead))
	if err != nil {
		panic(err)
	}
	a.now = func() time.Time { return time.Now().Add(ahead) }
	lease, err := time.ParseDuration(os.Getenv(envLease))
	if err != nil {
		panic(err)
	}
	a.timing = timing{lease: lease, grace: lease, sweep: lease}
	os.Exit(execute(a))
}

// victim is an installation of the program in a folder of its own. Each run of it
// finds the clock ten minutes after the last, as if cron had called it.
type victim struct {
	testing.TB
	folder string
	dsn    string // of its database
	port   int    // of its relay
	ahead  time.Duration
	lease  time.Duration

	environ []string // further settings
}

// between is how far two runs are apart: all that was deferred once is due again.
const between = 10 * time.Minute

// newVictim installs the program. Its issue's slot comes within two minutes, and
// has come when its clock is advanced once. Its database is dsn, or a file.
func newVictim(tb testing.TB, dsn string) *victim {
	tb.Helper()
	v := &victim{
		TB: tb, folder: tb.TempDir(), dsn: dsn, port: 1, lease: 500 * time.Millisecond,
	}
	if dsn == "" {
		v.dsn = filepath.Join(v.folder, "digest.db")
	}
	slot := time.Now().UTC().Truncate(time.Minute).Add(2 * time.Minute)
	text := fmt.Sprintf(`
secret: 0123456789abcdef0123456789abcdef
web: {public_url: "http://127.0.0.1:1"}
smtp: {host: 127.0.0.1, tls: none, connections: %d}
newsletters:
  - name: weekly
    title: The Example Weekly
    from: The Example Weekly <digest@example.org>
    postal_address: Example Press, 12 Harbour Street, Bristol
    schedule: "%d %d * * %d"
    timezone: UTC
    sources: [{name: sample, kind: sample}]
`, connections, slot.Minute(), slot.Hour(), slot.Weekday())
	if err := os.WriteFile(filepath.Join(v.folder, "config.yaml"), []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return v
}

// address is that of the nth recipient.
func address(n int) string { return fmt.Sprintf("r%d@example.org", n) }

func (v *victim) subscribe(n int) {
	v.Helper()
	var list strings.Builder
	list.WriteString("email\n")
	for i := range n {
		fmt.Fprintln(&list, address(i))
	}
	if err := os.WriteFile(filepath.Join(v.folder, "readers.csv"), []byte(list.String()), 0o600); err != nil {
		v.Fatal(err)
	}
	v.do("subscribers", "import", "readers.csv")
}

// copyOf is another installation with the same configuration and, in a database
// of its own, the same readers.
func copyOf(v *victim, tb testing.TB, dsn string) *victim {
	tb.Helper()
	c := *v
	c.TB, c.folder, c.dsn = tb, tb.TempDir(), dsn
	files := []string{"config.yaml"}
	if dsn == "" {
		c.dsn = filepath.Join(c.folder, "digest.db")
		files = append(files, "digest.db")
	}
	for _, name := range files {
		b, err := os.ReadFile(filepath.Join(v.folder, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(c.folder, name), b, 0o600)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	return &c
}

// command is one run of the program, not started yet.
func (v *victim) command(args ...string) *exec.Cmd {
	v.Helper()
	self, err := os.Executable()
	if err != nil {
		v.Fatal(err)
	}
	c := exec.Command(self, args...)
	c.Args[0], c.Dir = victimName, v.folder
	c.Env = append(os.Environ(), "DIGEST_DATABASE="+v.dsn, fmt.Sprint("DIGEST_SMTP_PORT=", v.port),
		envAhead+"="+v.ahead.String(), envLease+"="+v.lease.String())
	c.Env = append(c.Env, v.environ...)
	return c
}

// do runs the program, which must succeed, and returns what it prints.
func (v *victim) do(args ...string) string {
	v.Helper()
	var stderr bytes.Buffer
	c := v.command(args...)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		v.Fatalf("%s: %v\n%s%s", args, err, out, stderr.Bytes())
	}
	return string(out)
}

// read opens the database for a look that leaves no trace.
func (v *victim) read(look func(context.Context, *store.Store) error) {
	v.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, v.dsn, store.Options{Mode: store.ReadOnly})
	if err != nil {
		v.Fatal(err)
	}
	if err := errors.Join(look(ctx, s), s.Close()); err != nil {
		v.Fatal(err)
	}
}

// missing is who has not got the issue, by what status says.
func (v *victim) missing(issue string) map[string]delivery.State {
	v.Helper()
	out := v.do("status", "--issue", issue, "--missing", "--json")
	var s issueStatus
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		v.Fatalf("status: %v\n%s", err, out)
	}
	named := map[string]delivery.State{}
	for _, m := range s.Missing {
		named[m.Address] = m.State
	}
	return named
}

// child is one run of the program.
type child struct {
	*exec.Cmd
	output bytes.Buffer
	over   chan struct{}
}

// send starts the program's sending of what is due, ten minutes after the last.
func (v *victim) send() *child {
	v.Helper()
	v.ahead += between
	return v.start("send", "--wait", "0", "--force", "unsubscribe-unreachable")
}

func (v *victim) start(args ...string) *child {
	v.Helper()
	c := &child{Cmd: v.command(args...), over: make(chan struct{})}
	c.Stdout, c.Stderr = &c.output, &c.output
	if err := c.Start(); err != nil {
		v.Fatal(err)
	}
	go func() {
		defer close(c.over)
		_ = c.Wait()
	}()
	v.Cleanup(func() { c.kill() })
	return c
}

// ended says whether the program has ended by itself.
func (c *child) ended() bool {
	select {
	case <-c.over:
		return true
	default:
		return false
	}
}

// kill is kill -9; it says whether there was still something to kill.
func (c *child) kill() bool {
	err := c.Process.Kill()
	<-c.over
	return !errors.Is(err, os.ErrProcessDone)
}

func (c *child) wait() int {
	<-c.over
	return c.ProcessState.ExitCode()
}
