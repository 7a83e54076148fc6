package main

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

var stampOf = regexp.MustCompile(`name="stamp" value="([^"]+)"`)

// signup URL ADDRESS fills in the form to subscribe there, as often as the page
// asks for it: who is quicker than a person has to press the button again.
func signUp(ts *testscript.TestScript, _ bool, args []string) {
	form := ask(ts, "", args[0])
	poll(ts, "the sign-up of "+args[1], func() bool {
		stamp := stampOf.FindStringSubmatch(form)
		if stamp == nil {
			return true
		}
		form = ask(ts, url.Values{"stamp": {stamp[1]}, "address": {args[1]}}.Encode(), args[0])
		return false
	})
}

// ask returns the page behind an address: of a form's answer, or without a body
// of a GET.
func ask(ts *testscript.TestScript, body, address string) string {
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("%s %s answered %s:\n%s", method, address, resp.Status, page)
	}
	return string(page)
}

// linkto ADDRESS PATH VARIABLE waits for a message to address with a link below
// a path, and sets the link of the last one.
func linkTo(ts *testscript.TestScript, _ bool, args []string) {
	link := regexp.MustCompile(regexp.QuoteMeta(ts.Getenv("PAGES")+args[1]) + `[A-Za-z0-9_-]+`)
	poll(ts, "a link to "+args[1]+" for "+args[0], func() bool {
		found := ""
		for _, m := range relayIn(ts).Messages() {
			// Tokens are of letters that quoted-printable leaves as they are.
			if last := link.FindAll(bytes.ReplaceAll(m.Data, []byte("=\r\n"), nil), 1); m.To[0] == args[0] && last != nil {
				found = string(last[0])
			}
		}
		ts.Setenv(args[2], found)
		return found != ""
	})
}
