package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"digest.example/internal/smtptest"
)

// host is the real program as it serves readers, with a relay, in a folder of its
// own. It has a newsletter in English, weekly, and one in Arabic, port.
type host struct {
	testing.TB
	folder string
	pages  string // public_url
	relay  *smtptest.Server

	environ []string    // further settings
	process *os.Process // that serves
}

// hostConfig trusts this machine as a proxy, so that a test is many networks.
const hostConfig = `
secret: "0123456789abcdef0123456789abcdef0123456789abcdef"
web: {listen: "%s", public_url: "http://%[1]s/letters", trusted_proxies: [127.0.0.1]}
smtp: {host: 127.0.0.1, port: %d, tls: none}
newsletters:
`

// hostNewsletter is what both newsletters have.
const hostNewsletter = `  - name: %s
    title: %s
    language: %s
    from: The Harbour Weekly <digest@example.org>
    postal_address: Harbour Press, 12 Harbour Street, Bristol
    schedule: "0 9 * * SUN"
    timezone: Europe/London
    sources: [{name: sample, kind: sample}]
`

// newHost installs the program and has it serve until the test ends.
func newHost(tb testing.TB) *host {
	tb.Helper()
	h := install(tb)
	tb.Cleanup(h.serve())
	return h
}

func install(tb testing.TB) *host {
	tb.Helper()
	address, err := freePort()
	if err != nil {
		tb.Fatal(err)
	}
	h := &host{TB: tb, folder: tb.TempDir(), pages: "http://" + address + "/letters", relay: smtptest.New(tb, smtptest.Options{})}
	text := fmt.Sprintf(hostConfig, address, h.relay.Port()) +
		fmt.Sprintf(hostNewsletter, "weekly", "The Harbour Weekly", "en") + fmt.Sprintf(hostNewsletter, "port", "نشرة الميناء", "ar")
	if err := os.WriteFile(filepath.Join(h.folder, "config.yaml"), []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return h
}

// serve serves until stop, and must then end well.
func (h *host) serve() (stop func()) {
	h.Helper()
	var log bytes.Buffer
	c := h.command("serve")
	c.Stdout, c.Stderr = &log, &log
	if err := c.Start(); err != nil {
		h.Fatal(err)
	}
	h.process = c.Process
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	h.Cleanup(func() { _ = c.Process.Kill() }) // if stop was never reached
	stop = func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil || h.Failed() {
			h.Errorf("serve: %v\n%s", err, log.Bytes())
		}
	}
	h.await("the pages", func() bool {
		if len(ended) > 0 {
			h.Fatalf("serve has ended: %s", log.Bytes())
		}
		resp, err := http.Get(h.pages + "/healthz")
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
	return stop
}

func (h *host) command(args ...string) *exec.Cmd {
	h.Helper()
	self, err := os.Executable()
	if err != nil {
		h.Fatal(err)
	}
	c := exec.Command(self, args...)
	c.Args[0], c.Dir = "digest", h.folder
	c.Env = append(os.Environ(), h.environ...)
	return c
}

// do runs the program, which must succeed, and returns what it prints.
func (h *host) do(args ...string) []byte {
	h.Helper()
	var stderr bytes.Buffer
	c := h.command(args...)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		h.Fatalf("%s: %v\n%s%s", args, err, out, stderr.Bytes())
	}
	return out
}

// send sends an issue of a newsletter beside serve.
func (h *host) send(newsletter string) {
	h.Helper()
	h.do("send", "--now", "--newsletter", newsletter, "--force", "unsubscribe-unreachable")
}

func (h *host) await(what string, done func() bool) {
	h.Helper()
	for late := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(late) {
			h.Fatalf("%s: nothing in %s", what, patience)
		}
	}
}

// person is what subscribers show says of one subscription.
type person struct {
	Language      string
	Subscriptions []struct {
		Newsletter  string
		Mailed      bool `json:"gets_mail"`
		State       string
		PausedUntil time.Time `json:"paused_until"`
		Plain       bool      `json:"plain_text"`
	}
	History      []struct{ Evidence string }
	Suppressions []struct{ Reason string }
}

func (h *host) person(address string) person {
	h.Helper()
	var p person
	if err := json.Unmarshal(h.do("subscribers", "show", address, "--json"), &p); err != nil {
		h.Fatal(err)
	}
	return p
}

// link waits for a mail to an address that has a link to such a page, and returns it.
func (h *host) link(address, page string) string {
	h.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var found string
	err := h.relay.Await(ctx, "a link to "+page+" for "+address, func() bool {
		for _, m := range h.relay.Messages() {
			if m.To[0] != address {
				continue
			}
			links := linksIn(h, m.Data)
			if i := slices.IndexFunc(links, func(l string) bool { return strings.HasPrefix(l, h.pages+page) }); i >= 0 {
				found = links[i]
			}
		}
		return found != ""
	})
	if err != nil {
		h.Fatal(err)
	}
	return found
}

// linkPattern is an address in running text, in an attribute or in a header.
var linkPattern = regexp.MustCompile(`https?://[^\s"'<>()]+`)

// linksIn are all addresses in a mail's headers and in its parts, once each.
func linksIn(tb testing.TB, data []byte) []string {
	tb.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		tb.Fatal(err)
	}
	var links []string
	for name, values := range m.Header {
		if !strings.HasPrefix(name, "Dkim-") {
			links = append(links, linkPattern.FindAllString(strings.Join(values, " "), -1)...)
		}
	}
	for _, part := range partsOf(tb, m) {
		links = append(links, linkPattern.FindAllString(html.UnescapeString(part), -1)...)
	}
	for i := range links {
		links[i] = strings.TrimRight(links[i], ".,;")
	}
	slices.Sort(links)
	return slices.Compact(links)
}

// partsOf are the decoded bodies of a mail.
func partsOf(tb testing.TB, m *mail.Message) []string {
	tb.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		tb.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		return []string{decoded(tb, m.Header.Get("Content-Transfer-Encoding"), m.Body)}
	}
	var parts []string
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return parts
		}
		if err != nil {
			tb.Fatal(err)
		}
		parts = append(parts, decoded(tb, p.Header.Get("Content-Transfer-Encoding"), p))
	}
}

func decoded(tb testing.TB, encoding string, body io.Reader) string {
	tb.Helper()
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "", "7bit", "8bit":
	default:
		tb.Fatalf("a mail is encoded as %s", encoding)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}
