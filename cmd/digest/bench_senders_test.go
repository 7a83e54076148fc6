package main

import (
	"bytes"
	"crypto/rsa"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"digest.example/internal/pgtest"
)

// bench is what the runs have in common.
type bench struct {
	*testing.B
	recipients int
	size       int // bytes of a message as it goes over the wire
	postfix    postfix
	folder     string // an installation with its subscribers, copied for each run
	program    string
	profiles   string
	profiled   int
	server     *pgtest.Server
	key        *rsa.PrivateKey
	template   string // a PostgreSQL database with the subscribers
}

// force goes past the pages that nobody serves here.
const force = "unsubscribe-unreachable"

// sqlite sends an extra issue with the program on a copy of the SQLite database.
func (w *bench) sqlite(environ []string, args ...string) func(task) cost {
	return func(t task) cost {
		folder, err := os.MkdirTemp(w.folder, "run")
		if err != nil {
			w.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(folder) }()
		copyFile(w, filepath.Join(w.folder, "digest.db"), filepath.Join(folder, "digest.db"))
		syscall.Sync() // what the copy left to be written is not the sender's
		environ := append([]string{"DIGEST_DATABASE=" + filepath.Join(folder, "digest.db")}, environ...)
		return w.time(w.digest(t, environ, append([]string{"send", "--now", "--force", force}, args...)...))
	}
}

// postgres sends an extra issue with processes on a copy of the PostgreSQL
// database. Those after the first join once it sends.
func (w *bench) postgres(processes int) func(task) cost {
	return func(t task) cost {
		environ := []string{"DIGEST_DATABASE=" + w.server.Clone(w, w.template)}
		first := w.digest(t, environ, "send", "--now", "--force", force)
		all := []*running{w.start(first)}
		for len(all) < processes {
			if err := t.relay.Await(1); err != nil {
				w.Fatal(err)
			}
			all = append(all, w.start(w.digest(t, environ, "send", "--force", force)))
		}
		var sum cost
		for _, c := range all {
			u := w.wait(c)
			sum.cpu += u.cpu
			sum.wall = max(sum.wall, u.wall) // the first one's, which ends when all is sent
			sum.resident = max(sum.resident, u.resident)
		}
		return sum
	}
}

// digest is a run of the program, in the test's own binary where something of it
// is to be different.
func (w *bench) digest(t task, environ []string, args ...string) *exec.Cmd {
	c := exec.Command(w.program, args...)
	if w.profiles != "" {
		w.profiled++
		environ = append(environ, fmt.Sprintf("%s=%s", profileTo, filepath.Join(w.profiles, fmt.Sprintf("cpu%03d.pprof", w.profiled))))
	}
	for _, e := range environ {
		if !strings.HasPrefix(e, "DIGEST_") {
			c = exec.Command("digest-bench", args...)
		}
	}
	_, port, _ := net.SplitHostPort(t.relay.Addr())
	c.Dir = w.folder
	c.Env = append(os.Environ(), "DIGEST_SMTP_PORT="+port, "DIGEST_SMTP_CONNECTIONS="+strconv.Itoa(t.connections))
	c.Env = append(c.Env, environ...)
	return c
}

// smtpSource sends with Postfix's load generator, each message to an address of
// its own (-N) and over connections that stay open (-d).
func (w *bench) smtpSource(t task) cost {
	const header = 108 // bytes, about
	c := exec.Command(w.postfix.smtpSource, "-d", "-N", "-s", strconv.Itoa(t.connections),
		"-l", strconv.Itoa(w.size-header), "-m", strconv.Itoa(t.messages),
		"-f", "digest@example.org", "-t", "@example.org", t.relay.Addr())
	c.Env = append(os.Environ(), "LD_LIBRARY_PATH="+w.postfix.libraries)
	return w.time(c)
}

// goMail sends with go-mail, a new message for each recipient.
func (w *bench) goMail(t task) cost {
	return w.time(exec.Command("go-mail-bench", t.relay.Addr(), strconv.Itoa(t.connections),
		strconv.Itoa(t.messages), strconv.Itoa(w.size)))
}

// time runs a program to its end.
func (w *bench) time(c *exec.Cmd) cost { return w.wait(w.start(c)) }

// running is a program while it runs.
type running struct {
	*exec.Cmd
	began    time.Time
	ended    chan struct{}
	resident chan int64
}

func (w *bench) start(c *exec.Cmd) *running {
	var output bytes.Buffer
	c.Stdout, c.Stderr = &output, &output
	r := &running{Cmd: c, began: time.Now(), ended: make(chan struct{}), resident: make(chan int64, 1)}
	if err := c.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = c.Process.Kill() })
	go r.observe()
	return r
}

// observe asks how large the program is, again and again: what the system says
// of it at its end includes the process that it was started from.
func (r *running) observe() {
	var most int64
	for {
		if kb := statusKB(r.Process.Pid, "VmHWM:"); kb > 0 {
			most = kb << 10
		}
		select {
		case <-r.ended:
			r.resident <- most
			return
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// statusKB is a field of a process's status; 0: none.
func statusKB(pid int, field string) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), field)
	var kb int64
	_, _ = fmt.Sscan(rest, &kb)
	return kb
}

// wait waits for a program, which must succeed, and says what it cost. One of
// several senders may say that others are not done: what counts is in the sink.
func (w *bench) wait(r *running) cost {
	err := r.Wait()
	wall := time.Since(r.began)
	close(r.ended)
	if err != nil && r.ProcessState.ExitCode() != exitIncomplete {
		w.Fatalf("%s: %v\n%s", r, err, r.Stderr)
	}
	return cost{
		wall: wall, cpu: r.ProcessState.UserTime() + r.ProcessState.SystemTime(), resident: <-r.resident,
	}
}

func copyFile(tb testing.TB, from, to string) {
	tb.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		tb.Fatal(err)
	}
}
