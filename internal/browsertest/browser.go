// Package browsertest drives a real browser in tests: headless Chromium, told what
// to do over the DevTools protocol. It clicks and types where a person would, and
// notes what a person does not see: requests to other hosts, errors in the console,
// and what axe-core finds.
package browsertest

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// patience is how long anything in a browser may take.
const patience = 20 * time.Second

// Browser is a running Chromium with a profile of its own.
type Browser struct {
	testing.TB
	pipe *pipe
}

// Start runs Chromium until the test ends. A test that needs a browser fails
// where there is none, since its promise would be void otherwise.
func Start(tb testing.TB) *Browser {
	tb.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		tb.Fatal("this test needs Chromium: run \"make tools\", or \"apt-get install chromium\"")
	}
	commands, toBrowser, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	fromBrowser, answers, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	c := exec.Command(program, "--headless", "--remote-debugging-pipe",
		"--no-sandbox", // which root cannot have; the pages are our own
		"--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-quic", "--hide-scrollbars",
		"--user-data-dir="+tb.TempDir(), "about:blank")
	c.ExtraFiles = []*os.File{commands, answers} // 3 and 4, where Chromium looks for them
	if err := c.Start(); err != nil {
		tb.Fatalf("start %s: %v", program, err)
	}
	_, _ = commands.Close(), answers.Close()
	b := &Browser{TB: tb, pipe: newPipe(toBrowser, fromBrowser)}
	tb.Cleanup(func() {
		_ = b.pipe.call("", "Browser.close", nil, nil)
		gone := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
		_ = c.Wait()
		gone.Stop()
		b.pipe.close()
	})
	return b
}

// Look is the screen and the reader in front of it.
type Look struct {
	Dark      bool
	Width     int // CSS pixels
	Language  string
	Scripts   bool   // whether the page's own scripts may run
	Forwarded string // X-Forwarded-For; empty: none
}

// Tab opens an empty page with no cookies, until the test ends.
func (b *Browser) Tab(tb testing.TB, look Look) *Tab {
	tb.Helper()
	t := &Tab{TB: tb, browser: b, changed: make(chan struct{}), folder: tb.TempDir()}
	var context struct{ BrowserContextID string }
	var target struct{ TargetID string }
	var session struct{ SessionID string }
	t.browserCall("Target.createBrowserContext", nil, &context)
	t.browserCall("Browser.setDownloadBehavior", object{
		"behavior": "allow", "downloadPath": t.folder, "browserContextId": context.BrowserContextID,
	}, nil)
	t.browserCall("Target.createTarget", object{
		"url": "about:blank", "browserContextId": context.BrowserContextID,
	}, &target)
	t.browserCall("Target.attachToTarget", object{"targetId": target.TargetID, "flatten": true}, &session)
	t.session = session.SessionID
	b.pipe.listen(t.session, t.event)
	tb.Cleanup(func() {
		_ = b.pipe.call("", "Target.disposeBrowserContext", object{"browserContextId": context.BrowserContextID}, nil)
	})
	t.show(look)
	return t
}

// show makes the tab look as asked for.
func (t *Tab) show(look Look) {
	t.Helper()
	scheme := "light"
	if look.Dark {
		scheme = "dark"
	}
	headers := object{"Accept-Language": look.Language}
	if look.Forwarded != "" {
		headers["X-Forwarded-For"] = look.Forwarded
	}
	t.call("Page.enable", nil, nil)
	t.call("Network.enable", nil, nil)
	t.call("Log.enable", nil, nil)
	t.call("Runtime.enable", nil, nil)
	t.call("Emulation.setEmulatedMedia", object{
		"features": []object{{"name": "prefers-color-scheme", "value": scheme}},
	}, nil)
	t.call("Emulation.setDeviceMetricsOverride", object{
		"width": look.Width, "height": 900, "deviceScaleFactor": 1, "mobile": look.Width < 500,
	}, nil)
	t.call("Network.setExtraHTTPHeaders", object{"headers": headers}, nil)
	t.scripts = look.Scripts
	t.call("Emulation.setScriptExecutionDisabled", object{"value": !look.Scripts}, nil)
}
