package main

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	hostilePosts = 10_000
	warming      = 2_000 // of them
	victims      = 40

	// steady is what memory may grow by after these: two KiB a post would be more.
	steady = 16 << 20
)

// Whoever posts ten thousand times what the pages do not want bothers nobody with
// more than one mail, and does not make the program grow.
func TestTenThousandHostilePosts(t *testing.T) {
	h := newHost(t)
	h.do("subscribers", "add", "--newsletter", "weekly", "reader@example.org")
	a := &attack{host: h, stamp: h.stamped()}
	a.posts(0, warming)
	h.settled()
	before := h.memory()
	a.posts(warming, hostilePosts)
	h.settled()
	if after := h.memory(); after > before+steady {
		t.Errorf("memory has grown from %d to %d KiB", before>>10, after>>10)
	}
	mailboxes := map[string]int{}
	for address, n := range h.relay.Accepted() {
		local, domain, _ := strings.Cut(strings.ToLower(address), "@")
		local, _, _ = strings.Cut(local, "+")
		mailboxes[local+"@"+domain] += n
	}
	for mailbox, n := range mailboxes {
		if n != 1 || !strings.HasPrefix(mailbox, "victim") {
			t.Errorf("%d mails to %s", n, mailbox)
		}
	}
	if len(mailboxes) != victims {
		t.Errorf("mails to %d of %d victims: the posts were not what they should be", len(mailboxes), victims)
	}
	if p := h.person("reader@example.org"); p.Subscriptions[0].State != "active" || len(p.History) != 1 {
		t.Errorf("a reader is %+v", p)
	}
	h.signUp("late@example.org")
	h.link("late@example.org", "/c/")
}

// stamped is the stamp of a form that was open long enough when it is first taken.
func (h *host) stamped() string {
	h.Helper()
	stamp := stampOf.FindStringSubmatch(h.fetch(http.MethodGet, h.pages+"/s/weekly", "", ""))[1]
	h.await("the form to be old enough", func() bool {
		page := h.fill("website=x&address=robot@example.org&stamp=" + stamp)
		return stampOf.FindStringSubmatch(page) == nil
	})
	return stamp
}

// attack is many clients of many networks, of which none reaches its own limit.
type attack struct {
	*host
	stamp string
}

// posts makes the posts of these numbers, eight at once.
func (a *attack) posts(from, to int) {
	a.Helper()
	var clients sync.WaitGroup
	for first := range 8 {
		clients.Go(func() {
			for i := from + first; i < to; i += 8 {
				a.post(i)
			}
		})
	}
	clients.Wait()
}

// answersToHostility are all that a page may say to it.
var answersToHostility = []int{
	http.StatusOK, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnprocessableEntity,
	http.StatusTooManyRequests, http.StatusServiceUnavailable,
}

func (a *attack) post(i int) {
	path, kind, body := a.request(i)
	req, err := http.NewRequest(http.MethodPost, a.pages+path, strings.NewReader(body))
	if err != nil {
		a.Error(err)
		return
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("nonsense, 10.%d.%d.1", i/4>>8&255, i/4&255))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.Errorf("post %d: %v", i, err)
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if !slices.Contains(answersToHostility, resp.StatusCode) {
		a.Errorf("post %d to %s: %s", i, path, resp.Status)
	}
}

// request is the nth one: of each ten, four bother a victim, spelt in different
// ways, and the others are what forms never send.
func (a *attack) request(i int) (path, kind, body string) {
	victim := fmt.Sprintf("victim%d@example.org", i/10%victims)
	form := url.Values{"stamp": {a.stamp}, "address": {victim}}
	spelt := func(address string) (string, string, string) {
		form.Set("address", address)
		return "/s/weekly", urlencoded, form.Encode()
	}
	switch i % 10 {
	case 0:
		return spelt(strings.ToUpper(victim))
	case 1:
		return spelt(strings.Replace(victim, "@", fmt.Sprintf("+%d@", i), 1))
	case 2:
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.WriteField("stamp", a.stamp)
		_ = w.WriteField("address", victim)
		_ = w.Close()
		return "/s/weekly", w.FormDataContentType(), b.String()
	case 3:
		return spelt("reader@example.org\r\nBcc: " + victim)
	case 4:
		return "/s/port", urlencoded, form.Encode() // its stamp is another's
	case 5:
		return "/s/weekly", urlencoded, strings.Repeat("%zz&", 1<<12) + form.Encode()
	case 6:
		return "/u/" + strings.Repeat("A", 42), urlencoded, "List-Unsubscribe=One-Click"
	case 7:
		return "/p/" + strings.Repeat("\u202e", 20), "multipart/form-data; boundary=", "--\r\n\r\ndo=erase"
	case 8:
		return "/healthz", "text/xml", "<!DOCTYPE a>"
	}
	return spelt(" " + victim + " ")
}

var anonymous = regexp.MustCompile(`RssAnon:\s+(\d+) kB`)

// memory is what the serving program has to itself, in bytes.
func (h *host) memory() int {
	h.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.process.Pid))
	if err != nil {
		h.Fatal(err)
	}
	m := anonymous.FindSubmatch(status)
	if m == nil {
		h.Fatalf("no memory in %s", status)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		h.Fatal(err)
	}
	return n << 10
}
