package browsertest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Tab is one page in a browser. A step that cannot be done fails the test.
type Tab struct {
	testing.TB
	browser *Browser
	session string
	folder  string // where downloads go
	scripts bool

	mu       sync.Mutex
	loads    int
	document response // the last one of the main frame
	fetched  []string // addresses
	troubles []string
	changed  chan struct{} // closed and replaced whenever something is recorded
}

// response is what the server said to the request for a page.
type response struct {
	URL    string
	Status int
}

func (t *Tab) browserCall(method string, params, result any) {
	t.Helper()
	if err := t.browser.pipe.call("", method, params, result); err != nil {
		t.Fatal(err)
	}
}

func (t *Tab) call(method string, params, result any) {
	t.Helper()
	if err := t.browser.pipe.call(t.session, method, params, result); err != nil {
		t.Fatal(err)
	}
}

// event records what the page does.
func (t *Tab) event(method string, params json.RawMessage) {
	var e struct {
		Type     string
		Request  struct{ URL string }
		Response response
		Entry    struct{ Source, Level, Text, URL string }
		// Of the console.
		Args             []struct{ Value any }
		ExceptionDetails struct{ Text string }
	}
	if json.Unmarshal(params, &e) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch method {
	case "Page.loadEventFired":
		t.loads++
	case "Network.requestWillBeSent":
		t.fetched = append(t.fetched, e.Request.URL)
	case "Network.responseReceived":
		if e.Type == "Document" {
			t.document = e.Response
		}
	case "Log.entryAdded":
		// A page that is answered 404 or 410 is entered as an error of the network, and
		// as an information that a field was clicked before it got the focus by itself.
		if e.Entry.Source != "network" && e.Entry.Level != "info" {
			t.troubles = append(t.troubles, fmt.Sprintf("%s %s: %s", e.Entry.Source, e.Entry.Level, e.Entry.Text))
		}
	case "Runtime.consoleAPICalled":
		t.troubles = append(t.troubles, fmt.Sprintf("console.%s: %v", e.Type, e.Args))
	case "Runtime.exceptionThrown":
		t.troubles = append(t.troubles, "exception: "+e.ExceptionDetails.Text)
	}
	close(t.changed)
	t.changed = make(chan struct{})
}

// await waits until done, which is asked with the lock held.
func (t *Tab) await(what string, done func() bool) {
	t.Helper()
	late := time.After(patience)
	for {
		t.mu.Lock()
		over, changed := done(), t.changed
		t.mu.Unlock()
		if over {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("%s: nothing came in %s; the page says:\n%s", what, patience, t.Text("body"))
		}
	}
}

// loading waits for the page that an action leads to, and returns its status.
func (t *Tab) loading(what string, action func()) int {
	t.Helper()
	t.mu.Lock()
	before := t.loads
	t.mu.Unlock()
	action()
	t.await(what, func() bool { return t.loads > before })
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.document.Status
}

// Open goes to an address and returns the status of its answer.
func (t *Tab) Open(address string) int {
	t.Helper()
	return t.loading("open "+address, func() {
		var result struct{ ErrorText string }
		t.call("Page.navigate", object{"url": address}, &result)
		if result.ErrorText != "" {
			t.Fatalf("open %s: %s", address, result.ErrorText)
		}
	})
}

// Press clicks a link or button that leads to another page, and returns the status
// of its answer.
func (t *Tab) Press(selector string) int {
	t.Helper()
	return t.loading("press "+selector, func() { t.Click(selector) })
}

// Click presses the mouse's button in the middle of an element, as it stands on the
// screen: what is covered or hidden gets no click.
func (t *Tab) Click(selector string) {
	t.Helper()
	var at struct{ X, Y float64 }
	t.Eval(`(() => {
		const e = document.querySelector(`+quote(selector)+`);
		e.scrollIntoView({block: "center"});
		const r = e.getClientRects()[0]; // of a link's lines, the first
		return {x: r.x + r.width / 2, y: r.y + r.height / 2};
	})()`, &at)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		t.call("Input.dispatchMouseEvent", object{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// Type clicks into a field and types, in place of what is in it.
func (t *Tab) Type(selector, text string) {
	t.Helper()
	t.Click(selector)
	t.Eval(`document.querySelector(`+quote(selector)+`).select()`, nil)
	t.call("Input.insertText", object{"text": text}, nil)
}

// Choose takes an option of a list by the keys of a keyboard: it types its beginning.
func (t *Tab) Choose(selector, name string) {
	t.Helper()
	t.Eval(`document.querySelector(`+quote(selector)+`).focus()`, nil)
	for _, letter := range name {
		t.call("Input.dispatchKeyEvent", object{"type": "char", "text": string(letter)}, nil)
	}
}

// Text is what a person reads in the first element of that kind; empty if there is none.
func (t *Tab) Text(selector string) string {
	t.Helper()
	var text string
	t.Eval(`(document.querySelector(`+quote(selector)+`) || {innerText: ""}).innerText`, &text)
	return text
}

// Eval runs an expression in the page and reads its value, or that of its promise,
// into result, which may be nil. It does so also where scripts are off.
func (t *Tab) Eval(expression string, result any) {
	t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Exception struct{ Description string }
		}
	}
	t.call("Runtime.evaluate", object{
		"expression": expression, "returnByValue": true, "awaitPromise": true,
	}, &answer)
	if x := answer.ExceptionDetails; x != nil {
		t.Fatalf("evaluate: %s", x.Exception.Description)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(answer.Result.Value, result); err != nil {
		t.Fatalf("evaluate %s: %v", expression, err)
	}
}

// Download clicks a button behind which is a JSON file, and returns what is in it.
func (t *Tab) Download(selector string) []byte {
	t.Helper()
	t.Click(selector)
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(20 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(t.folder, "*.json"))
		if err != nil || len(files) == 0 {
			continue
		}
		// Its name may be there before what is in it.
		if file, err := os.ReadFile(files[0]); err == nil && json.Valid(file) {
			return file
		}
	}
	t.Fatalf("press %s: no file in %s", selector, patience)
	return nil
}

// Troubles are the errors and warnings of all pages so far, and what they
// fetched that is not below an address.
func (t *Tab) Troubles(below string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := slices.Clone(t.troubles)
	for _, address := range t.fetched {
		if u, err := url.Parse(address); err == nil && u.Scheme != "about" && u.Scheme != "data" && !strings.HasPrefix(address, below) {
			all = append(all, "fetched from elsewhere: "+address)
		}
	}
	return all
}

// Overflow is how many CSS pixels the page is wider than the screen.
func (t *Tab) Overflow() int {
	t.Helper()
	var wider int
	t.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &wider)
	return wider
}

// quote is a string as a script has it.
func quote(s string) string {
	b, _ := json.Marshal(s) // strings always can be
	return string(b)
}
