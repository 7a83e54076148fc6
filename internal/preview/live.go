package preview

import (
	"bytes"
	"fmt"
	"html"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Live serves a preview that changes, and tells the browsers that show it. Its
// zero value answers to nobody.
type Live struct {
	mu      sync.Mutex
	hosts   []string
	run     string
	files   map[string][]byte
	failure string
	version int
	changed chan struct{} // closed at each change, and when it ends; nil while nobody waits
	ended   bool
}

// Start lets it answer under the given hosts, as a browser names them
// (host:port). run differs in each run of the program, so that a page of an
// earlier one is loaded again.
func (l *Live) Start(run string, hosts ...string) {
	l.change(func() { l.run, l.hosts = run, hosts })
}

// Show replaces what is served: files by their slash-separated names, of which
// index.html is the first page.
func (l *Live) Show(files map[string][]byte) {
	l.change(func() { l.files, l.failure = files, "" })
}

// Fail shows what is wrong above the last preview that was right.
func (l *Live) Fail(text string) {
	l.change(func() { l.failure = text })
}

func (l *Live) change(how func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	how()
	l.version++
	l.wake()
}

func (l *Live) wake() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// Close ends the answers that wait for a change. It may be called again.
func (l *Live) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.wake()
}

// look is the present version, and what is closed when there is another.
func (l *Live) look() (version string, changed <-chan struct{}, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.named(), l.changed, l.ended
}

func (l *Live) named() string { return fmt.Sprintf("%s-%d", l.run, l.version) }

// The paths that are no files of the preview.
const (
	eventsPath = "/.live/events"
	scriptPath = "/.live/reload.js"
)

// script reloads a page that was made from another version than the present one.
const script = `"use strict";
const mine = document.currentScript.dataset.version;
new EventSource("` + eventsPath + `").onmessage = (e) => { if (e.data !== mine) location.reload(); };
`

// Nothing may come from anywhere else; the mail itself may show its pictures, as
// it would in a mail program, and runs no scripts.
const (
	pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; " +
		"frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'self'; " +
		"base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)

// ServeHTTP implements http.Handler.
func (l *Live) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", mailPolicy)
	switch {
	case !l.ours(r.Host):
		// Another site's name may be made to lead here (DNS rebinding), so
		// that its scripts could read what is in the preview.
		http.Error(w, "this server answers only to the address that digest preview prints", http.StatusMisdirectedRequest)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "there is only something to read here", http.StatusMethodNotAllowed)
	case r.URL.Path == eventsPath:
		l.events(w, r)
	case r.URL.Path == scriptPath:
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write([]byte(script))
	default:
		l.file(w, strings.TrimPrefix(r.URL.Path, "/"))
	}
}

func (l *Live) ours(host string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.hosts, func(known string) bool { return strings.EqualFold(host, known) })
}

// read is a file together with the version that it belongs to.
func (l *Live) read(name string) (content []byte, known bool, failure, version string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	content, known = l.files[name]
	return content, known, l.failure, l.named()
}

// file answers with a file, or with what is wrong where there is none yet.
func (l *Live) file(w http.ResponseWriter, name string) {
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	content, known, failure, version := l.read(name)
	page := path.Base(name) == "index.html"
	if !known && page && failure != "" {
		content, known = []byte(`<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Preview</title><body>`+slot), true
	}
	if !known {
		http.Error(w, "there is no such file in the preview", http.StatusNotFound)
		return
	}
	if page {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		content = bytes.Replace(content, []byte(slot), banner(failure, version), 1)
	}
	w.Header().Set("Content-Type", contentType(name))
	_, _ = w.Write(content) // whoever asked may be gone
}

// slot is where our pages take what only a served one has. Text from outside
// cannot hold it, since it is escaped.
const slot = `<div id="live"></div>`

// banner is what stands in the slot.
func banner(failure, version string) []byte {
	var b bytes.Buffer
	if failure != "" {
		fmt.Fprintf(&b, `<div role="alert" style="border:2px solid #c62828;padding:0 1rem;margin:1rem 0">`+
			`<p><strong>This is not the present state: it cannot be made.</strong></p><pre>%s</pre></div>`, html.EscapeString(failure))
	}
	fmt.Fprintf(&b, `<script src="%s" data-version="%s" defer></script>`, scriptPath, html.EscapeString(version))
	return b.Bytes()
}

// contentType lets a browser show every file rather than keep it.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".eml", ".txt":
		return "text/plain; charset=utf-8"
	default:
		return mime.TypeByExtension(ext)
	}
}

// events tells each version as it comes (server-sent events, HTML Living
// Standard section 9.2), the present one at once.
func (l *Live) events(w http.ResponseWriter, r *http.Request) {
	c := http.NewResponseController(w)
	// The server's limits are for answers that end.
	_ = c.SetReadDeadline(time.Time{})
	_ = c.SetWriteDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		version, changed, ended := l.look()
		if _, err := fmt.Fprintf(w, "retry: 500\ndata: %s\n\n", version); err != nil || ended {
			return
		}
		_ = c.Flush()
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}
