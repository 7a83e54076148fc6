//go:build unix

package alert

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fifo is how a shell tells a test that it is there: reading waits for a
// writer, and ends when the last one is gone.
type fifo struct {
	t    *testing.T
	path string
}

func newFIFO(t *testing.T) fifo {
	t.Helper()
	f := fifo{t, filepath.Join(t.TempDir(), "fifo")}
	if err := syscall.Mkfifo(f.path, 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f fifo) open() *os.File {
	f.t.Helper()
	r, err := os.Open(f.path)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { r.Close() })
	return r
}

func (f fifo) read() string {
	f.t.Helper()
	b, err := io.ReadAll(f.open())
	if err != nil {
		f.t.Fatal(err)
	}
	return string(b)
}

func TestCommand(t *testing.T) {
	dir := t.TempDir()
	a, log := newAlerter(t, Options{
		Environ: append(os.Environ(), "OUT="+dir, "DIGEST_SECRET=geheim", "DIGEST_ALERT=old"),
		Command: `cat >>"$OUT/in"; printf '%s|' "$DIGEST_ALERT" >>"$OUT/var"; env >"$OUT/env"; echo fine; echo fine >&2`,
	})
	a.Alert("weekly/3 is held:\r\n'$(touch x)'\x00 \"`id`\"")
	a.Alert(strings.Repeat("y", 1<<20))
	closed(t, a)
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	long := strings.Repeat("y", maxText-3) + "…"
	if got, want := read("in"), "weekly/3 is held:\n'$(touch x)' \"`id`\"\n"+long+"\n"; got != want {
		t.Errorf("standard input: %.100q", got)
	}
	if got, want := read("var"), "weekly/3 is held: '$(touch x)' \"`id`\"|"+long+"|"; got != want {
		t.Errorf("DIGEST_ALERT: %.100q", got)
	}
	if env := read("env"); strings.Contains(env, "geheim") || strings.Count(env, "DIGEST_") != 1 {
		t.Error("the environment holds what belongs to the program")
	}
	wantLog(t, log)
}

func TestCommandFails(t *testing.T) {
	for command, want := range map[string]string{
		"echo no luck; echo bad >&2; exit 3": "exit status 3: output \\\"no luck\\\\nbad",
		"exit 1":                             "exit status 1",
		"no-such-command":                    "exit status 127",
		"kill -9 $$":                         "signal: killed",
		"if":                                 "yntax error",
		"head -c 3000000 /dev/zero | tr '\\0' x; exit 4":   "exit status 4",
		"printf '\\033[31m\\377'; exit 5":                  "x1b[31m",
		"exec >&- 2>&- 3>&-; exit 6":                       "exit status 6",
		"(exec >/dev/null 2>&1; exit 0) & wait; exit 7":    "exit status 7",
		"exec 0<&-; head -c 1 </dev/zero >&2; wait; false": "exit status 1",
	} {
		a, log := newAlerter(t, Options{Command: command})
		a.Alert("weekly/3 is held")
		closed(t, a)
		wantLog(t, log, want, "weekly/3 is held")
		if len(log.String()) > 5*maxOutput || strings.Contains(log.String(), "\x1b") {
			t.Errorf("%s: the log is %d bytes: %.200q", command, len(log.String()), log)
		}
	}
}

// Whatever a command has started is gone after the time is over: in the
// foreground, in the background, with the outputs redirected, deaf to signals.
func TestCommandIsKilled(t *testing.T) {
	for _, line := range []string{
		"exec sleep 1000",
		"sleep 1000",
		"sleep 1000 & sleep 1000 & wait",
		"sleep 1000 >/dev/null 2>&1 &",
		"(trap '' TERM HUP INT; sleep 1000; sleep 1000) & exit 0",
		"exec >&- 2>&- 3>&-; sleep 1000",
		"yes",
	} {
		fifo := newFIFO(t)
		c := &command{line: "exec 4>" + fifo.path + "; echo here >&4; " + line, timeout: time.Hour, environ: os.Environ()}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.deliver(ctx, message{"x", noon}) }()
		r := fifo.open()
		if _, err := io.ReadFull(r, make([]byte, len("here\n"))); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", line, err)
		}
		if b, err := io.ReadAll(r); err != nil || len(b) != 0 { // waits for the last one that has it
			t.Errorf("%s: %q, %v", line, b, err)
		}
	}
}

// What a command leaves in the background has the same time as the command.
func TestCommandInTheBackground(t *testing.T) {
	fifo := newFIFO(t)
	out := filepath.Join(t.TempDir(), "out")
	line := "(read x <" + fifo.path + "; head -c 20000000 /dev/zero | cksum; echo done >" + out + ") </dev/null >/dev/null 2>&1 &"
	c := &command{line: line, timeout: time.Hour, environ: os.Environ()}
	ended := make(chan error, 1)
	go func() { ended <- c.deliver(t.Context(), message{"x", noon}) }()
	if err := os.WriteFile(fifo.path, []byte("go\n"), 0); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(out); err != nil || string(b) != "done\n" {
		t.Errorf("it was not waited for: %q, %v", b, err)
	}
}

func TestCommandTakesTooLong(t *testing.T) {
	c := &command{line: "echo begun; sleep 1000", timeout: time.Millisecond, environ: os.Environ()}
	if err := c.deliver(t.Context(), message{"x", noon}); !errors.Is(err, errSlow) {
		t.Errorf("got %v", err)
	}
}

// One that has left the group cannot be killed with it, and is not waited for either.
func TestCommandThatEscapes(t *testing.T) {
	fifo := newFIFO(t)
	path := filepath.Join(t.TempDir(), "pid")
	line := `setsid sh -c 'echo $$ >` + path + `; echo here >` + fifo.path + `; exec sleep 1000' & wait`
	c := &command{line: line, timeout: time.Hour, environ: os.Environ()}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.deliver(ctx, message{"x", noon}) }()
	fifo.read()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	pid, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	end := &command{line: "kill -9 " + string(bytes.TrimSpace(pid)), timeout: time.Hour, environ: os.Environ()}
	if err := end.deliver(t.Context(), message{}); err != nil {
		t.Errorf("it was gone: %v", err)
	}
}

// A webhook that is down does not keep the command waiting.
func TestWaysAreIndependent(t *testing.T) {
	fifo := newFIFO(t)
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer s.Close()
	a, log := newAlerter(t, Options{Webhook: s.URL, Command: "cat >" + fifo.path})
	a.Alert("one")
	if got := fifo.read(); got != "one\n" {
		t.Errorf("got %q", got)
	}
	close(release)
	closed(t, a)
	wantLog(t, log)
}
