//go:build linux

package smtpsink

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Main is the server as a program: its one argument is Options as JSON, it prints
// its address, answers "await N" with "ok", and when its input ends prints its
// Tally as JSON. Test binaries give it a name in testscript.Main, and Spawn
// starts it under that name.
func Main() {
	if err := serveInput(os.Args[1], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveInput(options string, in io.Reader, out io.Writer) error {
	runtime.GOMAXPROCS(2) // the loop, and the one that waits for input
	var o Options
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		return fmt.Errorf("options %q: %w", options, err)
	}
	s, err := listen(o)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, s.addr())
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var n int64
		if _, err := fmt.Sscanf(lines.Text(), "await %d", &n); err != nil {
			return fmt.Errorf("command %q: %w", lines.Text(), err)
		}
		if err := s.await(context.Background(), n); err != nil {
			return err
		}
		fmt.Fprintln(out, "ok")
	}
	s.close()
	return json.NewEncoder(out).Encode(s.count())
}

// Process is a server in a process of its own.
type Process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	address string
}

// Spawn starts program, whose main function is Main, as a server that ends with
// the test at the latest.
func Spawn(tb testing.TB, program string, o Options) *Process {
	tb.Helper()
	options, err := json.Marshal(o)
	if err != nil {
		tb.Fatal(err)
	}
	p := &Process{cmd: exec.Command(program, string(options))}
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		tb.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		tb.Fatalf("start the sink: %v", err)
	}
	tb.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	if p.address, err = p.line(); err != nil {
		tb.Fatal(err)
	}
	return p
}

func (p *Process) line() (string, error) {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the sink does not answer: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// Addr is where the server listens, as host:port.
func (p *Process) Addr() string { return p.address }

// Await waits until n messages were taken.
func (p *Process) Await(n int64) error {
	if _, err := fmt.Fprintln(p.in, "await", n); err != nil {
		return fmt.Errorf("ask the sink: %w", err)
	}
	_, err := p.line()
	return err
}

// Stop ends the server and returns what it took and what processor time it cost,
// its start included.
func (p *Process) Stop() (Tally, time.Duration, error) {
	var t Tally
	if err := p.in.Close(); err != nil {
		return t, 0, fmt.Errorf("stop the sink: %w", err)
	}
	if err := json.NewDecoder(p.out).Decode(&t); err != nil {
		return t, 0, fmt.Errorf("the sink's tally: %w", err)
	}
	if err := p.cmd.Wait(); err != nil {
		return t, 0, fmt.Errorf("the sink: %w", err)
	}
	return t, p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime(), nil
}
