package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLinksOfMailsChangeNothing opens every link of every kind of mail a hundred
// times, as scanners do. No row of any table may change by it; a mail client's
// one click then works from anywhere, and again.
func TestLinksOfMailsChangeNothing(t *testing.T) {
	h := newHost(t)
	h.do("subscribers", "add", "--newsletter", "weekly", "ann@example.org", "bob@example.org")
	h.send("weekly")
	h.signUp("new@example.org")
	preferences := h.link("ann@example.org", "/p/")
	h.fetch(http.MethodPost, preferences, urlencoded, "do=data")
	h.fetch(http.MethodPost, preferences, urlencoded, "do=erase")
	for address, page := range map[string]string{"ann@example.org": "/d/", "new@example.org": "/c/"} {
		h.link(address, page)
	}
	h.link("ann@example.org", "/e/")
	h.settled()

	var links []string
	for _, m := range h.relay.Messages() {
		for _, l := range linksIn(t, m.Data) {
			if strings.HasPrefix(l, h.pages) {
				links = append(links, l)
			}
		}
	}
	slices.Sort(links)
	links = slices.Compact(links)
	kinds := map[string]bool{}
	for _, l := range links {
		kinds[strings.Split(strings.TrimPrefix(l, h.pages), "/")[1]] = true
	}
	for _, kind := range []string{"u", "p", "c", "d", "e"} {
		if !kinds[kind] {
			t.Errorf("no mail has a link to /%s/; links are %q", kind, links)
		}
	}
	before := h.rows()
	for range 100 {
		for _, l := range links {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				h.fetch(method, l, "", "")
			}
		}
	}
	for table, hash := range h.rows() {
		if before[table] != hash {
			t.Errorf("looking at links has changed the table %s", table)
		}
	}
	h.oneClick("ann@example.org", urlencoded, "List-Unsubscribe=One-Click")
	h.oneClick("bob@example.org", "multipart/form-data; boundary=b",
		"--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n")
	if after := h.rows(); after["consent"] == before["consent"] {
		t.Error("a change of the table consent is not seen")
	}
}

// signUp fills in the page's form, and presses again until it was open long enough.
func (h *host) signUp(address string) {
	h.Helper()
	page := h.fetch(http.MethodGet, h.pages+"/s/weekly", "", "")
	h.await("the sign-up of "+address, func() bool {
		stamp := stampOf.FindStringSubmatch(page)
		if stamp != nil {
			page = h.fill("address=" + address + "&stamp=" + stamp[1])
		}
		return stamp == nil
	})
}

// fill sends the form to subscribe from its own page.
func (h *host) fill(body string) string {
	h.Helper()
	return h.ask(http.MethodPost, h.pages+"/s/weekly", http.Header{"Content-Type": {urlencoded}, "Sec-Fetch-Site": {"same-origin"}}, body)
}

// oneClick does what mail clients do (RFC 8058), twice.
func (h *host) oneClick(address, kind, body string) {
	h.Helper()
	link := h.link(address, "/u/")
	for range 2 {
		h.fetch(http.MethodPost, link, kind, body)
		if s := h.person(address).Subscriptions[0]; s.State != "unsubscribed" || s.Mailed {
			h.Errorf("%s after one click: %+v", address, s)
		}
	}
	if n := len(h.person(address).History); n != 2 {
		h.Errorf("two clicks are %d changes", n-1)
	}
}

const urlencoded = "application/x-www-form-urlencoded"

// fetch makes a request as from a page of another origin, with no cookie.
func (h *host) fetch(method, address, kind, body string) string {
	h.Helper()
	return h.ask(method, address, http.Header{
		"Content-Type": {kind}, "Origin": {"https://mail.example"}, "Referer": {"https://mail.example/inbox"},
		"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"no-cors"},
	}, body)
}

// ask wants the answer 200, and returns its page.
func (h *host) ask(method, address string, header http.Header, body string) string {
	h.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		h.Fatalf("%s %s: %s, %v", method, address, resp.Status, err)
	}
	return string(page)
}

// settled waits until everything that was asked for is done and written down.
func (h *host) settled() {
	h.Helper()
	last := h.rows()
	same := 0
	h.await("a quiet database", func() bool {
		now := h.rows()
		same++
		for table, hash := range now {
			if last[table] != hash {
				same = 0
			}
		}
		last = now
		return same > 60 // more than a round of everything that looks each second
	})
}

// rows are hashes of all rows of each table.
func (h *host) rows() map[string]string {
	h.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(h.folder, "digest.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		h.Fatal(err)
	}
	defer db.Close()
	hashes := map[string]string{}
	for _, table := range query(h, db, `SELECT name FROM sqlite_master WHERE type = 'table'`) {
		rows := query(h, db, `SELECT * FROM "`+table+`"`)
		slices.Sort(rows)
		hashes[table] = fmt.Sprintf("%d rows, %x", len(rows), sha256.Sum256([]byte(strings.Join(rows, "\n"))))
	}
	return hashes
}

// query returns each row as one text.
func query(h *host, db *sql.DB, text string) []string {
	h.Helper()
	rows, err := db.QueryContext(context.Background(), text)
	if err != nil {
		h.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		h.Fatal(err)
	}
	var all []string
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			h.Fatal(err)
		}
		if len(values) == 1 {
			all = append(all, fmt.Sprintf("%s", values[0]))
		} else {
			all = append(all, fmt.Sprintf("%#v", values))
		}
	}
	if err := rows.Err(); err != nil {
		h.Fatal(err)
	}
	return all
}
