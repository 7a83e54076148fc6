package main

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"

	"golang.org/x/sys/unix"
)

// files is how many the program may have open here: many more than its own, and
// fewer than the connections that come.
const files = 600

// Seven hundred connections that are only held open, by who wants to or by mistake,
// take neither the mail's files nor the readers' pages.
func TestACrowdKeepsNoMailBack(t *testing.T) {
	h := newHost(t)
	h.do("subscribers", "add", "--newsletter", "weekly", "ann@example.org")
	if err := unix.Prlimit(h.process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: files, Max: files}, nil); err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(h.pages)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 700 {
		c, err := net.Dial("tcp", at.Host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_, _ = io.WriteString(c, []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost:"}[i%2])
	}
	h.send("weekly")
	h.fetch(http.MethodPost, h.link("ann@example.org", "/u/"), urlencoded, "List-Unsubscribe=One-Click")
	if s := h.person("ann@example.org").Subscriptions[0]; s.State != "unsubscribed" {
		t.Errorf("a reader in the crowd is %s", s.State)
	}
}
