package main

import (
	"bytes"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// everyCommand calls f for the root and all below it that are shown in help.
func everyCommand(c *cobra.Command, f func(*cobra.Command)) {
	f(c)
	for _, sub := range c.Commands() {
		if sub.Name() != "help" && !sub.Hidden {
			everyCommand(sub, f)
		}
	}
}

func TestHelpTeaches(t *testing.T) {
	n := 0
	everyCommand((&app{}).rootCommand(), func(c *cobra.Command) {
		n++
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short description %q", c.CommandPath(), c.Short)
		}
		if !strings.Contains(c.Example, "  digest") {
			t.Errorf("%s has no example", c.CommandPath())
		}
		if c.HasParent() && !strings.Contains(c.Example, c.CommandPath()) {
			t.Errorf("%s: the example shows something else:\n%s", c.CommandPath(), c.Example)
		}
		for _, line := range strings.Split(c.Long+"\n"+c.Example, "\n") {
			if len(line) > 100 {
				t.Errorf("%s: a line of %d characters", c.CommandPath(), len(line))
			}
		}
	})
	if n < 20 {
		t.Errorf("only %d commands", n)
	}
}

// TestExamplesParse proves that every example is a command line that there is.
func TestExamplesParse(t *testing.T) {
	everyCommand((&app{}).rootCommand(), func(c *cobra.Command) {
		for _, line := range strings.Split(c.Example, "\n") {
			line, _, _ = strings.Cut(strings.TrimSpace(line), "   ")
			line, _, _ = strings.Cut(line, " <")
			words := strings.Fields(line)
			found, rest, err := (&app{}).rootCommand().Find(words[1:])
			if err != nil || (len(words) > 1 && !found.HasParent()) {
				t.Errorf("%q: %v", line, err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	})
}

func TestHelpListsTheExitCodes(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: &out, err: &out}
	if code := a.run(t.Context(), []string{"--help"}); code != exitOK {
		t.Errorf("help exits with %d", code)
	}
	for _, code := range []string{"0 done", "1 failure", "2 wrong usage", "3 some", "4 held", "5 another", "78 bad"} {
		if !strings.Contains(out.String(), code) {
			t.Errorf("help lacks %q", code)
		}
	}
}

func TestVersionOf(t *testing.T) {
	stamped := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}
	for _, c := range []struct {
		info *debug.BuildInfo
		want string
	}{{stamped, "v1.2.3"}, {&debug.BuildInfo{}, "(devel)"}, {nil, "(devel)"}} {
		if got := versionOf(c.info).Version; got != c.want {
			t.Errorf("%v is %q, want %q", c.info, got, c.want)
		}
	}
}
