package alert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// maxOutput is how many bytes of what a failing command says are logged.
const maxOutput = 1 << 10

var errSlow = errors.New("took too long")

// command runs a line of shell for each alert.
type command struct {
	line    string
	environ []string
	timeout time.Duration
}

// deliver runs the line and waits for it and everything it has started, at most
// for the timeout. Then whatever is left of them is killed.
func (c *command) deliver(ctx context.Context, m message) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("%w (%s)", errSlow, c.timeout))
	defer cancel()
	reads, writes, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("run command: %w", err)
	}
	defer reads.Close()
	sh := c.shell(m, writes)
	err = sh.Start()
	writes.Close()
	if err != nil {
		return fmt.Errorf("run command: %w", err)
	}
	stopped := context.AfterFunc(ctx, func() {
		killGroup(sh.Process)
		// A process that has left the group may still hold the other end.
		_ = reads.SetReadDeadline(time.Now())
	})
	output := readOutput(reads)
	// The shell stays unreaped up to here: so its number, that of the group, is
	// nobody else's while the group may be killed.
	err = sh.Wait()
	if !stopped() {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("run command: %w: output %q", err, output)
	}
	return nil
}

// shell prepares the run. The pipe is passed on once more beside the two
// outputs, for its end of file to tell that also those in the background are
// done, wherever their output goes.
func (c *command) shell(m message, output *os.File) *exec.Cmd {
	sh := exec.Command("/bin/sh", "-c", c.line)
	sh.Stdin = strings.NewReader(m.text + "\n")
	sh.Stdout, sh.Stderr = output, output
	sh.ExtraFiles = []*os.File{output}
	sh.Env = slices.DeleteFunc(slices.Clone(c.environ), func(v string) bool { return strings.HasPrefix(v, "DIGEST_") })
	sh.Env = append(sh.Env, "DIGEST_ALERT="+oneLine(m.text))
	sh.WaitDelay = time.Second // for a process out of reach that holds its input
	ownGroup(sh)
	return sh
}

// readOutput reads to the end and returns the beginning.
func readOutput(r io.Reader) string {
	b, err := io.ReadAll(io.LimitReader(r, maxOutput))
	if err == nil {
		_, _ = io.Copy(io.Discard, r)
	}
	return strings.TrimSpace(string(b))
}
