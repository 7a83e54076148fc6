//go:build linux

// Package pgtest starts a private PostgreSQL server for tests, from Debian's
// binaries: no service, no network port, nothing left behind. Only tests use it.
package pgtest

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that makes the databases
)

// Server is a running PostgreSQL server that listens on a Unix socket in a
// folder of its own.
type Server struct {
	folder  string
	last    atomic.Int64
	command func() *exec.Cmd
	running *process
}

// Start starts a server that stops when the test ends. Settings are written
// name=value and come after its own, which are for speed: fsync=on makes it
// durable. The test fails where PostgreSQL is not installed.
func Start(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	folder, err := os.MkdirTemp("", "pgtest-") // short: a socket's path has at most 107 bytes
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(folder) })
	who := account(tb)
	if who != nil {
		if err := os.Chown(folder, int(who.Uid), int(who.Gid)); err != nil {
			tb.Fatal(err)
		}
	}
	data := filepath.Join(folder, "data")
	initdb := program(tb, who, "initdb", "-D", data, "-U", "postgres", "-A", "trust",
		"--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
	if out, err := initdb.CombinedOutput(); err != nil {
		tb.Fatalf("initdb: %v\n%s", err, out)
	}
	args := []string{"-D", data, "-k", folder}
	for _, s := range append([]string{
		"listen_addresses=", "fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=200",
	}, settings...) {
		args = append(args, "-c", s)
	}
	s := &Server{folder: folder, command: func() *exec.Cmd { return program(tb, who, "postgres", args...) }}
	s.begin(tb)
	tb.Cleanup(func() { s.running.end(syscall.SIGQUIT) })
	return s
}

// Crash ends the server as kill -9 does, and every connection with it.
func (s *Server) Crash() { s.running.end(syscall.SIGKILL) }

// Restart starts the server that has crashed, with what it had committed.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	s.begin(tb)
}

// begin starts the server and waits until it says that it is ready. After a crash
// it waits for the last of the old one's processes, whose memory it refuses to share.
func (s *Server) begin(tb testing.TB) {
	tb.Helper()
	const crowded = "is still in use"
	for {
		log := ""
		if s.running, log = start(tb, s.command()); log == "" {
			return
		}
		if !strings.Contains(log, crowded) {
			tb.Fatalf("postgres did not start:\n%s", log)
		}
	}
}

// Database makes an empty database and returns its address.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	return s.Clone(tb, s.url("template1"))
}

// Clone makes a copy of the database that an address names, which nobody may
// have open, and returns the copy's address.
func (s *Server) Clone(tb testing.TB, from string) string {
	tb.Helper()
	template, _, _ := strings.Cut(strings.TrimPrefix(from, "postgres:///"), "?")
	name := "t" + strconv.FormatInt(s.last.Add(1), 10)
	s.exec(tb, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template))
	tb.Cleanup(func() { s.exec(tb, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name)) })
	return s.url(name)
}

func (s *Server) url(database string) string {
	return "postgres:///" + database + "?host=" + s.folder + "&user=postgres"
}

func (s *Server) exec(tb testing.TB, statement string) {
	tb.Helper()
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

// account is who the server runs as: PostgreSQL refuses to be root.
func account(tb testing.TB) *syscall.Credential {
	tb.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	tb.Fatal("PostgreSQL cannot run as root, and there is neither a user postgres nor nobody")
	return nil
}

// program is a command of the newest PostgreSQL that is installed. The kernel
// ends it should the test die without cleaning up.
func program(tb testing.TB, who *syscall.Credential, name string, args ...string) *exec.Cmd {
	tb.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		tb.Fatalf("%s is not installed: apt-get install postgresql", name)
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return release(a) - release(b) })
	cmd := exec.Command(newest, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who, Pdeathsig: syscall.SIGQUIT}
	return cmd
}

func release(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4])
	return n
}

// process is a server's.
type process struct {
	*exec.Cmd
	silent chan struct{} // closed once it has said its last
}

// start starts the server and waits until it says that it is ready. Else it
// returns what it said instead.
func start(tb testing.TB, cmd *exec.Cmd) (p *process, log string) {
	tb.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	p = &process{cmd, make(chan struct{})}
	ready, said := make(chan struct{}), ""
	go func() {
		defer close(p.silent)
		lines, once := bufio.NewScanner(stderr), false
		for lines.Scan() {
			if !once && strings.Contains(lines.Text(), "ready to accept connections") {
				once = true
				close(ready)
			}
			if !once {
				said += lines.Text() + "\n"
			}
		}
	}()
	select {
	case <-ready:
		return p, ""
	case <-p.silent:
		_ = p.Wait()
		return p, said + "it ended"
	}
}

// end ends the process by a signal, if it runs. The pipe must be read to its end
// before Wait.
func (p *process) end(how syscall.Signal) {
	_ = p.Process.Signal(how)
	<-p.silent
	_ = p.Wait()
}
